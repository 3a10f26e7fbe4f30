#!/usr/bin/env python3
"""Runs Data-Juicer over the rows of make_rows.py and packs what lagar's tests expect.

    python3 bench/parity/run_peer.py --rows ROWS --out RUNS                the ten recipes of the tests
    python3 bench/parity/run_peer.py --rows ROWS --out RUNS --cases all    every recipe (about 10 minutes)
    python3 bench/parity/run_peer.py --rows ROWS --out RUNS --cases c_ e_  those whose names begin so

Each recipe gets a folder RUNS/NAME with recipe.yaml, log, rc and out/. RUNS/expected holds the packed
files, in the form of crates/lagar-cli/tests/data/tricky, once their ten recipes have run.
The environment with Data-Juicer 1.6.1 is the one `bench/run.py` makes, or any other (--venv).
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import recipes

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "sample"
# One names a file that is not there, one a web page: Data-Juicer drops the whole batch of each.
UNREADABLE = {"000000136", "000000185"}
LIMIT_SECS = 300
INPUTS = ["tricky", "dedup", "white", "sel300", "sel7"]


def make_sample_rows(folder: Path) -> None:
    """The bundled sample as Data-Juicer can load it: without the fields it stumbles over."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = []
    for line in (SAMPLE / "data.jsonl").read_text(encoding="utf-8").splitlines():
        row = {key: value for key, value in json.loads(line).items() if key in ("id", "text", "images")}
        row["images"] = [str(SAMPLE / path) for path in row["images"]]
        plain.append(row)
    sound = [row for row in plain if row["id"] not in UNREADABLE]
    for name, rows in (("sample_noextra", plain), ("sample_noextra_good", sound)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def data_of(rows: str, folder: Path, out: Path) -> Path:
    """The file a case reads."""
    if rows == "sample":
        return SAMPLE / "data.jsonl"
    return (out / "data" if rows.startswith("sample") else folder) / f"{rows}.jsonl"


def run(name: str, data: Path, venv: Path, out: Path) -> str:
    """Runs one recipe in a fresh folder and returns its exit status, or `timeout`."""
    case, folder = recipes.CASES[name], out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(case.recipe(name, str(data)), encoding="utf-8")
    cache = out / "cache"
    if case.use_cache:  # only an empty cache shows what this run does
        shutil.rmtree(cache / "used", ignore_errors=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env["HF_HOME"] = str(cache / ("used" if case.use_cache else "unused"))
    env["DATA_JUICER_CACHE_HOME"] = str(cache / "data-juicer")
    command = [venv / "bin" / "dj-process", "--config", "recipe.yaml"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            status = str(process.wait(LIMIT_SECS))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            status = "timeout"
    (folder / "rc").write_text(f"{status}\n")
    return status


def exported(out: Path, name: str) -> list[dict]:
    with (out / name / "out" / "kept.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_packed(path: Path, content: bytes) -> None:
    """Compresses without name and time, so that the same content is the same file."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(content)


def whole(row: dict) -> dict:
    """A row without its pictures, whose paths Data-Juicer made absolute, and its statistics."""
    return {key: row[key] for key in ("id", "text", "__dj__hash") if key in row}


def pack(rows: Path, out: Path) -> Path:
    """Packs inputs and results for the tests."""
    folder = out / "expected"
    folder.mkdir(exist_ok=True)
    for name in INPUTS:
        write_packed(folder / f"{name}.jsonl.gz", (rows / f"{name}.jsonl").read_bytes())
    kept = [row["id"] for row in exported(out, recipes.KEPT)]
    write_packed(folder / "kept_ids.json.gz", json.dumps(kept).encode())
    measured = exported(out, recipes.STATISTICS)
    lines = [json.dumps({"id": row["id"], "stats": row["__dj__stats__"]}) + "\n" for row in measured]
    write_packed(folder / "stats.jsonl.gz", "".join(lines).encode())
    others = {name: [whole(row) for row in exported(out, name)] for name in recipes.WHOLE_ROWS}
    write_packed(folder / "others.json.gz", json.dumps(others, ensure_ascii=False).encode())
    return folder


def chosen(prefixes: list[str]) -> list[str]:
    if not prefixes:
        return recipes.EXPECTED
    if prefixes == ["all"]:
        return list(recipes.CASES)
    return [name for name in recipes.CASES if name.startswith(tuple(prefixes))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, required=True, help="folder that make_rows.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for runs and packed files")
    parser.add_argument("--venv", type=Path, default=ROOT / "bench" / "work" / "venv")
    parser.add_argument("--cases", nargs="+", default=[], help="`all`, or beginnings of names")
    options = parser.parse_args()
    rows, out, venv = (path.resolve() for path in (options.rows, options.out, options.venv))
    if not (venv / "bin" / "dj-process").exists():
        sys.exit(f"no dj-process in {venv}; `python3 bench/run.py --skip-lagar --rows 200` makes one")
    make_sample_rows(out / "data")
    for name in chosen(options.cases):
        started = time.monotonic()
        status = run(name, data_of(recipes.CASES[name].rows, rows, out), venv, out)
        print(f"{name}: exit status {status} after {time.monotonic() - started:.1f} s", flush=True)
    missing = [name for name in recipes.EXPECTED if not (out / name / "out" / "kept.jsonl").exists()]
    if missing:
        sys.exit(f"nothing packed: no results of {', '.join(missing)}")
    print(f"packed into {pack(rows, out)}")


if __name__ == "__main__":
    main()
