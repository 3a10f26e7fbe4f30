#!/usr/bin/env python3
"""What Data-Juicer's picture operators make of drawn pictures.

    python picture_operators.py    (Data-Juicer 1.6.1, imagededup 0.3.3, SciPy 1.17, Pillow 13.0.0)

Writes `pictures/` (drawn here; pictures of few colours, whose hashes hang on rounding) and
`picture_operators.jsonl`: one line per picture, those of `crates/lagar-image/tests/data` included.
"""

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from data_juicer.ops.deduplicator.image_deduplicator import ImageDeduplicator
from data_juicer.ops.filter.image_aspect_ratio_filter import ImageAspectRatioFilter
from data_juicer.ops.filter.image_size_filter import ImageSizeFilter
from data_juicer.utils.constant import Fields, HashKeys, StatsKeys
from data_juicer.utils.mm_utils import load_image

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
OTHERS = HERE.parents[2] / "lagar-image" / "tests" / "data"


def draw():
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    y, x = np.mgrid[0:48, 0:64]
    levels = {
        "black": x * 0,
        "grey": x * 0 + 127,
        "white": x * 0 + 255,
        "left": np.where(x < 32, 0, 255),
        "top": np.where(y < 24, 10, 200),
        "stripes": np.where(x % 8 < 4, 30, 220),
        "lines": np.where(y % 6 < 3, 30, 220),
        "board": np.where((x // 8 + y // 8) % 2, 0, 255),
        "ramp": x * 4,
        "falling": 255 - x * 4,
        "corner": np.where((x < 20) & (y < 20), 255, 0),
        "frame": np.where((x < 4) | (x > 59) | (y < 4) | (y > 43), 0, 255),
        "disc": np.where((x - 32) ** 2 + (y - 24) ** 2 < 300, 90, 160),
    }
    for name, level in levels.items():
        Image.fromarray(level.astype(np.uint8)).convert("RGB").save(PICTURES / f"{name}.png")


def md5(picture):
    return hashlib.md5(picture.tobytes()).hexdigest()


draw()
files = sorted(PICTURES.glob("*.png"))
files += sorted(file for kind in ("jpg", "png", "gif", "webp", "bmp", "tif") for file in OTHERS.glob(f"*.{kind}"))
lines = []
for file in files:
    if file.name.startswith("cut"):
        continue
    sample = {"text": "", "images": [str(file)], Fields.stats: {}}
    line = {"file": str(file.relative_to(HERE.parents[2]))}
    stats = ImageSizeFilter().compute_stats_single(dict(sample, **{Fields.stats: {}}))[Fields.stats]
    line["image_sizes"] = stats[StatsKeys.image_sizes]
    batch = {"images": [[str(file)]], Fields.stats: [{}]}
    stats = ImageAspectRatioFilter().compute_stats_batched(batch)[Fields.stats][0]
    line["aspect_ratios"] = stats[StatsKeys.aspect_ratios]
    for method in ("phash", "dhash", "whash", "ahash"):
        hashed = ImageDeduplicator(method=method).compute_hash(dict(sample))
        line[method] = hashed[HashKeys.imagehash]
    picture = load_image(str(file)).convert("RGB")
    kinds = {"mean": ImageFilter.BLUR, "box": ImageFilter.BoxBlur(2), "gaussian": ImageFilter.GaussianBlur(2)}
    for name, kind in kinds.items():
        blurred = picture.filter(kind)
        line[name] = md5(blurred)
        if file.suffix == ".jpg":
            buffer = io.BytesIO()
            blurred.save(buffer, "JPEG")
            line[f"{name}_jpeg"] = hashlib.md5(buffer.getvalue()).hexdigest()
    lines.append(json.dumps(line))
(HERE / "picture_operators.jsonl").write_text("\n".join(lines) + "\n")
