"""What Data-Juicer 1.6.1's own operators give with `tokenization: true` and with tokenizers.

    python tokenized.py [--train]

The operators look for `en.sp.model` and for `EleutherAI/pythia-6.9b-deduped` in folders that environment
variables name; there they find `unigram.model` and the tokenizer of this folder, which `--train` makes
anew (tokenizers 0.22, byte-level BPE, with tokens put around texts). Nothing is downloaded.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile

HERE = pathlib.Path(__file__).parent
HUB_NAME = "EleutherAI/pythia-6.9b-deduped"
STATS = "__dj__stats__"
PATTERN = r"[ .]|(x)"


def train():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts() * 3, trainer)
    pair = [("<s>", 0), ("</s>", 1)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=pair)
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)


def texts():
    lines = (HERE / "sentencepiece.jsonl").read_text(encoding="utf-8").strip().split("\n")
    found = sorted({json.loads(line)["text"] for line in lines})
    return found + [
        "visit http://a.com/x now",
        "the dog href=x the dog runs // end",
        "the Dog THE dog ran the dog ran",
        "Σας ΟΔΟΣ ΟΔΟΣ Σ",
    ]


def prepare(folder):
    models, home = folder / "models", folder / "home"
    models.mkdir()
    shutil.copy(HERE / "unigram.model", models / "en.sp.model")
    hub = home / HUB_NAME
    hub.mkdir(parents=True)
    shutil.copy(HERE / "tokenizer.json", hub / "tokenizer.json")
    (hub / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    words = folder / "words"
    words.mkdir()
    for kind in ("stopwords", "flagged_words"):
        (words / f"{kind}.json").write_text(json.dumps({"en": ["the", "a", "dog", "thedog", "one"]}))
    os.environ["DATA_JUICER_MODELS_CACHE"] = str(models)
    os.environ["DATA_JUICER_EXTERNAL_MODELS_HOME"] = str(home)
    # The chunker makes a client of an API beside its tokenizer and never asks it anything.
    os.environ.setdefault("OPENAI_API_KEY", "unused")
    return hub, words


def statistic(op, text, key):
    if hasattr(op, "compute_stats_batched") and op.is_batched_op():
        return op.compute_stats_batched({"text": [text], STATS: [{}]})[STATS][0][key]
    return op.compute_stats_single({"text": text, STATS: {}})[STATS][key]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="make the tokenizer anew")
    if parser.parse_args().train:
        train()
    with tempfile.TemporaryDirectory() as folder:
        hub, words = prepare(pathlib.Path(folder))
        from data_juicer.ops.base_op import OPERATORS
        from data_juicer.ops import filter, mapper  # noqa: F401

        def make(name, **settings):
            return OPERATORS.modules[name](**settings)

        lists = {"stopwords_dir": str(words)}
        filters = {
            "num_words": make("words_num_filter", tokenization=True),
            "word_rep_ratio": make("word_repetition_filter", tokenization=True, rep_len=2),
            "stopwords_ratio": make("stopwords_filter", tokenization=True, **lists),
            "flagged_words_ratio": make(
                "flagged_words_filter", tokenization=True, flagged_words_dir=str(words), use_words_aug=True
            ),
            "alpha_token_ratio": make("alphanumeric_filter", tokenization=True),
            "num_token": make("token_num_filter", hf_tokenizer=str(hub)),
        }
        mappers = {
            "removed": make("remove_words_with_incorrect_substrings_mapper", tokenization=True, substrings=["ht", "og"]),
            "windows": make("text_chunk_mapper", tokenizer=str(hub), max_len=7, overlap_len=2, split_pattern=None),
            "chunks": make("text_chunk_mapper", tokenizer=str(hub), max_len=9, split_pattern=PATTERN),
        }
        with open(HERE / "tokenized.jsonl", "w", encoding="utf-8") as out:
            for text in texts():
                row = {"text": text}
                for key, op in filters.items():
                    row[key] = statistic(op, text, key)
                for key, op in mappers.items():
                    try:
                        row[key] = op.process_batched({"text": [text]})["text"]
                    except RecursionError:
                        row[key] = None
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


main()
