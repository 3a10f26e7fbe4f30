"""Trains the captioner of examples/captioner: a small BLIP-2-OPT for pictures like the sample's.

    cargo run --release -p xtask -- captioner-data --out DATA
    python tools/train_sample_captioner.py --data DATA --minutes 90
    python tools/train_sample_captioner.py --data DATA --measure

The pictures of DATA are drawn with other seeds than those of examples/sample. Nine tenths are
trained on, the rest is held out; the sample itself is never trained on and serves as the test set.
What is written is a model folder as transformers writes it, in bf16. Interrupted, the script goes
on where it stopped (DATA/state.pt). Made with torch 2.15.0, transformers 5.24.0, tokenizers 0.23.3
and Pillow, on one CPU thread.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    BlipImageProcessor,
    GenerationConfig,
    PreTrainedTokenizerFast,
)

SIDE, PATCH, QUERIES, VOCABULARY = 80, 16, 12, 512
WIDTH = 128
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
HELD_OUT = 10  # one picture in ten
SHIFT = 2  # pixels by which a training picture may move
# How often a kind is trained on, beside its share of the pictures: some are learnt at once.
OFTEN = {"shapes": 1.2, "sign": 1.6, "mountains": 0.5, "surface": 0.2}
ROOT = Path(__file__).resolve().parent.parent


def make_tokenizer(captions):
    """A byte-level BPE with the special tokens of OPT at OPT's places, `<image>` behind the rest."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 1,
        min_frequency=2,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sorted(set(captions)), trainer)
    tokenizer.add_special_tokens([AddedToken("<image>", special=True, normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="</s> $A", pair="</s> $A </s> $B", special_tokens=[("</s>", 2)]
    )
    return tokenizer


def make_model(tokenizer):
    newline = tokenizer.token_to_id("Ċ")
    config = Blip2Config(
        vision_config=dict(
            hidden_size=WIDTH, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4,
            image_size=SIDE, patch_size=PATCH, initializer_range=0.02,
        ),
        qformer_config=dict(
            hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
            encoder_hidden_size=WIDTH, cross_attention_frequency=2, vocab_size=VOCABULARY,
            max_position_embeddings=64, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        ),
        text_config=dict(
            model_type="opt", hidden_size=128, word_embed_proj_dim=128, ffn_dim=256,
            num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=256,
            vocab_size=VOCABULARY, dropout=0.0, eos_token_id=newline, bos_token_id=2, pad_token_id=1,
        ),
        num_query_tokens=QUERIES,
        image_text_hidden_size=16,
        image_token_index=tokenizer.token_to_id("<image>"),
    )
    # PyTorch 2.15 spends most of a step in the backward pass of its fused attention on a CPU.
    config._attn_implementation = "eager"
    model = Blip2ForConditionalGeneration(config)
    nn.init.normal_(model.query_tokens, std=0.02)
    with torch.no_grad():
        model.vision_model.embeddings.position_embedding[0, 1:] = places(SIDE // PATCH)
    return model


def places(side):
    """Sines and cosines of row and column, `[patch, WIDTH]`: a patch knows at once where it is."""
    speed = 1 / 100 ** (torch.arange(WIDTH // 4) / (WIDTH // 4))
    waves = torch.arange(side).outer(speed)
    waves = torch.cat([waves.sin(), waves.cos()], 1)
    down = waves.unsqueeze(1).expand(side, side, -1)
    right = waves.unsqueeze(0).expand(side, side, -1)
    return torch.cat([down, right], 2).reshape(side * side, WIDTH)


def picture_processor():
    return BlipImageProcessor(
        size={"height": SIDE, "width": SIDE}, resample=3, image_mean=MEAN, image_std=STD
    )


def read_truth(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_pixels(folder, rows, cache):
    """All pictures as the processor resizes them, `[picture, SIDE, SIDE, 3]` bytes."""
    if cache and cache.exists():
        return np.load(cache)
    pixels = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
    for place, row in enumerate(rows):
        picture = ImageOps.exif_transpose(Image.open(folder / row["image"])).convert("RGB")
        pixels[place] = np.asarray(picture.resize((SIDE, SIDE), Image.BICUBIC))
    if cache:
        np.save(cache, pixels)
    return pixels


def normalized(pixels):
    """`[picture, 3, SIDE, SIDE]` floats from bytes."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return (values - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def shifted(pixels, random):
    """Moves the pictures of a batch by up to SHIFT pixels, each border repeated."""
    padded = np.pad(pixels, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    down, right = random.integers(0, 2 * SHIFT + 1, 2)
    return padded[:, down : down + SIDE, right : right + SIDE]


class Trainee(nn.Module):
    """The model, and helpers that are thrown away: the facts, read off the patches and the queries.

    Without them the picture tower learns nothing for the first third of the training, as its only
    teacher sits behind two other transformers, and then the queries do not.
    """

    def __init__(self, model, facts):
        super().__init__()
        self.model = model
        self.sizes = [len(values) for values in facts.values()]
        self.facts = nn.Linear(WIDTH * (SIDE // PATCH) ** 2, sum(self.sizes))
        self.asked = nn.Linear(model.config.qformer_config.hidden_size * QUERIES, sum(self.sizes))

    def forward(self, pixels, ids, facts):
        """Losses of the caption and of the facts; `ids` are `[picture, token]`, 1 where padded."""
        model = self.model
        patches = model.vision_model(pixel_values=pixels).last_hidden_state
        queries = model.query_tokens.expand(len(pixels), -1, -1)
        seen = model.qformer(query_embeds=queries, encoder_hidden_states=patches)
        prefix = model.language_projection(seen.last_hidden_state)
        embedded = model.get_input_embeddings()(ids)
        mask = torch.cat([torch.ones(len(ids), QUERIES, dtype=torch.long), (ids != 1).long()], 1)
        hidden = model.language_model.model(
            inputs_embeds=torch.cat([prefix, embedded], 1), attention_mask=mask, use_cache=False
        ).last_hidden_state
        logits = model.language_model.lm_head(hidden[:, QUERIES:-1]).float()
        caption = nn.functional.cross_entropy(
            logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=1
        )
        helper = self.lost(self.facts(patches[:, 1:].flatten(1)), facts)
        return caption, helper, self.lost(self.asked(seen.last_hidden_state.flatten(1)), facts)

    def lost(self, guessed, facts):
        pairs = zip(guessed.float().split(self.sizes, 1), facts.unbind(1))
        return torch.stack([nn.functional.cross_entropy(*pair) for pair in pairs]).sum()


def fact_lists(rows):
    """Every slot with the values it may have; the first is that there is none."""
    slots = sorted({slot for row in rows for slot in row["facts"]})
    values = {slot: sorted({row["facts"].get(slot, "") for row in rows}) for slot in slots}
    return {slot: [""] + [v for v in values[slot] if v] for slot in slots}


def padded(sequences):
    length = max(len(sequence) for sequence in sequences)
    return torch.tensor([sequence + [1] * (length - len(sequence)) for sequence in sequences])


def train(arguments, tokenizer, model):
    rows = read_truth(arguments.data / "truth.jsonl")
    pixels = read_pixels(arguments.data, rows, arguments.data / f"pixels{SIDE}.npy")
    ids = [tokenizer.encode(row["caption"] + "\n").ids for row in rows]
    mine = np.array([place for place in range(len(rows)) if place % HELD_OUT])
    often = np.array([OFTEN.get(rows[place]["facts"]["kind"], 1.0) for place in mine])
    facts = fact_lists(rows)
    truth = torch.tensor(
        [[values.index(row["facts"].get(slot, "")) for slot, values in facts.items()] for row in rows]
    )
    trainee = Trainee(model, facts)
    decayed = [p for p in trainee.parameters() if p.dim() > 1]
    others = [p for p in trainee.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=arguments.rate, betas=(0.9, 0.98),
    )
    state = {"step": 0, "spent": 0.0}
    saved = arguments.data / "state.pt"
    if saved.exists():
        stored = torch.load(saved)
        trainee.load_state_dict(stored["model"])
        optimizer.load_state_dict(stored["optimizer"])
        state = stored["state"]
    budget, last = arguments.minutes * 60, time.monotonic()
    while state["spent"] < budget:
        random = np.random.default_rng(state["step"])
        places = random.choice(mine, arguments.batch, replace=False, p=often / often.sum())
        done = state["spent"] / budget
        rate = arguments.rate * min(1, (state["step"] + 1) / 150)
        rate *= 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = normalized(shifted(pixels[places], random))
        with torch.autocast("cpu", torch.bfloat16):
            sentences = padded([ids[place] for place in places])
            caption, patches, queries = trainee(batch, sentences, truth[places])
        (caption + (1 - done) / 3 * (patches + queries)).backward()
        nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        now = time.monotonic()
        state["spent"] += now - last
        last = now
        state["step"] += 1
        if state["step"] % 100 == 0:
            print(
                f"step {state['step']} {state['spent'] / 60:.1f} min "
                f"caption {caption.item():.4f} helpers {patches.item():.4f} {queries.item():.4f}", flush=True,
            )
        if state["step"] % 1000 == 0:
            keep(saved, trainee, optimizer, state)
            held = [place for place in range(len(rows)) if place % HELD_OUT == 0][:300]
            answers = captions(model, tokenizer, pixels[held])
            print(share_right([rows[place] for place in held], answers), flush=True)
    keep(saved, trainee, optimizer, state)


def keep(path, trainee, optimizer, state):
    stored = {"model": trainee.state_dict(), "optimizer": optimizer.state_dict(), "state": state}
    torch.save(stored, path.with_suffix(".new"))
    path.with_suffix(".new").rename(path)


@torch.no_grad()
def captions(model, tokenizer, pixels):
    """Greedy captions by transformers' own generation, in f32, without the line feed."""
    model.eval()
    answers = []
    head = [model.config.image_token_index] * QUERIES + [2]
    for start in range(0, len(pixels), 64):
        batch = normalized(pixels[start : start + 64])
        ids = model.generate(
            pixel_values=batch,
            input_ids=torch.tensor([head] * len(batch)),
            attention_mask=torch.ones(len(batch), len(head), dtype=torch.long),
            max_new_tokens=24, do_sample=False,
        )
        answers += [tokenizer.decode(row.tolist()).strip() for row in ids]
    model.train()
    return answers


def facts_of(caption):
    """The facts a caption states, read with the grammar of the training captions."""
    words = caption.split()
    facts = {}
    if "sign" in words and "word" in words and "in" in words:
        start, end = words.index("word"), len(words) - 1 - words[::-1].index("in")
        facts = {"kind": "sign", "ground": words[1], "word": " ".join(words[start + 1 : end])}
        facts["colour"] = " ".join(words[end + 1 :])
    elif "chart" in words and "over" in words[:-1]:
        at = words.index("chart")
        facts = {"kind": " ".join(words[at - 1 : at + 1]), "colour": words[1]}
        facts["number"] = words[words.index("over") + 1]
    elif words[:1] == ["mountains"] and "with" in words:
        facts = {"kind": "mountains", "place": " ".join(words[1 : words.index("with")])}
        facts["number"] = words[words.index("with") + 1]
    elif words[:4] == "a close view of".split() and "from" in words:
        facts = {"kind": "surface", "place": " ".join(words[4 : words.index("from")])}
    elif words[-1:] == ["background"] and "on" in words:
        objects = " ".join(words[: words.index("on")]).split(" and ")
        facts = {"kind": "shapes", "number": str(len(objects)), "ground": words[-2]}
        for place, item in enumerate(objects[:2]):
            item, slot = item.split(), "" if place == 0 else " 2"
            facts["colour" + slot], facts["object" + slot] = " ".join(item[1:-1]), item[-1]
    return facts


def share_right(rows, answers):
    """Per slot and for the whole caption, how many of how many are right."""
    right, total = {}, {}
    for row, answer in zip(rows, answers):
        said = facts_of(answer)
        marks = {slot.removesuffix(" 2"): [] for slot in row["facts"]}
        for slot, value in row["facts"].items():
            marks[slot.removesuffix(" 2")].append(said.get(slot) == value)
        marks["whole caption"] = [answer == row["caption"]]
        marks[f"whole caption: {row['facts']['kind']}"] = marks["whole caption"]
        for slot, hits in marks.items():
            right[slot] = right.get(slot, 0) + sum(hits)
            total[slot] = total.get(slot, 0) + len(hits)
    return {slot: (right[slot], total[slot]) for slot in sorted(total)}


def save(out, tokenizer, model):
    model = model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        bos_token_id=2, eos_token_id=model.config.text_config.eos_token_id, pad_token_id=1,
        max_new_tokens=24,
    )
    model.save_pretrained(out)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="</s>", eos_token="</s>", pad_token="<pad>",
        unk_token="</s>",
    )
    processor = Blip2Processor(picture_processor(), fast, num_query_tokens=QUERIES)
    processor.save_pretrained(out)
    picture_processor().save_pretrained(out)


def measure(arguments, out):
    """Captions with the folder as it was written, read by transformers in f32."""
    model = Blip2ForConditionalGeneration.from_pretrained(out, dtype=torch.float32)
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    rows = read_truth(arguments.data / "sample.jsonl")
    pixels = read_pixels(ROOT / "examples/sample", rows, None)
    answers = captions(model, tokenizer, pixels)
    lines = [
        json.dumps({"image": row["image"], "caption": answer, "truth": row["caption"]})
        for row, answer in zip(rows, answers)
    ]
    (arguments.data / "sample_captions.jsonl").write_text("\n".join(lines) + "\n")
    print("sample:")
    for slot, (right, total) in share_right(rows, answers).items():
        print(f"| {slot} | {right} of {total} | {right / total:.3f} |")
    held = read_truth(arguments.data / "truth.jsonl")[::HELD_OUT]
    pixels = np.load(arguments.data / f"pixels{SIDE}.npy")[::HELD_OUT]
    print("held out:")
    for slot, (right, total) in share_right(held, captions(model, tokenizer, pixels)).items():
        print(f"| {slot} | {right} of {total} | {right / total:.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "examples/captioner")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--measure", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    if not arguments.measure:
        tokenizer = make_tokenizer(
            row["caption"] + "\n" for row in read_truth(arguments.data / "truth.jsonl")
        )
        model = make_model(tokenizer)
        print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
        train(arguments, tokenizer, model)
        save(arguments.out, tokenizer, model)
    measure(arguments, arguments.out)


if __name__ == "__main__":
    main()
