#!/usr/bin/env python3
"""Asks Data-Juicer 1.6.1 what its text operators make of the hard strings of lagar's tests.

    bench/work/venv/bin/python bench/parity/make_golden.py            writes the columns anew
    bench/work/venv/bin/python bench/parity/make_golden.py --check    exits with 1 if one differs

The strings are those in crates/lagar-ops/tests/data/golden_ops.jsonl (and golden_more.jsonl, for the
operators that need strings of their own); the columns are computed by the operators themselves, in full
precision. A mapper's column is there only where its text differs from the string.
Needs py-data-juicer 1.6.1 with its text dependencies (ftfy 6.3.1, selectolax, opencc 1.1, nltk).
"""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
DATA = Path(__file__).resolve().parents[2] / "crates" / "lagar-ops" / "tests" / "data"
STATS, META = "__dj__stats__", "__dj__meta__"

# Name of the column: operator, parameters.
FILTERS = {
    "alphanumeric_filter": {},
    "average_line_length_filter": {},
    "character_repetition_filter": {},
    "character_repetition_filter(rep_len=3)": {"rep_len": 3},
    "maximum_line_length_filter": {},
    "special_characters_filter": {},
    "text_length_filter": {},
    "word_repetition_filter": {},
    "word_repetition_filter(rep_len=3)": {"rep_len": 3},
    "words_num_filter": {},
}
MAPPERS = {
    "chinese_convert_mapper": {},
    "clean_copyright_mapper": {},
    "clean_email_mapper": {},
    "clean_html_mapper": {},
    "clean_ip_mapper": {},
    "clean_links_mapper": {},
    "expand_macro_mapper": {},
    "fix_unicode_mapper": {},
    "fix_unicode_mapper(normalization=NFKC)": {"normalization": "NFKC"},
    "punctuation_normalization_mapper": {},
    "remove_bibliography_mapper": {},
    "remove_comments_mapper": {},
    "remove_header_mapper": {},
    "remove_long_words_mapper": {},
    "remove_long_words_mapper(min_len=2,max_len=8)": {"min_len": 2, "max_len": 8},
    "remove_non_chinese_character_mapper": {},
    "remove_repeat_sentences_mapper": {},
    "remove_repeat_sentences_mapper(lowercase=true,ignore_special_character=false)": {
        "lowercase": True,
        "ignore_special_character": False,
    },
    "remove_specific_chars_mapper": {},
    "remove_table_text_mapper": {},
    "remove_words_with_incorrect_substrings_mapper": {},
    "whitespace_normalization_mapper": {},
}


def operator(kind: str, column: str, parameters: dict):
    name = column.split("(")[0]
    module = importlib.import_module(f"data_juicer.ops.{kind}.{name}")
    from data_juicer.ops.base_op import OPERATORS

    del module
    return OPERATORS.modules[name](**parameters)


def measured(column: str, parameters: dict, texts: list[str]) -> list:
    op = operator("filter", column, parameters)
    rows = {"text": list(texts), STATS: [{} for _ in texts]}
    rows = op.compute_stats_batched(rows)
    keep = list(op.process_batched(rows))
    return [
        {"stat": next(iter(stats.values())), "keep_default": bool(kept)}
        for stats, kept in zip(rows[STATS], keep)
    ]


def mapped(column: str, parameters: dict, texts: list[str]) -> list:
    op = operator("mapper", column, parameters)
    after = op.process_batched({"text": list(texts)})["text"]
    return [None if new == old else new for new, old in zip(after, texts)]


def columns(texts: list[str]) -> dict[str, list]:
    made = {column: measured(column, given, texts) for column, given in FILTERS.items()}
    for column, given in MAPPERS.items():
        made[column] = mapped(column, given, texts)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    path = DATA / "golden_ops.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    before = json.dumps(rows)
    for row in rows:
        for column in [name for name in row if "_mapper" in name or "_filter" in name]:
            del row[column]
    for column, values in columns([row["text"] for row in rows]).items():
        for row, value in zip(rows, values):
            if value is not None:
                row[column] = value
    if options.check:
        sys.exit(int(json.dumps(rows) != before))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
