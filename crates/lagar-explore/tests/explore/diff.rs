//! Before and after: rows found again, changes with their intervals, words that came and went.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use lagar_core::event::Silence;
use lagar_core::fsio;
use lagar_explore::Watch;
use lagar_explore::diff::{Change, Diff, DiffOptions, MatchedBy, ShownRows, diff, find_run, write};
use serde_json::json;

use crate::options;

const NOUNS: [&str; 6] = ["dog", "cat", "house", "river", "lamp", "door"];

/// Rows whose number of words goes up from 2 to 9 again and again.
fn rows(count: usize, text: impl Fn(usize) -> Option<String>) -> String {
    let mut lines = String::new();
    for row in 0..count {
        if let Some(text) = text(row) {
            writeln!(lines, "{}", json!({"id": format!("r{row}"), "text": text})).unwrap();
        }
    }
    lines
}

fn words(row: usize) -> String {
    let words: Vec<&str> = (0..2 + row % 8).map(|word| NOUNS[(row + word * word) % 6]).collect();
    words.join(" ")
}

fn file(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let path = folder.join(name);
    fsio::write(&path, lines.as_bytes()).unwrap();
    path
}

fn compared(before: &Path, after: &Path, seed: u64) -> (Diff, ShownRows) {
    let wanted = DiffOptions { resamples: 400, seed, ..DiffOptions::new(options(before)) };
    let data = (options(before).find().unwrap(), options(after).find().unwrap());
    let run = find_run(after).unwrap();
    let watch = Watch { stop: &AtomicBool::new(false), listener: &Silence };
    diff((&data.0, &data.1), run.as_ref(), &wanted, watch).unwrap()
}

fn change<'a>(diff: &'a Diff, name: &str) -> &'a Change {
    diff.statistics.iter().find(|change| change.name == name).unwrap()
}

#[test]
fn a_filter_keeps_rows_and_moves_the_mean() {
    let folder = tempfile::tempdir().unwrap();
    let before = file(folder.path(), "before.jsonl", &rows(400, |row| Some(words(row))));
    let long = |row: usize| (row % 8 >= 4).then(|| words(row));
    let after = file(folder.path(), "after.jsonl", &rows(400, long));
    let (diff, _) = compared(&before, &after, 0);
    assert!((diff.retention - 0.5).abs() < 1e-12);
    assert_eq!((&diff.before.paths, &diff.after.paths), (&vec![before], &vec![after]));
    let matched = diff.matched;
    assert_eq!((matched.by, matched.rows, matched.unchanged), (MatchedBy::Id, 200, 200));
    assert_eq!((matched.edited, matched.gone, matched.added), (0, 200, 0));
    let found = change(&diff, "num_words");
    assert!((found.before.mean - 5.5).abs() < 1e-12 && (found.after.mean - 7.5).abs() < 1e-12);
    assert!((found.difference - 2.0).abs() < 1e-12 && found.paired && found.is_clear());
    // A row's length is one of eight numbers: sd of the difference ≈ 0.1.
    let (low, high) = found.interval;
    assert!(low > 1.6 && low < 2.0 && high > 2.0 && high < 2.4, "{low} {high}");
}

#[test]
fn what_did_not_change_has_an_interval_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lines = rows(100, |row| Some(words(row)));
    let before = file(folder.path(), "before.jsonl", &lines);
    let after = file(folder.path(), "after.jsonl", &lines);
    let (diff, _) = compared(&before, &after, 0);
    assert_eq!(change(&diff, "num_words").interval, (0.0, 0.0));
    assert_eq!(diff.matched.unchanged, 100);
    assert_eq!((diff.vocabulary.gained, diff.vocabulary.lost), (0, 0));
    assert!(diff.edited.is_empty() && diff.gone.is_empty() && diff.added.is_empty());
}

#[test]
fn changed_texts_stand_side_by_side_and_new_words_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let before = file(folder.path(), "before.jsonl", &rows(50, |row| Some(words(row))));
    let puppy = |row: usize| Some(if row == 7 { "a small puppy".to_owned() } else { words(row) });
    let after = file(folder.path(), "after.jsonl", &rows(51, puppy));
    let (diff, shown) = compared(&before, &after, 0);
    assert_eq!((diff.matched.edited, diff.matched.added), (1, 1));
    assert_eq!(diff.edited[0].after.text, "a small puppy");
    assert_eq!(diff.edited[0].before.text, words(7));
    let gained: Vec<&str> =
        diff.vocabulary.gained_words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(gained, ["a", "puppy", "small"]);
    let out = folder.path().join("out");
    let files = write(&diff, &shown, &out, 64).unwrap();
    let page = fsio::read_text(&out.join("diff.html")).unwrap();
    assert!(page.contains("<ins>a small puppy</ins>"), "the change is marked");
    assert!(!page.contains("http:") && !page.contains("<script"));
    let markdown = fsio::read_text(&out.join("diff.md")).unwrap();
    assert!(markdown.contains("a small puppy"));
    for file in files {
        assert!(out.join(&file).is_file(), "{file}");
    }
}

#[test]
fn rows_without_ids_are_found_by_text_and_equal_many_by_position() {
    let folder = tempfile::tempdir().unwrap();
    let line = |text: String| format!("{}\n", json!({ "text": text }));
    let all: String = (0..40).map(|row| line(format!("caption number {row}"))).collect();
    let half: String =
        (0..40).step_by(2).map(|row| line(format!("caption number {row}"))).collect();
    let other: String = (0..40).map(|row| line(format!("quite another {row}"))).collect();
    let before = file(folder.path(), "before.jsonl", &all);
    let (diff, _) = compared(&before, &file(folder.path(), "half.jsonl", &half), 0);
    assert_eq!((diff.matched.by, diff.matched.rows), (MatchedBy::Text, 20));
    let (diff, _) = compared(&before, &file(folder.path(), "other.jsonl", &other), 0);
    assert_eq!((diff.matched.by, diff.matched.edited), (MatchedBy::Position, 40));
}

#[test]
fn diversity_is_compared_at_equal_size() {
    let folder = tempfile::tempdir().unwrap();
    let before = file(folder.path(), "before.jsonl", &rows(600, |row| Some(words(row))));
    let few = |row: usize| row.is_multiple_of(25).then(|| words(row));
    let after = file(folder.path(), "after.jsonl", &rows(600, few));
    let (diff, _) = compared(&before, &after, 0);
    let found = &diff.diversity;
    // The plain ratio grows because there are fewer words; at equal size it does not.
    assert!(found.ratio_after > 5.0 * found.ratio_before);
    let equal = found.matched_after / found.matched_before;
    assert!((0.8..1.05).contains(&equal), "{equal}");
    assert_eq!(found.matched_tokens, found.tokens_after);
    assert!((found.matched_after - found.ratio_after).abs() < 1e-12);
}

#[test]
fn the_seed_decides_the_intervals_and_threads_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let before = file(folder.path(), "before.jsonl", &rows(300, |row| Some(words(row))));
    let some = |row: usize| (!row.is_multiple_of(3)).then(|| words(row));
    let after = file(folder.path(), "after.jsonl", &rows(300, some));
    let json = |seed, threads| {
        let mut wanted = DiffOptions { resamples: 200, seed, ..DiffOptions::new(options(&before)) };
        wanted.measure.threads = threads;
        let data = (options(&before).find().unwrap(), options(&after).find().unwrap());
        let watch = Watch { stop: &AtomicBool::new(false), listener: &Silence };
        let (found, _) = diff((&data.0, &data.1), None, &wanted, watch).unwrap();
        serde_json::to_string(&found).unwrap()
    };
    assert_eq!(json(1, 1), json(1, 4));
    assert_ne!(json(1, 1), json(2, 1));
}
