#!/usr/bin/env python3
"""Writes the tables of crates/lagar-ops/src/text/ftfy from ftfy 6.3.1 and Python 3.11's `html`.

    bench/work/venv/bin/python bench/parity/make_ftfy_tables.py
"""

import html.entities
import re
from pathlib import Path

import ftfy
from ftfy import badness, chardata

OUT = Path(__file__).resolve().parents[2] / "crates" / "lagar-ops" / "src" / "text" / "ftfy"
HEAD = '''//! Tables of ftfy 6.3.1: encodings of one byte, and classes of characters that make up mojibake.
//!
//! Written by `bench/parity/make_ftfy_tables.py`; do not edit.

'''


def ranges(members: str) -> list[tuple[int, int]]:
    """The code points of what stands inside a class of Python's `re`."""
    matcher = re.compile(f"[{members}]")
    found: list[list[int]] = []
    for code in range(0x30000):
        if matcher.match(chr(code)):
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return [(start, end) for start, end in found]


def member_class(members: str) -> str:
    return "".join(
        f"\\x{{{start:x}}}" if start == end else f"\\x{{{start:x}}}-\\x{{{end:x}}}"
        for start, end in ranges(members)
    )


def wrapped(text: str, width: int = 88) -> str:
    """A Rust literal of several raw pieces, cut between code points."""
    pieces, line = [], ""
    for piece in re.findall(r"\\x\{[0-9a-f]+\}(?:-\\x\{[0-9a-f]+\})?", text):
        if len(line) + len(piece) > width:
            pieces.append(line)
            line = ""
        line += piece
    pieces.append(line)
    if len(pieces) == 1:
        return f'r"{pieces[0]}"'
    inner = ",\n".join(f'        r"{piece}"' for piece in pieces)
    return f"concat!(\n{inner}\n    )"


def charmap(encoding: str) -> str:
    decoded = bytes(range(0x80, 0x100)).decode(encoding)
    return "".join(f"\\u{{{ord(character):x}}}" for character in decoded)


def charmaps() -> str:
    text = "/// The encodings that are tried, in that order, with what the bytes 0x80 to 0xFF stand for.\n"
    text += "#[rustfmt::skip]\n"
    text += f"pub(super) const ENCODINGS: [(&str, &str); {len(chardata.CHARMAP_ENCODINGS)}] = [\n"
    for encoding in chardata.CHARMAP_ENCODINGS:
        codes = re.findall(r"\\u\{[0-9a-f]+\}", charmap(encoding))
        lines = ["".join(codes[start : start + 11]) for start in range(0, 128, 11)]
        inner = "\\\n        ".join(lines)
        text += f'    ("{encoding}", "\\\n        {inner}"),\n'
    return text + "];\n"


def classes(name: str, doc: str, table: dict[str, str]) -> str:
    text = f"\n/// {doc}\n#[rustfmt::skip]\n"
    text += f"pub(super) const {name}: [(&str, &str); {len(table)}] = [\n"
    for key, members in table.items():
        text += f'    ("{{{key}}}", {wrapped(member_class(members))}),\n'
    return text + "];\n"


def main() -> None:
    assert ftfy.__version__ == "6.3.1", ftfy.__version__
    text = HEAD + charmaps()
    text += classes(
        "CATEGORIES", "What characters are like that turn up in mojibake.", badness.MOJIBAKE_CATEGORIES
    )
    text += classes("CLUES", "Where in a UTF-8 sequence a character may have come from.", chardata.UTF8_CLUES)
    (OUT / "tables.rs").write_text(text, encoding="utf-8")
    entities = {name: value for name, value in html.entities.html5.items() if name.endswith(";")}
    lines = [
        f"{name[:-1]} {' '.join(f'{ord(character):x}' for character in entities[name])}\n"
        for name in sorted(entities)
    ]
    (OUT / "entities.txt").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
