//! Every metric against the code of those who published it, on hard answers; `data/metrics.py` says how
//! the expected values were made.

use std::path::Path;

use lagar_eval::files;
use lagar_eval::metric::cases::{Case, scored};
use lagar_eval::metric::{bleu, evalai, vqa};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

/// Where two values differ, as paths with both values.
fn differences(path: &str, expected: &Value, found: &Value, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let inner = found.get(key).unwrap_or(&Value::Null);
                differences(&format!("{path}.{key}"), value, inner, out);
            }
            let extra = found.keys().filter(|key| !expected.contains_key(*key));
            out.extend(extra.map(|key| format!("{path}.{key}: not expected")));
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
                differences(&format!("{path}[{place}]"), expected, found, out);
            }
        }
        _ => {
            let equal = match (expected.as_f64(), found.as_f64()) {
                (Some(expected), Some(found)) => {
                    (expected - found).abs() <= TOLERANCE * expected.abs().max(1.0)
                }
                _ => expected == found,
            };
            if !equal {
                out.push(format!("{path}: expected {expected}, found {found}"));
            }
        }
    }
}

#[test]
fn every_metric_equals_the_published_code_on_hard_answers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/metrics_800.json.gz");
    let fixture = files::read_json(&path).unwrap();
    let cases: Vec<Case> = serde_json::from_value(fixture["cases"].clone()).unwrap();
    let mut found = Vec::new();
    differences("", &fixture["expected"], &scored(&cases), &mut found);
    assert!(found.is_empty(), "{} differences, the first: {:#?}", found.len(), &found[..1]);
}

#[test]
fn accuracy_does_not_depend_on_the_order_of_annotators() {
    let mut references: Vec<String> =
        ["3", "three", "3.", "four", "a 3", "none", "3", "1,000", "3", "Three"]
            .map(str::to_owned)
            .into();
    let first = [vqa::official("3", &references), evalai::llava("3", &references)];
    for _ in 0..references.len() {
        references.rotate_left(1);
        let again = [vqa::official("3", &references), evalai::llava("3", &references)];
        for (first, again) in first.iter().zip(again) {
            assert!((first.unwrap() - again.unwrap()).abs() < 1e-12);
        }
    }
}

#[test]
fn an_answer_equal_to_a_reference_has_the_highest_bleu() {
    for text in ["a dog", "It costs $5.00, right?", "日本 café", "x"] {
        let references = ["something else".to_owned(), text.to_owned()];
        assert!((bleu::sentence(text, &references).unwrap() - 100.0).abs() < 1e-9, "{text}");
    }
}
