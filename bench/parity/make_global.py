"""What Data-Juicer 1.6.1 makes of small data sets with the operators that look at all rows or at
other fields; writes `crates/lagar-ops/tests/data/global_ops.jsonl`.

    python bench/parity/make_global.py

Needs Data-Juicer 1.6.1, simhash-pybind and the strings of `golden_ops.jsonl` beside the output.
"""

import hashlib
import json
import logging
import pathlib
import random

from data_juicer.core.data import NestedDataset
from data_juicer.ops.base_op import OPERATORS
from data_juicer.utils.constant import Fields

logging.disable(logging.CRITICAL)
DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/lagar-ops/tests/data"


def captions(count, seed):
    draw = random.Random(seed)
    nouns = "dog cat boat car tree house street beach lake child window light".split()
    words = "a the small red old happy running on in near under with and blue big".split()
    texts = []
    for _ in range(count):
        if texts and draw.random() < 0.5:
            base = draw.choice(texts).split(" ")
            for _ in range(draw.randint(0, 2)):
                base[draw.randrange(len(base))] = draw.choice(words + nouns)
            texts.append(" ".join(base))
        else:
            texts.append(" ".join(draw.choice(words + nouns) for _ in range(draw.randint(2, 30))))
    return texts


def fields(count, seed):
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        rows.append(
            {
                "text": f"row {number}",
                "score": draw.choice([0.5, 1.0, 2.0, 2.5, 3.25, -1.0]),
                "kind": draw.choice(["x", "y", "z", "w"]),
                "word": draw.choice(["one", "1", "2.5", "many", " 7 "]),
                "flag": draw.random() < 0.5,
                "maybe": draw.choice([None, 1, 2, 3]),
                "list": [draw.randint(0, 9) for _ in range(draw.randint(0, 12))],
                Fields.meta: {"lang": draw.choice(["en", "de", "fr"]), "n": draw.randint(0, 5)},
                Fields.suffix: draw.choice([".txt", ".md", ".jsonl"]),
            }
        )
    return rows


def sets():
    lines = (DATA / "golden_ops.jsonl").read_text(encoding="utf-8").strip("\n").split("\n")
    golden = [{"text": json.loads(line)["text"]} for line in lines]
    shared = ["Home | About", "© 2024 Example", "{ }", "# Title", "<br/>", "the same line", "Buy now!", "  Home | About "]
    draw = random.Random(4)
    pages = ["\n".join(draw.sample(shared, 4) + [f"own line {n}", f"other {n % 7}"]) for n in range(40)]
    return {
        "golden": golden,
        "captions": [{"text": text} for text in captions(300, 1)],
        "uids": [{"text": text, "__dj__uid": uid} for text, uid in zip(captions(200, 2), random.Random(3).sample(range(9000), 200))],
        "pages": [{"text": page} for page in pages],
        "fields": fields(60, 5),
    }


DEDUPLICATORS = [
    ("document_minhash_deduplicator", {}, "golden"),
    ("document_minhash_deduplicator", {}, "captions"),
    ("document_minhash_deduplicator", {"window_size": 2, "jaccard_threshold": 0.5}, "captions"),
    ("document_minhash_deduplicator", {"tokenization": "character", "lowercase": False}, "golden"),
    ("document_minhash_deduplicator", {"tokenization": "punctuation", "window_size": 1}, "golden"),
    ("document_minhash_deduplicator", {"ignore_pattern": r"\d+", "num_permutations": 64}, "golden"),
    ("document_minhash_deduplicator", {"num_bands": 8, "num_rows_per_band": 3, "window_size": 1}, "captions"),
    ("document_minhash_deduplicator", {"num_bands": 40, "num_rows_per_band": 7}, "captions"),
    ("document_minhash_deduplicator_with_uid", {"window_size": 2}, "uids"),
    ("document_simhash_deduplicator", {}, "golden"),
    ("document_simhash_deduplicator", {}, "captions"),
    ("document_simhash_deduplicator", {"window_size": 2, "hamming_distance": 5}, "captions"),
    ("document_simhash_deduplicator", {"tokenization": "character", "window_size": 4, "num_blocks": 9, "hamming_distance": 8}, "captions"),
    ("document_simhash_deduplicator", {"tokenization": "punctuation", "window_size": 1, "lowercase": False}, "golden"),
    ("document_line_deduplicator", {}, "pages"),
    ("document_line_deduplicator", {"frequency_threshold": 3, "lowercase": True, "ignore_special_character": True}, "pages"),
    ("document_line_deduplicator", {"frequency_threshold": 1, "skip_brackets": False, "skip_markdown_headers": False, "skip_html_tags": False, "min_line_length": 0}, "golden"),
    ("document_deduplicator", {"lowercase": True}, "golden"),
]
OTHERS = [
    ("topk_specified_field_selector", {"field_key": "score", "topk": 9}),
    ("topk_specified_field_selector", {"field_key": "score", "top_ratio": 0.33, "reverse": False}),
    ("topk_specified_field_selector", {"field_key": "kind", "topk": 20}),
    ("topk_specified_field_selector", {"field_key": f"{Fields.meta}.n", "topk": 17, "top_ratio": 0.5}),
    ("topk_specified_field_selector", {"field_key": f"{Fields.meta}.lang", "topk": 5}),
    ("range_specified_field_selector", {"field_key": "score", "lower_percentile": 0.2, "upper_percentile": 0.7}),
    ("range_specified_field_selector", {"field_key": "word", "lower_rank": 5, "upper_rank": 30, "upper_percentile": 0.9}),
    ("range_specified_field_selector", {"field_key": "list", "lower_percentile": 0.1, "upper_rank": 40}),
    ("range_specified_field_selector", {"field_key": "maybe", "lower_rank": 50, "upper_rank": 10}),
    ("range_specified_field_selector", {"field_key": "maybe", "lower_rank": 5}),
    ("frequency_specified_field_selector", {"field_key": "kind", "topk": 2}),
    ("frequency_specified_field_selector", {"field_key": "maybe", "top_ratio": 0.8, "reverse": False}),
    ("frequency_specified_field_selector", {"field_key": "flag", "topk": 1}),
    ("frequency_specified_field_selector", {"field_key": f"{Fields.meta}.lang", "top_ratio": 0.5, "topk": 9}),
    ("tags_specified_field_selector", {"field_key": "kind", "target_tags": ["x", "w"]}),
    ("tags_specified_field_selector", {"field_key": f"{Fields.meta}.lang", "target_tags": ["de", "none"]}),
    ("random_selector", {"select_ratio": 0.3}),
    ("specified_field_filter", {"field_key": "kind", "target_value": ["x", "y"]}),
    ("specified_field_filter", {"field_key": "list", "target_value": [1, 2, 3, 4]}),
    ("specified_field_filter", {"field_key": f"{Fields.meta}.lang", "target_value": ["en"], "reversed_range": True}),
    ("specified_field_filter", {"field_key": "maybe", "target_value": [1, 2.0]}),
    ("specified_numeric_field_filter", {"field_key": "score", "min_value": 0.9, "max_value": 2.5}),
    ("specified_numeric_field_filter", {"field_key": "word", "min_value": 2}),
    ("specified_numeric_field_filter", {"field_key": f"{Fields.meta}.n", "max_value": 3, "max_closed_interval": False}),
    ("suffix_filter", {"suffixes": ".md"}),
    ("suffix_filter", {"suffixes": [".txt", ".jsonl"], "reversed_range": True}),
    ("general_field_filter", {"filter_condition": "score > 1 and kind in ['x', 'y']"}),
    ("general_field_filter", {"filter_condition": "maybe >= 2 or __dj__meta__.lang == 'de' and not flag"}),
    ("general_field_filter", {"filter_condition": "0 < __dj__meta__.n <= 3 < score"}),
    ("key_value_grouper", {"group_by_keys": ["kind", f"{Fields.meta}.lang"]}),
    ("key_value_grouper", {"group_by_keys": ["list.0"]}),
    ("naive_grouper", {}),
]


def signatures(name, op, rows):
    """A digest per row, for bands; the hash itself otherwise."""
    key = {"minhash": "__dj__minhash", "simhash": "__dj__simhash", "line": "__dj__line_hashes"}
    for part, field in key.items():
        if part in name:
            values = [op.compute_hash(dict(row))[field] for row in rows]
            if part == "minhash":
                return [hashlib.md5(b"|".join(bands)).hexdigest() for bands in values]
            return values
    return None


def main():
    data = sets()
    out = [{"set": name, "rows": rows} for name, rows in data.items() if name != "golden"]
    for name, kwargs, rows in DEDUPLICATORS:
        numbered = [{**row, "i": number} for number, row in enumerate(data[rows])]
        make = lambda: OPERATORS.modules[name](**kwargs)  # noqa: E731
        result = make().run(NestedDataset.from_list(numbered)).to_list()
        case = {"op": name, "kwargs": kwargs, "on": rows, "kept": [row["i"] for row in result]}
        hashes = signatures(name, make(), data[rows])
        if hashes is not None:
            whole = json.dumps(hashes, ensure_ascii=True, separators=(",", ":"))
            case["signatures"] = hashlib.md5(whole.encode()).hexdigest()
        if "line" in name:
            case["texts"] = hashlib.md5("\x00".join(row["text"] for row in result).encode()).hexdigest()
        out.append(case)
    for name, kwargs in OTHERS:
        numbered = [{**row, "i": number} for number, row in enumerate(data["fields"])]
        op = OPERATORS.modules[name](**kwargs)
        case = {"op": name, "kwargs": kwargs, "on": "fields"}
        if "filter" in name:
            numbered = [{**row, Fields.stats: {}} for row in numbered]
            measured = [op.compute_stats(row) for row in numbered] if not op.is_batched_op() else None
            case["kept"] = [row["i"] for row in measured if op.process(row)]
            case["stats"] = [row[Fields.stats] for row in measured]
        elif "grouper" in name:
            case["groups"] = [row["i"] for row in op.process(numbered)]
        else:
            case["kept"] = [row["i"] for row in op.process(NestedDataset.from_list(numbered)).to_list()]
        out.append(case)
    with open(DATA / "global_ops.jsonl", "w", encoding="utf-8") as file:
        for line in out:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


main()
