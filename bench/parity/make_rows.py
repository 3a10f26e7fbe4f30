#!/usr/bin/env python3
"""Makes rows that sit on thresholds and stumble over Unicode, and the pictures they name.

    cargo run --release -p xtask -- bench-data --rows 20000 --pictures 2000 --out CAPTIONS
    python3 bench/parity/make_rows.py --out ROWS --captions CAPTIONS/data.jsonl

Always the same bytes for the same captions (pictures: for the same Pillow). Paths of pictures in the
rows are relative to the folder. Without --captions, tricky.jsonl ends with the rows made by hand.
"""

import argparse
import collections
import json
import math
import random
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

TRICKY_ROWS = 2_000
SEED = 7
IMAGE, END = "<__dj__image>\n", " <|__dj__eoc|>"
USUAL_PICTURE = "img/336x252.jpg"
CAPTION = f"{IMAGE}one small boat on the quiet lake at dawn{END}"

WORDS = """
alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec
romeo sierra tango uniform victor whiskey xray yankee zulu amber birch cedar daisy elm fern ginger hazel
iris jasmine kelp lotus maple nettle oak poppy quince rose sage thyme umber violet willow yarrow zinnia
acorn beech clover dahlia ebony fir gorse heather ivy juniper
""".split()

# Just inside and just outside 224..1024 pixels, and far from both.
SIZES = [
    (224, 224), (223, 224), (224, 223), (1024, 1024), (1025, 1024), (1024, 1025), (223, 223), (300, 200),
    (336, 252), (1, 1), (224, 1024), (1023, 225),
]

# White space, case, digits, scripts and combinations where languages disagree on what a word is.
ODD_TEXTS = [
    "123 456 one two three",
    "4k tv -- ! ?? one two",
    "a b c d",
    "don't can't won't it's",
    "NBSP\u00a0joined\u00a0words here now",
    "ideographic\u3000space one two three",
    "cr\rsplits\rnot one two",
    "vt\x0bsplits\x0bnot one two",
    "tab\tsplits\tyes one",
    "line\nfeed\nsplits one",
    "\u0130stanbul \u0130STANBUL istanbul \u0131 i\u0307stanbul x y z",
    "ß SS ss ẞ strasse STRASSE straße",
    "ΣΑΣ σας Σασ ΣΑΣ one two three",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family one two three",
    "\U0001f431 \U0001f436 \U0001f42d one two three four",
    "é é café café cafe x y z",
    "½ ² ① ٣ four five six seven",
    "中文 没有 空格 的 标题 是 这样",
    "中文没有空格的标题",
    "日本語 の テキスト です か ね",
    "\u2028line sep\u2028one two three four",
    "\u200bzero width\u200b one two three four",
    "\ufeffbom one two three four five",
    "“quoted” ‘words’ «guillemets» one two three",
    "a\u0301 a\u0301 á á b c d e",
    "\u01c5 \u01c6 \u01c4 one two three four",
    "\ufb01 fi \ufb02 fl one two three",
    "\u2167 \u2177 VIII one two three",
    "___ __a__ one two three four",
    "\x00nul one two three four",
    "tail   spaces    many one two",
    "\x1cfs one two three four",
    "\x85nel one two three four five",
]

DUPLICATES = [
    "a red dog", "a red dog", "a  red dog", " a red dog ", "A Red Dog", "a red dog!", "", "", "  ", "\u3000",
    "a red dog 2", "\u00a0a red dog", "blue", "a red dog\n", "\x1ca red dog", "unique", "blue",
    "\u200bblue", "\ufeffblue",
]

WHITE_SPACE = [
    "plain text", "  lead and trail  ", "tab\tinside", "nl\ninside", "cr\rinside", "nbsp\u00a0in",
    "\u3000wide\u3000\u3000x", "\x84x\x84y", "mongolian\u180ein", "zwsp\u200bin", "\u200blead zwsp",
    "bom\ufeffin", "obj\ufffcx", "\x1cfs\x1c", "\x85nel\x85in", "line\u2028sep\u2029", "", " ",
    "\u2000\u2001a\u2002b\u2003c\u2004d\u2005e\u2006f\u2007g\u2008h\u2009i\u200aj\u200bk\u200cl\u200dm\u200en",
    "n\u202fn\u205fo\u2060p",
]


class Rows:
    """The rows of tricky.jsonl so far; an argument left out makes a row without that field."""

    def __init__(self) -> None:
        self.rows: list[dict] = []

    def add(self, **fields: object) -> None:
        row: dict[str, object] = {"id": f"t{len(self.rows):05d}"}
        if "text" in fields:
            row["text"] = fields["text"]
        if fields.get("images", USUAL_PICTURE) is not Absent:
            row["images"] = fields.get("images", [USUAL_PICTURE])
        self.rows.append(row)

    def texts(self, texts: Iterable[str | None]) -> None:
        for text in texts:
            self.add(text=text)


class Absent:
    """Stands for a field that the row does not have."""


def save_pictures(folder: Path) -> None:
    """All pictures the rows name: the sizes as JPEG and PNG, and one of each other kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for kind in ("jpg", "png"):
            colour = (width % 256, height % 256, 99)
            Image.new("RGB", (width, height), colour).save(folder / f"{width}x{height}.{kind}")
    square = (300, 300)
    Image.new("L", square, 9).save(folder / "grey.jpg")
    Image.new("P", square).save(folder / "palette.gif")
    Image.new("RGB", square).save(folder / "webp.webp")
    Image.new("RGB", square).save(folder / "bmp.bmp")
    Image.new("CMYK", square).save(folder / "cmyk.jpg")
    turned = Image.Exif()
    turned[0x112] = 6  # orientation: turned by a quarter
    Image.new("RGB", (300, 200)).save(folder / "exif6_300x200.jpg", exif=turned)
    Image.new("RGB", (300, 200)).save(folder / "exif6_300x200.png", exif=turned)
    Image.new("RGB", (230, 200)).save(folder / "exif6_230x200.jpg", exif=turned)


def character_repetition(text: str, length: int = 5) -> float:
    """The ratio as character_repetition_filter defines it."""
    counts = collections.Counter(text[i : i + length] for i in range(len(text) - length + 1))
    ordered = sorted(counts.values(), reverse=True)
    top = min(int(math.sqrt(len(ordered))), len(ordered) - ordered.count(1))
    return sum(ordered[:top]) / sum(ordered) if ordered else 0.0


def add_word_ratios(rows: Rows, chance: random.Random) -> None:
    """`repeated` equal words among `words` (the two markers count): ratios around 0.3, sevenths, 2/3."""
    for words in range(6, 41):
        for repeated in range(2, words - 1):
            near = abs(repeated / words - 0.3) < 0.06
            seventh = words % 7 == 0 and repeated in (2, 5)
            two_thirds = words % 3 == 0 and repeated * 3 == words * 2
            if near or seventh or two_thirds:
                chosen = ["same"] * repeated + WORDS[: words - 2 - repeated]
                chance.shuffle(chosen)
                rows.add(text=f"{IMAGE}{' '.join(chosen)}{END}")


def add_word_counts(rows: Rows) -> None:
    """Around 6 and 60 words, with and without markers."""
    for count in (3, 4, 5, 6, 7, 58, 59, 60, 61, 62):
        rows.add(text=f"{IMAGE}{' '.join(WORDS[: count - 2])}{END}")
        rows.add(text=" ".join(WORDS[:count]))


def add_character_ratios(rows: Rows, chance: random.Random) -> None:
    """Texts found by chance whose character repetition is exactly 0.15, then extreme ones."""
    for length in (24, 44, 64, 84, 104, 124, 144, 204):
        found = 0
        for _ in range(60_000):
            words = " ".join(chance.sample(WORDS, length // 5))
            text = ((IMAGE + words)[: length - 13] + END)[:length]
            chance.randint(0, len(words) // 3)  # keeps the numbers that follow as they always were
            piece = words[: chance.randint(5, 9)]
            place = chance.randint(14, max(15, len(text) - 24))
            text = text[:place] + piece + text[place + len(piece) :]
            if len(text) == length and character_repetition(text) == 0.15:
                rows.add(text=text)
                found += 1
                if found == 4:
                    break
    for piece, times in [("ab", 40), ("abcde", 10), ("abcdef", 6), ("x", 25), ("hello ", 9)]:
        rows.texts([f"{IMAGE}{piece * times}{END}", piece * times])


def add_lengths(rows: Rows) -> None:
    """Around 20 and 300 characters: in ASCII, in letters of two bytes, in letters of three."""
    words = " ".join(WORDS)
    rows.texts(words[:length] for length in (0, 1, 3, 4, 5, 6, 18, 19, 20, 21, 299, 300, 301, 302))
    for length in (19, 20, 21, 299, 300, 301, 302):
        if length > 30:
            rows.add(text=f"{IMAGE}{words[: length - len(IMAGE + END)]}{END}")
        else:
            rows.add(text=("ä ö ü é à " * 40)[:length])
        rows.add(text=("日 本 語 中 文 字 " * 60)[:length])


def add_missing_texts(rows: Rows) -> None:
    """Empty, null and absent texts."""
    rows.texts(["", "   ", "\n", None])
    rows.add()
    rows.texts([IMAGE + END, IMAGE.strip()])
    rows.add(text=None, images=[])


def add_pictures(rows: Rows) -> None:
    """Every picture, no picture in three ways, and several of which some are good."""
    for images in (Absent, None, []):
        rows.add(text=CAPTION, images=images)
    names = [f"{width}x{height}.{kind}" for width, height in SIZES for kind in ("jpg", "png")]
    names += ["grey.jpg", "palette.gif", "webp.webp", "bmp.bmp", "cmyk.jpg"]
    names += ["exif6_300x200.jpg", "exif6_300x200.png", "exif6_230x200.jpg"]
    several = [
        ["223x223.jpg", "336x252.jpg"],
        ["223x223.jpg", "1x1.png"],
        ["336x252.jpg", "336x252.jpg"],
        ["224x1024.jpg", "1025x1024.jpg", "1x1.jpg"],
        ["336x252.jpg"],
    ]
    for group in [[name] for name in names] + several:
        rows.add(text=CAPTION, images=[f"img/{name}" for name in group])
    rows.add(text=CAPTION + CAPTION, images=["img/336x252.jpg", "img/1x1.jpg"])


def tricky(captions: Iterable[str]) -> list[dict]:
    """The rows made by hand, filled up to 2,000 with captions."""
    chance = random.Random(SEED)
    rows = Rows()
    add_word_ratios(rows, chance)
    add_word_counts(rows)
    for text in ODD_TEXTS:
        rows.texts([IMAGE + text + END, text])
    add_character_ratios(rows, chance)
    add_lengths(rows)
    add_missing_texts(rows)
    add_pictures(rows)
    for caption in captions:
        if len(rows.rows) >= TRICKY_ROWS:
            break
        rows.add(text=caption)
    return rows.rows


def small(index: int, **fields: object) -> dict:
    """A row of the small files, with fields changed or added."""
    text = f"{IMAGE}caption number {index} of the small edge file here{END}"
    return {"id": f"e{index}", "text": text, "images": [USUAL_PICTURE], **fields}


def numbered(prefix: str, texts: list[str]) -> list[dict]:
    return [{"id": f"{prefix}{index}", "text": text, "images": []} for index, text in enumerate(texts)]


def small_files() -> dict[str, list[dict]]:
    """Files of a few rows, each for one question about loading, exporting or an operator."""
    huge = 98765432101234567890
    floats = [0.1, 2 / 3, 1e300, 1e-7, 123456789.123456789, -0.0, 100.0]
    dates = ["2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05"]
    return {
        "dedup": numbered("d", DUPLICATES),
        "white": numbered("w", WHITE_SPACE),
        "sel300": [small(index) for index in range(300)],
        "sel7": [small(index) for index in range(7)],
        "e_score": [small(0, score=1.0), small(1, score=1), small(2, score="1"), small(3)],
        "e_intfloat": [small(0, score=1), small(1, score=1.5), small(2), small(3, score=2)],
        "e_nested": [
            small(0, meta={"a": 1, "b": [1, 2]}), small(1, meta={"c": {"d": "x"}}), small(2),
            small(3, meta={"a": None}),
        ],
        "e_nested_conflict": [small(0, meta={"a": 1}), small(1, meta={"a": "x"}), small(2, meta=[1, 2])],
        "e_bigint": [small(0, serial=huge), small(1, serial=2**63 - 1), small(2, serial=1)],
        "e_bigint2": [small(0, serial=1), small(1, serial=huge)],
        "e_floats": [small(index, f=value) for index, value in enumerate(floats)],
        "e_nulltext": [
            small(0), small(1, text=None), small(2, text=""), {"id": "e3", "images": []}, small(4),
        ],
        "e_notextkey": [{"id": "a", "images": []}, {"id": "b", "images": []}],
        "e_numtext": [small(0, text=5), small(1, text=6)],
        "e_date": [small(index, d=value) for index, value in enumerate(dates)],
        "e_missing_image": [small(0), small(1, images=["img/none.jpg"]), small(2)],
    }


def raw_files() -> dict[str, bytes]:
    """Files that are not one sound object per line."""
    zero, one, two = (json.dumps(small(index)) for index in range(3))
    twice = '{"id":"e0","text":"one two three four five six seven",'
    twice += '"text":"uno dos tres cuatro cinco seis siete","images":[]}\n'
    lone = '{"id":"e0","text":"lone \\ud800 surrogate one two three four five","images":[]}\n'
    lone += '{"id":"e1","text":"fine text one two three four five six","images":[]}\n'
    escapes = '{"id":"e0","text":"slash \\/ quote \\" back \\\\ tab \\t nl \\n u \\u00e9 del \\u007f ctl \\u0001'
    escapes += ' ls \\u2028 emoji \\ud83d\\ude00 <b>&amp;","images":[], "extra":"a\\/b\\u2028"}\n'
    files = {
        "e_blank": f"\n{zero}\n\n{one}\n   \n",
        "e_bom": f"\ufeff{zero}\r\n{one}\r\n",
        "e_badjson": f'{zero}\n{{"id": "e1", "text": \n{two}\n',
        "e_array": json.dumps([small(0), small(1)]) + "\n",
        "e_dupkey": twice,
        "e_surrogate": lone,
        "e_escapes": escapes,
        "e_empty": "",
    }
    return {name: text.encode() for name, text in files.items()}


def as_lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def read_captions(path: Path) -> Iterable[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for rows and pictures")
    parser.add_argument("--captions", type=Path, help="JSON lines whose texts fill up tricky.jsonl")
    options = parser.parse_args()
    save_pictures(options.out / "img")
    rows = tricky(read_captions(options.captions) if options.captions else [])
    files = {"tricky": as_lines(rows), **raw_files()}
    files |= {name: as_lines(rows) for name, rows in small_files().items()}
    for name, content in files.items():
        (options.out / f"{name}.jsonl").write_bytes(content)
    print(f"{len(rows)} tricky rows and {len(files) - 1} small files in {options.out}")


if __name__ == "__main__":
    main()
