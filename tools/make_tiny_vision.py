#!/usr/bin/env python3
"""Makes tiny CLIP, ViT, Swin, BLIP and aesthetics checkpoints with random weights, and what
transformers computes with them.

    python tools/make_tiny_vision.py OUT [--seed N] [--larger]

OUT gets one folder per model (as Hugging Face lays them out), two drawn pictures, `fixtures.json`
(texts, token ids, scores and probabilities) and `fixtures.safetensors` (pixel values and what stands
behind every layer). The test `vision` of lagar-models compares every folder
`crates/lagar-models/tests/data/vision*` with them; the one in the project is made without any option.

Needs torch, transformers, tokenizers, safetensors, pillow and numpy from PyPI. The fixtures in the
project were made with the versions that `fixtures.json` names. The aesthetics predictor is stated here
as simple-aesthetics-predictor 0.1.2 states it, which does not import with transformers 5.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import PIL
import torch
import transformers
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
TEXTS = ["a red circle on a blue ground", "a green square",
         "two dogs run on a beach while a man holds a ball " * 4]


def tokenizer(path, size, first, last, unknown):
    """A WordPiece tokenizer that puts `first` and `last` around a text."""
    made = Tokenizer(models.WordPiece(unk_token=unknown))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = [unknown, "[PAD]", first] if first != "[CLS]" else ["[PAD]", unknown, first]
    trainer = trainers.WordPieceTrainer(vocab_size=size - 1, special_tokens=specials, show_progress=False)
    made.train_from_iterator(TEXTS, trainer)
    made.add_special_tokens([last])
    made.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(token, made.token_to_id(token)) for token in (first, last)],
    )
    made.save(str(path))
    return made


def randomise(model, seed):
    """Weights far enough from zero for every part to matter."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        is_norm = "norm" in name.lower() or "layrnorm" in name
        if name == "logit_scale":
            parameter.data = torch.tensor(2.6592)
        elif is_norm and name.endswith("weight"):
            parameter.data = 1 + 0.2 * noise
        elif parameter.dim() < 2:
            parameter.data = 0.1 * noise
        else:
            parameter.data = noise / parameter[0].numel() ** 0.5
    return model.eval().float()


def pictures(out):
    """Two drawn pictures of different shapes."""
    for index, size in enumerate([(61, 47), (40, 90)]):
        picture = Image.new("RGB", size, (40 + 60 * index, 90, 200 - 90 * index))
        draw = ImageDraw.Draw(picture)
        draw.ellipse((5, 8, 30, 40), fill=(230, 40, 30))
        draw.rectangle((20, 20, 38, 44), fill=(30, 180, 60))
        draw.line((0, 0, size[0], size[1]), fill=(250, 250, 20), width=3)
        picture.save(out / f"picture_{index}.png")
    return [Image.open(out / f"picture_{index}.png") for index in range(2)]


def shortest(picture, edge):
    width, height = picture.size
    if width <= height:
        return edge, int(edge * height / width)
    return int(edge * width / height), edge


def pixel_values(pictures, side, *, filter, mean, std, crop=False):
    """What the image processors of transformers compute with Pillow."""
    values = []
    for picture in pictures:
        size = shortest(picture, side) if crop else (side, side)
        picture = picture.convert("RGB").resize(size, filter)
        if crop:
            left, top = (size[0] - side) // 2, (size[1] - side) // 2
            picture = picture.crop((left, top, left + side, top + side))
        levels = np.asarray(picture, dtype=np.float64) * (1 / 255)
        levels = (levels.astype(np.float32) - np.float32(mean)) / np.float32(std)
        values.append(levels.transpose(2, 0, 1))
    return torch.from_numpy(np.stack(values).astype(np.float32))


def write(folder, model, preprocessor):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)


def clip(out, seen, seed, n):
    side, most = 28 * n, 16
    text = dict(vocab_size=96, hidden_size=24 * n, intermediate_size=40, num_hidden_layers=2,
                num_attention_heads=3, max_position_embeddings=most, eos_token_id=2, bos_token_id=0,
                pad_token_id=1)
    vision = dict(hidden_size=20 * n, intermediate_size=44, num_hidden_layers=3, num_attention_heads=2,
                  image_size=side, patch_size=7)
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=18)
    model = randomise(transformers.CLIPModel(config), seed)
    write(out / "clip", model, {"size": side, "crop_size": side, "do_center_crop": True, "resample": 3,
                                "image_mean": CLIP_MEAN, "image_std": CLIP_STD})
    words = tokenizer(out / "clip" / "tokenizer.json", 90, "<|start|>", "<|end|>", "<|end|>0")
    words.enable_truncation(most)
    ids = [words.encode(text).ids for text in TEXTS]
    values = pixel_values(seen, side, filter=Image.BICUBIC, mean=CLIP_MEAN, std=CLIP_STD, crop=True)
    tensors = {"clip.pixel_values": values}
    with torch.no_grad():
        hidden = model.vision_model(values, output_hidden_states=True).hidden_states
        tensors |= {f"clip.vision.{index}": state for index, state in enumerate(hidden)}
        hidden = model.text_model(torch.tensor([ids[0]]), output_hidden_states=True).hidden_states
        tensors |= {f"clip.text.{index}": state for index, state in enumerate(hidden)}
        scores = [
            (model(input_ids=torch.tensor([row]), pixel_values=values).logits_per_text[0] / 100).tolist()
            for row in ids
        ]
    return tensors, {"ids": ids, "scores": scores}


def classifier(out, seen, seed, name, model, side, filter):
    model = randomise(model, seed)
    write(out / name, model, {"size": {"height": side, "width": side}, "do_resize": True,
                              "resample": int(filter), "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    values = pixel_values(seen, side, filter=filter, mean=[0.5] * 3, std=[0.5] * 3)
    with torch.no_grad():
        logits = model(pixel_values=values).logits
    tensors = {f"{name}.pixel_values": values, f"{name}.logits": logits}
    return tensors, {"probabilities": torch.softmax(logits, -1).tolist()}


def vit(out, seen, seed, n):
    labels = {0: "normal", 1: "nsfw", 2: "other"}
    config = transformers.ViTConfig(
        hidden_size=24 * n, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3,
        image_size=32 * n, patch_size=8, id2label=labels, label2id={v: k for k, v in labels.items()})
    model = transformers.ViTForImageClassification(config)
    return classifier(out, seen, seed, "vit", model, 32 * n, Image.BILINEAR)


def swin(out, seen, seed, n):
    # Grids of 12, 6 and 3 patches: moved windows, padding, and one window that covers all.
    config = transformers.SwinConfig(
        image_size=48 * n, patch_size=4, embed_dim=12, depths=[2, 2, 2], num_heads=[2, 3, 4],
        window_size=3 if n == 1 else 5, mlp_ratio=2.0, num_labels=2)
    model = transformers.SwinForImageClassification(config)
    return classifier(out, seen, seed, "swin", model, 48 * n, Image.BICUBIC)


def blip(out, seen, seed, n):
    side, most = 24 * n, 20
    text = dict(vocab_size=96, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                num_attention_heads=3, max_position_embeddings=most, encoder_hidden_size=20 * n,
                bos_token_id=0, eos_token_id=3, sep_token_id=3)
    vision = dict(hidden_size=20 * n, intermediate_size=44, num_hidden_layers=2, num_attention_heads=2,
                  image_size=side, patch_size=8)
    config = transformers.BlipConfig(text_config=text, vision_config=vision)
    model = randomise(transformers.BlipForImageTextRetrieval(config), seed)
    write(out / "blip", model, {"size": {"height": side, "width": side}, "resample": 3,
                                "image_mean": CLIP_MEAN, "image_std": CLIP_STD})
    words = tokenizer(out / "blip" / "tokenizer.json", 90, "[CLS]", "[SEP]", "[UNK]")
    words.enable_truncation(most)
    ids = [words.encode(text).ids for text in TEXTS]
    values = pixel_values(seen, side, filter=Image.BICUBIC, mean=CLIP_MEAN, std=CLIP_STD)
    scores, logits = [], []
    with torch.no_grad():
        for row in ids:
            row = torch.tensor([row] * len(seen))
            logits.append(model(input_ids=row, pixel_values=values, use_itm_head=True)[0])
            scores.append(torch.softmax(logits[-1], -1)[:, 1].tolist())
    tensors = {"blip.pixel_values": values, "blip.logits": torch.stack(logits)}
    return tensors, {"ids": ids, "scores": scores}


class Predictor(transformers.CLIPVisionModelWithProjection):
    """`AestheticsPredictorV2ReLU` of simple-aesthetics-predictor, with its widths."""

    def __init__(self, config):
        super().__init__(config)
        widths = [config.projection_dim, 1024, 128, 64, 16, 1]
        layers = []
        for index, (before, after) in enumerate(zip(widths, widths[1:])):
            layers.append(torch.nn.Linear(before, after))
            if index < 4:
                layers.append(torch.nn.ReLU())
            if index < 3:
                layers.append(torch.nn.Dropout(0.1))
        self.layers = torch.nn.Sequential(*layers)


def aesthetics(out, seen, seed, n):
    side = 21 * n
    config = transformers.CLIPVisionConfig(
        hidden_size=20, intermediate_size=44, num_hidden_layers=2, num_attention_heads=2,
        image_size=side, patch_size=7, projection_dim=10)
    model = randomise(Predictor(config), seed)
    # The widths are fixed, so the weights are kept small on disk in half precision.
    model = model.half().float()
    values = pixel_values(seen, side, filter=Image.BICUBIC, mean=CLIP_MEAN, std=CLIP_STD, crop=True)
    with torch.no_grad():
        vectors = transformers.CLIPVisionModelWithProjection.forward(model, pixel_values=values).image_embeds
        scores = model.layers(vectors / vectors.norm(dim=-1, keepdim=True))
    write(out / "aesthetics", model.half(), {"size": side, "crop_size": side})
    path = out / "aesthetics" / "config.json"
    config = json.loads(path.read_text()) | {"architectures": ["AestheticsPredictorV2ReLU"]}
    path.write_text(json.dumps(config, indent=2) + "\n")
    return {"aesthetics.pixel_values": values}, {"scores": scores[:, 0].tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--larger", action="store_true", help="other sizes, grids that need padding")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    seen = pictures(options.out)
    tensors = {}
    fixtures = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__,
                             "pillow": PIL.__version__}, "texts": TEXTS}
    for make in (clip, vit, swin, blip, aesthetics):
        made, cases = make(options.out, seen, options.seed, 2 if options.larger else 1)
        tensors |= made
        fixtures[make.__name__] = cases
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()},
              options.out / "fixtures.safetensors")
    (options.out / "fixtures.json").write_text(json.dumps(fixtures, indent=1) + "\n")


if __name__ == "__main__":
    main()
