"""The operators of text that `operators.py` compares, with parameters and rows."""

import json
import random
from pathlib import Path

import texts as made


def rows_from(pool: list[str] | None = None):
    """Rows that have a text only."""

    def rows(make: random.Random, count: int, _folder: Path) -> list[dict]:
        return [{"text": made.text(make, pool)} for _ in range(count)]

    return rows


PLAIN = rows_from()
ADDRESSES, HTML, LATEX = rows_from(made.ADDRESSES), rows_from(made.HTML), rows_from(made.LATEX)
CODE, TABLE, SPACES = rows_from(made.CODE), rows_from(made.TABLE), rows_from(made.SPACES)


def garbled(make: random.Random, count: int, _folder: Path) -> list[dict]:
    return [{"text": made.text(make) + made.garbled(make) + made.text(make)} for _ in range(count)]


def word_lists(parameter: str, kind: str, **others):
    """Parameters with a folder of two word lists."""

    def parameters(folder: Path) -> dict:
        lists = folder / kind
        lists.mkdir(exist_ok=True)
        first = {"en": ["the", "a", "it's", "two", "dj__image"], "zh": ["中文", "狗一只狗在海滩上"]}
        (lists / f"{kind}.json").write_text(json.dumps(first))
        (lists / f"my_{kind}_2.json").write_text(json.dumps({"en": ["cats", "adog", "i\u0307stanbul"], "de": ["straße"]}))
        return {parameter: str(lists), **others}

    return parameters


def without_null(make: random.Random, count: int, folder: Path) -> list[dict]:
    """OpenCC is a C library: for it a text ends at its first null."""
    return [{"text": row["text"].replace("\0", "")} for row in PLAIN(make, count, folder)]


CASES = [
    ("filter", "alphanumeric_filter", {}, PLAIN),
    ("filter", "average_line_length_filter", {"min_len": 5, "max_len": 40}, SPACES),
    ("filter", "maximum_line_length_filter", {"min_len": 5, "max_len": 40}, SPACES),
    ("filter", "special_characters_filter", {}, PLAIN),
    ("filter", "stopwords_filter", word_lists("stopwords_dir", "stopwords", min_ratio=0.1), PLAIN),
    ("filter", "stopwords_filter", word_lists("stopwords_dir", "stopwords", lang="all", use_words_aug=True), PLAIN),
    ("filter", "flagged_words_filter", word_lists("flagged_words_dir", "flagged_words"), PLAIN),
    (
        "filter",
        "flagged_words_filter",
        word_lists("flagged_words_dir", "flagged_words", use_words_aug=True, words_aug_group_sizes=[2, 3], words_aug_join_char=""),
        PLAIN,
    ),
    *[("mapper", "chinese_convert_mapper", {"mode": mode}, without_null) for mode in ("s2t", "t2s", "s2twp", "tw2sp", "hk2s", "t2jp", "jp2t")],
    ("mapper", "clean_copyright_mapper", {}, CODE),
    ("mapper", "clean_email_mapper", {}, ADDRESSES),
    ("mapper", "clean_email_mapper", {"pattern": r"(\w+)@(?P<host>[\w.]+)", "repl": r"<\g<host>|\1>"}, ADDRESSES),
    ("mapper", "clean_html_mapper", {}, HTML),
    ("mapper", "clean_ip_mapper", {}, ADDRESSES),
    ("mapper", "clean_ip_mapper", {"repl": "<IP>"}, ADDRESSES),
    ("mapper", "clean_links_mapper", {}, ADDRESSES),
    ("mapper", "clean_links_mapper", {"repl": r"[\1]"}, HTML),
    ("mapper", "expand_macro_mapper", {}, LATEX),
    ("mapper", "fix_unicode_mapper", {}, garbled),
    ("mapper", "fix_unicode_mapper", {"normalization": "nfkd"}, HTML),
    ("mapper", "punctuation_normalization_mapper", {}, PLAIN),
    ("mapper", "remove_bibliography_mapper", {}, LATEX),
    ("mapper", "remove_comments_mapper", {}, LATEX),
    ("mapper", "remove_comments_mapper", {"inline": False}, LATEX),
    ("mapper", "remove_header_mapper", {}, LATEX),
    ("mapper", "remove_header_mapper", {"drop_no_head": False}, LATEX),
    ("mapper", "remove_long_words_mapper", {"min_len": 2, "max_len": 6}, PLAIN),
    ("mapper", "remove_non_chinese_character_mapper", {}, PLAIN),
    ("mapper", "remove_non_chinese_character_mapper", {"keep_alphabet": False, "keep_number": False, "keep_punc": False}, PLAIN),
    ("mapper", "remove_repeat_sentences_mapper", {}, SPACES),
    ("mapper", "remove_repeat_sentences_mapper", {"lowercase": True, "ignore_special_character": False, "min_repeat_sentence_length": 1}, SPACES),
    ("mapper", "remove_specific_chars_mapper", {}, PLAIN),
    ("mapper", "remove_specific_chars_mapper", {"chars_to_remove": "a^-]\\d"}, PLAIN),
    ("mapper", "remove_table_text_mapper", {}, TABLE),
    ("mapper", "remove_table_text_mapper", {"min_col": 3, "max_col": 4}, TABLE),
    ("mapper", "remove_words_with_incorrect_substrings_mapper", {}, ADDRESSES),
    *[
        ("mapper", "replace_content_mapper", {"pattern": pattern, "repl": repl}, PLAIN)
        for pattern, repl in [
            (r"\s+", " "),
            (r"(?i)[a-z]\w*", r"<\g<0>>"),
            ([r"r'\bdog\b'", r"\p{Han}+", r"x*"], ["cat", "H", "-"]),
            (r"(\w)(?=\W|$)", r"\1!"),
            (r"(?<=\s)\S{3,}?(?!\S)", r"\t"),
            (r"(.)\1", r"\1"),
            (r"^.|.$", "#"),
            (r"(?m)^\W*|\b", "_"),
            (r"[^\w\s<>|]|[[:punct:]]", ""),
            (r"(?i)straße|ſx|ß", "?"),
            (r"(a|b)?c?+\d*", r"(\1)"),
        ]
    ],
    ("mapper", "whitespace_normalization_mapper", {}, SPACES),
]
