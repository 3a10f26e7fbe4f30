#!/usr/bin/env python3
"""Makes an MGM-2B of full size with random weights: for memory and speed, not for answers.

    python tools/make_random_mgm.py OUT [--layers N]

3,019,166,144 parameters in bfloat16, in shards with an index, as published; about 6.1 GB of disk. The
tokenizer has the ids that count (`<start_of_turn>` 106, `<end_of_turn>` 107, newline 108, bytes from
217) and fillers. Needs torch, safetensors and what `make_tiny_mgm.py` needs.
"""

import argparse
import json
import math
from pathlib import Path

import torch

from make_tiny_mgm import shapes, write_json
from random_checkpoint import cut, write_shards

VOCABULARY = 256_000
SIZES = {
    "vocabulary": VOCABULARY,
    "lm": dict(
        hidden_size=2048, intermediate_size=16384, num_hidden_layers=18, num_attention_heads=8,
        num_key_value_heads=1, head_dim=256,
    ),
    "clip": dict(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, image_size=336, patch_size=14,
    ),
    "convnext": dict(dims=[192, 384, 768, 1536], depths=[3, 3, 27, 3]),
}
CONFIG = dict(
    _name_or_path="gemma-2b-it", architectures=["MGMGemmaForCausalLM"], attention_bias=False,
    bos_token_id=2, eos_token_id=1, hidden_act="gelu", image_aspect_ratio="pad", image_global=False,
    image_grid=1, image_size_aux=768, max_position_embeddings=8192, mm_hidden_size=1024,
    mm_hidden_size_aux=2880, mm_projector_type="mlp2x_gelu", mm_use_im_start_end=False,
    mm_vision_select_feature="patch", mm_vision_select_layer=-2, mm_vision_tower="clip",
    mm_vision_tower_aux="convnext", model_type="mgm_gemma", pad_token_id=0, rms_norm_eps=1e-6,
    rope_theta=10000.0, tokenizer_model_max_length=2048, torch_dtype="bfloat16",
    transformers_version="4.38.0", vocab_size=VOCABULARY,
)


def write_tokenizer(path):
    words = {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3, "<start_of_turn>": 106,
             "<end_of_turn>": 107, "\n": 108}
    words |= {f"<0x{byte:02X}>": 217 + byte for byte in range(256)}
    letters = "▁" + "".join(map(chr, range(33, 127)))
    free = iter(sorted(set(range(VOCABULARY)) - set(words.values())))
    words |= {letter: next(free) for letter in letters}
    words |= {f"filler{i}": i for i in free}
    form = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    path.write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": words[word], "content": word, **form} for word in special],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": None, "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
        ]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "vocab": words,
            "merges": [],
        },
    }, ensure_ascii=False))


def values(pool, name, shape, start):
    numbers = cut(pool, shape, start)
    is_language = name.startswith(("model.layers", "model.norm"))
    if len(shape) == 1 and name.endswith("weight"):
        return ((0.0 if is_language else 1.0) + 0.1 * numbers).to(torch.bfloat16)
    if name.endswith("gamma"):
        return (0.3 + 0.1 * numbers).to(torch.bfloat16)
    if len(shape) == 1:
        return (0.02 * numbers).to(torch.bfloat16)
    scale = 0.02 if "embed_tokens" in name else 1 / math.sqrt(math.prod(shape[1:]))
    return (scale * numbers).to(torch.bfloat16)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--layers", type=int, help="fewer layers of Gemma, to try things out")
    options = parser.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    if options.layers:
        SIZES["lm"]["num_hidden_layers"] = options.layers
    total, count = write_shards(out, shapes(SIZES), values)
    write_json(out / "config.json", CONFIG | SIZES["lm"])
    write_tokenizer(out / "tokenizer.json")
    print(f"{total:,} parameters in {count} shards")


if __name__ == "__main__":
    main()
