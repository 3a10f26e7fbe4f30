#!/usr/bin/env python3
"""Compares `sentence_split_mapper` with NLTK's Punkt, both with a model trained on random texts.

    bench/work/venv/bin/python bench/parity/punkt.py --lagar target/release/lagar --texts 3000

Data-Juicer's own operator downloads its model; this trains one with NLTK 3.10.4 and writes it in the form
of `punkt_tab`. Exits with 1 if a text is split in another way.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTrainer

sys.path.insert(0, str(Path(__file__).parent))
from operators import Lagar  # noqa: E402

WORDS = (
    "the The a A dog Dog dogs Mr. Dr. e.g. i.e. U.S. J. S. Bach No. no. 5 5. 3.14 12. etc. p.m. Smith smith It it In in "
    "Inc. (see fig. Fig. 2) “Hello.” Wait... what?! Yes! \"No.\" he said, she -- well; and: A.B. x. é. É. 中文。 ... . ? ! ) ] .) ’"
).split()


def text(make: random.Random) -> str:
    gaps = [" ", " ", " ", "\n", "\n\n", "  ", "\t", "\u00a0", ""]
    return "".join(make.choice(WORDS) + make.choice(gaps) for _ in range(make.randint(0, 30)))


def write_model(params, folder: Path) -> None:
    def lines(items):
        return "".join(f"{item}\n" for item in items)

    (folder / "abbrev_types.txt").write_text(lines(sorted(params.abbrev_types)), encoding="utf-8")
    (folder / "sent_starters.txt").write_text(lines(sorted(params.sent_starters)), encoding="utf-8")
    pairs = ("\t".join(pair) for pair in sorted(params.collocations))
    (folder / "collocations.tab").write_text(lines(pairs), encoding="utf-8")
    contexts = (f"{word}\t{flags}" for word, flags in sorted(params.ortho_context.items()))
    (folder / "ortho_context.tab").write_text(lines(contexts), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lagar", required=True)
    parser.add_argument("--texts", type=int, default=1000)
    options = parser.parse_args()
    make = random.Random(1)
    trainer = PunktTrainer()
    trainer.INCLUDE_ALL_COLLOCS = True
    trainer.train("\n".join(text(make) for _ in range(400)))
    params = trainer.get_params()
    original = PunktSentenceTokenizer(params)
    lagar = Lagar(options.lagar)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        write_model(params, Path(folder))
        number = lagar.ask(method="init", op="sentence_split_mapper", args=[], kwargs={"model_dir": folder})["id"]
        for _ in range(options.texts):
            row = {"text": text(make)}
            got = lagar.ask(method="process", id=number, rows=[row])["rows"][0]["text"]
            expected = "\n".join(original.tokenize(row["text"]))
            if got != expected:
                wrong += 1
                if wrong <= 3:
                    print(ascii(row["text"]), ascii(expected), ascii(got), sep="\n   ")
    print(
        f"{options.texts} texts, {wrong} differ; {len(params.abbrev_types)} abbreviations, "
        f"{len(params.collocations)} collocations, {len(params.ortho_context)} contexts"
    )
    sys.exit(int(wrong > 0))


if __name__ == "__main__":
    main()
