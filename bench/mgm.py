#!/usr/bin/env python3
"""What lagar takes for a picture, a prompt and a token of an answer, beside the same model stated in
PyTorch (`tools/mgm_reference.py`), on the same machine.

    python tools/make_random_mgm.py MODEL
    python bench/mgm.py MODEL --lagar target/release/lagar [--peer PYTHON] [--tokens 32]

lagar is measured as whole processes, and differences are taken so that loading does not count: a
second question about one picture costs a prompt, a second picture its features besides, and longer
answers cost their tokens. The peer (a Python with torch) is measured inside its process. CPU seconds
are user + system; wall seconds only mean something on a quiet machine, so the load is printed too.
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

QUESTION = "What is the brand of this camera? Answer with a word."


def draw(folder):
    """Two pictures of coloured shapes, 640 by 480 pixels."""
    from PIL import Image, ImageDraw

    paths = []
    for index in range(2):
        picture = Image.new("RGB", (640, 480), (60 + 100 * index, 90, 140))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((40, 40, 300 + 90 * index, 400), fill=(250, 40 + 99 * index, 30))
        paths.append(str(folder / f"{index}.png"))
        picture.save(paths[-1])
    return paths


def lagar(options, paths):
    def run(images, questions, tokens):
        command = [options.lagar, "vqa", "--model", options.model, "--dtype", options.dtype, "--json",
                   "--threads", str(options.threads), "--batch", "1", "--max-new-tokens", str(tokens)]
        command += [part for image in images for part in ("--image", image)]
        command += [part for text in questions for part in ("--question", text)]
        times, memory, answers = measure.child(command)
        if any(len(json.loads(line)["token_ids"]) != tokens for line in answers.splitlines()):
            sys.exit(f"an answer that ends before {tokens} tokens")
        return times, memory

    def less(more, fewer):
        return [a - b for a, b in zip(more[0], fewer[0])]

    tokens = options.tokens
    run(paths[:1], [QUESTION], 1)  # brings the files into memory, so that no difference has that in it
    one = run(paths[:1], [QUESTION], 1)
    two = run(paths[:1], [QUESTION, QUESTION + "?"], 1)
    both = run(paths, [QUESTION], 1)
    long = run(paths[:1], [QUESTION], 1 + tokens)
    yield "lagar", "load and first answer", one[0], 1, one[1]
    yield "lagar", "picture", less(both, two), 1, both[1]
    yield "lagar", "prompt", less(two, one), prompt_tokens(options), both[1]
    yield "lagar", "tokens", less(long, one), tokens, long[1]


def prompt_tokens(options):
    """Vectors of the prompt, the picture's included."""
    from tokenizers import Tokenizer

    sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
    from mgm_reference import ids_of, words

    tokenizer = Tokenizer.from_file(str(Path(options.model) / "tokenizer.json"))
    return len(ids_of(tokenizer, words([(QUESTION, None)], 1))) - 1 + 576


def peer(options, paths):
    """Runs in the peer's Python: prints one line of JSON per measurement."""
    import torch
    from PIL import Image
    from tokenizers import Tokenizer

    sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
    from mgm_reference import Mgm, ids_of, pixels, state_of, words

    torch.set_num_threads(options.threads)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[options.dtype]
    folder = Path(options.model)
    config = json.loads((folder / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    state = state_of(folder)
    for name in state:
        state[name] = state[name].to(dtype)
    model = Mgm(state, config, dict(num_attention_heads=16, num_hidden_layers=24))

    def timed(name, count, work):
        start, cpu = time.perf_counter(), time.process_time()
        result = work()
        print(json.dumps(["PyTorch", name, [time.perf_counter() - start, time.process_time() - cpu],
                          count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]), flush=True)
        return result

    with torch.inference_mode():
        def look(path):
            views, fine = pixels(Image.open(path), config, 336)
            return model.tokens(views.to(dtype), fine.to(dtype))

        looked = timed("load and first answer", 1, lambda: look(paths[0]))
        looked = timed("picture", 1, lambda: look(paths[1]))
        prefix = model.vectors(ids_of(tokenizer, words([(QUESTION, None)], 1)), [looked])

        def answer(count):
            return model.generate(prefix, count, [])

        answer(1)
        timed("prompt", len(prefix), lambda: answer(1))
        cache = model.empty_cache()
        model.hidden(prefix, cache)

        def decode():
            token = 5
            for _ in range(options.tokens):
                vectors = model["model.embed_tokens.weight"][token][None]
                token = int(model.logits(model.hidden(vectors, cache)).argmax())

        timed("tokens", options.tokens, decode)


def show(program, name, times, count, memory):
    wall, cpu = times
    if name == "load and first answer" and program == "PyTorch":
        return
    speed = f", {count / cpu:8.1f} per CPU s, {count / wall:8.1f} per s" if count > 1 else ""
    print(f"{program:<8} {name:<22} {cpu:7.2f} CPU s, {wall:7.2f} s{speed}, "
          f"{memory / 1e9:4.1f} GB, load {os.getloadavg()[0]:.1f}", flush=True)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--lagar", default="target/release/lagar")
    parser.add_argument("--peer", help="a Python with torch")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="bf16")
    parser.add_argument("--as-peer", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.as_peer:
        return peer(options, options.as_peer)
    with tempfile.TemporaryDirectory() as folder:
        paths = draw(Path(folder))
        for measured in lagar(options, paths):
            show(*measured)
        if options.peer:
            command = [
                options.peer, __file__, options.model, "--dtype", options.dtype, "--threads",
                str(options.threads), "--tokens", str(options.tokens), "--as-peer", *paths,
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                for line in process.stdout:
                    show(*json.loads(line))
            if process.returncode:
                sys.exit(process.returncode)


if __name__ == "__main__":
    main()
