"""MGM with Gemma, stated plainly in PyTorch: the measure of `lagar_models::mgm`, and its peer in
`bench/mgm.py`.

Functions over a state dictionary, in the order of the forward pass. Nothing of MGM's own code is
needed or used: torch, numpy, Pillow, safetensors and tokenizers from PyPI.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
IMAGE = "<image>"
CLIP = "model.vision_tower.vision_tower.vision_model."
FINER = "model.vision_tower_aux."


# files

def state_of(folder):
    """The tensors of a model folder."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        return {k: v for shard in shards for k, v in load_file(folder / shard).items()}
    for name in ["model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"]:
        if (folder / name).is_file():
            path = folder / name
            return load_file(path) if path.suffix == ".safetensors" else torch.load(path)
    raise SystemExit(f"no weights in {folder}")


def clip_names(state):
    return {CLIP + k[len("vision_model."):]: v for k, v in state.items()
            if k.startswith("vision_model.")}


def finer_names(state):
    return {FINER + "vision_" + k[len("visual.trunk."):]: v for k, v in state.items()
            if k.startswith(("visual.trunk.stem.", "visual.trunk.stages."))}


def trained_names(state):
    """The names that files of trained parameters have in a checkpoint."""
    found = {}
    for name, value in state.items():
        name = name.removeprefix("base_model.")
        if name.startswith("model.model."):
            name = name[len("model."):]
        found[name] = value
    return found


# pictures

def padded(picture):
    width, height = picture.size
    side = max(width, height)
    square = Image.new("RGB", (side, side), tuple(int(x * 255) for x in MEAN))
    square.paste(picture, ((side - width) // 2, (side - height) // 2))
    return square


def pixels(picture, config, side):
    """What both towers read: `[views, 3, side, side]` and `[3, finer, finer]`."""
    picture, finer = picture.convert("RGB"), config["image_size_aux"]
    if config.get("image_aspect_ratio") == "pad":
        picture = padded(picture)
    width, height = picture.size
    if width <= height:
        size = (finer, int(finer * height / width))
    else:
        size = (int(finer * width / height), finer)
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - finer) // 2, (size[1] - finer) // 2
    picture = picture.crop((left, top, left + finer, top + finer))
    levels = np.asarray(picture).astype(np.float64) * (1 / 255)
    values = (levels.astype(np.float32) - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    fine = torch.from_numpy(values.transpose(2, 0, 1).copy())
    grid = config.get("image_grid", 1)
    large = F.interpolate(fine[None], (side * grid, side * grid), mode="bilinear")
    views = large.reshape(3, grid, side, grid, side).permute(1, 3, 0, 2, 4)
    views = views.reshape(-1, 3, side, side)
    if grid > 1 and config.get("image_global"):
        views = torch.cat([views, F.interpolate(large, (side, side), mode="bilinear")])
    return views, fine


# the model

class Mgm:
    """A state dictionary with its configurations. `lora` has, per matrix, A, B and the scale."""

    def __init__(self, state, config, clip, lora=None):
        self.state, self.config, self.clip, self.lora = state, config, clip, lora or {}
        self.dtype = state["model.norm.weight"].dtype
        self.seen = {}

    def __getitem__(self, name):
        return self.state[name]

    def keep(self, name, value):
        self.seen[name] = value.detach().clone()
        return value

    def linear(self, x, name):
        y = F.linear(x, self[name + ".weight"], self.state.get(name + ".bias"))
        if name in self.lora:
            a, b, scale = self.lora[name]
            y = y + F.linear(F.linear(x, a), b) * scale
        return y

    def norm(self, x, name, epsilon):
        return F.layer_norm(x, x.shape[-1:], self[name + ".weight"], self[name + ".bias"], epsilon)

    # CLIP's tower

    def patches(self, views):
        """`[views, patches, width]` of the layer before the last, without the class."""
        weight = self[CLIP + "embeddings.patch_embedding.weight"]
        x = F.conv2d(views, weight, stride=weight.shape[-1]).flatten(2).transpose(1, 2)
        first = self[CLIP + "embeddings.class_embedding"].expand(len(x), 1, -1)
        x = torch.cat([first, x], 1) + self[CLIP + "embeddings.position_embedding.weight"]
        epsilon = self.clip.get("layer_norm_eps", 1e-5)
        x = self.keep("clip_hidden_0", self.norm(x, CLIP + "pre_layrnorm", epsilon))
        depth = self.clip["num_hidden_layers"] + 1 + self.config["mm_vision_select_layer"]
        for index in range(depth):
            x = self.clip_layer(x, f"{CLIP}encoder.layers.{index}.", epsilon)
            self.keep(f"clip_hidden_{index + 1}", x)
        return x[:, 1:]

    def clip_layer(self, x, name, epsilon):
        heads = self.clip["num_attention_heads"]
        h = self.norm(x, name + "layer_norm1", epsilon)
        q, k, v = (
            self.linear(h, f"{name}self_attn.{part}_proj").unflatten(-1, (heads, -1)).transpose(1, 2)
            for part in "qkv"
        )
        h = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.linear(h, name + "self_attn.out_proj")
        h = self.linear(self.norm(x, name + "layer_norm2", epsilon), name + "mlp.fc1")
        return x + self.linear(h * torch.sigmoid(1.702 * h), name + "mlp.fc2")

    # the finer tower

    def maps(self, fine):
        """The maps of all stages, `[1, channels, height, width]`."""
        def norm(x, name):
            return self.norm(x.permute(0, 2, 3, 1), name, 1e-6).permute(0, 3, 1, 2)

        def convolve(x, name, **settings):
            return F.conv2d(x, self[name + ".weight"], self[name + ".bias"], **settings)

        name = FINER + "vision_stem."
        x = norm(convolve(fine[None], name + "0", stride=4), name + "1")
        found = []
        while f"{FINER}vision_stages.{len(found)}.blocks.0.gamma" in self.state:
            stage = f"{FINER}vision_stages.{len(found)}."
            if found:
                x = convolve(norm(x, stage + "downsample.0"), stage + "downsample.1", stride=2)
            index = 0
            while f"{stage}blocks.{index}.gamma" in self.state:
                block = f"{stage}blocks.{index}."
                channels = x.shape[1]
                h = convolve(x, block + "conv_dw", padding=3, groups=channels).permute(0, 2, 3, 1)
                h = self.linear(self.norm(h, block + "norm", 1e-6), block + "mlp.fc1")
                h = self.linear(F.gelu(h), block + "mlp.fc2") * self[block + "gamma"]
                x, index = x + h.permute(0, 3, 1, 2), index + 1
            found.append(self.keep(f"aux_stage_{len(found)}", x))
        return found

    def finer(self, fine):
        maps = self.maps(fine)
        size = maps[0].shape[-2:]
        larger = [F.interpolate(m.float(), size, mode="bilinear").to(m.dtype) for m in maps[1:]]
        return torch.cat([maps[0], *larger], 1)

    # patch info mining

    def mine(self, patches, finer):
        """Patches `[patches, width]` ask the block of the finer map `[channels, side, side]` under
        them."""
        side = math.isqrt(len(patches))
        step = finer.shape[-1] // side
        blocks = finer.reshape(-1, side, step, side, step).permute(1, 3, 2, 4, 0)
        blocks = blocks.reshape(side * side, step * step, -1)

        def project(x, name):
            name = f"model.vlm_uni_{name}_projector."
            return self.linear(self.norm(x, name + "0", 1e-5), name + "1")

        q, k, v = project(patches, "query"), project(blocks, "aux"), project(blocks, "val")
        scores = torch.einsum("pc,pkc->pk", q, k) / math.sqrt(q.shape[-1])
        return torch.einsum("pk,pkc->pc", scores.nan_to_num().softmax(-1), v)

    def tokens(self, views, fine):
        """What the language model sees of a picture, `[tokens, width]`."""
        patches, finer = self.patches(views), self.finer(fine)[0]
        grid = self.config.get("image_grid", 1)
        pairs = []
        if len(patches) > grid * grid:
            small = F.interpolate(finer[None].float(), scale_factor=1 / grid, mode="bilinear")
            pairs.append((patches[-1], small[0].to(finer.dtype)))
        side = finer.shape[-1] // grid
        for view in range(grid * grid):
            y, x = view // grid * side, view % grid * side
            pairs.append((patches[view], finer[:, y:y + side, x:x + side]))
        mined = self.keep("mined", torch.cat([self.mine(*pair) for pair in pairs]))
        x = torch.cat([own for own, _ in pairs]) + mined
        x = self.linear(x, "model.mm_projector.0")
        return self.keep("tokens", self.linear(F.gelu(x), "model.mm_projector.2"))

    # the language model

    def gelu(self):
        config = self.config
        name = config.get("hidden_activation")
        if name is None:
            version = tuple(int(n) for n in config.get("transformers_version", "4.38").split(".")[:2])
            new = "hidden_activation" in config or version >= (4, 39)
            name = "gelu_pytorch_tanh" if new else config["hidden_act"]
        return {"gelu": "none", "gelu_pytorch_tanh": "tanh"}[name]

    def rms_norm(self, x, name):
        wide = x.float()
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return (wide * scale * (1 + self[name].float())).to(x.dtype)

    def hidden(self, vectors, cache):
        """`[tokens, width]` behind what the cache has seen, to the same shape behind the norm."""
        config = self.config
        seen = cache[0][0].shape[1] if cache[0] else 0
        width = config["head_dim"]
        speed = 1.0 / config.get("rope_theta", 10000.0) ** (torch.arange(0, width, 2) / width)
        angles = torch.arange(seen, seen + len(vectors))[:, None].float() * speed
        angles = torch.cat([angles, angles], -1)
        cosine, sine = angles.cos().to(self.dtype), angles.sin().to(self.dtype)
        x = vectors * torch.tensor(config["hidden_size"] ** 0.5).to(self.dtype)
        for index in range(config["num_hidden_layers"]):
            x = self.layer(x, f"model.layers.{index}.", (cosine, sine), cache[index])
            self.keep(f"lm_hidden_{index + 1}", x)
        return self.keep("lm_last_hidden", self.rms_norm(x, "model.norm.weight"))

    def layer(self, x, name, turn, cache):
        heads, keys = self.config["num_attention_heads"], self.config["num_key_value_heads"]
        h = self.rms_norm(x, name + "input_layernorm.weight")
        q, k, v = (
            self.linear(h, f"{name}self_attn.{part}_proj").unflatten(-1, (count, -1)).transpose(0, 1)
            for part, count in (("q", heads), ("k", keys), ("v", keys))
        )

        def turned(x):
            first, second = x.chunk(2, -1)
            return x * turn[0] + torch.cat([-second, first], -1) * turn[1]

        q, k = turned(q), turned(k)
        if cache:
            k, v = torch.cat([cache[0], k], 1), torch.cat([cache[1], v], 1)
        cache[:] = k, v
        repeated = [t.repeat_interleave(heads // keys, 0)[None] for t in (k, v)]
        h = F.scaled_dot_product_attention(q[None], *repeated, is_causal=len(x) == k.shape[1])[0]
        x = x + self.linear(h.transpose(0, 1).flatten(1), name + "self_attn.o_proj")
        h = self.rms_norm(x, name + "post_attention_layernorm.weight")
        gate = F.gelu(self.linear(h, name + "mlp.gate_proj"), approximate=self.gelu())
        return x + self.linear(gate * self.linear(h, name + "mlp.up_proj"), name + "mlp.down_proj")

    def logits(self, hidden):
        return F.linear(hidden, self["model.embed_tokens.weight"]).float()

    def empty_cache(self):
        return [[] for _ in range(self.config["num_hidden_layers"])]

    def generate(self, prefix, count, stops):
        """The likeliest tokens behind a prefix, and the scores that each was taken from."""
        cache, ids, scores = self.empty_cache(), [], []
        logits = self.logits(self.hidden(prefix, cache)[-1:])[0]
        while True:
            scores.append(logits)
            ids.append(int(logits.argmax()))
            if ids[-1] in stops or len(ids) == count:
                return ids, torch.stack(scores)
            vectors = F.embedding(torch.tensor(ids[-1:]), self["model.embed_tokens.weight"])
            logits = self.logits(self.hidden(vectors, cache))[0]

    def vectors(self, ids, pictures):
        """What the language model reads: `ids` has -200 where a picture stands."""
        parts, rest = [], list(pictures)
        for index in ids:
            if index == -200:
                parts.append(rest.pop(0))
            else:
                parts.append(self["model.embed_tokens.weight"][index][None])
        return torch.cat(parts)[:self.config.get("tokenizer_model_max_length")]


# words

def words(exchanges, pictures):
    """A conversation in the template of Gemma; an answer that is None or empty is to be generated."""
    text = ""
    for index, (question, answer) in enumerate(exchanges):
        if IMAGE in question:
            question = question.replace(IMAGE, "").strip()
        if index == 0:
            question = f"{IMAGE}\n" * pictures + question
        text += f"<start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n"
        if answer:
            text += f"{answer}<end_of_turn>\n<eos>"
    return text


def ids_of(tokenizer, text, start=2):
    """The tokens of a prompt, -200 where a picture stands."""
    ids = [start]
    for index, part in enumerate(text.split(IMAGE)):
        ids += [-200] * (index > 0)
        ids += tokenizer.encode(part, add_special_tokens=False).ids
    return ids


def open_model(folder, clip_folder=None):
    """A whole checkpoint, its sizes of CLIP from a folder of the tower."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    clip_folder = Path(clip_folder or folder.parent / Path(config["mm_vision_tower"]).name)
    clip = json.loads((clip_folder / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Mgm(state_of(folder), config, clip), tokenizer
