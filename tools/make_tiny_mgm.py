#!/usr/bin/env python3
"""Makes tiny MGM checkpoints with random weights, in every form they come in, and what they compute.

    python tools/make_tiny_mgm.py OUT [--seed N] [--set lm.hidden_size=48 …]

OUT gets the folders `mgm` (a whole checkpoint in shards), `base` (Gemma alone), `clip` and `convnext`
(the towers alone), `pretrain` (`mm_projector.bin`), `lora` (a run with adapters), pictures,
`fixtures.safetensors` (every stage of the forward pass) and `fixtures.json` (prompts, token ids,
greedy answers). The test `mgm` of lagar-models reads `crates/lagar-models/tests/data/mgm`, which is
made without any option. What is computed is stated in `mgm_reference.py`.

Needs torch, tokenizers, safetensors, pillow and numpy from PyPI; `fixtures.json` says which versions.
"""

import argparse
import json
import math
import random
from pathlib import Path

import numpy as np
import PIL
import tokenizers
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors, trainers

from mgm_reference import CLIP, FINER, MEAN, STD, Mgm, ids_of, pixels, words

SIZES = {
    "lm": dict(
        hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, head_dim=8, max_position_embeddings=256, rms_norm_eps=1e-6,
        rope_theta=10000.0, hidden_act="gelu", transformers_version="4.38.0",
    ),
    "clip": dict(
        hidden_size=16, intermediate_size=36, num_hidden_layers=3, num_attention_heads=2,
        image_size=28, patch_size=7, hidden_act="quick_gelu", layer_norm_eps=1e-5,
    ),
    "convnext": dict(dims=[4, 8, 12, 16], depths=[1, 1, 2, 1]),
    "mgm": dict(
        image_size_aux=64, image_aspect_ratio="pad", image_grid=1, image_global=False,
        mm_projector_type="mlp2x_gelu", mm_vision_select_layer=-2, tokenizer_model_max_length=160,
        mm_vision_select_feature="patch", mm_use_im_start_end=False, mm_use_im_patch_token=False,
    ),
    "lora": dict(r=3, lora_alpha=5),
}
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
MODULES = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
TEXT = """What is the brand of this camera? Answer the question using a single word or phrase.
user model the photo shows a red circle and a green square on a blue ground
Describe it. a cat on a mat, two dogs, three cars in the street
"""


def make_tokenizer(path):
    """A BPE that falls back to bytes, spaces written as U+2581, as Gemma's."""
    trainer = trainers.BpeTrainer(vocab_size=110, show_progress=False)
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.train_from_iterator(TEXT.splitlines(), trainer)
    found = json.loads(trained.to_str())["model"]
    vocabulary = {word: i for i, word in enumerate(SPECIAL + ["\n", "\n\n"])}
    for word in [f"<0x{byte:02X}>" for byte in range(256)] + sorted(found["vocab"], key=found["vocab"].get):
        vocabulary.setdefault(word, len(vocabulary))
    merges = [("\n", "\n")] + [tuple(pair) for pair in found["merges"]]
    tokenizer = Tokenizer(models.BPE(
        vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True,
    ))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([AddedToken(word, normalized=False) for word in SPECIAL])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    # one line: the vocabulary is most of it
    path.write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False) + "\n")
    return tokenizer


def shapes(sizes):
    """Every tensor of a checkpoint with its shape."""
    lm, clip, cnx = sizes["lm"], sizes["clip"], sizes["convnext"]
    found = {"model.embed_tokens.weight": (sizes["vocabulary"], lm["hidden_size"])}
    width, inner, head = lm["hidden_size"], lm["intermediate_size"], lm["head_dim"]
    row, kv_row = lm["num_attention_heads"] * head, lm["num_key_value_heads"] * head
    matrices = [(row, width), (kv_row, width), (kv_row, width), (width, row), (inner, width),
                (inner, width), (width, inner)]
    for layer in range(lm["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        found |= {f"{name}{module}.weight": shape for module, shape in zip(MODULES, matrices)}
        found |= {f"{name}{norm}_layernorm.weight": (width,) for norm in ("input", "post_attention")}
    found["model.norm.weight"] = (width,)

    def linear(name, outputs, inputs):
        found.update({f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)})

    def norm(name, width):
        found.update({f"{name}.weight": (width,), f"{name}.bias": (width,)})

    def convolution(name, *shape):
        found.update({f"{name}.weight": shape, f"{name}.bias": shape[:1]})

    width, inner, patch = clip["hidden_size"], clip["intermediate_size"], clip["patch_size"]
    found[CLIP + "embeddings.class_embedding"] = (width,)
    found[CLIP + "embeddings.patch_embedding.weight"] = (width, 3, patch, patch)
    places = (clip["image_size"] // patch) ** 2 + 1
    found[CLIP + "embeddings.position_embedding.weight"] = (places, width)
    norm(CLIP + "pre_layrnorm", width)
    for layer in range(clip["num_hidden_layers"]):
        name = f"{CLIP}encoder.layers.{layer}."
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            linear(f"{name}self_attn.{part}", width, width)
        norm(name + "layer_norm1", width)
        linear(name + "mlp.fc1", inner, width)
        linear(name + "mlp.fc2", width, inner)
        norm(name + "layer_norm2", width)
    norm(CLIP + "post_layernorm", width)
    dims = cnx["dims"]
    convolution(FINER + "vision_stem.0", dims[0], 3, 4, 4)
    norm(FINER + "vision_stem.1", dims[0])
    for stage, (depth, dim) in enumerate(zip(cnx["depths"], dims)):
        name = f"{FINER}vision_stages.{stage}."
        if stage:
            norm(name + "downsample.0", dims[stage - 1])
            convolution(name + "downsample.1", dim, dims[stage - 1], 2, 2)
        for block in range(depth):
            block = f"{name}blocks.{block}."
            found[block + "gamma"] = (dim,)
            convolution(block + "conv_dw", dim, 1, 7, 7)
            norm(block + "norm", dim)
            linear(block + "mlp.fc1", 4 * dim, dim)
            linear(block + "mlp.fc2", dim, 4 * dim)
    linear("model.mm_projector.0", lm["hidden_size"], width)
    linear("model.mm_projector.2", lm["hidden_size"], lm["hidden_size"])
    for name, inputs in (("query", width), ("aux", sum(dims)), ("val", sum(dims))):
        norm(f"model.vlm_uni_{name}_projector.0", inputs)
        linear(f"model.vlm_uni_{name}_projector.1", width, inputs)
    return found


def value(name, shape, generator):
    """Weights large enough for the likeliest tokens to stand out."""
    noise = torch.randn(shape, generator=generator)
    is_norm = any(part in name for part in ("norm", "stem.1", "downsample.0", "projector.0.")) \
        and "mm_projector" not in name
    if name.startswith(("model.layers", "model.norm")) and is_norm:
        return 0.3 * noise
    if name.endswith("gamma"):
        return 0.5 + 0.2 * noise
    if is_norm and name.endswith("weight"):
        return 1 + 0.2 * noise
    if name.endswith("bias"):
        return 0.1 * noise
    if "embed_tokens" in name:
        # the token that ends a text wins now and then
        noise[1] *= 1.9
        return 0.25 * noise
    if "embedding" in name and "patch" not in name:
        return 0.7 * noise
    if name.endswith(("layers.0.self_attn.o_proj.weight", "mlp.down_proj.weight")):
        return 4 * noise / math.sqrt(shape[1])
    if name == "model.mm_projector.2.weight":
        return 0.3 * noise / math.sqrt(shape[1])
    return 1.3 * noise / math.sqrt(math.prod(shape[1:]))


def draw(index, path):
    """A picture of shapes over a gradient."""
    width, height = [(97, 61), (50, 120), (64, 64)][index]
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    picture = Image.fromarray(np.stack([x, y, 255 - (x + y) / 2], axis=-1).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    if index == 0:
        pen.ellipse((20, 10, 60, 50), fill=(220, 30, 30))
        pen.rectangle((65, 5, 90, 30), fill=(20, 200, 60))
    elif index == 1:
        pen.polygon([(5, 110), (25, 40), (45, 110)], fill=(250, 230, 20))
    else:
        pen.line((0, 0, 63, 40), fill=(0, 0, 0), width=5)
    picture.save(path, optimize=True)
    return picture


def write_json(path, content):
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_sharded(folder, state, count):
    names = list(state)
    size = -(-len(names) // count)
    weight_map = {}
    for number in range(count):
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        part = {name: state[name] for name in names[number * size:(number + 1) * size]}
        save_file(part, folder / file, metadata={"format": "pt"})
        weight_map |= {name: file for name in part}
    total = sum(tensor.numel() * 4 for tensor in state.values())
    write_json(folder / "model.safetensors.index.json",
               {"metadata": {"total_size": total}, "weight_map": weight_map})


def write_folders(out, sizes, state, generator):
    """All folders but the tokenizers; gives the LoRA and the configuration back."""
    for name in ("mgm", "base", "clip", "convnext", "pretrain", "lora"):
        (out / name).mkdir(parents=True, exist_ok=True)
    lm = dict(sizes["lm"], vocab_size=sizes["vocabulary"], bos_token_id=2, eos_token_id=1,
              pad_token_id=0, attention_bias=False, torch_dtype="float32")
    config = lm | sizes["mgm"] | dict(
        _name_or_path="/elsewhere/base", architectures=["MGMGemmaForCausalLM"], model_type="mgm_gemma",
        mm_vision_tower="/elsewhere/clip", mm_vision_tower_aux="/elsewhere/convnext",
        mm_hidden_size=sizes["clip"]["hidden_size"], mm_hidden_size_aux=sum(sizes["convnext"]["dims"]),
    )
    write_json(out / "mgm/config.json", config)
    write_sharded(out / "mgm", state, 2)
    write_json(out / "base/config.json", lm | dict(model_type="gemma", architectures=["GemmaForCausalLM"]))
    language = {k: v for k, v in state.items()
                if k.startswith(("model.layers", "model.norm", "model.embed_tokens"))}
    save_file(language, out / "base/model.safetensors", metadata={"format": "pt"})
    write_json(out / "clip/config.json", sizes["clip"] | dict(model_type="clip_vision_model"))
    write_json(out / "clip/preprocessor_config.json", dict(
        do_center_crop=True, do_normalize=True, do_resize=True, do_rescale=True, resample=3,
        image_mean=MEAN, image_std=STD, crop_size=28, size=28, image_processor_type="CLIPImageProcessor",
    ))
    clip = {"vision_model." + k[len(CLIP):]: v for k, v in state.items() if k.startswith(CLIP)}
    clip["logit_scale"] = torch.tensor(2.0)
    save_file(clip, out / "clip/model.safetensors", metadata={"format": "pt"})
    finer = {"visual.trunk." + k[len(FINER + "vision_"):]: v for k, v in state.items() if k.startswith(FINER)}
    finer["visual.head.proj.weight"] = torch.ones(2, 2)
    torch.save(finer, out / "convnext/open_clip_pytorch_model.bin")
    trained = ("mm_projector", "vlm_uni")
    projector = {k: v for k, v in state.items()
                 if any(part in k for part in (*trained, "vision_tower", "vision_stages"))}
    write_json(out / "pretrain/config.json", config | dict(
        architectures=["GemmaForCausalLM"], tune_mm_mlp_adapter=True))
    torch.save(projector, out / "pretrain/mm_projector.bin")
    write_json(out / "lora/config.json", config | dict(architectures=["GemmaForCausalLM"]))
    own = {k: v + 0.05 * torch.randn(v.shape, generator=generator)
           for k, v in state.items() if any(part in k for part in trained)}
    torch.save({"base_model.model." + k: v for k, v in own.items()}, out / "lora/non_lora_trainables.bin")
    lora = write_lora(out / "lora", sizes, state, generator)
    return config, own, lora


def write_lora(folder, sizes, state, generator):
    rank, scale = sizes["lora"]["r"], sizes["lora"]["lora_alpha"] / sizes["lora"]["r"]
    lora, stored = {}, {}
    for layer in range(sizes["lm"]["num_hidden_layers"]):
        for module in MODULES:
            name = f"model.layers.{layer}.{module}"
            outputs, inputs = state[name + ".weight"].shape
            a = torch.randn((rank, inputs), generator=generator) / math.sqrt(inputs)
            b = 0.25 * torch.randn((outputs, rank), generator=generator) / math.sqrt(rank)
            lora[name] = (a, b, scale)
            stored[f"base_model.model.{name}.lora_A.weight"] = a
            stored[f"base_model.model.{name}.lora_B.weight"] = b
    save_file(stored, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    write_json(folder / "adapter_config.json", dict(
        base_model_name_or_path="/elsewhere/base", bias="none", fan_in_fan_out=False,
        inference_mode=True, lora_dropout=0.0, peft_type="LORA", task_type="CAUSAL_LM",
        target_modules=sorted({module.split(".")[1] for module in MODULES}), **sizes["lora"],
    ))
    return lora


CASES = [
    dict(name="a picture", pictures=[0], exchanges=[[
        "What is the brand of this camera?\nAnswer the question using a single word or phrase.", None]]),
    dict(name="another picture, the place of which stands last", pictures=[1],
         exchanges=[["Describe it.\n<image>", None]]),
    dict(name="words alone", pictures=[], exchanges=[["What is a cat? 图", None]]),
    dict(name="a second question", pictures=[2],
         exchanges=[["What is this?", "two dogs"], ["And the ground?", None]]),
    dict(name="two pictures", pictures=[0, 1], exchanges=[["Which is red?", None]]),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="PART.KEY=VALUE")
    options = parser.parse_args()
    for change in options.set:
        (part, key), text = change.partition("=")[0].split("."), change.partition("=")[2]
        try:
            SIZES[part][key] = json.loads(text)
        except json.JSONDecodeError:
            SIZES[part][key] = text
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    random.seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    tokenizer = make_tokenizer(out / "tokenizer.json")
    sizes = SIZES | dict(vocabulary=tokenizer.get_vocab_size() + 3)
    state = {name: value(name, shape, generator) for name, shape in shapes(sizes).items()}
    config, own, lora = write_folders(out, sizes, state, generator)
    for name in ("mgm", "base"):
        (out / name / "tokenizer.json").write_bytes((out / "tokenizer.json").read_bytes())
    (out / "tokenizer.json").unlink()
    pictures = [draw(index, out / f"picture_{index}.png") for index in range(3)]
    side = sizes["clip"]["image_size"]
    hd = config | dict(image_grid=2, image_global=True, image_size_aux=2 * config["image_size_aux"])
    write_json(out / "hd.json", hd)
    forms = {
        "mgm": Mgm(state, config, sizes["clip"]),
        "hd": Mgm(state, hd, sizes["clip"]),
        "lora": Mgm(state | own, config, sizes["clip"], lora),
    }
    kept, runs, margin = {}, [], math.inf
    for form, model in forms.items():
        for case in CASES:
            looked = [model.tokens(*pixels(pictures[i], model.config, side)) for i in case["pictures"]]
            text = words(case["exchanges"], len(looked))
            ids = ids_of(tokenizer, text)
            vectors = model.vectors(ids, looked)
            if len(vectors) + 12 > config["max_position_embeddings"]:
                continue
            new, scores = model.generate(vectors, 12, [1])
            top = scores.topk(2).values
            margin = min(margin, float((top[:, 0] - top[:, 1]).min()))
            runs.append(dict(form=form, prompt=text, input_ids=ids, new_ids=new,
                             text=tokenizer.decode(new).strip(), **case))
            if case is CASES[0]:
                views, fine = pixels(pictures[0], model.config, side)
                model.hidden(vectors, model.empty_cache())
                stages = dict(model.seen) if form == "mgm" else {"tokens": model.seen["tokens"]}
                stages["logits"] = model.logits(model.seen["lm_last_hidden"])[-8:]
                # every fifth number of the large picture says as much as all of them
                stages["views"], stages["fine"] = (
                    (views, fine) if form == "mgm" else (views.flatten()[::5], fine.flatten()[::5])
                )
                if form == "lora":
                    stages = {"logits": stages["logits"]}
                kept |= {f"{form}.{name}": stage.contiguous() for name, stage in stages.items()}
    middle = pixels(pictures[1], config | dict(image_aspect_ratio="square"), side)[1]
    kept["square.fine"] = middle.flatten()[::5].contiguous()
    save_file(kept, out / "fixtures.safetensors", metadata={"format": "pt"})
    write_json(out / "fixtures.json", {
        "versions": dict(torch=torch.__version__, tokenizers=tokenizers.__version__,
                         pillow=PIL.__version__, numpy=np.__version__),
        "smallest margin between the likeliest tokens": margin,
        "runs": runs,
    })
    print(f"{sum(t.numel() for t in state.values()):,} parameters, margin {margin:.2g}")


if __name__ == "__main__":
    with torch.no_grad():
        main()
