//! Every string of `data/golden_ops.jsonl` gives exactly what Data-Juicer 1.6.1 gave for it.
//!
//! 369 strings made to be hard, with the full-precision statistics, texts and hashes of the original;
//! `bench/parity/make_golden.py` asks Data-Juicer for all columns but those of deduplicators.

use arrow::array::AsArray as _;
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

/// The operator and its parameters that a column's name holds, `name(key=value,flag)`.
fn operator_of(column: &str) -> (&str, String) {
    let Some((name, parameters)) = column.split_once('(') else { return (column, "{}".to_owned()) };
    let parameters = parameters.trim_end_matches(')').split(',').map(|parameter| {
        match parameter.split_once('=') {
            Some((key, value)) => format!("{key}: {value}"),
            None => format!("{parameter}: true"),
        }
    });
    (name, format!("{{{}}}", parameters.collect::<Vec<_>>().join(", ")))
}

fn columns_that_end(end: &str) -> std::collections::BTreeSet<String> {
    let rows = golden();
    let keys = rows.iter().flat_map(|row| row.as_object().unwrap().keys());
    keys.filter(|key| operator_of(key).0.ends_with(end)).cloned().collect()
}

#[test]
fn statistics_of_texts_are_data_juicers_to_the_bit() {
    let columns = columns_that_end("_filter");
    assert_eq!(columns.len(), 10);
    for column in columns {
        let (name, parameters) = operator_of(&column);
        check_filter(name, &column, &parameters);
    }
}

/// A column holds only the texts that the operator changes.
#[test]
fn changed_texts_are_data_juicers() {
    let rows = golden();
    let texts = texts(&rows);
    let columns = columns_that_end("_mapper");
    assert_eq!(columns.len(), 22);
    let world = World::new(".");
    for column in columns {
        let (name, parameters) = operator_of(&column);
        let Some(info) = find(name) else { panic!("{name}") };
        let Built::Mapper(mapper) = build(info, &parameters) else { panic!("{name}") };
        let mapped = mapper.map(&batch_of_texts(&texts), &world.context()).unwrap();
        assert_eq!(mapped.faults, [], "{column}");
        let mapped = mapped.text.unwrap();
        for (index, row) in rows.iter().enumerate() {
            let expected = row.get(&column).map_or(texts[index], |text| text.as_str().unwrap());
            assert_eq!(mapped.value(index), expected, "{column} of {:?}", texts[index]);
        }
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
