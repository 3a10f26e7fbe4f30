#!/usr/bin/env python3
"""Makes the `.bin` files that the tests of lagar-nn read, or refuse to read.

    python tools/make_torch_pickles.py crates/lagar-nn/tests/data

Needs torch from PyPI; the files in the project were made with the version that `made_with.txt` names.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    numbers = torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4
    flat = OrderedDict(
        single=numbers,
        half=numbers.half(),
        brain=numbers.bfloat16(),
        double=numbers.double(),
        turned=numbers.t(),
        part=torch.arange(10, dtype=torch.float32)[4:7],
        parameter=torch.nn.Parameter(numbers[0].clone()),
    )
    flat["shared"] = flat["single"]
    torch.save(flat, out / "flat.bin")
    torch.save({"state_dict": {"single": numbers}, "epoch": 3}, out / "nested.bin")
    torch.save({"single": numbers}, out / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(3, 2).state_dict() | {"step": 3}, out / "mixed.bin")
    module = torch.nn.Linear(3, 2)
    with torch.no_grad():
        module.weight.copy_(numbers)
        module.bias.copy_(numbers[0, :2])
    torch.save(module.state_dict(), out / "module.bin")
    (out / "made_with.txt").write_text(f"torch {torch.__version__}\n")


if __name__ == "__main__":
    main()
