"""Throughput of every operator against the same operator of Data-Juicer, on one core.

    LAGAR=target/release/lagar python bench/operators.py [NAME …] [--out bench/results]

CPU seconds (user and system), because a shared machine has no other clock worth reading. Data-Juicer's
operator works alone on rows in memory, as it does inside `Dataset.map`; lagar runs a recipe of that one
operator, and the same recipe without it is taken off. Rows are made here from a seed.
"""

import argparse
import json
import logging
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

LAGAR = os.environ["LAGAR"]
HEAD = """# Operators, one core

Made by `bench/operators.py` with Data-Juicer 1.6.1 on two cores of an AMD EPYC, on a busy machine. The two sides
do not do the same: Data-Juicer's figure is its function alone, on rows in memory; lagar's is all that the operator
costs in a run, with statistics, ledger, traces and the rewriting of changed rows. So operators whose own work is
next to nothing come out near 1 or below. 19,075,305 stands for "not measurable".

"""
TEXT_ROWS, PICTURE_ROWS = 200_000, 600
PEER_TEXT_ROWS, PEER_PICTURE_ROWS = 2_000, 60
PICTURES = 120
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
    "general_field_filter": {"filter_condition": "score > 0.5 and kind in ['a', 'b']"},
    "specified_field_filter": {"field_key": "kind", "target_value": ["a", "b"]},
    "specified_numeric_field_filter": {"field_key": "score", "min_value": 0.3},
    "suffix_filter": {"suffixes": [".jsonl"]},
    "topk_specified_field_selector": {"field_key": "score", "top_ratio": 0.5},
    "range_specified_field_selector": {"field_key": "score", "lower_percentile": 0.1, "upper_percentile": 0.9},
    "frequency_specified_field_selector": {"field_key": "kind", "topk": 2},
    "tags_specified_field_selector": {"field_key": "kind", "target_tags": ["a"]},
    "random_selector": {"select_ratio": 0.5},
    "key_value_grouper": {"group_by_keys": ["kind"]},
    "replace_content_mapper": {"pattern": r"\d+", "repl": "N"},
    "text_chunk_mapper": {"max_len": 40, "split_pattern": r"\n"},
    "image_blur_mapper": {"p": 1.0},
}
LEFT_OUT = {"naive_reverse_grouper": "works on batched rows", "document_minhash_deduplicator_with_uid": "as without uid"}


def operators():
    text = subprocess.run([LAGAR, "ops", "list", "--json"], capture_output=True, text=True, check=True).stdout
    return [one for one in json.loads(text) if one["cost"] != "model" and one["name"] not in LEFT_OUT]


def row(number):
    draw = random.Random(number)
    text = " ".join(draw.choice(WORDS) for _ in range(draw.randint(4, 24))) + draw.choice(EXTRA)
    return {
        "id": number,
        "text": text,
        "score": round(draw.random(), 4),
        "kind": draw.choice("abcd"),
        "images": [f"pictures/{number % PICTURES}.jpg"],
    }


def write_inputs(folder):
    from PIL import Image

    for name, count in [("text", TEXT_ROWS), ("pictures", PICTURE_ROWS)]:
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as out:
            for number in range(count):
                out.write(json.dumps(row(number), ensure_ascii=False) + "\n")
    (folder / "pictures").mkdir()
    for number in range(PICTURES):
        draw = random.Random(number)
        size = (draw.randint(240, 640), draw.randint(240, 640))
        picture = Image.effect_noise((size[0] // 8, size[1] // 8), 60).convert("RGB").resize(size)
        picture.save(folder / "pictures" / f"{number}.jpg", quality=88)


def cpu_of_run(folder, data, process):
    recipe = {
        "dataset_path": str(folder / f"{data}.jsonl"),
        "export_path": str(folder / "out" / "kept.jsonl"),
        "np": 1,
        "open_tracer": False,
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
    rows = TEXT_ROWS if data == "text" else PICTURE_ROWS
    times = [cpu_of_run(folder, data, [{name: SETTINGS.get(name)}]) for _ in range(3)]
    spent = min(times) - base[data]
    # Below the noise of two runs nothing can be told but a lower bound.
    return rows / max(spent, 0.02 * base[data])


def peer_rate(folder, data, name, kind):
    from data_juicer.core.data import NestedDataset
    from data_juicer.ops.base_op import OPERATORS
    from data_juicer.utils.constant import Fields

    count = PEER_TEXT_ROWS if data == "text" else PEER_PICTURE_ROWS
    rows = [row(number) for number in range(count)]
    for one in rows:
        one["images"] = [str(folder / path) for path in one["images"]]
        one[Fields.stats], one[Fields.meta], one[Fields.suffix] = {}, {}, ".jsonl"
    op = OPERATORS.modules[name](**(SETTINGS.get(name) or {}))
    if kind in ("filter", "mapper"):
        batched = op.is_batched_op()
        step = 500
        batches = [
            {key: [one[key] for one in rows[start : start + step]] for key in rows[0]} for start in range(0, count, step)
        ]
        started = time.process_time()
        if kind == "filter":
            if batched:
                for batch in batches:
                    list(op.process(op.compute_stats(batch)))
            else:
                for one in rows:
                    op.process(op.compute_stats(one))
        elif batched:
            for batch in batches:
                op.process(batch)
        else:
            for one in rows:
                op.process(one)
        return count / (time.process_time() - started)
    dataset = NestedDataset.from_list(rows)
    started = time.process_time()
    if kind == "deduplicator":
        hashed = [op.compute_hash(one) for one in rows]
        op.process(NestedDataset.from_list(hashed))
    else:
        op.process(dataset)
    return count / (time.process_time() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_inputs(folder)
        base = {data: min(cpu_of_run(folder, data, []) for _ in range(3)) for data in ("text", "pictures")}
        for one in operators():
            name, kind = one["name"], one["kind"]
            if arguments.names and name not in arguments.names:
                continue
            data = "pictures" if one["cost"] in ("header", "pixels") else "text"
            result = {"operator": name, "kind": kind}
            try:
                result["lagar"] = lagar_rate(folder, data, name, base)
                result["peer"] = peer_rate(folder, data, name, kind)
                result["ratio"] = result["lagar"] / result["peer"]
            except Exception as error:  # one operator that cannot run must not cost the table
                result["error"] = f"{type(error).__name__}: {error}"[:200]
            results.append(result)
            print(json.dumps(result), flush=True)
    ratios = [one["ratio"] for one in results if "ratio" in one]
    lines = ["| operator | Data-Juicer, rows per CPU-second | lagar | times |", "|---|--:|--:|--:|"]
    for one in sorted(results, key=lambda one: one.get("ratio", 0)):
        if "ratio" in one:
            lines.append(f"| `{one['operator']}` | {one['peer']:,.0f} | {one['lagar']:,.0f} | {one['ratio']:,.1f} |")
        else:
            lines.append(f"| `{one['operator']}` | | | {one['error']} |")
    median = statistics.median(ratios) if ratios else float("nan")
    below = [one["operator"] for one in results if one.get("ratio", 99) < 10]
    lines += ["", f"Median {median:,.0f}; least {min(ratios, default=0):,.1f}; below 10: {', '.join(below) or 'none'}."]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        head = HEAD
        (arguments.out / "operators.md").write_text(head + "\n".join(lines) + "\n")
        (arguments.out / "operators.json").write_text(json.dumps(results, indent=1) + "\n")


main()
