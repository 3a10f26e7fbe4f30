"""Makes the font of charts that become PNG files: a subset of DejaVu Sans under a name of its own.

Letters of Latin, Greek and Cyrillic, punctuation, arrows and what formulas need. Charts are legible
with it on machines without any fonts; other writings (Chinese, Japanese, Arabic …) are taken from
the fonts that the machine has, because one font with them would be larger than the program.

    python tools/make_report_font.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

Needs fonttools (made with 4.68.0 from DejaVu 2.37).
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent.parent / "crates/lagar-report/fonts"
NAME = "Lagar Sans"
RANGES = [
    (0x20, 0x7E),  # ASCII
    (0xA0, 0x17F),  # Latin of Europe
    (0x370, 0x3FF),  # Greek
    (0x400, 0x45F),  # Cyrillic
    (0x2010, 0x2027),  # dashes, quotation marks, ellipsis
    (0x2030, 0x203A),
    (0x2070, 0x208E),  # small digits
    (0x20AC, 0x20AC),  # euro
    (0x2190, 0x2199),  # arrows
    (0x2200, 0x2265),  # signs of formulas
    (0xFFFD, 0xFFFD),  # what could not be decoded
]


def main() -> None:
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.hinting = False
    options.name_IDs = [1, 2, 3, 4, 6, 13]
    options.recalc_timestamp = False
    font = TTFont(sys.argv[1], recalcTimestamp=False)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    chosen.subset(font)
    for record in font["name"].names:
        names = {1: NAME, 2: "Regular", 3: f"{NAME} 1", 4: NAME, 6: NAME.replace(" ", "")}
        if record.nameID in names:
            record.string = names[record.nameID]
    FOLDER.mkdir(exist_ok=True)
    font.save(FOLDER / "LagarSans.ttf")
    print(f"{(FOLDER / 'LagarSans.ttf').stat().st_size} bytes")


if __name__ == "__main__":
    main()
