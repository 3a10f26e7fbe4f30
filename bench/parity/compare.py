#!/usr/bin/env python3
"""Compares two exports: the same ids in the same order, and the same statistics.

    python3 bench/parity/compare.py lagar/kept.jsonl data-juicer/kept.jsonl

Statistics are those of the rows themselves, else those of NAME_stats.jsonl beside the file. Numbers
count as equal within 1e-9: Data-Juicer keeps ten decimals. Files may be compressed with gzip.
The exit status is 1 when anything differs.
"""

import argparse
import gzip
import itertools
import json
import sys
from pathlib import Path

TOLERANCE = 1e-9
KEYS = ("__dj__stats__", "stats")  # in exports, and in the packed files of run_peer.py
SHOWN = 10


def read(path: Path) -> list[dict]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.decode().split("\n") if line.strip()]


def statistics(path: Path, rows: list[dict]) -> list[dict | None]:
    """The statistics of each row, None where there are none."""
    found = [next((row[key] for key in KEYS if key in row), None) for row in rows]
    beside = path.with_name(f"{path.name.split('.')[0]}_stats.jsonl")
    if any(found) or not beside.exists():
        return found
    found = [row[KEYS[0]] for row in read(beside)]
    if len(found) != len(rows):
        sys.exit(f"{beside}: {len(found)} statistics for {len(rows)} rows")
    return found


def equal(first: object, second: object) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(equal, first, second))
    numbers = isinstance(first, (int, float)) and isinstance(second, (int, float))
    if numbers and not isinstance(first, bool) and not isinstance(second, bool):
        return abs(first - second) <= TOLERANCE
    return type(first) is type(second) and first == second


def differences(first: Path, second: Path) -> list[str]:
    """One line for each difference; statistics are compared row by row where the ids agree."""
    rows = [read(first), read(second)]
    ids = [[row.get("id", row.get("text")) for row in side] for side in rows]
    found = []
    if ids[0] != ids[1]:
        for path, own, other in ((first, ids[0], ids[1]), (second, ids[1], ids[0])):
            known = set(other)
            only = [str(name) for name in own if name not in known]
            if only:
                found.append(f"only in {path}: {len(only)} ids: {', '.join(only[:SHOWN])}")
        place = next(i for i, pair in enumerate(itertools.zip_longest(*ids)) if pair[0] != pair[1])
        found.append(f"ids differ from row {place} on ({len(ids[0])} and {len(ids[1])} rows)")
        return found
    measured = zip(ids[0], statistics(first, rows[0]), statistics(second, rows[1]))
    for name, ours, theirs in measured:
        if not equal(ours, theirs):
            found.append(f"{name}: {json.dumps(ours)} and {json.dumps(theirs)}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args()
    found = differences(options.first, options.second)
    for line in found[:SHOWN]:
        print(line)
    if found:
        sys.exit(f"{len(found)} differences")
    rows = read(options.first)
    measured = sum(stats is not None for stats in statistics(options.first, rows))
    print(f"{len(rows)} rows are the same, with the statistics of {measured}")


if __name__ == "__main__":
    main()
