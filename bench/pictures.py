"""Picture operators beside Data-Juicer's, on one core: CPU seconds, start-up left out on both sides.

Pictures are drawn here (JPEG, 640 by 480, quality 85). lagar is driven through `lagar ops serve`, so
that reading and writing JSON counts against it; Data-Juicer's operators are called in a loop of their
own process, without its data set around them. A first round, not timed, warms both.

    python3 bench/pictures.py --lagar target/release/lagar --peer python3-with-data-juicer [--count 300]
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

OPERATORS = [
    ("image_shape_filter", "compute_stats", {}),
    ("image_aspect_ratio_filter", "compute_stats", {}),
    ("image_size_filter", "compute_stats", {}),
    ("image_deduplicator", "compute_hash", {"method": "phash"}),
    ("image_deduplicator", "compute_hash", {"method": "dhash"}),
    ("image_deduplicator", "compute_hash", {"method": "whash"}),
    ("image_deduplicator", "compute_hash", {"method": "ahash"}),
    ("image_blur_mapper", "process", {"p": 1, "blur_type": "gaussian"}),
    ("image_blur_mapper", "process", {"p": 1, "blur_type": "mean"}),
]

DRAW = """
import sys
import numpy as np
from PIL import Image
folder, count = sys.argv[1], int(sys.argv[2])
y, x = np.mgrid[0:480, 0:640].astype(float)
for number in range(count):
    random = np.random.default_rng(number)
    waves = [127 + 90 * np.sin(x / random.uniform(5, 90) + y / random.uniform(5, 90)) for _ in "rgb"]
    pixels = np.stack(waves, axis=2) + random.normal(0, 8, (480, 640, 3))
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(f"{folder}/{number:05}.jpg", quality=85)
"""

PEER = """
import json, sys, time
from data_juicer.ops import load_ops
name, method, parameters, paths = json.loads(sys.stdin.read())
operator = load_ops([{name: parameters}])[0]
def run(paths):
    for path in paths:
        row = {"text": "", "images": [path], "__dj__stats__": {}}
        if method == "compute_stats" and operator.is_batched_op():
            operator.compute_stats_batched({key: [value] for key, value in row.items()})
        elif method == "compute_stats":
            operator.compute_stats_single(row)
        elif method == "compute_hash":
            operator.compute_hash(row)
        else:
            operator.process_single(row)
run(paths[:20])
start = time.process_time()
run(paths)
print("\\nseconds", time.process_time() - start)
"""


def lagar(binary: str, name: str, method: str, parameters: dict, paths: list[str]) -> float:
    """CPU seconds of one server for all rows, less those of a server for twenty."""

    def run(paths: list[str]) -> float:
        rows = [{"text": "", "images": [path]} for path in paths]
        requests = [{"method": "init", "op": name, "kwargs": parameters}]
        requests += [{"method": method, "id": 0, "rows": rows[at : at + 100]} for at in range(0, len(rows), 100)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        done = subprocess.run([binary, "ops", "serve"], input=lines, check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        failed = [line for line in done.stdout.splitlines() if line.startswith('{"error"')]
        assert not failed, failed[0]
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run(paths) - run([])


def peer(python: str, name: str, method: str, parameters: dict, paths: list[str]) -> float:
    """CPU seconds of Data-Juicer's operator."""
    request = json.dumps([name, method, parameters, paths])
    env = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        [python, "-c", PEER], input=request, check=True, capture_output=True, text=True, env=env
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("seconds"))
    return float(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lagar", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    print("| operator | pictures | lagar, CPU s | Data-Juicer, CPU s | ratio |\n|---|---|---|---|---|")
    for name, method, parameters in OPERATORS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([options.peer, "-c", DRAW, folder, str(options.count)], check=True)
            paths = sorted(str(path) for path in Path(folder).iterdir())
            theirs = peer(options.peer, name, method, parameters, paths)
            ours = lagar(options.lagar, name, method, parameters, paths)
        words = ", ".join(f"{key}: {value}" for key, value in parameters.items())
        ratio = theirs / max(ours, 1e-4)
        print(f"| `{name}` {words} | {options.count} | {ours:.3f} | {theirs:.3f} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
