#!/usr/bin/env python3
"""Measures `lagar explore` beside `dj-analyze` on the same generated data.

    python3 bench/explore.py                        200,000 rows beside dj-analyze, then 400,000 alone
    python3 bench/explore.py --skip-peer --rows 20000

dj-analyze runs a recipe of the filters that `lagar explore` measures by, with their defaults, and its
`overall.csv` must be lagar's: whole numbers to the last digit, others within 1e-9. lagar does more in
its time: fields and defects, duplicates and near duplicates, vocabulary, pairs, problems, the recipe, and
(with --out) charts and report. Results go to bench/results/explore.md; data and runs lie in bench/work.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import measure
import peer
import report
from run import ROOT, WORK, build, generate, say

FILTERS = (
    "words_num text_length word_repetition character_repetition special_characters alphanumeric "
    "average_line_length maximum_line_length image_shape image_aspect_ratio image_size"
).split()
RECIPE = "project_name: bench\ndataset_path: {data}\nexport_path: out/rows.jsonl\nnp: {np}\nuse_cache: false\nprocess:\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the comparison")
    parser.add_argument("--pictures", type=int, default=2_000, help="distinct JPEG files those rows share")
    parser.add_argument("--large-rows", type=int, default=400_000, help="rows that lagar explores alone; 0 leaves it out")
    parser.add_argument("--large-pictures", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of lagar")
    parser.add_argument("--np", type=int, default=1, help="processes of dj-analyze, threads of lagar")
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--lagar", type=Path, help="the program (default: built here)")
    parser.add_argument("--peer", type=Path, help="dj-analyze (default: installed into bench/work)")
    parser.set_defaults(fresh_data=False)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    lagar = options.lagar or build("lagar-cli", "lagar")
    data = generate(options)
    shutil.rmtree(WORK / "explore", ignore_errors=True)
    lines = [head(options)]
    runs = [explore(lagar, data, f"lagar-{turn}", options.np) for turn in range(options.runs)]
    lines.append(row(f"lagar explore, {options.rows:,} rows", runs))
    if not options.skip_peer:
        analyzed = analyze(options, data)
        lines.append(row(f"dj-analyze, {options.rows:,} rows", [analyzed]))
        ratio = report.cpu_secs(analyzed) / min(report.cpu_secs(run) for run in runs)
        problems = differences(overall(runs[0]), overall(analyzed))
    if options.large_rows:
        options.rows, options.pictures = options.large_rows, options.large_pictures
        large = generate(options)
        lines.append(row(f"lagar explore, {options.rows:,} rows", [explore(lagar, large, "large", options.np)]))
        bare = explore(lagar, large, "bare", options.np, "--no-report")
        lines.append(row(f"the same without charts and report, {options.rows:,} rows", [bare]))
    if not options.skip_peer:
        lines.append(f"\nTimes fewer CPU seconds than dj-analyze: {ratio:.0f}.")
        lines.append("overall.csv: " + ("; ".join(problems) if problems else "equal (within 1e-9)") + ".")
    page = "\n".join(lines) + "\n"
    (ROOT / "bench" / "results" / "explore.md").write_text(page)
    say(page)
    return 0


def head(options: argparse.Namespace) -> str:
    machine = report.machine()
    return (
        "# lagar explore beside dj-analyze\n\n"
        f"Made by `bench/explore.py` on {machine['cores']} cores of {machine['cpu']}, with {options.np} thread or process, "
        "on a busy machine: CPU seconds of the whole process tree, as the kernel counts them. Data-Juicer "
        f"{peer.VERSION} measures the statistics of {len(FILTERS)} filters and writes `overall.csv` and its plots; "
        "lagar measures the same, and integrity, duplicates, vocabulary and pairs beside it, finds problems and "
        "suggests a recipe with its retention. Pictures are read as far as their headers.\n\n"
        "| what | CPU (s) | wall (s) | memory, largest process (MB) |\n|---|--:|--:|--:|"
    )


def row(what: str, runs: list[dict]) -> str:
    best = min(runs, key=report.cpu_secs)
    memory = max(run["max_rss_bytes"] for run in runs) / report.MEGABYTE
    return f"| {what} | {report.cpu_secs(best):.2f} | {best['wall_secs']:.2f} | {memory:.0f} |"


def explore(lagar: Path, data: Path, name: str, threads: int, *more: str) -> dict:
    folder = WORK / "explore" / name
    command = [str(lagar), "explore", str(data), "--recipe", "recipe.yaml", "--threads", str(threads), "--quiet"]
    return one_run([*command, "--out", "report", *more], folder, dict(os.environ), 0.02)


def analyze(options: argparse.Namespace, data: Path) -> dict:
    program = options.peer or peer.prepare(WORK).with_name("dj-analyze")
    folder = WORK / "explore" / "peer"
    folder.mkdir(parents=True)
    steps = "".join(f"  - {name}_filter:\n" for name in FILTERS)
    (folder / "recipe.yaml").write_text(RECIPE.format(data=data, np=options.np) + steps)
    return one_run([str(program), "--config", "recipe.yaml"], folder, peer.environment(WORK), 0.2)


def one_run(command: list[str], folder: Path, env: dict[str, str], interval: float) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    usage = measure.run(command, folder, env, folder / "log", interval)
    if usage.exit_code != 0:
        sys.exit(f"{command[0]} failed with exit code {usage.exit_code}; its output is in {folder / 'log'}")
    say(f"{folder.name}: {usage.user_secs + usage.system_secs:.2f} CPU s, {usage.wall_secs:.2f} s wall")
    return {**vars(usage), "folder": folder}


def overall(run: dict) -> dict[str, dict[str, float]]:
    """The numbers of a run's overall.csv, by statistic and row."""
    file = next(run["folder"].rglob("overall.csv"))
    lines = [line.split(",") for line in file.read_text().splitlines()]
    return {name: {line[0]: float(line[place]) for line in lines[1:]} for place, name in enumerate(lines[0]) if place}


def differences(own: dict, other: dict) -> list[str]:
    """What differs between two overall.csv."""
    if list(own) != list(other):
        return [f"columns {list(own)} and {list(other)}"]
    apart = lambda one, two: abs(one - two) > 1e-9 * max(1.0, abs(two))
    return [
        f"{name} {key}: {own[name][key]} and {other[name][key]}"
        for name in own for key in own[name] if apart(own[name][key], other[name][key])
    ]


if __name__ == "__main__":
    sys.exit(main())
