"""`lagar compare` beside numpy and scipy doing the same: 2 × 5,000 questions, 10,000 resamples.

Both read two run folders, pair the questions, and give for each metric and each group the difference
with a BCa bootstrap interval, McNemar's exact test or the paired t-test, and Holm's correction. lagar
also writes its page. CPU seconds are those of the whole process, start-up and reading included.

    python3 bench/compare.py --lagar target/release/lagar [--peer python3-with-scipy] [--questions 5000]
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

import measure

TYPES = 30


def make_runs(folder: Path, questions: int) -> None:
    """Two runs: 0/1 accuracy and a soft score; B is a little better."""
    rng = random.Random(7)
    rows = []
    for i in range(questions):
        hard = rng.random()
        rows.append((i, f"What is the word on thing {i % 97}?", f"type {rng.randrange(TYPES)}", hard))
    for name, skill in (("a", 0.55), ("b", 0.57)):
        run = folder / name / "textvqa"
        run.mkdir(parents=True)
        with (run / "samples.jsonl").open("w") as out:
            for i, question, kind, hard in rows:
                right = float(0.7 * hard + 0.3 * rng.random() < skill)
                soft = right if rng.random() < 0.6 else rng.choice([0.3, 0.6, 0.9])
                line = {
                    "id": str(i),
                    "question_id": i,
                    "question": question,
                    "pictures": [],
                    "answer": f"w{i % 611}" if right else f"{name}{rng.randrange(900)}",
                    "references": [f"w{i % 611}"],
                    "tags": {"question_type": kind},
                    "scores": {"accuracy": right, "soft": soft},
                }
                out.write(json.dumps(line) + "\n")


def peer(folder: Path, resamples: int) -> None:
    """The same numbers with numpy and scipy."""
    import numpy as np
    from scipy import stats

    def read(name):
        with (folder / name / "textvqa" / "samples.jsonl").open() as lines:
            return {row["id"]: row for row in map(json.loads, lines)}

    a, b = read("a"), read("b")
    ids = [i for i in a if i in b and a[i]["question"] == b[i]["question"]]
    rng = np.random.default_rng(0)

    def compare(metric, members):
        x = np.array([a[i]["scores"][metric] for i in members])
        y = np.array([b[i]["scores"][metric] for i in members])
        d = y - x
        wins, losses = int((d > 0).sum()), int((d < 0).sum())
        interval = None
        if np.ptp(d) > 0:
            found = stats.bootstrap((d,), np.mean, n_resamples=resamples, method="BCa", batch=500, rng=rng)
            interval = list(found.confidence_interval)
        if np.isin(np.concatenate([x, y]), (0, 1)).all():
            p = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
        else:
            p = stats.ttest_rel(y, x).pvalue
        return {"difference": d.mean(), "interval": interval, "p": p, "n": len(members)}

    groups = {}
    for i in ids:
        groups.setdefault(a[i]["tags"]["question_type"], []).append(i)
    overall = {metric: compare(metric, ids) for metric in ("accuracy", "soft")}
    by_type = {kind: compare("accuracy", members) for kind, members in sorted(groups.items())}
    p = np.sort([one["p"] for one in by_type.values()])
    holm = np.maximum.accumulate(p * (len(p) - np.arange(len(p)))).clip(max=1)
    print(json.dumps({"overall": overall, "groups": by_type, "holm": holm.tolist()}, default=float))


def timed(command: list[str], folder: Path, runs: int) -> tuple[float, float, str]:
    """Median CPU and wall seconds, and the last output."""
    cpu, wall, log = [], [], folder / "log.txt"
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    for _ in range(runs):
        usage = measure.run(command, folder, env, log, 0.05)
        if usage.exit_code != 0:
            sys.exit(f"{command}: {log.read_text()}")
        cpu.append(usage.user_secs + usage.system_secs)
        wall.append(usage.wall_secs)
    return statistics.median(cpu), statistics.median(wall), log.read_text()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lagar", default="target/release/lagar")
    arguments.add_argument("--peer", default=sys.executable, help="a Python with numpy and scipy")
    arguments.add_argument("--questions", type=int, default=5000)
    arguments.add_argument("--resamples", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--as-peer", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.as_peer:
        peer(options.as_peer, options.resamples)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_runs(folder, options.questions)
        own = [str(Path(options.lagar).resolve()), "compare", "a", "b", "--metric", "accuracy", "--json"]
        own += ["--resamples", str(options.resamples)]
        script = [options.peer, str(Path(__file__).resolve()), "--as-peer", name]
        script += ["--resamples", str(options.resamples)]
        lagar_cpu, lagar_wall, lagar_out = timed(own, folder, options.runs)
        peer_cpu, peer_wall, peer_out = timed(script, folder, options.runs)
        ours = json.loads(lagar_out)["benchmarks"][0]
        theirs = json.loads(peer_out)
        for metric in ours["metrics"]:
            other = theirs["overall"][metric["metric"]]
            assert abs(metric["difference"] - other["difference"]) < 1e-9, metric["metric"]
            assert abs(metric["p"] - other["p"]) < 1e-9, metric["metric"]
        print(f"lagar       {lagar_cpu:8.2f} s CPU  {lagar_wall:8.2f} s wall")
        print(f"numpy/scipy {peer_cpu:8.2f} s CPU  {peer_wall:8.2f} s wall")
        print(f"{peer_cpu / lagar_cpu:.1f} times fewer CPU seconds; differences and p-values equal to 1e-9")


if __name__ == "__main__":
    main()
