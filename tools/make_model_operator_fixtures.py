"""Writes what Data-Juicer's operators that ask a model do with its answers, the model being made up.

    python tools/make_model_operator_fixtures.py

The model's answers are a function of the picture's size and the text, written in this file and
again in crates/lagar-ops/tests/operators/models.rs, so that only the operators are compared: which
pictures they ask for, in which order, and what they make of the answers. Made with py-data-juicer
1.6.1, into crates/lagar-ops/tests/data/model_operators.jsonl.
"""

import importlib
import json
import math
import tempfile
from pathlib import Path
from types import SimpleNamespace

import torch
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "crates/lagar-ops/tests/data/model_operators.jsonl"
IMG, EOC = "<__dj__image>", "<|__dj__eoc|>"
SIZES = {"a.png": (3, 2), "b.png": (5, 4), "c.png": (7, 6)}

ROWS = [
    (f"{IMG}\na small mug {EOC}", ["a.png"]),
    (f"{IMG}a small mug", ["b.png"]),
    ("no token at all", ["a.png"]),
    ("", ["a.png"]),
    (" \n ", ["b.png"]),
    (f"{IMG} one {IMG} two {EOC}", ["a.png", "b.png"]),
    (f"{IMG} one {EOC}{IMG} two {EOC} {EOC}three{EOC}", ["a.png", "c.png"]),
    (f"{IMG} twice {EOC}{IMG} the same{EOC}", ["a.png", "a.png"]),
    (f"{IMG}{IMG}{IMG} 3x7 #2 5x4 #1 {EOC}", ["c.png", "a.png", "b.png"]),
    (f"<__dj__audio>{IMG} sound <__dj__video> {EOC}", ["b.png"]),
    (f"text first {EOC} then {IMG} 7x6 says nothing #0", ["c.png"]),
    (f"{IMG} has no picture {EOC}", []),
    (f"{IMG} has more pictures {EOC}", ["c.png", "b.png", "a.png"]),
    (f"{IMG} has too few {IMG} {EOC}", ["c.png"]),
    (f"{IMG} {EOC}{IMG} none left {EOC}", ["b.png"]),
]

CAPTIONS = [
    {},
    {"keep_original_sample": False},
    {"keep_original_sample": False, "prompt": "a photo of"},
    {"keep_original_sample": False, "prompt": "a photo of", "prompt_key": "ask"},
    {"keep_original_sample": False, "caption_num": 3, "keep_candidate_mode": "all"},
    {"caption_num": 2, "keep_candidate_mode": "all"},
    {"keep_original_sample": False, "caption_num": 3, "keep_candidate_mode": "similar_one_simhash"},
]

FILTERS = [
    ("image_watermark_filter", {}),
    ("image_watermark_filter", {"prob_threshold": 0.6, "any_or_all": "all"}),
    ("image_nsfw_filter", {}),
    ("image_nsfw_filter", {"min_score": 0.55, "max_score": 0.7, "any_or_all": "all"}),
    ("image_aesthetics_filter", {}),
    ("image_aesthetics_filter", {"hf_scorer_model": "own/scorer", "min_score": 5.5, "max_score": 9}),
    ("image_text_similarity_filter", {}),
    ("image_text_similarity_filter", {"reduce_mode": "max", "min_score": 0.2, "any_or_all": "all"}),
    ("image_text_similarity_filter", {"reduce_mode": "min", "min_score": 0.2}),
    ("image_text_matching_filter", {"min_score": 0.5}),
    ("image_text_matching_filter", {"reduce_mode": "max", "min_score": 0.8, "any_or_all": "all"}),
]


class Inputs(dict):
    def to(self, _device):
        return self


class Processor:
    """Keeps the pictures and texts for the model."""

    def __call__(self, images=None, text=None, **_kwargs):
        images = images if isinstance(images, list) else [images]
        if not images:
            raise ValueError("no pictures")
        return Inputs(asked=(images, text))

    def batch_decode(self, captions, **_kwargs):
        return captions


class Model:
    """Answers by the size of the picture."""

    device = "cpu"
    config = SimpleNamespace(
        image_token_index=0, text_config=SimpleNamespace(max_position_embeddings=77)
    )

    def __init__(self, name):
        self.name, self.calls = name, 0

    def generate(self, asked, **_kwargs):
        images, prompts = asked
        number, self.calls = self.calls, self.calls + 1
        prompts = prompts or [None] * len(images)
        return [
            f"{image.width}x{image.height} says {prompt or 'nothing'} #{number}\n"
            for image, prompt in zip(images, prompts)
        ]

    def __call__(self, asked):
        images, text = asked
        sides = torch.tensor([float(image.width) for image in images])
        if self.name == "image_aesthetics_filter":
            return SimpleNamespace(logits=(sides + 2.5).unsqueeze(1))
        if self.name == "image_text_similarity_filter":
            return SimpleNamespace(logits_per_text=(sides * 3 + len(text)).unsqueeze(0))
        odds = sides / 4 if self.name != "image_text_matching_filter" else sides / 8 + len(text) / 16
        logits = torch.stack([torch.zeros_like(odds), odds], 1)
        return SimpleNamespace(logits=logits, itm_score=logits)


def operator(kind, name, parameters):
    module = importlib.import_module(f"data_juicer.ops.{kind}.{name}")
    module.prepare_model = lambda **_kwargs: "model"
    model, processor = Model(name), Processor()
    module.get_model = lambda *_args, **_kwargs: (model, processor)
    type_name = "".join(part.capitalize() for part in name.split("_")).replace("Nsfw", "NSFW")
    made = getattr(module, type_name)(**parameters)
    return made, model


def captioned(folder, parameters):
    op, model = operator("mapper", "image_captioning_mapper", {**parameters, "gpu_batch_size": 100})
    for text, images in ROWS:
        for ask in (None, "what is it?"):
            model.calls = 0
            row = {"text": text, "images": [str(folder / name) for name in images]}
            if parameters.get("prompt_key"):
                row["ask"] = ask
            elif ask:
                continue
            line = {"op": "image_captioning_mapper", "parameters": parameters, "text": text}
            line.update(images=images, ask=ask)
            # Alone in a batch, a row whose text names no picture would vanish; with another it does not.
            other = {**row, "text": IMG, "images": [str(folder / "a.png")]}
            try:
                out = op.process_batched({key: [row[key], other[key]] for key in row})
                of_other = op.num_newly_generated_samples + int(op.keep_original_sample)
                line["texts"] = out["text"][:-of_other]
            except IndexError:
                line["fault"] = True
            yield line


def filtered(folder, name, parameters):
    op, _ = operator("filter", name, parameters)
    for text, images in ROWS:
        row = {"text": text, "images": [str(folder / image) for image in images]}
        row["__dj__stats__"] = {}
        line = {"op": name, "parameters": parameters, "text": text, "images": images}
        try:
            row = op.compute_stats_single(row)
            (scores,) = row["__dj__stats__"].values()
            line["scores"] = [float(score) for score in scores]
            line["keep"] = bool(op.process_single(row))
            if not all(map(math.isfinite, line["scores"])):
                # The mean of no pictures, which upstream goes on with; lagar puts the row aside.
                del line["scores"], line["keep"]
                line["fault"] = True
        except ValueError:
            line["fault"] = True
        yield line


def main():
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            Image.new("RGB", size).save(Path(folder) / name)
        for parameters in CAPTIONS:
            lines += captioned(Path(folder), parameters)
        for name, parameters in FILTERS:
            lines += filtered(Path(folder), name, parameters)
    OUT.write_text("".join(json.dumps(line) + "\n" for line in lines))


main()
