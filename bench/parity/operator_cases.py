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


def value(make: random.Random, depth: int = 0):
    """Something JSON."""
    kind = make.random()
    if kind < 0.6 or depth > 2:
        return make.choice([made.text(make, made.ADDRESSES), "", None, 3, 2.5, True, "ok"])
    if kind < 0.8:
        return [value(make, depth + 1) for _ in range(make.randint(0, 3))]
    keys = ("path", "file", "text", "content", "arguments", "value", "type", "k")
    return {make.choice(keys): value(make, depth + 1) for _ in range(make.randint(0, 3))}


def call(make: random.Random) -> dict:
    name = make.choice(["grep", "cat", "ls", "run"])
    arguments = make.choice([made.text(make, made.ADDRESSES), {"path": "/home/me/x", "n": 1}])
    return make.choice([{"name": name}, {"function": {"name": name, "arguments": arguments}}, {"function_call": {"name": name}, "arguments": arguments}])


def content(make: random.Random):
    skill = make.choice(["see a/skills/web/SKILL.md", "## cron\n", "Check 'x y/z1/SKILL.md'", ""])
    result = make.choice(["Error: x", "ok", "wrote 3 bytes", "not found", "权限不足", "data", "", "Success"])
    text = make.choice([made.text(make, made.ADDRESSES), skill, result, "x" * make.choice([10, 2000, 12000])])
    blocks = [{"type": "text", "text": text}, {"type": "thinking", "thinking": "t"}, "plain", {"text": {"value": " v "}}, {"k": 1}]
    return make.choice([text, text, text, None, make.sample(blocks, make.randint(0, 4)), {"text": text}])


def message(make: random.Random) -> dict:
    row = {"role": make.choice(["user", "assistant", "tool", "system", "Tool", "other", None]), "content": content(make)}
    if make.random() < 0.4:
        row[make.choice(["tool_calls", "tool_use"])] = [call(make) for _ in range(make.randint(0, 13))]
    return row


def dialogues(make: random.Random, count: int, _folder: Path) -> list[dict]:
    rows = []
    for _ in range(count):
        row = {"text": made.text(make), "messages": [message(make) for _ in range(make.randint(0, 6))]}
        usage = {"prompt_tokens": make.randint(0, 3), "completion_tokens": make.choice([0, 2, None]), "total_tokens": make.choice([None, 7])}
        other = {"input_tokens": 4, "output_tokens": make.randint(0, 2)}
        if make.random() < 0.6:
            row["usage"] = make.choice([usage, other, {}, {"usage": usage}])
        if make.random() < 0.4:
            row["response_metadata"] = make.choice([{"usage": usage}, {"usage_metadata": other}, {}])
        if make.random() < 0.6:
            row["choices"] = [make.choice([{"usage": usage}, {"message": {"content": content(make), "usage": other}}, {"delta": {"content": " d "}}]) for _ in range(make.randint(0, 3))]
        if make.random() < 0.5:
            row["__dj__meta__"] = {"agent_tool_types": [make.choice(["a", "b", " c ", "", 3]) for _ in range(make.randint(0, 6))]}
        if make.random() < 0.5:
            row.update({"request_id": make.choice([None, " ", 12, "r1"]), "id": "i", "pt": make.choice([None, "2024"]), "request_model": "m", "total_cost_time": 5})
        if make.random() < 0.5:
            row.update({"query": made.text(make, made.ADDRESSES), "dialog_history": [["a@b.cc", "/tmp/x"], ["q"], ["1", 2]], "extra": value(make), "path": "/etc/x", "l": ["/opt/y", 3]})
        rows.append(row)
    return rows


def documents(make: random.Random, count: int, _folder: Path) -> list[dict]:
    rows = []
    for _ in range(count):
        pieces = []
        for _ in range(make.randint(1, 4)):
            name = make.choice(["figure", "figure*", "wrapfigure"])
            inner = "".join(make.choice(made.LATEX) + make.choice(made.SPACES) for _ in range(make.randint(1, 8)))
            pieces += [made.text(make, made.LATEX), f"\\begin{{{name}}}[h]{inner}\\end{{{name}}}", "\n\n"]
        rows.append({"text": "".join(pieces), "n": 1})
    return rows


def tables(make: random.Random, count: int, _folder: Path) -> list[dict]:
    rows = []
    for _ in range(count):
        pieces = [made.text(make, made.HTML)]
        for _ in range(make.randint(1, 3)):
            cells = "".join(
                f"<tr>{''.join(f'<{tag}>{make.choice(made.WORDS)} {make.choice(made.HTML)}</{tag}>' for tag in make.choices(['td', 'th'], k=make.randint(0, 3)))}</tr>"
                for _ in range(make.randint(0, 3))
            )
            pieces += [f"<table class=' a  b '>{cells}</table>", made.text(make)]
        rows.append({"text": "".join(pieces), "__dj__meta__": {}})
    return rows


CASES += [
    ("mapper", "agent_dialog_normalize_mapper", {}, dialogues),
    ("mapper", "agent_dialog_normalize_mapper", {"include_system_in_first_user": True, "history_tool_result_max_chars": 700, "history_max_assistant_trace_chars": 1500, "history_max_user_chars": 300}, dialogues),
    ("mapper", "agent_tool_type_mapper", {"top_k_dominant": 2}, dialogues),
    ("mapper", "extract_tables_from_html_mapper", {}, tables),
    ("mapper", "extract_tables_from_html_mapper", {"include_header": False}, tables),
    ("mapper", "extract_tables_from_html_mapper", {"retain_html_tags": True}, tables),
    ("mapper", "latex_figure_context_extractor_mapper", {}, documents),
    ("mapper", "pii_redaction_mapper", {}, dialogues),
    ("mapper", "pii_redaction_mapper", {"mask_urls": True, "extra_patterns": [[r"\bdog\b", "<D>"], ["(", "x"]]}, dialogues),
    ("mapper", "pii_redaction_mapper", {"redact_keys": ["text"]}, ADDRESSES),
    ("mapper", "text_chunk_mapper", {}, rows_from(["\n\n"] * 3 + made.WORDS)),
    ("mapper", "text_chunk_mapper", {"max_len": 20, "split_pattern": r"[ .]|(x)"}, PLAIN),
    ("mapper", "text_chunk_mapper", {"max_len": 15, "overlap_len": 4, "split_pattern": None}, PLAIN),
    ("mapper", "text_chunk_mapper", {"split_pattern": r"(\s)|[.!?]"}, PLAIN),
    ("mapper", "tool_success_tagger_mapper", {}, dialogues),
    ("mapper", "usage_counter_mapper", {}, dialogues),
    ("mapper", "usage_counter_mapper", {"dedupe_identical_usage": False}, dialogues),
]
