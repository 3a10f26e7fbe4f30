"""What the formulas of Data-Juicer 1.6.1's filters give with the models of this folder.

    python answers.py

`language_id_score_filter.py` and `perplexity_filter.py` download their models; the lines between model
and statistic are repeated here. Needs sentencepiece 0.2.3, fasttext-wheel 0.9.2, kenlm 0.3.0.
"""

import json
import pathlib

import fasttext
import kenlm
import sentencepiece

HERE = pathlib.Path(__file__).parent
TEXTS = [json.loads(line)["text"] for line in (HERE / "sentencepiece.jsonl").read_text(encoding="utf-8").strip().split("\n")]


def main():
    labels = fasttext.load_model(str(HERE / "hs.bin"))
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(HERE / "unigram.model"))
    grams = kenlm.Model(str(HERE / "trigram.arpa"))
    with open(HERE / "filters.jsonl", "w", encoding="utf-8") as out:
        for text in sorted(set(TEXTS)):
            line = text.lower().replace("\n", " ")
            [(score, label)] = labels.f.predict(line + "\n", 1, 0.0, "strict")
            logits, length = 0, 0
            for part in " ".join(pieces.encode_as_pieces(text)).splitlines():
                logits += grams.score(part)
                length += len(part.split()) + 1
            perplexity = round((10.0 ** (-logits / length)) if length != 0 else 0.0, 1)
            row = {"text": text, "lang": label.replace("__label__", ""), "lang_score": score, "perplexity": perplexity}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


main()
