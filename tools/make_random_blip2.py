#!/usr/bin/env python3
"""Makes a BLIP-2 OPT-2.7b of full size with random weights: for memory and speed, not for captions.

    python tools/make_random_blip2.py OUT [--layers N]

3,744,761,856 parameters in bfloat16, in shards with an index, as on the hub; about 7.5 GB of disk. The
tokenizer has the ids that count (`</s>` 2, newline 50118, `<image>` 50265) and fillers. Needs torch,
transformers and safetensors from PyPI.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from transformers import Blip2Config, Blip2ForConditionalGeneration

from random_checkpoint import cut, write_shards

NEWLINE, IMAGE, VOCABULARY = 50118, 50265, 50304


def byte_characters():
    """The characters that stand for bytes in a byte-level BPE, byte by byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {byte: chr(byte) for byte in plain}
    others = (byte for byte in range(256) if byte not in names)
    return names | {byte: chr(256 + index) for index, byte in enumerate(others)}


def write_tokenizer(path):
    characters = byte_characters()
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, characters[10]: NEWLINE}
    free = iter(i for i in range(4, IMAGE) if i != NEWLINE)
    for byte, character in characters.items():
        if byte != 10:
            vocabulary[character] = next(free)
    vocabulary |= {f"filler{i}": i for i in free}
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [("<s>", 0), ("<pad>", 1), ("</s>", 2), ("<unk>", 3), ("<image>", IMAGE)]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"id": "</s>", "ids": [2], "tokens": ["</s>"]}
    path.write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "added_tokens": [
            {"id": i, "content": text, "special": True, **special} for text, i in added
        ],
        "pre_tokenizer": level, "decoder": level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "</s>", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"</s>": end},
        },
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "vocab": vocabulary, "merges": [],
        },
    }, ensure_ascii=False))


def configuration(layers):
    config = Blip2Config(
        image_token_index=IMAGE, num_query_tokens=32,
        text_config=dict(
            model_type="opt", hidden_size=2560, ffn_dim=10240, num_hidden_layers=32,
            num_attention_heads=32, vocab_size=VOCABULARY, word_embed_proj_dim=2560,
            eos_token_id=NEWLINE, bos_token_id=2, pad_token_id=1,
        ),
    )
    if layers:
        config.vision_config.num_hidden_layers = layers
        config.text_config.num_hidden_layers = layers
    return config


def values(pool, name, shape, start):
    numbers = cut(pool, shape, start)
    if "norm" in name.lower() and name.endswith("weight"):
        return (1 + 0.1 * numbers).to(torch.bfloat16)
    if len(shape) == 1:
        return (0.02 * numbers).to(torch.bfloat16)
    scale = 0.02 if "embed" in name or "token" in name else 1 / math.sqrt(math.prod(shape[1:]))
    return (scale * numbers).to(torch.bfloat16)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--layers", type=int, help="fewer layers of both towers, to try things out")
    options = parser.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    config = configuration(options.layers)
    with torch.device("meta"):
        model = Blip2ForConditionalGeneration(config)
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    total, count = write_shards(out, dict(sorted(shapes.items())), values)
    config.architectures = ["Blip2ForConditionalGeneration"]
    config.save_pretrained(out)
    (out / "preprocessor_config.json").write_text(json.dumps({
        "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "image_processor_type": "BlipImageProcessor", "resample": 3,
        "rescale_factor": 1 / 255, "size": {"height": 224, "width": 224},
    }, indent=1))
    write_tokenizer(out / "tokenizer.json")
    print(f"{total:,} parameters in {count} shards")


if __name__ == "__main__":
    main()
