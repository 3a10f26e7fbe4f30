#!/usr/bin/env python3
"""Runs random hard texts through Data-Juicer's text operators and `lagar ops serve`, and compares.

    bench/work/venv/bin/python bench/parity/operators.py --lagar target/release/lagar --texts 3000
    bench/work/venv/bin/python bench/parity/operators.py --lagar target/debug/lagar --only clean_ fix_

Needs Data-Juicer 1.6.1 in the interpreter that runs it. Prints a line per case, the first differences,
and exits with 1 if there are any. Statistics are compared exactly, rows as JSON.
"""

import argparse
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
STATS, META = "__dj__stats__", "__dj__meta__"
HERE = Path(__file__).parent

sys.path.insert(0, str(HERE))
import texts as made  # noqa: E402
from operator_cases import CASES  # noqa: E402


class Lagar:
    """One `lagar ops serve`."""

    def __init__(self, program: str):
        self.process = subprocess.Popen(
            [program, "ops", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{answer['error']['type']}: {answer['error']['msg']}")
        return answer


def operator(kind: str, name: str, parameters: dict):
    importlib.import_module(f"data_juicer.ops.{kind}.{name}")
    from data_juicer.ops.base_op import OPERATORS

    return OPERATORS.modules[name](**parameters)


def as_lists(rows: list[dict]) -> dict:
    return {key: [row[key] for row in rows] for key in rows[0]}


def as_rows(lists: dict) -> list[dict]:
    count = len(next(iter(lists.values())))
    return [{key: values[row] for key, values in lists.items()} for row in range(count)]


def original(op, rows: list[dict]) -> list[list]:
    """What Data-Juicer makes of each row: rows, or statistics and decision."""
    answers = []
    for row in rows:
        row = json.loads(json.dumps(row))
        try:
            if hasattr(op, "compute_stats_batched"):
                row[STATS] = {}
                if getattr(op, "_batched_op", False):
                    lists = op.compute_stats_batched(as_lists([row]))
                    answers.append([lists[STATS][0], bool(list(op.process_batched(lists))[0])])
                else:
                    row = op.compute_stats_single(row)
                    answers.append([row[STATS], bool(op.process_single(row))])
            elif getattr(op, "_batched_op", False):
                answers.append(as_rows(op.process_batched(as_lists([row]))))
            else:
                answers.append([op.process_single(row)])
        except Exception as error:  # noqa: BLE001
            answers.append([type(error).__name__])
    return json.loads(json.dumps(answers))


def served(lagar: Lagar, name: str, parameters: dict, rows: list[dict]) -> list[list]:
    number = lagar.ask(method="init", op=name, args=[], kwargs=parameters)["id"]
    answers = []
    for row in rows:
        try:
            if name.endswith("_filter"):
                measured = lagar.ask(method="compute_stats", id=number, rows=[row])["rows"]
                keep = lagar.ask(method="process", id=number, rows=measured)["keep"]
                answers.append([measured[0][STATS], keep[0]])
            else:
                answers.append(lagar.ask(method="process", id=number, rows=[row])["rows"])
        except RuntimeError as error:
            answers.append([str(error).split(":")[0]])
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lagar", required=True, help="the program")
    parser.add_argument("--texts", type=int, default=1000, help="texts per case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of operators' names")
    parser.add_argument("--show", type=int, default=2, help="differences to print per case")
    options = parser.parse_args()
    lagar = Lagar(options.lagar)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, parameters, rows_of in CASES:
            if not name.startswith(tuple(options.only)):
                continue
            make = random.Random(options.seed)
            rows = rows_of(make, options.texts, Path(folder))
            parameters = parameters(Path(folder)) if callable(parameters) else parameters
            expected = original(operator(kind, name, parameters), rows)
            got = served(lagar, name, parameters, rows)
            wrong = [index for index, answer in enumerate(expected) if answer != got[index]]
            failed += bool(wrong)
            changed = sum(answer != [row] for answer, row in zip(expected, rows))
            print(f"{name} {parameters}: {len(rows)} rows, {changed} changed, {len(wrong)} differ", flush=True)
            for index in wrong[: options.show]:
                print("   row     ", ascii(rows[index]))
                print("   original", ascii(expected[index]))
                print("   lagar   ", ascii(got[index]))
    assert made
    sys.exit(int(failed > 0))


if __name__ == "__main__":
    main()
