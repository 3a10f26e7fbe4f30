#!/usr/bin/env python3
"""Packs the dictionaries of OpenCC 1.4.2 for lagar: crates/lagar-ops/src/text/opencc/dictionaries.zz.

    bench/work/venv/bin/python bench/parity/make_opencc_dictionaries.py

Needs the PyPI package OpenCC 1.4.2 (Apache-2.0), whose program `opencc_dict` turns its binary dictionaries
into text. One zlib stream; per dictionary a line `#NAME`, then a line per entry in the order of code points:
how many characters the key shares with the key before (a letter, `A` for none), the rest of the key, and
after a tab the value, which is left out where it is the key put through the dictionary of single characters
(STCharacters) one by one.
"""

import subprocess
import tempfile
import zlib
from importlib.metadata import version
from pathlib import Path

import opencc

OUT = Path(__file__).resolve().parents[2] / "crates/lagar-ops/src/text/opencc/dictionaries.zz"
LIBRARY = Path(opencc.__file__).parent / "clib"


def entries(path: Path) -> dict[str, str]:
    with tempfile.NamedTemporaryFile(suffix=".txt") as text:
        command = [LIBRARY / "bin" / "opencc_dict", "-i", path, "-o", text.name, "-f", "ocd2", "-t", "text"]
        subprocess.run(command, check=True, capture_output=True)
        lines = Path(text.name).read_text(encoding="utf-8").split("\n")
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {key: values.split(" ")[0] for key, values in pairs}


def main() -> None:
    assert version("OpenCC") == "1.4.2", version("OpenCC")
    paths = sorted((LIBRARY / "share" / "opencc").glob("*.ocd2"))
    singles = entries(LIBRARY / "share" / "opencc" / "STCharacters.ocd2")
    packed = []
    for path in paths:
        packed.append(f"#{path.stem}")
        before = ""
        by_characters = path.stem.startswith("STPhrases")
        for key, value in sorted(entries(path).items()):
            shared = 0
            while shared < min(len(before), len(key), 25) and before[shared] == key[shared]:
                shared += 1
            line = chr(65 + shared) + key[shared:]
            usual = "".join(singles.get(character, character) for character in key)
            if not by_characters or value != usual:
                line += "\t" + value
            packed.append(line)
            before = key
    OUT.write_bytes(zlib.compress("\n".join(packed).encode("utf-8"), 9))
    print(OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
