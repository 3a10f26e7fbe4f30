#!/usr/bin/env python3
"""Merges adapters with lagar and compares the logits with those of peft.

    python bench/parity/adapters.py LAGAR BASE ADAPTER [BASE ADAPTER …]

For each pair, on random token ids:

    f32    lagar's merge in f32 against peft's adapter beside its base, and against peft's merge
    bf16   lagar's merge in bf16 and peft's merge of a bf16 base, each against peft's adapter in f32
           (all computed in f32, so that what differs is the rounding of the weights alone)

Differences in f32 are the largest of a logit, in bf16 the root mean square, both as a share of the same of
peft's logits.

A checkpoint must load without a missing or surplus tensor. Exit code 1 if lagar's f32 logits differ
from peft's by more than 1e-5, or if its bf16 merge is further from the exact one than 1.25 times peft's
(both are rounded once; of a tiny model some are luckier than others).

Needs torch, transformers, peft (run with 2.15, 5.24.0, 0.21.2).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM


def load(folder, dtype=torch.float32):
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, output_loading_info=True, attn_implementation="eager"
    )
    keys = ["missing_keys", "unexpected_keys", "mismatched_keys"]
    odd = {key: list(info[key]) for key in keys if info.get(key)}
    if odd:
        sys.exit(f"{folder}: {odd}")
    return model.eval()


def merge(lagar, base, adapter, out, dtype):
    command = [
        lagar, "adapter", "merge", str(adapter), "--base", str(base), "--out", str(out),
        "--dtype", dtype, "--json",
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@torch.no_grad()
def compare(lagar, base, adapter):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        merge(lagar, base, adapter, folder / "f32", "f32")
        report = merge(lagar, base, adapter, folder / "bf16", "bf16")
        ours, ours_bf16 = load(folder / "f32"), load(folder / "bf16")
    beside = PeftModel.from_pretrained(load(base), adapter).eval()
    vocabulary = beside.config.vocab_size
    ids = torch.randint(0, vocabulary, (4, 24), generator=torch.Generator().manual_seed(7))
    exact = beside(input_ids=ids).logits
    unadapted = load(base)(input_ids=ids).logits
    theirs = beside.merge_and_unload(safe_merge=True)(input_ids=ids).logits
    rounded = load(base, torch.bfloat16)
    rounded = PeftModel.from_pretrained(rounded, adapter).merge_and_unload(safe_merge=True)
    theirs_bf16 = rounded.float()(input_ids=ids).logits

    def apart(one, other):
        return ((one - other).abs().max() / exact.abs().max()).item()

    def rms(one, other):
        return ((one - other).norm() / exact.norm()).item()

    found = {
        "effect": apart(unadapted, exact),
        "f32_to_adapter": apart(ours(input_ids=ids).logits, exact),
        "f32_to_peft_merge": apart(ours(input_ids=ids).logits, theirs),
        "bf16": rms(ours_bf16(input_ids=ids).logits, exact),
        "peft_bf16": rms(theirs_bf16, exact),
        "rounding": report["rounding"],
    }
    return found, found["f32_to_adapter"] < 1e-5 and found["bf16"] < 1.25 * found["peft_bf16"]


def main():
    lagar, pairs = sys.argv[1], sys.argv[2:]
    failed = 0
    print("adapter | effect | f32: to peft | to its merge | bf16: lagar | peft | of the update")
    for base, adapter in zip(pairs[::2], pairs[1::2]):
        found, is_good = compare(lagar, Path(base), Path(adapter))
        failed += not is_good
        numbers = ["effect", "f32_to_adapter", "f32_to_peft_merge", "bf16", "peft_bf16"]
        columns = [f"{found[key]:.2e}" for key in numbers]
        columns.append(f"{found['rounding']['share_of_update']:.4f}")
        print(" | ".join([str(adapter), *columns, *([] if is_good else ["DIFFERS"])]))
    sys.exit(1 if failed else 0)


main()
