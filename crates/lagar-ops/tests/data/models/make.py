"""Trains the small models of this folder and writes what the original libraries make of texts.

Needs sentencepiece 0.2.3, fasttext-wheel 0.9.2 and kenlm 0.3.0:

    python make.py

The binaries of the trigram model are KenLM's own (commit 4cb443e6, `compile_query_only.sh`):

    build_binary probing trigram.arpa trigram.probing.bin
    build_binary trie trigram.arpa trigram.trie.bin

The texts are made up here; nothing is downloaded. Training is not the same bytes each time (fastText
draws by thread), so the models are committed beside their answers.
"""

import json
import math
import pathlib
import random
import tempfile

import fasttext
import kenlm
import sentencepiece

HERE = pathlib.Path(__file__).parent

WORDS = {
    "en": "the a dog cat on in with and red small runs beach lake boat car over under happy child plays ball "
    "walking along street house tree night light window people standing near old blue green water".split(),
    "de": "der die das ein eine Hund Katze auf im mit und rot klein läuft Strand See Boot Auto über unter "
    "glückliches Kind spielt Ball geht Straße Haus Baum Nacht Licht Fenster Leute stehen alt blau grün".split(),
    "fr": "le la un une chien chat sur dans avec et rouge petit court plage lac bateau voiture sous heureux "
    "enfant joue balle marche rue maison arbre nuit lumière fenêtre gens debout près vieux bleu vert".split(),
}
CHINESE = "一只小狗在海边跑步红色的车停路上孩子玩球夜晚灯光窗户旁人们站湖船房子树老蓝绿水"


def sentences(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        lang = draw.choice(["en", "de", "fr", "zh"])
        if lang == "zh":
            yield lang, "".join(draw.choice(CHINESE) for _ in range(draw.randint(3, 14)))
        else:
            yield lang, " ".join(draw.choice(WORDS[lang]) for _ in range(draw.randint(2, 12)))


def texts():
    odd = [
        "",
        " ",
        "\n",
        "  two  spaces\tand\ta tab ",
        "line one\nline two\r\nline three",
        "<__dj__image>\nA DOG on the beach <|__dj__eoc|>",
        "the dog 🐶 runs",
        "ﬁne café café ①②",
        "full　width ｆｕｌｌ",
        "x" * 200,
        "the the the the the the",
        "a.b,c;d!e?f",
        "don't stop — “never” …",
        "▁already▁escaped",
        "\u200bzero\u200dwidth",
        "Straße Füße über",
        "word<sep>word<sep><sep>end",
        "日本語のテキスト",
        "مرحبا بالعالم",
        "1234567890 3.14159",
    ]
    return odd + [text for _, text in sentences(60, 7)]


def write(name, rows):
    with open(HERE / name, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def sentencepieces(folder):
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(text for _, text in sentences(3000, 1)), encoding="utf-8")
    rules = folder / "rules.tsv"
    # Full-width letters, ligatures and some spaces, as the library's own table has thousands of.
    pairs = [("ﬁ", "fi"), ("①", "1"), ("②", "2"), ("\u3000", " "), ("\t", " "), ("\n", " "), ("\r", " ")]
    pairs += [(chr(0xFF41 + i), chr(0x61 + i)) for i in range(26)] + [("e\u0301", "é"), ("\u200b", "")]
    lines = ["\t".join(" ".join(f"{ord(c):X}" for c in part) for part in pair) for pair in pairs]
    rules.write_text("\n".join(lines) + "\n", encoding="utf-8")
    common = dict(input=str(corpus), character_coverage=0.995, num_threads=1, minloglevel=2)
    models = {
        "unigram": dict(model_type="unigram", vocab_size=300, normalization_rule_tsv=str(rules)),
        "bpe": dict(model_type="bpe", vocab_size=260, normalization_rule_tsv=str(rules)),
        "fallback": dict(
            model_type="bpe",
            vocab_size=480,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            user_defined_symbols=["<sep>"],
        ),
        "suffix": dict(
            model_type="unigram",
            vocab_size=220,
            treat_whitespace_as_suffix=True,
            normalization_rule_name="identity",
            user_defined_symbols=["<sep>", "dog"],
        ),
        "plain": dict(
            model_type="unigram", vocab_size=200, add_dummy_prefix=False, normalization_rule_name="identity"
        ),
    }
    rows = []
    for name, settings in models.items():
        sentencepiece.SentencePieceTrainer.train(model_prefix=str(HERE / name), **common, **settings)
        (HERE / f"{name}.vocab").unlink()
        model = sentencepiece.SentencePieceProcessor(model_file=str(HERE / f"{name}.model"))
        for text in texts():
            rows.append({"model": f"{name}.model", "text": text, "pieces": model.encode_as_pieces(text)})
    write("sentencepiece.jsonl", rows)


def fasttexts(folder):
    corpus = folder / "labelled.txt"
    lines = [f"__label__{lang} {text.lower()}" for lang, text in sentences(2000, 2)]
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    small = dict(dim=8, epoch=5, lr=0.5, thread=1, verbose=0, bucket=300)
    models = {
        "softmax": dict(loss="softmax", minn=2, maxn=4, wordNgrams=2),
        "hs": dict(loss="hs", minn=1, maxn=3),
        "ova": dict(loss="ova", minn=0, maxn=0),
    }
    rows = []

    def ask(name, model):
        for text in texts():
            line = text.lower().replace("\n", " ")
            # `model.predict` without its last step, which NumPy 2 refuses.
            found = model.f.predict(line + "\n", 4, 0.0, "strict")
            rows.append(
                {
                    "model": name,
                    "text": line,
                    "labels": [label for _, label in found],
                    "scores": [float(score) for score, _ in found],
                }
            )

    for name, settings in models.items():
        model = fasttext.train_supervised(str(corpus), **small, **settings)
        model.save_model(str(HERE / f"{name}.bin"))
        ask(f"{name}.bin", model)
    model = fasttext.train_supervised(str(corpus), **{**small, "bucket": 3000}, loss="softmax", minn=2, maxn=4)
    model.quantize(input=str(corpus), qnorm=True, retrain=False, cutoff=1500, dsub=2, thread=1, verbose=0)
    model.save_model(str(HERE / "quantized.ftz"))
    ask("quantized.ftz", model)
    write("fasttext.jsonl", rows)


def language_models(folder):
    """A trigram model with back-off weights, by absolute discounting: right form, plain numbers."""
    counts = [{}, {}, {}]
    for _, text in sentences(400, 3):
        words = ["<s>"] + text.lower().split() + ["</s>"]
        for order in range(3):
            for place in range(len(words) - order):
                gram = tuple(words[place : place + order + 1])
                if order and "<s>" in gram[1:]:
                    continue
                counts[order][gram] = counts[order].get(gram, 0) + 1
    counts[1] = {gram: count for gram, count in counts[1].items() if count > 1}
    counts[2] = {
        gram: count
        for gram, count in counts[2].items()
        if count > 1 and gram[:2] in counts[1] and gram[1:] in counts[1]
    }
    total = sum(counts[0].values())
    lines = ["\\data\\"]
    unigrams = [("<unk>",)] + sorted(counts[0])
    lines += [f"ngram 1={len(unigrams)}", f"ngram 2={len(counts[1])}", f"ngram 3={len(counts[2])}", ""]
    lines.append("\\1-grams:")
    for gram in unigrams:
        log = math.log10((counts[0].get(gram, 0.5)) / (total + 0.5))
        log = -99 if gram == ("<s>",) else log
        back = "" if gram in (("</s>",), ("<unk>",)) else f"\t{-0.1 - len(gram[0]) / 50:.6f}"
        lines.append(f"{log:.6f}\t{gram[0]}{back}")
    for order in (1, 2):
        lines += ["", f"\\{order + 1}-grams:"]
        for gram in sorted(counts[order]):
            log = math.log10((counts[order][gram] - 0.4) / counts[order - 1][gram[:-1]])
            back = f"\t{-0.05 - len(gram[0]) / 60:.6f}" if order == 1 and gram[-1] != "</s>" else ""
            lines.append(f"{log:.6f}\t{' '.join(gram)}{back}")
    lines += ["", "\\end\\", ""]
    path = HERE / "trigram.arpa"
    path.write_text("\n".join(lines), encoding="utf-8")
    model = kenlm.Model(str(path))
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(HERE / "unigram.model"))
    rows = []
    for text in texts() + [text.lower() for _, text in sentences(100, 3)]:
        for line in [text] + [" ".join(pieces.encode_as_pieces(text))]:
            rows.append({"line": line, "score": model.score(line)})
    write("kenlm.jsonl", rows)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sentencepieces(folder)
        fasttexts(folder)
        language_models(folder)


main()
