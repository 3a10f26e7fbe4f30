//! The same data give the same profile, whatever the threads.

use std::fmt::Write as _;

use lagar_core::fsio;
use serde_json::json;

use crate::{options, profile};

/// Rows enough for several chunks, with repeats of every kind.
fn rows(count: u64) -> String {
    let mut lines = String::new();
    for number in 0..count {
        let words = ["red", "blue", "old", "cat", "dog", "lamp", "sea", "house", "café", "猫"];
        let pick = |place: u64| words[((number * 7 + place * place * 3) % 10) as usize];
        let text: Vec<&str> = (0..3 + number % 9).map(|place| pick(place + number / 100)).collect();
        let row = json!({"id": number % 1_000, "text": text.join(" "), "images": []});
        writeln!(lines, "{row}").unwrap();
    }
    lines
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    fsio::write(&path, rows(9_000).as_bytes()).unwrap();
    let mut options = options(&path);
    let one = profile(&options);
    options.threads = 4;
    let four = profile(&options);
    assert!(one.integrity.texts.repeated > 1_000);
    assert_eq!(one.to_json(), four.to_json());
    options.threads = 3;
    options.sample = Some(500);
    let sample = profile(&options);
    assert_eq!((sample.dataset.rows, sample.dataset.looked_at), (9_000, 500));
    assert_eq!(sample.integrity.sound, 500);
    options.threads = 1;
    assert_eq!(profile(&options).to_json(), sample.to_json());
}

#[test]
fn a_profile_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    fsio::write(&path, rows(50).as_bytes()).unwrap();
    let found = profile(&options(&path));
    let file = folder.path().join("analysis_results.json");
    found.write(&file).unwrap();
    assert_eq!(lagar_explore::Profile::read(&file).unwrap(), found);
    fsio::write(&file, b"{\"schema\": \"lagar-profile/9\"}").unwrap();
    let error = lagar_explore::Profile::read(&file).unwrap_err().to_string();
    assert!(error.contains("lagar-profile/9"), "{error}");
}
