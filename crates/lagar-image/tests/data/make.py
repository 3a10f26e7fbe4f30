#!/usr/bin/env python3
"""Draws the pictures of this folder and writes down what Pillow makes of them.

    python make.py          (Pillow 13.0.0, numpy 2)

`expected.json` has one entry per check: the file, what is done to it, and size, mode and MD5 sum of
the pixels that come out. Pictures are drawn from formulas; there is nothing from the web in them.
"""

import hashlib
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageFilter, ImageOps

HERE = Path(__file__).parent
CHECKS = []


def scene(width, height, seed=0):
    """Smooth colours, hard edges, a little noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 127 + 120 * np.sin(x / 5.1 + seed) * np.cos(y / 9.3)
    green = 255 * ((x // 7 + y // 5) % 2)
    blue = (x * 3 + y * 2) % 256
    pixels = np.stack([red, green, blue], axis=2)
    pixels[height // 3 : height // 2, width // 4 : width // 2] = (250, 20, 60)
    pixels += random.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")


def note(file, does, picture, **more):
    CHECKS.append(
        {
            "file": file,
            "does": does,
            **more,
            "mode": picture.mode,
            "size": list(picture.size),
            "md5": hashlib.md5(np.asarray(unpacked(picture)).tobytes()).hexdigest(),
        }
    )


def unpacked(picture):
    """One byte per pixel also for black and white."""
    return picture.convert("L") if picture.mode == "1" else picture


def decoded(file, **more):
    picture = Image.open(HERE / file)
    note(file, "rgb", picture.convert("RGB"), **more)
    note(file, "luma", picture.convert("RGB").convert("L"), **more)
    return picture


def jpegs():
    picture = scene(61, 45)
    for name, options in {
        "420": {"quality": 85, "subsampling": "4:2:0"},
        "422": {"quality": 70, "subsampling": "4:2:2"},
        "444": {"quality": 92, "subsampling": "4:4:4"},
        "low": {"quality": 5, "subsampling": "4:2:0"},
        "optimized": {"quality": 60, "optimize": True},
        "progressive": {"quality": 75, "progressive": True},
        "progressive444": {"quality": 30, "progressive": True, "subsampling": "4:4:4"},
        "restart": {"quality": 80, "restart_marker_blocks": 3},
        "restart_progressive": {"quality": 80, "restart_marker_rows": 1, "progressive": True},
    }.items():
        picture.save(HERE / f"{name}.jpg", **options)
        decoded(f"{name}.jpg")
    for width, height in [(1, 1), (2, 3), (3, 2), (5, 8), (16, 17), (17, 16)]:
        file = f"tiny{width}x{height}.jpg"
        scene(width, height, 3).save(HERE / file, quality=90)
        decoded(file)
    scene(40, 30).convert("L").save(HERE / "grey.jpg", quality=80)
    decoded("grey.jpg")
    scene(33, 20).convert("CMYK").save(HERE / "cmyk.jpg", quality=80)
    decoded("cmyk.jpg")
    scene(33, 20).save(HERE / "stored_as_rgb.jpg", quality=80, keep_rgb=True)
    decoded("stored_as_rgb.jpg")
    for name, factors in {"440": 0x12, "411": 0x41, "410": 0x42, "441": 0x14, "221": 0x24}.items():
        (HERE / f"{name}.jpg").write_bytes(with_sampling(factors))
        decoded(f"{name}.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    scene(30, 20).save(HERE / "turned.jpg", quality=80, exif=exif)
    picture = ImageOps.exif_transpose(Image.open(HERE / "turned.jpg"))
    note("turned.jpg", "shown", picture.convert("RGB"))
    truncated("420.jpg", "cut.jpg", 0.6)
    truncated("restart.jpg", "cut_restart.jpg", 0.5)


def truncated(whole, file, share):
    content = (HERE / whole).read_bytes()
    (HERE / file).write_bytes(content[: int(len(content) * share)])
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    note(file, "rgb", Image.open(HERE / file).convert("RGB"), truncated=True)
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def with_sampling(factors):
    """A JPEG whose luma has unusual sampling factors: all of its blocks are one coded again.

    The data of a 4:4:4 JPEG of a single colour per block would not fit another layout, so the
    coefficients are written anew: every block has a DC difference and one AC coefficient.
    """
    horizontal, vertical = factors >> 4, factors & 15
    width, height = 70, 50
    tables = Image.new("RGB", (16, 16))
    buffer = io.BytesIO()
    tables.save(buffer, "JPEG", quality=80)
    content = buffer.getvalue()
    start = content.index(b"\xff\xc0")
    scan = content.index(b"\xff\xda")
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3)
    frame += bytes([1, factors, 0, 2, 0x11, 1, 3, 0x11, 1])
    head = content[:start] + b"\xff\xc0" + frame + content[start + 19 : scan + 14]
    codes = huffman_codes(content)
    random = np.random.default_rng(factors)
    bits = ""
    mcus = -(-width // (8 * horizontal)) * -(-height // (8 * vertical))
    for _ in range(mcus):
        for component, blocks in enumerate([horizontal * vertical, 1, 1]):
            table = min(component, 1)
            for _ in range(blocks):
                bits += value(codes[(0, table)], 0, int(random.integers(-40, 41)))
                for _ in range(4):
                    run = int(random.integers(0, 4))
                    bits += value(codes[(1, table)], run, int(random.choice([-3, -2, -1, 1, 2, 3])))
                bits += codes[(1, table)][0]
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return head + data + b"\xff\xd9"


def value(codes, run, number):
    size = abs(number).bit_length()
    code = codes[run << 4 | size]
    if size == 0:
        return code
    return code + format(number if number > 0 else number + (1 << size) - 1, f"0{size}b")


def huffman_codes(content):
    """(class, id) -> {symbol: code}, read from the DHT segments."""
    tables = {}
    place = 2
    while content[place + 1] != 0xDA:
        marker, length = content[place + 1], struct.unpack(">H", content[place + 2 : place + 4])[0]
        segment = content[place + 4 : place + 2 + length]
        place += 2 + length
        while marker == 0xC4 and segment:
            counts, symbols = segment[1:17], segment[17 : 17 + sum(segment[1:17])]
            codes, code, symbol = {}, 0, iter(symbols)
            for bits, count in enumerate(counts, 1):
                for _ in range(count):
                    codes[next(symbol)] = format(code, f"0{bits}b")
                    code += 1
                code <<= 1
            tables[(segment[0] >> 4, segment[0] & 15)] = codes
            segment = segment[17 + len(symbols) :]
    return tables


def pngs():
    picture = scene(31, 23)
    alpha = Image.linear_gradient("L").resize(picture.size)
    transparent = picture.copy()
    transparent.putalpha(alpha)
    grey = picture.convert("L")
    grey_alpha = Image.merge("LA", (grey, alpha))
    deep = Image.fromarray(np.asarray(grey, np.uint16) * np.uint16(3))
    for name, each, options in [
        ("rgb", picture, {}),
        ("rgba", transparent, {}),
        ("l", grey, {}),
        ("la", grey_alpha, {}),
        ("bit", picture.convert("1"), {}),
        ("i16", deep, {}),
        ("palette", picture.quantize(200), {}),
        ("palette16", picture.quantize(13), {"bits": 4}),
        ("palette_transparent", picture.quantize(30), {"transparency": 3}),
        ("rgb_transparent", picture, {"transparency": (250, 20, 60)}),
    ]:
        each.save(HERE / f"{name}.png", **options)
        decoded(f"{name}.png")
    rows = np.asarray(transparent, np.uint16)
    rows = rows * 256 + (rows[::-1] // 3)
    for name, color, levels in [
        ("rgb16", 2, rows[:, :, :3]),
        ("rgba16", 6, rows),
        ("la16", 4, rows[:, :, [0, 3]]),
    ]:
        (HERE / f"{name}.png").write_bytes(raw_png(levels.astype(">u2"), color, 16))
        decoded(f"{name}.png")
    for bits in (2, 4):
        levels = np.asarray(grey) >> (8 - bits)
        (HERE / f"l{bits}.png").write_bytes(raw_png(packed(levels, bits), 0, bits, 31))
        decoded(f"l{bits}.png")
    truncated("rgb.png", "cut.png", 0.7)


def packed(levels, bits):
    rows = [
        "".join(format(level, f"0{bits}b") for level in row).ljust(-(-len(row) * bits // 8) * 8, "0")
        for row in levels
    ]
    return np.array([[int(row[i : i + 8], 2) for i in range(0, len(row), 8)] for row in rows], np.uint8)


def raw_png(rows, color, bits, width=None):
    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width or rows.shape[1], rows.shape[0], bits, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def others():
    picture = scene(37, 29)
    picture.quantize(64).save(HERE / "palette.gif")
    decoded("palette.gif")
    picture.convert("L").save(HERE / "grey.gif")
    decoded("grey.gif")
    picture.quantize(16).save(HERE / "interlaced.gif", interlace=True, transparency=2)
    decoded("interlaced.gif")
    (HERE / "small_frame.gif").write_bytes(gif_with_small_frame())
    decoded("small_frame.gif")
    picture.save(HERE / "rgb.bmp")
    decoded("rgb.bmp")
    picture.quantize(40).save(HERE / "palette.bmp")
    decoded("palette.bmp")
    picture.convert("1").save(HERE / "bit.bmp")
    decoded("bit.bmp")
    for name, options in {"raw": {}, "lzw": {"compression": "tiff_lzw"}, "deflate": {"compression": "tiff_adobe_deflate"}}.items():
        picture.save(HERE / f"{name}.tif", **options)
        decoded(f"{name}.tif")
    picture.convert("L").save(HERE / "grey.tif")
    decoded("grey.tif")
    picture.convert("CMYK").save(HERE / "cmyk.tif")
    decoded("cmyk.tif")
    picture.convert("1").save(HERE / "bit.tif")
    decoded("bit.tif")
    transparent = picture.copy()
    transparent.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(HERE / "lossless.webp", lossless=True)
    decoded("lossless.webp")
    transparent.save(HERE / "alpha.webp", lossless=True, exact=True)
    decoded("alpha.webp")
    for quality in (10, 50, 80, 95):
        picture.save(HERE / f"lossy{quality}.webp", quality=quality)
        decoded(f"lossy{quality}.webp")


def gif_with_small_frame():
    """A frame of 4x3 pixels at (2, 1) of a canvas of 9x7."""
    content = bytearray()
    buffer = io.BytesIO()
    small = Image.new("P", (4, 3), 1)
    small.putpalette([10, 20, 30, 200, 100, 50, 0, 0, 0, 255, 255, 255])
    small.putpixel((2, 1), 3)
    small.save(buffer, "GIF")
    content += buffer.getvalue()
    content[6:10] = struct.pack("<HH", 9, 7)
    place = content.index(b",", 13)
    content[place + 1 : place + 5] = struct.pack("<HH", 2, 1)
    return bytes(content)


FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resizes():
    for file in ["rgb.png", "rgba.png", "l.png", "la.png", "bit.png", "cmyk.jpg"]:
        picture = Image.open(HERE / file)
        for name, filter in FILTERS.items():
            for size in [(224, 224), (8, 8), (17, 60), (31, 5), (90, 23), (1, 1)]:
                note(file, "resize", picture.resize(size, filter), filter=name)
    picture = Image.open(HERE / "rgb.png")
    for name, filter in FILTERS.items():
        for box in [(1.5, 2.25, 20.75, 17.0), (0, 0, 31, 10.5), (3, 4, 9, 11)]:
            note("rgb.png", "resize", picture.resize((19, 33), filter, box), filter=name, box=box)
    # Pillow 13 takes columns first where height shrinks more than twice as much as width.
    picture = scene(60, 80, 5)
    picture.save(HERE / "tall.png")
    for size in [(50, 59), (50, 60), (50, 61), (70, 79), (59, 10), (20, 10), (90, 40)]:
        note("tall.png", "resize", picture.resize(size, Image.Resampling.LANCZOS), filter="lanczos")
        note("tall.png", "resize", picture.resize(size, Image.Resampling.BICUBIC), filter="bicubic")
    for box in [(0, 0, 31, 23), (3, 4, 10, 20), (30, 22, 31, 23)]:
        note("rgb.png", "crop", Image.open(HERE / "rgb.png").crop(box), box=box)


def encodes():
    """The bytes of JPEGs; their sum stands in for that of the pixels."""
    for width, height in [(1, 1), (7, 9), (8, 8), (16, 16), (17, 31), (31, 17), (40, 24), (33, 50)]:
        file = f"drawn{width}x{height}.png"
        scene(width, height, width).save(HERE / file)
        for quality in (1, 10, 49, 50, 75, 92, 100):
            for mode in ("RGB", "L"):
                buffer = io.BytesIO()
                picture = Image.open(HERE / file).convert(mode)
                picture.save(buffer, "JPEG", quality=quality)
                note(file, "jpeg", picture, quality=quality)
                CHECKS[-1]["md5"] = hashlib.md5(buffer.getvalue()).hexdigest()


def blurs():
    for file in ["rgb.png", "l.png", "la.png", "cmyk.jpg"]:
        picture = Image.open(HERE / file)
        note(file, "mean", picture.filter(ImageFilter.BLUR))
        for radius in [0, 0.3, 1, 2, 2.5, 7.7, 40]:
            note(file, "box", picture.filter(ImageFilter.BoxBlur(radius)), radius=radius)
            note(file, "gaussian", picture.filter(ImageFilter.GaussianBlur(radius)), radius=radius)


jpegs()
pngs()
others()
resizes()
blurs()
encodes()
lines = ",\n".join(json.dumps(check) for check in CHECKS)
(HERE / "expected.json").write_text(f"[\n{lines}\n]\n")
