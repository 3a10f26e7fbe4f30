"""Throughput of every operator against the same operator of Data-Juicer, on one core.

    LAGAR=target/release/lagar python bench/operators.py [NAME …] [--out bench/results]

Both sides are measured alike: a recipe of that one operator over a file of JSON lines, less the same recipe
without it. So loading, start-up and the export of untouched rows are taken off on both sides, and what is left is
all that the operator costs whoever runs it: on lagar's side statistics, ledger and the rewriting of changed
rows, on Data-Juicer's the passes over its Arrow tables. Beside it stands Data-Juicer's bare Python function on
rows that lie in memory, which no recipe can call, as the hardest measure. CPU seconds (user and system, children
included), because a shared machine has no other clock worth reading. Rows and pictures are made here from seeds.
"""

import argparse
import io
import json
import logging
import os
import pathlib
import platform
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
LAGAR = os.environ["LAGAR"]
# Rows of lagar's runs and of Data-Juicer's, by the data that an operator gets.
ROWS = {
    "text": (400_000, 4_000),
    "dialogs": (40_000, 2_000),
    "papers": (100_000, 2_000),
    "pages": (100_000, 2_000),
    "archives": (4_000, 500),
    "headers": (40_000, 2_000),
    "pixels": (400, 100),
}
BASE = ("text", "dialogs", "papers", "pages", "archives", "headers", "pixels")
PICTURES = 400
WORDS = (
    "a the small red old dog cat boat car tree house street beach lake child runs on in near under with window "
    "light blue green happy water white man woman playing standing holding sitting next to large building"
).split()
EXTRA = [
    " mail me at jo.doe@example.com",
    " see https://example.com/a/b?c=d now",
    " (192.168.0.1)",
    " <b>bold</b> &amp; more",
    " “quoted” … text",
    "\n\nSecond line of it.",
    " 中文字符和標點，。",
    "",
    "",
    "",
]
# What an operator needs to have something to do.
SETTINGS = {
    "flagged_words_filter": {"flagged_words_dir": "{folder}/words"},
    "stopwords_filter": {"stopwords_dir": "{folder}/words"},
    "general_field_filter": {"filter_condition": "score > 0.5 and kind in ['a', 'b']"},
    "specified_field_filter": {"field_key": "kind", "target_value": ["a", "b"]},
    "specified_numeric_field_filter": {"field_key": "score", "min_value": 0.3},
    "suffix_filter": {"suffixes": [".jsonl"]},
    "topk_specified_field_selector": {"field_key": "score", "top_ratio": 0.5},
    "range_specified_field_selector": {"field_key": "score", "lower_percentile": 0.1, "upper_percentile": 0.9},
    "frequency_specified_field_selector": {"field_key": "kind", "top_ratio": 0.5},
    "tags_specified_field_selector": {"field_key": "kind", "target_tags": ["a"]},
    "random_selector": {"select_ratio": 0.5},
    "key_value_grouper": {"group_by_keys": ["kind"]},
    "replace_content_mapper": {"pattern": r"\d+", "repl": "N"},
    "text_chunk_mapper": {"max_len": 40, "split_pattern": r"\n"},
    "image_blur_mapper": {"p": 1.0},
}
# Which data an operator gets, if not by what it costs.
DATA = {
    "agent_dialog_normalize_mapper": "dialogs",
    "agent_tool_type_mapper": "dialogs",
    "tool_success_tagger_mapper": "dialogs",
    "usage_counter_mapper": "dialogs",
    "pii_redaction_mapper": "dialogs",
    "expand_macro_mapper": "papers",
    "latex_figure_context_extractor_mapper": "papers",
    "remove_bibliography_mapper": "papers",
    "remove_comments_mapper": "papers",
    "remove_header_mapper": "papers",
    "remove_table_text_mapper": "papers",
    "extract_tables_from_html_mapper": "pages",
    "clean_html_mapper": "pages",
    "latex_merge_tex_mapper": "archives",
}
LEFT_OUT = {
    "naive_reverse_grouper": "needs rows that are groups",
    "document_minhash_deduplicator_with_uid": "as without uid",
    "sentence_split_mapper": "Data-Juicer downloads NLTK's model first",
}


def operators():
    text = subprocess.run([LAGAR, "ops", "list", "--json"], capture_output=True, text=True, check=True).stdout
    return [one for one in json.loads(text) if one["cost"] != "model"]


def settings_of(name, folder):
    settings = SETTINGS.get(name, {})
    return {key: value.format(folder=folder) if key.endswith("_dir") else value for key, value in settings.items()}


def data_of(one):
    return DATA.get(one["name"]) or {"header": "headers", "pixels": "pixels"}.get(one["cost"], "text")


def sentence(draw, least=4, most=24):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, most)))


def caption(number):
    draw = random.Random(number)
    text = sentence(draw) + draw.choice(EXTRA)
    return {"id": number, "text": text, "score": round(draw.random(), 4), "kind": draw.choice("abcd")}


def dialog(number):
    draw = random.Random(number)
    messages = []
    for _ in range(draw.randint(1, 3)):
        messages.append({"role": "user", "content": sentence(draw) + draw.choice(EXTRA)})
        call = {"id": "c1", "type": "function", "function": {"name": draw.choice(["grep", "cat"]), "arguments": "{}"}}
        messages.append({"role": "assistant", "content": sentence(draw), "tool_calls": [call]})
        messages.append({"role": "tool", "content": draw.choice(["Error: no such file", sentence(draw)])})
        messages.append({"role": "assistant", "content": sentence(draw)})
    usage = {"prompt_tokens": draw.randint(1, 900), "completion_tokens": draw.randint(1, 90), "total_tokens": 99}
    row = caption(number) | {"messages": messages, "usage": usage, "request_id": f"r{number}"}
    row["choices"] = [{"message": messages[-1], "usage": usage}]
    row["__dj__meta__"] = {"agent_tool_types": [draw.choice(["grep", "cat", "ls"]) for _ in range(4)]}
    return row


def paper(number):
    draw = random.Random(number)
    parts = [r"\documentclass{article} % a comment", r"\newcommand{\dog}{a small dog}", r"\section{One}"]
    parts += [sentence(draw) + r" \dog{} see Figure~\ref{fig:a}." + draw.choice(EXTRA), "% a line of comment"]
    parts += ["", "Method  One  Two", "a       1.0  2.0", "b       3.0  4.0", ""]
    parts += [r"\begin{figure}\includegraphics{a.png}\caption{A dog.}\label{fig:a}\end{figure}", sentence(draw)]
    parts += [r"\begin{thebibliography}{9}", r"\bibitem{x} " + sentence(draw), r"\end{thebibliography}"]
    return {"id": number, "text": "\n".join(parts)}


def page(number):
    draw = random.Random(number)
    rows = "".join(f"<tr><td>{sentence(draw, 1, 3)}</td><td>{draw.randint(0, 99)}</td></tr>" for _ in range(3))
    head = "<html><head><title>t</title></head><body><h1>A &amp; B</h1>"
    text = f"{head}<p>{sentence(draw)}</p><ul><li>{sentence(draw)}</li></ul><table>{rows}</table></body></html>"
    return {"id": number, "text": text}


def picture_row(number):
    return caption(number) | {"images": [f"pictures/{number}.jpg"]}


def archive_row(number):
    return {"id": number, "text": "", "compressed_file": f"archives/{number % 50}.tar.gz"}


MAKE = {
    "text": caption,
    "dialogs": dialog,
    "papers": paper,
    "pages": page,
    "archives": archive_row,
    "headers": picture_row,
    "pixels": picture_row,
}


def write_rows(path, data, count):
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            row = MAKE[data](number)
            for key in ("images", "compressed_file"):
                if key in row and isinstance(row[key], list):
                    row[key] = [str(path.parent / one) for one in row[key]]
                elif key in row:
                    row[key] = str(path.parent / row[key])
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_inputs(folder):
    from PIL import Image

    (folder / "pictures").mkdir()
    for number in range(PICTURES):
        draw = random.Random(number)
        size = (draw.randint(240, 640), draw.randint(240, 640))
        picture = Image.effect_noise((size[0] // 8, size[1] // 8), 60).convert("RGB").resize(size)
        picture.save(folder / "pictures" / f"{number}.jpg", quality=88)
    # Headers: many names, each its own file to who asks for it, few bytes on the disk.
    for number in range(PICTURES, ROWS["headers"][0]):
        os.link(folder / "pictures" / f"{number % PICTURES}.jpg", folder / "pictures" / f"{number}.jpg")
    (folder / "archives").mkdir()
    for number in range(50):
        body = paper(number)["text"].encode()
        with tarfile.open(folder / "archives" / f"{number}.tar.gz", "w:gz") as out:
            member = tarfile.TarInfo("main.tex")
            member.size = len(body)
            out.addfile(member, io.BytesIO(body))
    (folder / "words").mkdir()
    for kind in ("stopwords", "flagged_words"):
        (folder / "words" / f"{kind}.json").write_text(json.dumps({"en": ["the", "a", "on", "in", "near", "with"]}))
    for data in BASE:
        for side, count in zip(("lagar", "peer"), ROWS[data]):
            write_rows(folder / f"{data}-{side}.jsonl", data, count)


def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def cpu_of_run(folder, data, process):
    recipe = {
        "dataset_path": str(folder / f"{data}-lagar.jsonl"),
        "export_path": str(folder / "out" / "kept.jsonl"),
        "np": 1,
        "keep_stats_in_res_ds": True,
        "process": process,
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe))
    child = subprocess.Popen(
        [LAGAR, "run", str(path), "--fresh", "--no-progress"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(said.decode()[-400:])
    return usage.ru_utime + usage.ru_stime


def lagar_rate(folder, data, name, base):
    """Rows per second, and whether that is only a lower bound."""
    times = [cpu_of_run(folder, data, [{name: settings_of(name, folder)}]) for _ in range(3)]
    cost = min(times) - base[data]
    # Below the noise of two runs nothing can be told but a lower bound.
    least = 0.02 * base[data]
    return ROWS[data][0] / max(cost, least), cost < least


class Peer:
    """Data-Juicer, as its executor does it: load, process, export, one worker, nothing cached."""

    def __init__(self, folder):
        import datasets

        import data_juicer.ops  # noqa: F401  # sets up its logger
        from loguru import logger

        logger.remove()
        logging.disable(logging.CRITICAL)
        datasets.disable_progress_bars()
        datasets.disable_caching()
        self.folder, self.loaded, self.base = folder, {}, {}

    def load(self, data):
        import datasets
        from data_juicer.core.data import NestedDataset

        if data not in self.loaded:
            path = str(self.folder / f"{data}-peer.jsonl")
            rows = NestedDataset(datasets.load_dataset("json", data_files=path, split="train"))
            if data == "text":
                rows = NestedDataset(rows.add_column("__dj__suffix__", [".jsonl"] * len(rows)))
            self.export(rows)
            self.loaded[data], self.base[data] = rows, min(self.export(rows) for _ in range(3))
        return self.loaded[data]

    def export(self, rows):
        from data_juicer.core.exporter import Exporter

        before = spent()
        Exporter(str(self.folder / "peer" / "kept.jsonl"), keep_stats_in_res_ds=True).export(rows)
        return spent() - before

    def operator(self, name):
        from data_juicer.ops import load_ops

        parameters = settings_of(name, self.folder) | {"num_proc": 1, "auto_op_parallelism": False}
        return load_ops([{name: parameters}])[0]

    def rate(self, data, name):
        rows, op = self.load(data), self.operator(name)
        before = spent()
        left = rows.process([op], open_monitor=False)
        cost = spent() - before
        cost += self.export(left) - self.base[data]
        return len(rows) / max(cost, 1e-9)

    def bare_rate(self, data, name, kind):
        """Its function alone, on rows that lie in memory, in batches of 1,000."""
        from data_juicer.core.data import NestedDataset
        from data_juicer.utils.constant import Fields

        op = self.operator(name)
        rows = self.load(data).to_list()
        for one in rows:
            one[Fields.stats] = {}
            one.setdefault(Fields.meta, {})
        if kind not in ("filter", "mapper"):
            before = spent()
            if kind == "deduplicator":
                op.process(NestedDataset.from_list([op.compute_hash(one) for one in rows]))
            else:
                op.process(NestedDataset.from_list(rows))
            return len(rows) / (spent() - before)
        step = 1_000 if op.is_batched_op() else 1
        batches = [
            {key: [one[key] for one in rows[start : start + step]] for key in rows[0]}
            for start in range(0, len(rows), step)
        ]
        if not op.is_batched_op():
            batches = rows
        before = spent()
        for batch in batches:
            if kind == "filter":
                kept = op.process(op.compute_stats(batch))
                if op.is_batched_op():
                    list(kept)
            else:
                op.process(batch)
        return len(rows) / (spent() - before)


def measured(folder, peer, one, base):
    name, kind, data = one["name"], one["kind"], data_of(one)
    result = {"operator": name, "kind": kind, "data": data}
    try:
        result["lagar"], result["at_least"] = lagar_rate(folder, data, name, base)
        result["peer"] = peer.rate(data, name)
        result["ratio"] = result["lagar"] / result["peer"]
        result["bare"] = peer.bare_rate(data, name, kind)
        result["bare_ratio"] = result["lagar"] / result["bare"]
    except Exception as error:  # one operator that cannot run must not cost the table
        result["error"] = f"{type(error).__name__}: {error}"[:200].replace("\n", " ")
    return result


HEAD = """# Operators, one core

Made by `bench/operators.py` with Data-Juicer 1.6.1 ({machine}), CPU seconds.

Both sides are measured alike: a run of that one operator over JSON lines (one worker), less the same run without it.
Start-up, loading and the export of untouched rows are off on both sides; the passes over Arrow tables are in on
Data-Juicer's, statistics, ledger and the rewriting of changed rows on lagar's. *Bare* is Data-Juicer's Python
function alone on rows that lie in memory, against the same figure of lagar. "≥" stands where lagar's runs with and
without the operator differ by less than 2 %. Pixels: {pixels} JPEGs made here, each decoded once.

"""


def table(results):
    lines = [
        "| operator | data | Data-Juicer, rows per CPU-second | lagar | times | bare, rows per CPU-second | times |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for one in sorted(results, key=lambda one: one.get("ratio", 0)):
        head = f"| `{one['operator']}` | {one['data']} |"
        if "bare_ratio" in one:
            more = "≥ " if one["at_least"] else ""
            lines.append(
                f"{head} {one['peer']:,.0f} | {more}{one['lagar']:,.0f} | {more}{one['ratio']:,.1f} "
                f"| {one['bare']:,.0f} | {more}{one['bare_ratio']:,.1f} |"
            )
        else:
            lines.append(f"{head} | | {one['error']} | | |")
    lines.append("")
    for key, what in [("ratio", "Run against run"), ("bare_ratio", "lagar's run against the bare function")]:
        ratios = [one[key] for one in results if key in one]
        below = [f"`{one['operator']}`" for one in results if one.get(key, 99) < 10]
        median, least = statistics.median(ratios or [0]), min(ratios, default=0)
        lines.append(
            f"{what}: median {median:,.1f}, least {least:,.1f}, {sum(one < 3 for one in ratios)} of {len(ratios)} "
            f"below 3; below 10: {', '.join(below) or 'none'}.\n"
        )
    left = ", ".join(f"`{name}` ({why})" for name, why in LEFT_OUT.items())
    return "\n".join([*lines, f"Left out: {left}; operators that need a model."])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these operators; the others keep their figures")
    parser.add_argument("--out", type=pathlib.Path, help="folder for operators.md and operators.json")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_inputs(folder)
        peer = Peer(folder)
        base = {}
        for one in operators():
            if one["name"] in LEFT_OUT or (arguments.names and one["name"] not in arguments.names):
                continue
            data = data_of(one)
            if data not in base:
                base[data] = min(cpu_of_run(folder, data, []) for _ in range(4))
            results.append(measured(folder, peer, one, base))
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    known = arguments.out / "operators.json" if arguments.out else None
    if arguments.names and known and known.exists():
        # The others stay as they were measured before.
        again = {one["operator"] for one in results}
        results += [one for one in json.loads(known.read_text()) if one["operator"] not in again]
        results.sort(key=lambda one: one["operator"])
    text = table(results)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        head = HEAD.format(machine=f"{platform.machine()}, {os.cpu_count()} cores", pixels=ROWS["pixels"][0])
        (arguments.out / "operators.md").write_text(head + text + "\n")
        (arguments.out / "operators.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    started = time.time()
    main()
    print(f"{time.time() - started:.0f} s", file=sys.stderr)
