#!/usr/bin/env python3
"""Opens a page of lagar in a headless Chromium and checks what a reader would see.

    python tools/check_report.py report.html [--charts 5] [--pictures 10] [--shots FOLDER]

That the browser shows charts and thumbnails, that every picture is whole and in the page itself, and
that nothing is asked of a network: the browser's own log of requests has the page and nothing else. With
--shots it takes screenshots (wide, narrow, dark) to be looked at. Needs Chromium (CHROMIUM, or one on the
PATH) and nothing from PyPI; ends with 77 where there is no Chromium.
"""

import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
SHOTS = {"wide": (1400, []), "narrow": (420, []), "dark": (1400, ["--blink-settings=preferredColorScheme=0"])}
HEIGHT = 9000


def browser():
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def run(program, page, options):
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-first-run", "--allow-pre-commit-input", f"--user-data-dir={profile}",
            *options, page.absolute().as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if done.returncode != 0:
        sys.exit(f"{program} failed on {page}:\n{done.stderr[-2000:]}")
    return done.stdout


class Seen(HTMLParser):
    """What the browser made of the page."""

    def __init__(self):
        super().__init__()
        self.charts = 0
        self.pictures = []
        self.outside = []
        self.scripts = 0
        self.depth = 0

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "svg":
            self.charts += self.depth == 0
            self.depth += 1
        if tag == "img":
            self.pictures.append(attributes.get("src") or "")
        self.scripts += tag in ("script", "iframe", "object", "embed", "link")
        for name in ("src", "href", "xlink:href", "srcset", "poster", "data"):
            value = attributes.get(name)
            if value and not value.startswith(("data:", "#")):
                self.outside.append(f"<{tag} {name}={value[:60]}>")

    def handle_endtag(self, tag):
        self.depth -= tag == "svg"


def requests(log):
    """Addresses that the page made the browser ask for."""
    text = log.read_text(errors="replace").rstrip()
    if not text.endswith("}"):
        text = text.rstrip(",") + "]}"
    asked = (event.get("params", {}) for event in json.loads(text).get("events", []))
    # What the browser asks for itself (updates, accounts) has no page behind it.
    addresses = {one["url"] for one in asked if one.get("initiator", "not an origin") != "not an origin"}
    return sorted(address for address in addresses if re.match(r"(https?|wss?|ftp):", address))


def is_whole(source):
    if not source.startswith("data:image/jpeg;base64,"):
        return False
    picture = base64.b64decode(source.split(",", 1)[1])
    return picture.startswith(b"\xff\xd8") and picture.endswith(b"\xff\xd9")


def check(program, page, wanted):
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "net.json"
        dom = run(program, page, ["--dump-dom", f"--log-net-log={log}"])
        asked = requests(log)
    seen = Seen()
    seen.feed(dom)
    if "<main" not in dom or "<footer" not in dom:
        wrong.append("the browser did not get to the end of the page")
    if seen.charts < wanted.charts:
        wrong.append(f"{seen.charts} charts, wanted {wanted.charts}")
    if len(seen.pictures) < wanted.pictures:
        wrong.append(f"{len(seen.pictures)} pictures, wanted {wanted.pictures}")
    wrong += [f"a picture is not whole: {one[:40]}" for one in seen.pictures if not is_whole(one)]
    wrong += [f"it points outside: {one}" for one in seen.outside]
    wrong += [f"it was asked for {address}" for address in asked]
    if seen.scripts:
        wrong.append(f"{seen.scripts} scripts, frames or links")
    for word in ("NaN", "undefined"):
        if re.search(rf">[^<]*\b{word}\b[^<]*</(td|text|dd|p)>", dom):
            wrong.append(f"it says {word}")
    size = page.stat().st_size
    if size > 8 << 20:
        wrong.append(f"{size >> 20} MiB are too many to mail")
    print(f"{page.name}: {seen.charts} charts, {len(seen.pictures)} pictures, {size >> 10} KiB, "
          f"{len(asked)} requests")
    return wrong


def shoot(program, page, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (width, options) in SHOTS.items():
        file = folder / f"{page.stem}-{name}.png"
        run(program, page, [f"--window-size={width},{HEIGHT}", f"--screenshot={file}", *options])
        if file.stat().st_size < 20_000:
            return [f"the screenshot {file.name} is empty"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--charts", type=int, default=1, help="the fewest charts")
    parser.add_argument("--pictures", type=int, default=0, help="the fewest thumbnails")
    parser.add_argument("--shots", type=Path, help="where screenshots go")
    wanted = parser.parse_args()
    program = browser()
    if program is None:
        print("there is no Chromium here: pages were not looked at")
        sys.exit(77)
    wrong = []
    for page in wanted.pages:
        found = check(program, page, wanted)
        if wanted.shots:
            found += shoot(program, page, wanted.shots)
        wrong += [f"{page}: {one}" for one in found]
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
