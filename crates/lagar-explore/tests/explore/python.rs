//! The numbers are those of pandas, numpy, Pillow, `OpenCV`, ftfy and Data-Juicer (`data/make.py`).

use std::collections::BTreeMap;

use lagar_core::fsio;
use lagar_explore::measure::overall_csv;
use lagar_explore::profile::{Distribution, Duplicates, Share};
use serde_json::Value;

use crate::{fixture, measured, options};

fn expected() -> Value {
    serde_json::from_str(&fsio::read_text(&fixture("expected.json")).unwrap()).unwrap()
}

/// Whole numbers to the last digit, others within 1e-9 of their size.
fn same(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    let apart = (found - expected).abs();
    if expected.fract() == 0.0 {
        assert!(apart < 1e-9, "{what}: {found}, expected {expected}");
    }
    assert!(apart <= 1e-9 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

fn same_distribution(found: &Distribution, expected: &Value, name: &str) {
    assert_eq!(found.count, expected["count"].as_u64().unwrap(), "count of {name}");
    assert_eq!(found.missing, expected["missing"].as_u64().unwrap(), "missing of {name}");
    for (number, key) in [(found.mean, "mean"), (found.min, "min"), (found.max, "max")] {
        same(number, &expected[key], &format!("{key} of {name}"));
    }
    same(found.sd.unwrap(), &expected["sd"], &format!("sd of {name}"));
    let quantiles = expected["quantiles"].as_array().unwrap();
    assert_eq!(found.quantiles.len(), quantiles.len());
    for ((q, value), expected) in found.quantiles.iter().zip(quantiles) {
        same(*value, &expected[1], &format!("quantile {q} of {name}"));
    }
    assert_eq!(found.histogram.counts.iter().sum::<u64>(), found.count, "bins of {name}");
}

fn same_shares(found: &[Share], expected: &Value) {
    let found: BTreeMap<&str, u64> =
        found.iter().map(|share| (share.name.as_str(), share.count)).collect();
    let expected: BTreeMap<String, u64> = serde_json::from_value(expected.clone()).unwrap();
    let expected: BTreeMap<&str, u64> =
        expected.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(found, expected);
}

fn same_duplicates(found: &Duplicates, expected: &Value) {
    let numbers = [found.groups, found.members, found.repeated].map(Value::from);
    assert_eq!(
        numbers.as_slice(),
        ["groups", "members", "repeated"].map(|key| expected[key].clone())
    );
}

#[test]
fn every_statistic_is_what_python_computes() {
    let mut options = options(&fixture("rows.jsonl"));
    options.pixels = true;
    let measured = measured(&options);
    let (profile, expected) = (&measured.profile, expected());
    for (map, key) in [
        (&profile.text, "text"),
        (&profile.pictures.distributions, "pictures"),
        (&profile.pairs.distributions, "pairs"),
    ] {
        for (name, expected) in expected[key].as_object().unwrap() {
            same_distribution(&map[name], expected, name);
        }
    }
    let formats: Vec<Share> = profile
        .pictures
        .formats
        .iter()
        .map(|share| Share { name: share.name.to_uppercase(), ..share.clone() })
        .collect();
    same_shares(&formats, &expected["formats"]);
    same_shares(&profile.pictures.modes, &expected["modes"]);
    same(profile.pairs.words_pixels_correlation.unwrap(), &expected["correlation"], "correlation");
    let repeats = |pairs: &[(u64, u64)]| serde_json::to_value(pairs).unwrap();
    assert_eq!(repeats(&profile.pairs.pictures_per_text), expected["pictures_per_text"]);
    assert_eq!(repeats(&profile.pairs.texts_per_picture), expected["texts_per_picture"]);
    same_duplicates(&profile.integrity.ids, &expected["ids"]);
    same_duplicates(&profile.integrity.texts, &expected["texts"]);
    for (kind, count) in expected["damage"].as_object().unwrap() {
        assert_eq!(
            profile.integrity.defect(kind).unwrap().count,
            count.as_u64().unwrap(),
            "{kind}"
        );
    }
    for (name, expected) in expected["fields"].as_object().unwrap() {
        let field = profile.integrity.fields.iter().find(|field| field.name == *name).unwrap();
        assert_eq!(field.lacking, expected[0].as_u64().unwrap(), "{name}");
        let strings = field.types.iter().find(|kind| kind.name == "string").unwrap();
        assert_eq!(strings.rows, expected[1].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_vocabulary_is_what_python_counts() {
    let measured = measured(&options(&fixture("rows.jsonl")));
    let (found, expected) = (&measured.profile.vocabulary, &expected()["vocabulary"]);
    let whole = [found.tokens, found.types, found.once].map(Value::from);
    assert_eq!(whole.as_slice(), ["tokens", "types", "once"].map(|key| expected[key].clone()));
    same(found.type_token_ratio, &expected["type_token_ratio"], "type-token ratio");
    same(found.hdd.unwrap(), &expected["hdd"], "HD-D");
    same(found.mtld.unwrap(), &expected["mtld"], "MTLD");
    let growth = expected["growth"].as_array().unwrap();
    assert_eq!(found.growth.len(), growth.len());
    for (found, expected) in found.growth.iter().zip(growth) {
        assert_eq!(Value::from(found.tokens), expected[0]);
        same(found.types, &expected[1], "growth");
    }
    let words: Vec<(&str, u64)> =
        found.words.iter().map(|word| (word.text.as_str(), word.count)).collect();
    assert_eq!(serde_json::to_value(words).unwrap(), expected["words"]);
    for (found, expected) in found.ngrams.iter().zip(expected["ngrams"].as_array().unwrap()) {
        let whole = [u64::from(found.n), found.tokens, found.types].map(Value::from);
        assert_eq!(whole.as_slice(), ["n", "tokens", "types"].map(|key| expected[key].clone()));
        let counts: Vec<u64> = found.top.iter().map(|gram| gram.count).collect();
        assert_eq!(serde_json::to_value(counts).unwrap(), expected["top"]);
        assert_eq!(Value::from(found.top[0].text.as_str()), expected["first"]);
    }
}

#[test]
fn overall_csv_is_that_of_data_juicer() {
    let found = overall_csv(&measured(&options(&fixture("rows.jsonl"))));
    let expected = fsio::read_text(&fixture("overall.csv")).unwrap();
    assert_eq!(found.lines().next(), expected.lines().next());
    assert_eq!(found.lines().count(), expected.lines().count());
    for (found, expected) in found.lines().zip(expected.lines()).skip(1) {
        let cells = found.split(',').zip(expected.split(','));
        for (place, (found, expected)) in cells.enumerate() {
            if place == 0 {
                assert_eq!(found, expected);
                continue;
            }
            let expected: f64 = expected.parse().unwrap();
            same(found.parse().unwrap(), &Value::from(expected), "overall.csv");
        }
    }
}
