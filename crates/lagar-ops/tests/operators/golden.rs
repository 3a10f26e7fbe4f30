//! Every string of `data/golden_ops.jsonl` gives exactly what Data-Juicer 1.6.1 gave for it.
//!
//! 369 strings made to be hard, with the full-precision statistics, texts and hashes of the original.

use arrow::array::{Array as _, AsArray as _};
use lagar_ops::interval::Interval;
use lagar_ops::{Built, Stats, find};
use serde_json::Value;

use crate::support::{World, batch_of_texts, build};

fn golden() -> Vec<Value> {
    let lines = include_str!("../data/golden_ops.jsonl");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["text"].as_str().unwrap()).collect()
}

/// Compares one filter's statistic bit by bit, and its decision with default thresholds.
fn check_filter(name: &str, column: &str, parameters: &str) {
    let rows = golden();
    assert_eq!(rows.len(), 369);
    let texts = texts(&rows);
    let world = World::new(".");
    let Built::Filter(filter) = build(find(name).unwrap(), parameters) else {
        panic!("{name} is no filter")
    };
    let computed = filter.stats(&batch_of_texts(&texts), &world.context()).unwrap();
    assert_eq!(computed.faults, []);
    let key = &computed.stats[0].key;
    let stats = Stats::new(&computed.stats, rows.len());
    let verdicts = filter.keep(&stats, Interval::default());
    for (index, row) in rows.iter().enumerate() {
        let expected = row[column]["stat"].as_f64().unwrap();
        let got = stats.number(key, index).unwrap();
        assert_eq!(got.to_bits(), expected.to_bits(), "{got} {expected} {:?}", texts[index]);
        let kept = row[column]["keep_default"].as_bool().unwrap();
        assert_eq!(verdicts.keep[index], kept, "{:?}", texts[index]);
    }
}

#[test]
fn text_lengths_are_data_juicers() {
    check_filter("text_length_filter", "text_length_filter", "{}");
}

#[test]
fn word_counts_are_data_juicers() {
    check_filter("words_num_filter", "words_num_filter", "{}");
}

#[test]
fn word_repetition_ratios_are_data_juicers_to_the_bit() {
    let name = "word_repetition_filter";
    check_filter(name, name, "{}");
    check_filter(name, "word_repetition_filter(rep_len=3)", "{rep_len: 3}");
}

#[test]
fn character_repetition_ratios_are_data_juicers_to_the_bit() {
    let name = "character_repetition_filter";
    check_filter(name, name, "{}");
    check_filter(name, "character_repetition_filter(rep_len=3)", "{rep_len: 3}");
}

#[test]
fn normalized_texts_are_data_juicers() {
    let rows = golden();
    let texts = texts(&rows);
    let name = "whitespace_normalization_mapper";
    let Built::Mapper(mapper) = build(find(name).unwrap(), "{}") else { panic!() };
    let world = World::new(".");
    let mapped = mapper.map(&batch_of_texts(&texts), &world.context()).unwrap();
    let normalized = mapped.text.unwrap();
    assert_eq!(normalized.len(), rows.len());
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(normalized.value(index), row[name].as_str().unwrap(), "{:?}", texts[index]);
    }
}

#[test]
fn hashes_of_documents_are_data_juicers() {
    let rows = golden();
    let texts = texts(&rows);
    let name = "document_deduplicator";
    let Built::Deduplicator(deduplicator) = build(find(name).unwrap(), "{}") else { panic!() };
    let world = World::new(".");
    let signatures = deduplicator.signatures(&batch_of_texts(&texts), &world.context()).unwrap();
    for (index, row) in rows.iter().enumerate() {
        let got = signatures.values.as_string::<i32>().value(index);
        assert_eq!(got, row[name].as_str().unwrap(), "{:?}", texts[index]);
    }
}

/// The sums are MD5 over all 369 hashes, one per line, made by Python 3.11 with `regex` 2026.11 by
/// the original's rule: lower-case, remove `\s+|\d+|[punctuation]`, strip.
#[test]
fn hashes_that_ignore_case_or_everything_but_letters_are_pythons() {
    use md5::{Digest as _, Md5};
    let rows = golden();
    let batch = batch_of_texts(&texts(&rows));
    let world = World::new(".");
    let cases = [
        ("{ignore_non_character: true}", "8d156b72ce608c4ab91e0231b965c282"),
        ("{lowercase: true}", "2e70580a48743a09e6f718cfb33b9e2a"),
        ("{lowercase: true, ignore_non_character: true}", "762e20fce4799f706467683975d5ed46"),
    ];
    for (parameters, expected) in cases {
        let info = find("document_deduplicator").unwrap();
        let Built::Deduplicator(deduplicator) = build(info, parameters) else { panic!() };
        let signatures = deduplicator.signatures(&batch, &world.context()).unwrap();
        let hashes: Vec<_> = signatures.values.as_string::<i32>().iter().flatten().collect();
        let sum = Md5::digest(hashes.join("\n").as_bytes());
        let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!(sum, expected, "{parameters}");
    }
}
