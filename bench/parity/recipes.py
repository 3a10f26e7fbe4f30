"""The recipes that Data-Juicer is asked about, by name.

Letters group them: a = thresholds on the tricky rows, b = single operators and formats, c = shards and
empty results, d = tracing, worker counts and broken pictures, e = what loading does to odd files.
"""

from dataclasses import dataclass

SEED = """
  - words_num_filter: {lang: en, tokenization: false, min_num: 6, max_num: 60}
  - word_repetition_filter: {lang: en, tokenization: false, rep_len: 1, min_ratio: 0.0, max_ratio: 0.3}
  - image_shape_filter: {min_width: 224, max_width: 1024, min_height: 224, max_height: 1024, any_or_all: any}
  - character_repetition_filter: {rep_len: 5, min_ratio: 0.0, max_ratio: 0.15}
  - text_length_filter: {min_len: 20, max_len: 300}"""

WIDE_OPEN = """
  - words_num_filter: {min_num: 0, max_num: 100000}
  - word_repetition_filter: {rep_len: 1, min_ratio: 0.0, max_ratio: 1.0}
  - image_shape_filter: {}
  - character_repetition_filter: {rep_len: 5, min_ratio: 0.0, max_ratio: 1.0}
  - text_length_filter: {min_len: 0, max_len: 100000}"""

MIXED = """
  - whitespace_normalization_mapper: {}
  - words_num_filter: {min_num: 4}
  - document_deduplicator: {lowercase: true}
  - character_repetition_filter: {rep_len: 6, max_ratio: 0.3}
  - random_selector: {select_ratio: 0.7}
  - text_length_filter: {min_len: 15}
  - document_deduplicator: {ignore_non_character: true}
  - word_repetition_filter: {rep_len: 2, max_ratio: 0.2, reversed_range: false, max_closed_interval: false}
  - random_selector: {select_num: 300}"""

SHORT = "\n  - text_length_filter: {min_len: 1, max_len: 300}"
FEW = "\n  - text_length_filter: {min_len: 73, max_len: 74}\n  - random_selector: {select_num: 20}"
TRACE = "open_tracer: true\ntrace_num: 100000\n"
STATS = "keep_stats_in_res_ds: true\n"
HASHES = "keep_hashes_in_res_ds: true\n"


@dataclass(frozen=True)
class Case:
    """One recipe: the rows it reads, its operators, and what differs from the usual settings."""

    rows: str
    process: str
    settings: str = TRACE
    export: str = "kept.jsonl"
    np: int = 2
    use_cache: bool = False

    def recipe(self, name: str, data: str) -> str:
        """The recipe's text, exporting to `out/` of the folder it runs in."""
        return (
            f"project_name: '{name}'\ndataset_path: {data}\nexport_path: out/{self.export}\nnp: {self.np}\n"
            "text_keys: text\nimage_key: images\nexecutor_type: default\n"
            f"use_cache: {str(self.use_cache).lower()}\n{self.settings}process:{self.process}\n"
        )


def words(arguments: str) -> Case:
    return Case("tricky", f"\n  - word_repetition_filter: {{rep_len: 1, {arguments}}}", np=1)


def one(rows: str, operator: str, arguments: str = "{}", settings: str = TRACE) -> Case:
    return Case(rows, f"\n  - {operator}: {arguments}", settings)


LOADING = [
    "score", "intfloat", "nested", "nested_conflict", "bigint", "bigint2", "floats", "nulltext", "notextkey",
    "numtext", "date", "missing_image", "blank", "bom", "badjson", "array", "dupkey", "surrogate", "escapes",
    "empty",
]

LOOSE = "{lowercase: true, ignore_non_character: true}"
FIRST_FIVE = "open_tracer: true\ntrace_num: 5\n"

CASES: dict[str, Case] = {
    "a_tricky": Case("tricky", SEED),
    "a_tricky_keepstats": Case("tricky", SEED, TRACE + STATS),
    "a_tricky_allstats": Case("tricky", WIDE_OPEN, STATS, np=1),
    "a_frac_word23": words("min_ratio: 0.0, max_ratio: 0.6666666666666666"),
    "a_frac_word13min": words("min_ratio: 0.3333333333333333, max_ratio: 1.0"),
    "a_frac_word17": words("min_ratio: 0.0, max_ratio: 0.14285714285714285"),
    "a_sample": Case("sample", SEED),
    "b_dedup": one("dedup", "document_deduplicator", settings=TRACE + HASHES),
    "b_dedup_nokeep": one("dedup", "document_deduplicator"),
    "b_dedup_notrace": one("dedup", "document_deduplicator", settings=""),
    "b_dedup_lower": one("dedup", "document_deduplicator", LOOSE, TRACE + HASHES),
    "b_dedup_then_len": Case(
        "dedup",
        "\n  - document_deduplicator: {}\n  - text_length_filter: {min_len: 5, max_len: 300}",
        TRACE + HASHES + STATS,
    ),
    "b_mixed": Case("tricky", MIXED, STATS + HASHES),
    "b_white": one("white", "whitespace_normalization_mapper"),
    "b_white_stats": Case(
        "white",
        "\n  - whitespace_normalization_mapper: {}\n  - text_length_filter: {min_len: 5, max_len: 300}",
        TRACE + "trace_keys: [id]\n" + STATS,
    ),
    "b_sel03": one("sel300", "random_selector", "{select_ratio: 0.3}"),
    "b_sel50": one("sel300", "random_selector", "{select_num: 50}"),
    "b_sel7_03": one("sel7", "random_selector", "{select_ratio: 0.3}"),
    "b_sel7_001": one("sel7", "random_selector", "{select_ratio: 0.01}"),
    "b_sel7_num50": one("sel7", "random_selector", "{select_num: 50}"),
    "b_parquet": Case("tricky", SEED, STATS, export="kept.parquet"),
    "b_parquet_nostats": Case("sel300", SHORT, "", export="kept.parquet"),
    "b_json": Case("sel7", SHORT, "", export="kept.json"),
    "c_shard": Case("tricky", SEED, "export_shard_size: 60000\n", use_cache=True),
    "c_shard_big": Case("tricky", SEED, "export_shard_size: 100000000\n" + STATS, use_cache=True),
    "c_shard_tiny": Case("sel7", SHORT, "export_shard_size: 100\n", use_cache=True),
    "c_nokept": one("sel7", "text_length_filter", "{min_len: 5000, max_len: 6000}"),
    "d_tricky_np1": Case("tricky", SEED, np=1),
    "d_trace5": Case("tricky", SEED, FIRST_FIVE),
    "d_trace_ops": Case(
        "tricky", SEED, FIRST_FIVE + "op_list_to_trace: [words_num_filter]\ntrace_keys: [id]\n"
    ),
    "d_sample_noextra": Case("sample_noextra", SEED),
    "d_sample_noextra_good": Case("sample_noextra_good", SEED),
    "d_missing_image": Case("e_missing_image", SEED),
    "d_shard_np1": Case("sel300", SHORT, "export_shard_size: 20000\n", np=1, use_cache=True),
    "d_sel_after_filter": Case("sel300", FEW, TRACE + STATS),
    "d_dedup_images": one("tricky", "document_deduplicator", settings=TRACE + HASHES),
    **{f"e_{name}": Case(f"e_{name}", SHORT, np=1) for name in LOADING},
    "e_nested_image": Case(
        "e_nested", "\n  - image_shape_filter: {min_width: 1}" + SHORT, TRACE + STATS, np=1
    ),
}

# What the tests of lagar need: statistics, kept ids, and whole rows of single operators.
STATISTICS = "a_tricky_allstats"
KEPT = "a_tricky"
WHOLE_ROWS = [
    "b_dedup", "b_dedup_lower", "b_white", "b_sel03", "b_sel50", "b_sel7_num50", "b_sel7_001",
    "d_sel_after_filter", "b_mixed",
]
EXPECTED = [KEPT, STATISTICS, *WHOLE_ROWS]
