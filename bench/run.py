#!/usr/bin/env python3
"""Measures lagar beside Data-Juicer on the same generated data with the same recipe.

    python3 bench/run.py --rows 20000 --runs 3
    python3 bench/run.py --rows 200000 --peer-runs 1
    python3 bench/run.py --rows 2000000 --skip-peer

The two run in turns (A B A B), so that a slow minute of the machine falls on both. The recipe is the
Better Synth seed's without captioning. Results go to bench/results/NAME.md and NAME.json; everything
else (data, virtual environment, runs) lies in bench/work, which git ignores.
"""

import argparse
import datetime
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import measure
import peer
import report

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / "work"
PEER_RUNS_ALL_UP_TO_ROWS = 20_000
EXPORT = "outputs/kept.jsonl"

RECIPE = """\
project_name: bench
dataset_path: {data}
export_path: {export}
np: {np}
text_keys: text
image_key: images
use_cache: false
process:
  - words_num_filter: {{lang: en, tokenization: false, min_num: 6, max_num: 60}}
  - word_repetition_filter: {{lang: en, tokenization: false, rep_len: 1, min_ratio: 0.0, max_ratio: 0.3}}
  - image_shape_filter: {{min_width: 224, max_width: 1024, min_height: 224, max_height: 1024, any_or_all: any}}
  - character_repetition_filter: {{rep_len: 5, min_ratio: 0.0, max_ratio: 0.15}}
  - text_length_filter: {{min_len: 20, max_len: 300}}
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--pictures", type=int, default=2_000, help="distinct JPEG files the rows share")
    parser.add_argument("--runs", type=int, default=3, help="runs of lagar")
    parser.add_argument("--peer-runs", type=int, help="runs of Data-Juicer (default: as --runs up to "
                        f"{PEER_RUNS_ALL_UP_TO_ROWS:,} rows, then 1)")
    parser.add_argument("--skip-peer", action="store_true", help="measure lagar alone")
    parser.add_argument("--skip-lagar", action="store_true", help="measure Data-Juicer alone")
    parser.add_argument("--np", type=int, default=2, help="worker processes or threads")
    parser.add_argument("--name", help="of the result files (default: from rows)")
    parser.add_argument("--fresh-data", action="store_true", help="generate the data anew")
    options = parser.parse_args()
    if options.peer_runs is None:
        options.peer_runs = options.runs if options.rows <= PEER_RUNS_ALL_UP_TO_ROWS else 1
    if options.skip_peer:
        options.peer_runs = 0
    if options.skip_lagar:
        options.runs = 0
    if options.runs + options.peer_runs == 0:
        parser.error("nothing to run")
    return options


def main() -> int:
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    commands = prepare(options)
    data = generate(options)
    recipe = RECIPE.format(data=data, export=EXPORT, np=options.np)
    shutil.rmtree(WORK / "runs", ignore_errors=True)
    runs = []
    for tool, turn in turns(options):
        run = one_run(tool, turn, commands[tool], recipe)
        runs.append(run)
        say(f"{tool} {turn}: {report.cpu_secs(run):.2f} CPU s, {run['wall_secs']:.2f} s wall, {run['kept']} kept")
    same, verdict = compare(runs)
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": report.machine(),
        "options": {key: vars(options)[key] for key in ("rows", "pictures", "np", "runs", "peer_runs")},
        "versions": versions(options),
        "summary": report.summary(runs),
        "verdict": verdict,
        "notes": notes(options),
        "recipe": recipe.replace(f"{ROOT}/", ""),
        "runs": [{key: value for key, value in run.items() if key != "kept_path"} for run in runs],
    }
    page = report.write(ROOT / "bench" / "results", options.name or default_name(options), result)
    say(page.read_text())
    return 0 if same else 1


def prepare(options: argparse.Namespace) -> dict[str, list[str]]:
    """Builds or installs what will be measured; the command of each tool, run in a folder with the recipe."""
    commands = {}
    if options.runs:
        say("building lagar")
        binary = build("lagar-cli", "lagar")
        commands["lagar"] = [str(binary), "run", "recipe.yaml", "--fresh", "--quiet"]
    if options.peer_runs:
        say("preparing Data-Juicer (the first time: 3 GB of downloads)")
        commands["peer"] = [str(peer.prepare(WORK)), "--config", "recipe.yaml"]
    return commands


def build(package: str, binary: str) -> Path:
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", package], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / binary


def generate(options: argparse.Namespace) -> Path:
    """The data file; the generator writes it last and whole, so its presence means all is there."""
    folder = WORK / "data" / f"{options.rows}x{options.pictures}"
    file = folder / "data.jsonl"
    if options.fresh_data or not file.exists():
        shutil.rmtree(folder, ignore_errors=True)
        size = ["--rows", str(options.rows), "--pictures", str(options.pictures)]
        subprocess.run([build("xtask", "xtask"), "bench-data", *size, "--out", folder], check=True)
    return file


def turns(options: argparse.Namespace):
    """lagar 1, peer 1, lagar 2, peer 2, … until each has had its runs."""
    for turn in itertools.count(1):
        if turn > max(options.runs, options.peer_runs):
            return
        if turn <= options.runs:
            yield "lagar", turn
        if turn <= options.peer_runs:
            yield "peer", turn


def one_run(tool: str, turn: int, command: list[str], recipe: str) -> dict:
    """One measured run in a folder of its own."""
    folder = WORK / "runs" / f"{tool}-{turn}"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(recipe)
    env = peer.environment(WORK) if tool == "peer" else dict(os.environ)
    interval = 0.1 if tool == "peer" else 0.02
    usage = measure.run(command, folder, env, folder / "log", interval)
    if usage.exit_code != 0:
        sys.exit(f"{tool} failed with exit code {usage.exit_code}; its output is in {folder / 'log'}")
    kept = folder / EXPORT
    return {"tool": tool, "turn": turn, **asdict(usage), "kept": len(ids(kept)), "kept_path": str(kept)}


def ids(path: Path) -> list[str]:
    """The ids of an exported file, in its order."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["id"] for line in lines]


def compare(runs: list[dict]) -> tuple[bool, str]:
    """Whether every run kept the same rows in the same order, and a sentence that says so."""
    first = runs[0]
    expected = ids(Path(first["kept_path"]))
    for run in runs[1:]:
        found = ids(Path(run["kept_path"]))
        if found != expected:
            pairs = itertools.zip_longest(expected, found)
            place, (one, other) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
            where = f"row {place} of the kept rows is {one} in {first['tool']} {first['turn']}"
            return False, f"**The kept rows differ**: {where} and {other} in {run['tool']} {run['turn']}."
    if len(runs) == 1:
        return True, f"{len(expected):,} rows were kept."
    who = "Both tools" if len({run["tool"] for run in runs}) == 2 else "All runs"
    return True, f"{who} kept the same {len(expected):,} rows in the same order."


def notes(options: argparse.Namespace) -> list[str]:
    lines = ["CPU is the kernel's count for the process and all its children; memory is sampled from /proc."]
    if options.peer_runs:
        lines.append(f"Data-Juicer {peer.VERSION} from its wheel, `use_cache: false`, packages installed and compiled beforehand.")
    if 0 < options.peer_runs < options.runs:
        why = ", because a run of this size takes minutes" if options.rows > PEER_RUNS_ALL_UP_TO_ROWS else ""
        lines.append(f"Data-Juicer ran {options.peer_runs} time(s) only{why}.")
    if options.runs:
        lines.append("lagar ran with `--fresh`: nothing was taken over from an earlier run.")
        lines.append("ru_maxrss is never below the size of the script that starts the process (which grows with the ids it compares).")
    return lines


def versions(options: argparse.Namespace) -> dict[str, str]:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = {"lagar": commit.stdout.strip() or "uncommitted"}
    rustc = subprocess.run(["rustc", "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    found["rustc"] = rustc.stdout.split()[1] if rustc.stdout else "unknown"
    return found | (peer.versions(WORK) if options.peer_runs else {})


def default_name(options: argparse.Namespace) -> str:
    return f"rows-{options.rows}" + ("" if options.peer_runs else "-lagar") + ("" if options.runs else "-peer")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
