"""MinHash of a million captions: CPU seconds and peak memory of the whole run.

    LAGAR=target/release/lagar python bench/minhash.py [--rows 1000000] [--out bench/results]

The captions are those of `operators.py`; every tenth is its ninth predecessor with one word changed. The
operator has its default parameters (256 permutations).
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

LAGAR = os.environ["LAGAR"]

from operators import WORDS, caption  # noqa: E402  # it reads LAGAR, too


def write(path, rows):
    with open(path, "w", encoding="utf-8") as out:
        for number in range(rows):
            row = caption(number)
            if number % 10 == 9:
                draw = random.Random(-number)
                words = caption(number - 9)["text"].split(" ")
                words[draw.randrange(len(words))] = draw.choice(WORDS)
                row["text"] = " ".join(words)
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=pathlib.Path, help="folder for minhash.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder / "captions.jsonl", arguments.rows)
        recipe = {
            "dataset_path": str(folder / "captions.jsonl"),
            "export_path": str(folder / "out" / "kept.jsonl"),
            "process": [{"document_minhash_deduplicator": {}}],
        }
        (folder / "recipe.yaml").write_text(json.dumps(recipe))
        command = [LAGAR, "run", str(folder / "recipe.yaml"), "--fresh", "--no-progress"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            raise SystemExit(f"lagar ended with {os.waitstatus_to_exitcode(status)}")
        with open(folder / "out" / "kept.jsonl", encoding="utf-8") as kept:
            left = sum(1 for _ in kept)
        megabytes = (folder / "captions.jsonl").stat().st_size / 1e6
    text = (
        f"{arguments.rows:,} captions ({megabytes:.0f} MB): {usage.ru_utime + usage.ru_stime:.1f} CPU seconds, "
        f"{usage.ru_maxrss / 1024:.0f} MB at most, {left:,} rows left."
    )
    print(text)
    if arguments.out:
        head = "# MinHash, default parameters\n\nMade by `bench/minhash.py`, whole run: reading, grouping, ledger, traces, export.\n\n"
        (arguments.out / "minhash.md").write_text(head + text + "\n")


main()
