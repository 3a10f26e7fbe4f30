#!/usr/bin/env python3
"""Captions per second of lagar beside transformers and PyTorch, on the same machine and model.

    python tools/make_random_blip2.py MODEL
    python bench/blip2.py MODEL --lagar target/release/lagar [--peer PYTHON] [--pictures 17]

Every caption has exactly 20 new tokens, greedy (random weights do not end sooner; it is checked). lagar
is measured as a whole process: with one picture, and with `--pictures`; the difference is what the
further ones cost, so that loading does not count. The peer (a Python with torch and transformers) is
measured inside its process, around `generate` and preprocessing. CPU seconds are user + system; wall
seconds only mean something on a quiet machine, so the load is printed beside them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure

TOKENS = 20


def draw(folder, count):
    """Pictures of coloured shapes, 400 by 300 pixels."""
    from PIL import Image, ImageDraw

    paths = []
    for index in range(count):
        picture = Image.new("RGB", (400, 300), (37 * index % 256, 90, 200 - 11 * index % 200))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((10 * index % 200, 40, 150 + 10 * index % 200, 200), fill=(250, 40 + index, 30))
        path = folder / f"{index}.png"
        picture.save(path)
        paths.append(str(path))
    return paths


def lagar(options, paths, dtype, batch):
    """One batch size, or `None` for the one that lagar finds by itself."""
    def run(pictures):
        command = [
            options.lagar, "caption", "--model", options.model, "--dtype", dtype, "--json",
            "--max-new-tokens", str(TOKENS), "--threads", str(options.threads),
        ]
        command += ["--batch", str(batch)] if batch else []
        (wall, cpu), memory, answers = measure.child([*command, *pictures])
        for line in answers.splitlines():
            count = len(json.loads(line)["token_ids"])
            if count != TOKENS:
                sys.exit(f"a caption of {count} tokens: this model ends before {TOKENS}")
        return wall, cpu, memory

    run(paths[:1])  # brings the files into memory, so that the difference has nothing of that in it
    first_wall, first_cpu, _ = run(paths[:1])
    wall, cpu, memory = run(paths)
    count = len(paths) - 1
    return {
        "program": "lagar", "dtype": dtype, "batch": batch or "own",
        "cpu": (cpu - first_cpu) / count, "wall": (wall - first_wall) / count, "memory": memory,
    }


def peer(options, paths):
    """Runs in the peer's Python: prints one line of JSON per batch size."""
    import torch
    from PIL import Image
    from transformers import AutoTokenizer, Blip2ForConditionalGeneration, BlipImageProcessor

    torch.set_num_threads(options.threads)
    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    model = Blip2ForConditionalGeneration.from_pretrained(options.model, dtype=dtype).eval()
    if options.dtype == "int8":
        # Linear layers by torch.ao's dynamic quantisation, the rest in f32.
        torch.backends.quantized.engine = "onednn"
        torch.ao.quantization.quantize_dynamic(
            model, {torch.nn.Linear}, torch.qint8, inplace=True
        )
    if options.compile:
        model.forward = torch.compile(model.forward)
    processor = BlipImageProcessor.from_pretrained(options.model)
    AutoTokenizer.from_pretrained(options.model)

    def caption(batch):
        pictures = [Image.open(path).convert("RGB") for path in batch]
        pixels = processor(pictures, return_tensors="pt").pixel_values.to(dtype)
        with torch.inference_mode():
            model.generate(
                pixel_values=pixels, max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False
            )

    for size in options.batches:
        caption(paths[:1])
        start, cpu = time.perf_counter(), time.process_time()
        for first in range(0, len(paths), size):
            caption(paths[first:first + size])
        count = len(paths)
        print(json.dumps({
            "program": "transformers" + " compiled" * options.compile, "dtype": options.dtype,
            "batch": size,
            "cpu": (time.process_time() - cpu) / count,
            "wall": (time.perf_counter() - start) / count,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }), flush=True)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--lagar", default="target/release/lagar")
    parser.add_argument("--peer", help="a Python with torch and transformers")
    parser.add_argument("--pictures", type=int, default=17)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 16])
    parser.add_argument("--dtype", choices=["f32", "bf16", "int8"], default="bf16")
    parser.add_argument("--compile", action="store_true", help="torch.compile in the peer")
    parser.add_argument("--as-peer", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def show(found):
    print(
        f"{found['program']:<13} {found['dtype']:<5} batch {found['batch']:>3}: "
        f"{found['cpu']:6.2f} CPU s and {found['wall']:6.2f} s per caption, "
        f"{found['memory'] / 1e9:5.1f} GB, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main():
    options = parse()
    if options.as_peer:
        return peer(options, options.as_peer)
    with tempfile.TemporaryDirectory() as folder:
        paths = draw(Path(folder), options.pictures)
        manual = [options.lagar, "caption", "--help"]
        manual = subprocess.run(manual, check=True, stdout=subprocess.PIPE, text=True).stdout
        for batch in options.batches if "--batch" in manual else [None]:
            show(lagar(options, paths, options.dtype, batch))
        if options.peer:
            command = [
                options.peer, __file__, options.model, "--dtype", options.dtype, "--threads",
                str(options.threads), *["--compile"] * options.compile, "--batches", *map(str, options.batches), "--as-peer", *paths,
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                for line in process.stdout:
                    show(json.loads(line))
            if process.returncode:
                sys.exit(process.returncode)


if __name__ == "__main__":
    main()
