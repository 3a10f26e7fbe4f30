#!/usr/bin/env python3
"""Makes the data set of the tests and what other programs say about it.

    python crates/lagar-explore/tests/data/make.py

`rows.jsonl` and `images/` are drawn from a seed. `expected.json` is computed with pandas, numpy, Pillow,
OpenCV and ftfy, from definitions and not from lagar's code. `overall.csv` is what `dj-analyze` writes with
`analyze.yaml`, which has all filters that lagar measures by, with Data-Juicer's defaults.

Made with Python 3.11, pandas 2.3.3, numpy 2.2.6, Pillow 13.0.0, OpenCV 4.13, ftfy 6.3.1, Data-Juicer 1.6.1.
"""

import collections
import hashlib
import json
import math
import random
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import cv2
import ftfy
import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

HERE = Path(__file__).resolve().parent
IMAGE, END = "<__dj__image>", "<|__dj__eoc|>"
QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
random.seed(20_261_125)

NOUNS = "dog cat beach table lamp shirt phone city tree car river boat hat cup book".split()
THINGS = "red blue old new small large wooden silver happy quiet broken striped".split()
ODD = [
    "一只红色的狗在海滩上。两只猫!",
    "犬が海で遊んでいる。",
    "собака на пляже и кошка",
    "a cafÃ© table with crÃ¨me brÃ»lÃ©e",
    "a cafe\ufffd table",
    "black &amp; white photo",
    "SALE!!! 50% OFF >>> $$$ BUY NOW <<<",
    "red red red red red red shirt",
    "it's the dog's bowl, don't touch it",
    "a royalty free stock photo of a dog",
    "😀 happy 👨‍👩‍👧 family 2024",
    "one\ntwo lines. Three sentences here! v1.2 is out?! Yes",
    "x",
    "lamp " * 60,
    "control \x07 bell in a text",
]


def rows() -> list[dict]:
    made = []
    for number in range(240):
        if number % 8 == 7:
            text = ODD[number // 8 % len(ODD)]
        else:
            words = []
            for _ in range(random.randint(1, 4)):
                words += ["a", random.choice(THINGS), random.choice(NOUNS), random.choice(["on", "with", "near"])]
            text = " ".join(words[:-1]) + random.choice(["", ".", "", " 4k"])
        picture = "images/" + PICTURES[random.randint(0, len(PICTURES) - 1)][0]
        identifier = f"row-{number if number % 50 else 0}"
        row = {"id": identifier, "text": f"{IMAGE}\n{text} {END}", "images": [picture]}
        if number % 3 == 0:
            row["score"] = number / 7
        if number % 60 == 5:
            row["score"] = "none"
        if number % 37 == 2:
            row["images"].append("images/" + PICTURES[1][0])
            row["text"] = IMAGE + row["text"]
        if number % 71 == 4:
            row["images"] = []
            row["text"] = row["text"].replace(IMAGE + "\n", "")
        made.append(row)
    return made


# Name, format, mode, size, smoothing.
PICTURES = [
    ("00.jpg", "JPEG", "RGB", (336, 252), 8), ("01.jpg", "JPEG", "L", (224, 300), 8),
    ("02.png", "PNG", "RGB", (64, 48), 12), ("03.png", "PNG", "RGBA", (40, 40), 12),
    ("04.png", "PNG", "L", (50, 20), 12), ("05.png", "PNG", "P", (60, 60), 12),
    ("06.png", "PNG", "1", (33, 17), 0), ("07.jpg", "JPEG", "CMYK", (90, 70), 8),
    ("08.webp", "WEBP", "RGB", (120, 80), 8), ("09.webp", "WEBP", "RGBA", (48, 64), 8),
    ("10.jpg", "JPEG", "RGB", (640, 120), 20), ("11.jpg", "JPEG", "RGB", (100, 100), 2),
    ("12.bmp", "BMP", "RGB", (31, 21), 6), ("13.jpg", "JPEG", "RGB", (512, 384), 30),
    ("14.png", "PNG", "LA", (25, 35), 6), ("15.jpg", "JPEG", "RGB", (300, 200), 0),
]


def pictures() -> None:
    folder = HERE / "images"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    random_levels = np.random.default_rng(5)
    for name, form, mode, (width, height), smooth in PICTURES:
        small = random_levels.integers(0, 256, (max(height // 16, 3), max(width // 16, 3), 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        if smooth:
            picture = picture.filter(ImageFilter.GaussianBlur(smooth / 4))
        if mode in ("RGBA", "LA"):
            picture.putalpha(128)
        picture = picture.convert(mode)
        options = {"JPEG": {"quality": 60}, "WEBP": {"quality": 50}}.get(form, {})
        picture.save(folder / name, form, **options)


def plain(text: str) -> str:
    """A text without special tokens, as Data-Juicer's `remove_special_tokens` leaves it."""
    for token in (IMAGE, "<__dj__audio>", "<__dj__video>", END):
        text = text.replace(token, "").strip()
    return text


ALONE = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
LETTER = rf"(?:(?!{ALONE})[^\W_])"
WORD = re.compile(rf"(?={ALONE})[^\W_]|{LETTER}+(?:['’]{LETTER}+)*")


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def sentences(text: str) -> int:
    return sum(any(c.isalnum() for c in piece) for piece in re.split(r"[.!?](?=\s|$)|[。！？\n\r]", text))


def numbers(text: str) -> dict:
    own, count = words(text), len(text)
    letters = [c for c in text if c.isalpha()]
    digits = [c for c in text if unicodedata.category(c) == "Nd"]
    symbols = [c for c in text if not (c.isalnum() or c.isspace())]
    share = lambda part, whole: part / whole if whole else math.nan
    return {
        "words": len(own),
        "characters": count,
        "sentences": sentences(text),
        "distinct_words": share(len(set(own)), len(own)),
        "digits": share(len(digits), count),
        "symbols": share(len(symbols), count),
        "capitals": share(sum(c.isupper() for c in letters), len(letters)),
    }


def describe(values) -> dict:
    values = pd.Series(values, dtype=float)
    present = values.dropna()
    return {
        "count": int(present.count()),
        "missing": int(values.isna().sum()),
        "distinct": int(present.nunique()),
        "mean": present.mean(),
        "sd": present.std(),
        "min": present.min(),
        "max": present.max(),
        "quantiles": [[q, present.quantile(q)] for q in QUANTILES],
    }


def mtld(tokens: list[str]) -> float:
    factors, seen, length = 0.0, set(), 0
    for token in tokens:
        seen.add(token)
        length += 1
        if len(seen) / length < 0.72:
            factors, seen, length = factors + 1, set(), 0
    if length:
        factors += (1 - len(seen) / length) / (1 - 0.72)
    return len(tokens) / factors if factors else float(len(tokens))


def expected_types(counts: collections.Counter, total: int, drawn: int) -> float:
    ways = math.comb(total, drawn)
    return sum(1 - math.comb(total - count, drawn) / ways for count in counts.values())


def vocabulary(texts: list[str]) -> dict:
    tokenized = [words(text) for text in texts]
    tokens = [token for text in tokenized for token in text]
    counts = collections.Counter(tokens)
    drawn = [n for n in (100, 1000, 10_000) if n < len(tokens)] + [len(tokens)]
    found = {
        "tokens": len(tokens),
        "types": len(counts),
        "once": sum(count == 1 for count in counts.values()),
        "type_token_ratio": len(counts) / len(tokens),
        "hdd": expected_types(counts, len(tokens), 42) / 42,
        "mtld": (mtld(tokens) + mtld(tokens[::-1])) / 2,
        "growth": [[n, expected_types(counts, len(tokens), n)] for n in drawn],
        "words": sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:100],
        "ngrams": [],
    }
    for n in (2, 3):
        grams = collections.Counter(
            " ".join(text[place : place + n]) for text in tokenized for place in range(len(text) - n + 1)
        )
        found["ngrams"].append({
            "n": n, "tokens": sum(grams.values()), "types": len(grams),
            "top": sorted(count for _, count in grams.most_common(100))[::-1], "first": grams.most_common(1)[0][0],
        })
    return found


def repeats(keys) -> dict:
    counts = [count for count in collections.Counter(keys).values() if count > 1]
    return {"groups": len(counts), "members": sum(counts), "repeated": sum(counts) - len(counts)}


def main() -> None:
    pictures()
    data = rows()
    (HERE / "rows.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in data))
    texts = [plain(row["text"]) for row in data]
    table = pd.DataFrame([numbers(text) for text in texts])
    used = sorted({path for row in data for path in row["images"]})
    opened = {path: Image.open(HERE / path) for path in used}
    grey = {path: np.asarray(picture.convert("RGB").convert("L")) for path, picture in opened.items()}
    first = [opened[row["images"][0]].size if row["images"] else None for row in data]
    area = pd.Series([size[0] * size[1] / 1e6 if size else math.nan for size in first])
    per_text, per_picture = collections.defaultdict(set), collections.defaultdict(set)
    for row in data:
        for path in row["images"]:
            per_text[row["text"].strip()].add(path)
            per_picture[path].add(row["text"].strip())
    tally = lambda groups: sorted(collections.Counter(len(group) for group in groups.values()).items())
    paired = area.notna()
    expected = {
        "text": {name: describe(table[name]) for name in table},
        "vocabulary": vocabulary(texts),
        "pictures": {
            "width": describe([opened[path].size[0] for path in used]),
            "height": describe([opened[path].size[1] for path in used]),
            "aspect": describe([opened[path].size[0] / opened[path].size[1] for path in used]),
            "megapixels": describe([opened[path].size[0] * opened[path].size[1] / 1e6 for path in used]),
            "bytes": describe([(HERE / path).stat().st_size for path in used]),
            "sharpness": describe([cv2.Laplacian(grey[path], cv2.CV_64F).var() for path in used]),
            "brightness": describe([grey[path].mean() for path in used]),
            "contrast": describe([grey[path].std() for path in used]),
        },
        "formats": dict(collections.Counter(opened[path].format for path in used)),
        "modes": dict(collections.Counter(opened[path].mode for path in used)),
        "pairs": {
            "pictures_per_row": describe([len(set(row["images"])) for row in data]),
            "words_per_megapixel": describe(table["words"] / area),
        },
        "correlation": float(np.corrcoef(table["words"][paired], area[paired])[0, 1]),
        "pictures_per_text": tally(per_text),
        "texts_per_picture": tally(per_picture),
        "ids": repeats(row["id"] for row in data),
        "texts": repeats(row["text"].strip() for row in data),
        "damage": {
            "mojibake": sum(ftfy.fix_encoding(text) != text for text in texts),
            "replacement_character": sum("\ufffd" in text for text in texts),
            "control_character": sum(any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in text) for text in texts),
            "html_entity": sum("&amp;" in text for text in texts),
        },
        "fields": {
            name: [sum(name not in row for row in data), sum(type(row.get(name)).__name__ == "str" for row in data)]
            for name in ("id", "score")
        },
        "digest": hashlib.sha256((HERE / "rows.jsonl").read_bytes()).hexdigest(),
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    analyze()


def analyze() -> None:
    work = HERE / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(HERE / "analyze.yaml", work)
    command = [str(Path(sys.executable).with_name("dj-analyze")), "--config", str(work / "analyze.yaml")]
    subprocess.run([*command, "--dataset_path", str(HERE / "rows.jsonl"), "--export_path", str(work / "out.jsonl")],
                   check=True, cwd=work)
    found = next(work.rglob("overall.csv"))
    shutil.copy(found, HERE / "overall.csv")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
