//! The same rows and numbers as Data-Juicer 1.6.1.
//!
//! `tests/data/tricky` holds 2,000 rows made to sit on thresholds and to stumble over Unicode, with
//! what Data-Juicer 1.6.1 made of them (`bench/parity` has the scripts that made both).

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{Bench, SEED};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tricky").join(name)
}

fn unzipped(name: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(data(name)).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn run(name: &str, process: &str, keys: &str) -> Bench {
    let bench = Bench::new();
    let text = format!(
        "dataset_path: {}\nexport_path: out/kept.jsonl\n{keys}\nprocess:{process}",
        data(name).display(),
    );
    bench.write("recipe.yaml", text);
    bench.run(&[]);
    bench
}

#[test]
fn the_seed_recipe_keeps_the_rows_data_juicer_keeps() {
    let bench = run("tricky.jsonl.gz", SEED, "");
    let expected: Vec<String> = serde_json::from_str(&unzipped("kept_ids.json.gz")).unwrap();
    assert_eq!(bench.ids("out/kept.jsonl"), expected);
    assert_eq!(expected.len(), 1455);
}

#[test]
fn the_rows_dropped_by_each_operator_are_those_data_juicer_drops() {
    let bench = run("tricky.jsonl.gz", SEED, "");
    let dropped = |name: &str| {
        bench.read(&format!("out/kept.run/trace/sample_trace-{name}.jsonl")).lines().count()
    };
    assert_eq!(dropped("words_num_filter"), 201);
    assert_eq!(dropped("word_repetition_filter"), 224);
    assert_eq!(dropped("image_shape_filter"), 18);
    assert_eq!(dropped("character_repetition_filter"), 73);
    assert_eq!(dropped("text_length_filter"), 26);
}

fn close(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| close(a, b))
        }
        _ => (ours.as_f64().unwrap() - theirs.as_f64().unwrap()).abs() < 1e-9,
    }
}

#[test]
fn every_statistic_of_every_row_is_data_juicers() {
    let open = "
  - words_num_filter: {min_num: 0}
  - word_repetition_filter: {rep_len: 1, max_ratio: 1.0}
  - image_shape_filter: {}
  - character_repetition_filter: {rep_len: 5, max_ratio: 1.0}
  - text_length_filter: {min_len: 0}
";
    let bench = run("tricky.jsonl.gz", open, "keep_stats_in_res_ds: true");
    let expected = unzipped("stats.jsonl.gz");
    let expected: Vec<Value> = expected.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let rows = bench.rows("out/kept.jsonl");
    assert_eq!(rows.len(), 1997);
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(row["id"], expected["id"]);
        for (key, value) in expected["stats"].as_object().unwrap() {
            let ours = &row["__dj__stats__"][key];
            assert!(close(ours, value), "{} {key}: {ours} is not {value}", row["id"]);
        }
    }
    let beside = bench.rows("out/kept_stats.jsonl");
    assert_eq!(beside.len(), rows.len());
    assert_eq!(beside[0]["__dj__stats__"], rows[0]["__dj__stats__"]);
}

fn same_rows(case: &str, input: &str, process: &str) {
    let others: Value = serde_json::from_str(&unzipped("others.json.gz")).unwrap();
    let expected = others[case].as_array().unwrap();
    let bench = run(input, process, "keep_hashes_in_res_ds: true");
    let rows = bench.rows("out/kept.jsonl");
    assert_eq!(rows.len(), expected.len(), "{case}");
    for (row, expected) in rows.iter().zip(expected) {
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&row[key], value, "{case}: {key} of {}", expected["id"]);
        }
    }
}

#[test]
fn exact_deduplication_keeps_the_rows_and_hashes_of_data_juicer() {
    same_rows("b_dedup", "dedup.jsonl.gz", "\n  - document_deduplicator: {}\n");
    let loose = "\n  - document_deduplicator: {lowercase: true, ignore_non_character: true}\n";
    same_rows("b_dedup_lower", "dedup.jsonl.gz", loose);
}

/// Data-Juicer keeps the first hash of a row: a second deduplicator with other parameters compares
/// the same hashes again and finds nothing.
#[test]
fn a_second_deduplicator_compares_the_hashes_of_the_first() {
    let twice = "
  - document_deduplicator: {}
  - document_deduplicator: {lowercase: true, ignore_non_character: true}
";
    same_rows("b_dedup", "dedup.jsonl.gz", twice);
}

#[test]
fn nine_operators_in_five_passes_give_the_rows_of_data_juicer_in_its_order() {
    let mixed = "
  - whitespace_normalization_mapper: {}
  - words_num_filter: {min_num: 4}
  - document_deduplicator: {lowercase: true}
  - character_repetition_filter: {rep_len: 6, max_ratio: 0.3}
  - random_selector: {select_ratio: 0.7}
  - text_length_filter: {min_len: 15}
  - document_deduplicator: {ignore_non_character: true}
  - word_repetition_filter: {rep_len: 2, max_ratio: 0.2, max_closed_interval: false}
  - random_selector: {select_num: 300}
";
    same_rows("b_mixed", "tricky.jsonl.gz", mixed);
}

#[test]
fn white_space_is_normalised_as_in_data_juicer() {
    same_rows("b_white", "white.jsonl.gz", "\n  - whitespace_normalization_mapper:\n");
}

#[test]
fn random_selection_gives_the_rows_of_data_juicer_in_its_order() {
    let selector = |arguments: &str| format!("\n  - random_selector: {arguments}\n");
    same_rows("b_sel03", "sel300.jsonl.gz", &selector("{select_ratio: 0.3}"));
    same_rows("b_sel50", "sel300.jsonl.gz", &selector("{select_num: 50}"));
    same_rows("b_sel7_num50", "sel7.jsonl.gz", &selector("{select_num: 50}"));
    same_rows("b_sel7_001", "sel7.jsonl.gz", &selector("{select_ratio: 0.01}"));
    let filtered = "\n  - text_length_filter: {min_len: 73, max_len: 74}\n  - random_selector: {select_num: 20}\n";
    same_rows("d_sel_after_filter", "sel300.jsonl.gz", filtered);
}
