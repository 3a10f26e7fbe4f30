#!/usr/bin/env python3
"""Makes a tiny BLIP-2 checkpoint with random weights, and what transformers computes with it.

    python tools/make_tiny_blip2.py OUT [--seed N] [--form safetensors|sharded|bin] [--old-config]
                                        [--set vision.hidden_size=40 …]

OUT gets the files of a model folder, two drawn pictures, `fixtures.safetensors` (pixel values and the
output of every stage) and `fixtures.json` (token ids of greedy, prompted, batched and beam-search
runs, cases of the tokenizer, and what sampling may draw from). The test `blip2` of lagar-models
compares every folder `crates/lagar-models/tests/data/blip2*` with them; the one in the project is
made without any option.

Needs torch, transformers, tokenizers, safetensors, pillow and numpy from PyPI. The fixtures in the
project were made with torch 2.15, transformers 5.24 and Pillow 13 (`fixtures.json` says so).
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import PIL
import torch
import transformers
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import Blip2Config, Blip2ForConditionalGeneration
from transformers.generation import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]

SIZES = {
    "vision": dict(
        hidden_size=40, intermediate_size=72, num_hidden_layers=3, num_attention_heads=5,
        image_size=42, patch_size=14, hidden_act="gelu", layer_norm_eps=1e-6, qkv_bias=True,
    ),
    "qformer": dict(
        hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=3,
        cross_attention_frequency=2, vocab_size=64, max_position_embeddings=32,
    ),
    "text": dict(
        model_type="opt", hidden_size=36, ffn_dim=100, num_hidden_layers=3, num_attention_heads=3,
        word_embed_proj_dim=36, max_position_embeddings=96, bos_token_id=2, pad_token_id=1,
    ),
    "top": dict(num_query_tokens=5),
}

TEXT = """a red circle on a blue ground
a green square next to a yellow triangle, seen from above
two dogs run on a beach while a man holds a ball
Question: what is it? Answer: it is a small boat on a lake.
a photo of a cat that sits on a chair
the sign says "open", and there are three cars in the street.
"""


def make_tokenizer(path, size):
    """A byte-level BPE with the special tokens of OPT and the one for pictures."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT.splitlines(keepends=True), trainer)
    tokenizer.add_special_tokens(["<image>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="</s> $A", pair="</s> $A </s> $B", special_tokens=[("</s>", 2)]
    )
    tokenizer.save(str(path))
    return tokenizer


def randomise(model, seed):
    """Weights large enough for the likeliest tokens to stand out."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=random)
            is_norm = "norm" in name.lower()
            if is_norm and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif "embed_tokens" in name:
                parameter.copy_(0.35 * noise)
                # the token that ends a text wins now and then
                parameter[model.config.text_config.eos_token_id] *= 2
            elif "embed" in name or "query_tokens" in name:
                parameter.copy_(0.7 * noise)
            else:
                fan_in = math.prod(parameter.shape[1:])
                parameter.copy_(1.3 * noise / math.sqrt(fan_in))
    model.tie_weights()


def draw(index, path):
    """A picture of shapes over a gradient."""
    width, height = [(97, 61), (50, 120)][index]
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    pixels = np.stack([x, y, 255 - (x + y) / 2], axis=-1).astype(np.uint8)
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    if index == 0:
        pen.ellipse((20, 10, 60, 50), fill=(220, 30, 30))
        pen.rectangle((65, 5, 90, 30), fill=(20, 200, 60))
    else:
        pen.polygon([(5, 110), (25, 40), (45, 110)], fill=(250, 230, 20))
        pen.line((0, 0, 49, 35), fill=(0, 0, 0), width=3)
    picture.save(path, optimize=True)
    return picture


def pixel_values(picture, size):
    """What BlipImageProcessor makes of a picture with Pillow."""
    picture = picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    levels = np.asarray(picture).astype(np.float64) * (1 / 255)
    values = (levels.astype(np.float32) - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return torch.from_numpy(values.transpose(2, 0, 1).copy())[None]


def stages(model, pixels, bos):
    """The output of every stage for one picture."""
    found, hooks = {}, []

    def keep(name):
        def hook(_module, _inputs, output):
            found[name] = (output[0] if isinstance(output, tuple) else output).detach().clone()
        return hook

    vision = model.vision_model
    hooks.append(vision.embeddings.register_forward_hook(keep("vision_embeddings")))
    for index, layer in enumerate(vision.encoder.layers):
        hooks.append(layer.register_forward_hook(keep(f"vision_layer_{index}")))
    patches = vision(pixels).last_hidden_state
    for hook in hooks:
        hook.remove()
    queries = model.qformer(
        query_embeds=model.query_tokens, encoder_hidden_states=patches
    ).last_hidden_state
    vectors = model.language_projection(queries)
    prefix = torch.cat([vectors, model.get_input_embeddings()(torch.tensor([[bos]]))], dim=1)
    found |= {
        "pixel_values": pixels,
        "vision": patches,
        "qformer": queries,
        "projection": vectors,
        "prefix_logits": model.language_model(inputs_embeds=prefix).logits,
    }
    return {name: value.contiguous() for name, value in found.items()}


def generate(model, tokenizer, pixels, prompt, image_token, settings):
    """New token ids and scores of one request."""
    ids = tokenizer.encode(prompt).ids if prompt is not None else [2]
    queries = model.config.num_query_tokens
    input_ids = torch.tensor([[image_token] * queries + ids])
    options = dict(settings)
    options.setdefault("do_sample", False)
    result = model.generate(
        pixel_values=pixels, input_ids=input_ids, attention_mask=torch.ones_like(input_ids),
        return_dict_in_generate=True, output_scores=True, output_logits=True, **options,
    )
    eos, found = model.config.text_config.eos_token_id, []
    for row in result.sequences[:, input_ids.shape[1]:].tolist():
        found.append(row[: row.index(eos) + 1] if eos in row else row)
    scores = getattr(result, "sequences_scores", None)
    if settings.get("num_beams", 1) == 1:
        margins = [(a - b).item() for a, b in (row[0].topk(2)[0] for row in result.scores)]
        least = min(margins)
    else:
        least = float("inf")
    return found, None if scores is None else scores.tolist(), least


def runs(model, tokenizer, pictures, image_token):
    """Requests and settings that between them use every rule."""
    prompts = ["Question: what is it? Answer:", "a photo of", None, " two  dogs"]
    plain = [(0, None), (1, None)]
    mixed = [(0, prompts[0]), (1, prompts[1]), (1, None), (0, prompts[3]), (1, prompts[0])]
    cases = [
        ("greedy", plain, {}),
        ("greedy_prompted", mixed, {"max_new_tokens": 12}),
        ("greedy_at_least", mixed, {"min_new_tokens": 6, "max_new_tokens": 30}),
        ("beams", plain, {"num_beams": 5, "num_return_sequences": 5, "max_new_tokens": 16}),
        ("beams_prompted", mixed, {"num_beams": 3, "max_new_tokens": 10}),
        ("beams_short", plain, {"num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.0}),
        ("beams_long", mixed, {"num_beams": 2, "length_penalty": 2.0, "min_new_tokens": 4}),
    ]
    found = []
    for name, requests, settings in cases:
        settings = {"max_new_tokens": 20, **settings}
        ids, scores = [], []
        for picture, prompt in requests:
            got, score, margin = generate(
                model, tokenizer, pictures[picture], prompt, image_token, settings
            )
            if margin < 2e-3:
                print(f"{name}: a margin of {margin:.1e} is too small to compare, take another seed")
            ids.append(got)
            scores.append(score)
        wanted = [{"picture": picture, "prompt": prompt} for picture, prompt in requests]
        found.append(
            {"name": name, "requests": wanted, "settings": settings, "ids": ids, "scores": scores}
        )
    return found


def warped(seed):
    """Which logits the warpers of transformers leave."""
    random = torch.Generator().manual_seed(seed)
    cases = []
    for temperature, top_k, top_p in [(1.0, 50, 1.0), (0.7, 5, 1.0), (1.3, 0, 0.8), (0.9, 12, 0.5)]:
        logits = (2 * torch.randn((1, 60), generator=random)).round(decimals=3)
        scores = logits
        if temperature != 1.0:
            scores = TemperatureLogitsWarper(temperature)(None, scores)
        if top_k:
            scores = TopKLogitsWarper(top_k)(None, scores)
        if top_p < 1.0:
            scores = TopPLogitsWarper(top_p)(None, scores)
        kept = [i for i, x in enumerate(scores[0].tolist()) if x != float("-inf")]
        settings = {"do_sample": True, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        cases.append({"settings": settings, "logits": logits[0].tolist(), "kept": kept})
    return cases


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--form", choices=["safetensors", "sharded", "bin"], default="safetensors")
    parser.add_argument("--old-config", action="store_true", help="without image_token_index")
    parser.add_argument("--vocabulary", type=int, default=300)
    parser.add_argument("--set", nargs="*", default=[], metavar="PART.KEY=JSON")
    return parser.parse_args()


def main():
    options = parse()
    sizes = json.loads(json.dumps(SIZES))
    for change in options.set:
        place, value = change.split("=", 1)
        part, key = place.split(".", 1)
        sizes[part][key] = json.loads(value)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer(out / "tokenizer.json", options.vocabulary)
    image_token = tokenizer.token_to_id("<image>")
    newline = tokenizer.encode("\n", add_special_tokens=False).ids
    assert len(newline) == 1, newline
    sizes["text"] |= {
        "vocab_size": -(-(image_token + 1) // 16) * 16,
        "eos_token_id": newline[0],
    }
    sizes["qformer"]["encoder_hidden_size"] = sizes["vision"]["hidden_size"]
    config = Blip2Config(
        vision_config=sizes["vision"], qformer_config=sizes["qformer"],
        text_config=sizes["text"], image_token_index=image_token, **sizes["top"],
    )
    model = Blip2ForConditionalGeneration(config).eval()
    randomise(model, options.seed)
    size = sizes["vision"]["image_size"]
    if options.form == "bin":
        config.save_pretrained(out)
        torch.save(model.state_dict(), out / "pytorch_model.bin")
    else:
        shard = "60KB" if options.form == "sharded" else "1GB"
        model.save_pretrained(out, max_shard_size=shard)
    (out / "generation_config.json").unlink(missing_ok=True)
    if options.old_config:
        saved = json.loads((out / "config.json").read_text())
        del saved["image_token_index"]
        write_json(out / "config.json", saved)
    write_json(out / "preprocessor_config.json", {
        "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": MEAN, "image_std": STD, "image_processor_type": "BlipImageProcessor",
        "resample": 3, "rescale_factor": 1 / 255, "size": {"height": size, "width": size},
    })
    pictures = [pixel_values(draw(i, out / f"picture_{i}.png"), size) for i in range(2)]
    with torch.no_grad():
        save_file(stages(model, pictures[0], 2), out / "fixtures.safetensors")
        found = {
            "versions": {
                "torch": torch.__version__, "transformers": transformers.__version__,
                "pillow": PIL.__version__,
            },
            "runs": runs(model, tokenizer, pictures, image_token),
            "warped": warped(options.seed),
            "tokenizer": [
                {"text": text, "ids": tokenizer.encode(text).ids}
                for text in ["a cat sits.\n", "Ünïcödé → 猫", "  two  spaces", ""]
            ],
        }
    write_json(out / "fixtures.json", found)


if __name__ == "__main__":
    main()
