#!/usr/bin/env python3
"""The kernels of lagar beside PyTorch, operation by operation.

    cargo build --release --manifest-path bench/kernels/Cargo.toml
    python bench/kernels.py [--threads 1 2] [--dtypes f32 bf16 int8] [--repeats 7] [--only TEXT]
                            [--json OUT] [--markdown OUT]

Needs a Python with torch. Both sides compute the same shapes in turns (a run of one, a run of the other),
so that what else the machine does falls on both alike. With one thread CPU seconds count, with more
wall seconds; each figure is the median of the runs, the spread beside it is (third quartile - first) /
median. The result of an operation stands for what a user gets: weights are prepared beforehand, inputs
come in the format that activations have in the model (f32 for lagar; f32 or bf16 for PyTorch), and
rounding or quantising them is part of the operation.

For each format PyTorch is asked in every way it has, and the fastest counts as its best:
  f32   F.linear (MKL); oneDNN with prepared weights
  bf16  F.linear (oneDNN); oneDNN with prepared weights
  int8  torch.ao dynamic quantisation (x86, oneDNN); rows quantised by hand and torch._int_mm
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "kernels/target")) / "release/kernel-bench"

# model, part, rows, inputs, outputs, activation
MATRICES = [
    ("BLIP-2", "ViT-g qkv", 257, 1408, 4224, ""),
    ("BLIP-2", "ViT-g out", 257, 1408, 1408, ""),
    ("BLIP-2", "ViT-g fc1", 257, 1408, 6144, "gelu"),
    ("BLIP-2", "ViT-g fc2", 257, 6144, 1408, ""),
    ("BLIP-2", "Q-Former", 32, 768, 3072, "gelu"),
    ("BLIP-2", "OPT read qkv", 33, 2560, 7680, ""),
    ("BLIP-2", "OPT read fc1", 33, 2560, 10240, "relu"),
    ("BLIP-2", "OPT write fc1, 1", 1, 2560, 10240, "relu"),
    ("BLIP-2", "OPT write fc2, 1", 1, 10240, 2560, ""),
    ("BLIP-2", "OPT write fc1, 8", 8, 2560, 10240, "relu"),
    ("BLIP-2", "OPT write fc2, 8", 8, 10240, 2560, ""),
    ("BLIP-2", "OPT write fc1, 32", 32, 2560, 10240, "relu"),
    ("BLIP-2", "OPT words, 1", 1, 2560, 50304, ""),
    ("CLIP", "qkv", 577, 1024, 3072, ""),
    ("CLIP", "out", 577, 1024, 1024, ""),
    ("CLIP", "fc1", 577, 1024, 4096, "quick_gelu"),
    ("CLIP", "fc2", 577, 4096, 1024, ""),
    ("ConvNeXt-L", "up, 192", 36864, 192, 768, "gelu"),
    ("ConvNeXt-L", "down, 192", 36864, 768, 192, ""),
    ("ConvNeXt-L", "up, 768", 2304, 768, 3072, "gelu"),
    ("ConvNeXt-L", "down, 768", 2304, 3072, 768, ""),
    ("ConvNeXt-L", "up, 1536", 576, 1536, 6144, "gelu"),
    ("ConvNeXt-L", "down, 1536", 576, 6144, 1536, ""),
    ("Gemma-2B", "read q", 512, 2048, 2048, ""),
    ("Gemma-2B", "read up", 512, 2048, 16384, ""),
    ("Gemma-2B", "read down", 512, 16384, 2048, ""),
    ("Gemma-2B", "write up, 1", 1, 2048, 16384, ""),
    ("Gemma-2B", "write down, 1", 1, 16384, 2048, ""),
    ("Gemma-2B", "write up, 8", 8, 2048, 16384, ""),
]
DEPTHWISE = [("192 at 192", 192, 192), ("384 at 96", 384, 96), ("768 at 48", 768, 48),
             ("1536 at 24", 1536, 24)]
INSTRUCTIONS = 40_000_000
PER_INSTRUCTION = {"f32": 32, "bf16": 64, "int8": 128}


class Lagar:
    def __init__(self, threads, level):
        command = [str(PROGRAM), str(threads), *([level] if level else [])]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, operation, count):
        self.process.stdin.write(f"{operation} {count}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer.startswith("ERROR") or not answer:
            sys.exit(f"{operation}: {answer}")
        wall, cpu = answer.split(";")
        return [float(x) for x in wall.split(",") if x], [float(x) for x in cpu.split(",") if x]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def torch_matrix(dtype, rows, inputs, outputs, activation):
    """Ways of PyTorch to compute a linear layer with an activation, by name."""
    import torch
    import torch.nn.functional as F

    x, w = torch.rand(rows, inputs) - 0.5, torch.rand(outputs, inputs) - 0.5
    bias = torch.zeros(outputs)
    act = {"": lambda y: y, "gelu": F.gelu, "relu": F.relu_,
           "quick_gelu": lambda y: y * torch.sigmoid(1.702 * y)}[activation]
    ways = {}
    if dtype in ("f32", "bf16"):
        kind = torch.float32 if dtype == "f32" else torch.bfloat16
        x, w, bias = x.to(kind), w.to(kind), bias.to(kind)
        ways["F.linear"] = lambda: act(F.linear(x, w, bias))
        prepared = torch.ops.mkldnn._reorder_linear_weight(w, rows)
        name = {"": "none", "gelu": "gelu", "relu": "relu"}.get(activation)
        if name:
            kind = "none" if activation == "gelu" else None
            fused = torch.ops.mkldnn._linear_pointwise
            ways["oneDNN"] = lambda: fused(x, prepared, bias, name, [], kind)
        else:
            plain = torch.ops.mkldnn._linear_pointwise
            ways["oneDNN"] = lambda: act(plain(x, prepared, bias, "none", [], None))
        return ways
    for engine in ("x86", "onednn"):
        if engine not in torch.backends.quantized.supported_engines:
            continue
        torch.backends.quantized.engine = engine
        model = torch.nn.Sequential(torch.nn.Linear(inputs, outputs))
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, torch.qint8)

        def dynamic(model=model, engine=engine):
            torch.backends.quantized.engine = engine
            return act(model(x))

        ways[f"torch.ao {engine}"] = dynamic
    scale = w.abs().amax(1) / 127
    whole = (w / scale[:, None]).round().to(torch.int8).t()

    def by_hand():
        step = x.abs().amax(1, keepdim=True) / 127
        sums = torch._int_mm((x / step).round().to(torch.int8), whole)
        return act(sums * step * scale + bias)

    ways["_int_mm"] = by_hand
    return ways


def torch_depthwise(channels, size):
    import torch
    import torch.nn.functional as F

    x = torch.rand(1, channels, size, size).to(memory_format=torch.channels_last)
    w, bias = torch.rand(channels, 1, 7, 7), torch.zeros(channels)
    prepared = w.to(memory_format=torch.channels_last)
    return {
        "channels_last": lambda: F.conv2d(x, prepared, bias, padding=3, groups=channels),
        "channels first": lambda x=x.contiguous(): F.conv2d(x, w, bias, padding=3, groups=channels),
    }


def torch_attention(tokens, heads, width):
    import torch
    import torch.nn.functional as F

    fused = torch.rand(1, tokens, 3, heads, width).permute(2, 0, 3, 1, 4)
    return {"sdpa": lambda: F.scaled_dot_product_attention(*fused).transpose(1, 2).contiguous()}


def time_torch(way, count):
    import torch

    wall, cpu = [], []
    with torch.inference_mode():
        for _ in range(count):
            start, used = time.perf_counter(), time.process_time()
            way()
            cpu.append(time.process_time() - used)
            wall.append(time.perf_counter() - start)
    return wall, cpu


def compare(options, server, threads, operation, ways):
    """Times in turns; returns medians and spreads of both."""
    import torch

    torch.set_num_threads(threads)
    kind = 1 if threads == 1 else 0
    server.run(operation, 1)
    first = {}
    for name, way in list(ways.items()):
        try:
            time_torch(way, 2)
            first[name] = min(time_torch(way, 3)[kind])
        except (RuntimeError, NotImplementedError) as refused:
            print(f"  {name}: {str(refused).splitlines()[0][:90]}", file=sys.stderr)
    ours, theirs = [], {name: [] for name in first}
    # About a third of a second a turn, at most five runs.
    count = max(1, min(5, round(0.05 / max(min(first.values()), 1e-5))))
    for _ in range(options.repeats):
        ours += server.run(operation, count)[kind]
        for name in first:
            theirs[name] += time_torch(ways[name], count)[kind]
    return summary(ours), {name: summary(times) for name, times in theirs.items()}


def summary(times):
    median = statistics.median(times)
    low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else (median,) * 3
    return {"seconds": median, "spread": (high - low) / median}


def cases(options):
    for dtype in options.dtypes:
        for model, part, rows, inputs, outputs, activation in MATRICES:
            yield {
                "group": dtype, "name": f"{model} {part}", "work": 2 * rows * inputs * outputs,
                "bytes": inputs * outputs * {"f32": 4, "bf16": 2, "int8": 1}[dtype],
                "operation": f"mm:{dtype}:{rows}:{inputs}:{outputs}:{activation}",
                "ways": lambda a=(dtype, rows, inputs, outputs, activation): torch_matrix(*a),
            }
    if options.others:
        for name, channels, size in DEPTHWISE:
            yield {
                "group": "depthwise 7×7", "name": name, "work": 98 * channels * size * size,
                "operation": f"dw:{channels}:{size}:{size}",
                "ways": lambda a=(channels, size): torch_depthwise(*a),
            }
        for name, tokens, heads, width in [("ViT-g", 257, 16, 88), ("CLIP", 577, 16, 64)]:
            yield {
                "group": "attention f32", "name": name,
                "work": 4 * tokens * tokens * heads * width,
                "operation": f"at:1:{tokens}:{heads}:{width}",
                "ways": lambda a=(tokens, heads, width): torch_attention(*a),
            }


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def markdown(found, peaks, options):
    import torch

    lines = [
        "# Kernels beside PyTorch", "",
        f"PyTorch {torch.__version__}; {processor()}. Milliseconds: medians of {options.repeats} turns; with "
        "one thread CPU time, with more wall time. `default` is PyTorch as it comes (`F.linear`; for int8 "
        "`torch.ao`), `best` the fastest of all its ways (`bench/kernels.py` lists them). Ratios above 1: "
        "lagar is faster. Peak: multiply-adds on registers, measured in the same run.", "",
    ]
    for (threads, group), rows in grouped(found).items():
        against = geometric([row["default"] / row["seconds"] for row in rows])
        best = geometric([row["best"] / row["seconds"] for row in rows])
        worst = min(rows, key=lambda row: row["best"] / row["seconds"])
        lines += [
            f"## {group}, {threads} thread{'s' * (threads > 1)}", "",
            f"Geometric mean **{against:.2f}×** the default, **{best:.2f}×** the best; lowest "
            f"{worst['best'] / worst['seconds']:.2f}× ({worst['name']}).", "",
            "| shape | lagar ms | spread | of peak | default ms | × | best ms | × | best is |",
            "|---|--:|--:|--:|--:|--:|--:|--:|---|",
        ]
        peak = peaks.get((threads, group if group in PER_INSTRUCTION else "f32"))
        for row in rows:
            share = f"{row['work'] / row['seconds'] / peak:.0%}" if peak else ""
            lines.append(
                f"| {row['name']} | {1e3 * row['seconds']:.2f} | {row['spread']:.0%} | {share} | "
                f"{1e3 * row['default']:.2f} | {row['default'] / row['seconds']:.2f} | "
                f"{1e3 * row['best']:.2f} | {row['best'] / row['seconds']:.2f} | {row['best_is']} |"
            )
        lines.append("")
    return "\n".join(lines)


def grouped(found):
    groups = {}
    for row in found:
        groups.setdefault((row["threads"], row["group"]), []).append(row)
    return groups


def processor():
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "an unknown processor"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dtypes", nargs="*", default=["f32", "bf16", "int8"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="shapes whose name contains this")
    parser.add_argument("--no-others", dest="others", action="store_false")
    parser.add_argument("--level", help="lowers the level of lagar's kernels")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    found, peaks = [], {}
    for threads in options.threads:
        server = Lagar(threads, options.level)
        for dtype in PER_INSTRUCTION:
            wall, cpu = server.run(f"peak:{dtype}", 3)
            fastest = min(cpu if threads == 1 else wall)
            peaks[threads, dtype] = threads * INSTRUCTIONS * PER_INSTRUCTION[dtype] / fastest
            print(f"peak {dtype}, {threads} thr: {peaks[threads, dtype] / 1e9:.0f} G/s", flush=True)
        wall, cpu = server.run("bandwidth", 5)
        print(f"memory, {threads} thr: {(256 << 20) / min(wall) / 1e9:.1f} GB/s", flush=True)
        for case in cases(options):
            if options.only not in f"{case['group']} {case['name']}":
                continue
            ours, theirs = compare(options, server, threads, case["operation"], case["ways"]())
            best_is = min(theirs, key=lambda name: theirs[name]["seconds"])
            default = min(
                (name for name in theirs if name not in ("oneDNN", "_int_mm", "channels first")),
                key=lambda name: theirs[name]["seconds"],
            )
            row = {
                "threads": threads, "group": case["group"], "name": case["name"], **ours,
                "default": theirs[default]["seconds"], "best": theirs[best_is]["seconds"],
                "best_is": best_is, "ways": theirs, "work": case["work"],
            }
            found.append(row)
            share = row["work"] / row["seconds"] / peaks[threads, row["group"]] \
                if row["group"] in PER_INSTRUCTION else 0
            print(
                f"{threads} {row['group']:<14} {row['name']:<26} {1e3 * row['seconds']:8.2f} ms "
                f"(±{row['spread']:.0%}, {share:.0%} of peak)  default ×{row['default'] / row['seconds']:.2f}  "
                f"best ×{row['best'] / row['seconds']:.2f} {best_is}", flush=True,
            )
        server.close()
    for (threads, group), rows in grouped(found).items():
        print(
            f"{threads} thr {group}: default ×{geometric([r['default'] / r['seconds'] for r in rows]):.2f}, "
            f"best ×{geometric([r['best'] / r['seconds'] for r in rows]):.2f}, lowest "
            f"×{min(r['default'] / r['seconds'] for r in rows):.2f} / "
            f"×{min(r['best'] / r['seconds'] for r in rows):.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    if options.markdown:
        options.markdown.write_text(markdown(found, peaks, options))


if __name__ == "__main__":
    main()
