//! One data set with every kind of damage: each is counted exactly, and nothing crashes.

use std::path::Path;

use image::{ImageFormat, RgbImage};
use lagar_core::fsio;
use lagar_explore::profile::Profile;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{options, profile};

const IMAGE: &str = "<__dj__image>";

/// A picture of its own, whose pixels follow from `seed`.
fn picture(seed: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(80 + seed, 60, |x, y| {
        image::Rgb([(x * seed) as u8, (y * 3) as u8, (x * y / (seed + 1)) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fsio::write(folder.join("images").join(name), bytes).unwrap();
}

fn row(id: &str, text: &str, picture: &str) -> Value {
    json!({"id": id, "text": format!("{IMAGE}\n{text}"), "images": [format!("images/{picture}")]})
}

/// The data set, and the lines of its rows by what is wrong with them.
fn nasty() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for seed in 1..=6 {
        put(here, &format!("{seed}.jpg"), &picture(seed, ImageFormat::Jpeg));
    }
    let jpeg = picture(9, ImageFormat::Jpeg);
    put(here, "cut.jpg", &jpeg[..jpeg.len() / 2]);
    put(here, "head.jpg", &jpeg[..12]);
    put(here, "empty.jpg", b"");
    put(here, "text.jpg", b"this is no picture at all");
    put(here, "png.jpg", &picture(10, ImageFormat::Png));
    put(here, "copy.jpg", &picture(1, ImageFormat::Jpeg));
    let long = "a wooden house with a red roof stands on the green hill above the quiet blue sea";
    let mut no_images = row("16", "a lamp without its picture", "1.jpg");
    no_images.as_object_mut().unwrap().remove("images");
    let rows = [
        row("0", "a dog on a beach", "1.jpg"),
        row("1", "a cat under a table", "2.jpg"),
        row("1", "a tree beside a road", "3.jpg"),
        row("1", "a boat on a lake", "4.jpg"),
        row("4", "a dog on a beach", "5.jpg"),
        row("5", "  a dog on a beach ", "6.jpg"),
        row("6", long, "1.jpg"),
        row("7", &format!("{long} today"), "2.jpg"),
        row("8", "a broken one", "missing.jpg"),
        row("9", "another broken one", "missing.jpg"),
        row("10", "cut off in the middle", "cut.jpg"),
        row("11", "cut off in the head", "head.jpg"),
        row("12", "a picture of nothing", "empty.jpg"),
        row("13", "a text under a false name", "text.jpg"),
        row("14", "a drawing under a false name", "png.jpg"),
        row("15", "a copy under another name", "copy.jpg"),
        no_images,
        row("17", "", "3.jpg"),
        row("18", "a cafÃ© by the sea", "3.jpg"),
        row("19", "a caf\u{fffd} by the river", "3.jpg"),
        row("20", "a bell \u{7} in a tower", "3.jpg"),
        row("21", "black &amp; white cows", "3.jpg"),
        row("22", "собака бежит по берегу моря", "3.jpg"),
        json!({"id": "23", "text": null, "images": ["images/3.jpg"]}),
        json!({"id": "24", "images": ["images/3.jpg"]}),
        json!({"id": "25", "text": 7, "images": ["images/3.jpg"]}),
        json!({"id": "26", "text": "a number of pictures", "images": 3}),
        json!({"id": 27, "text": format!("{IMAGE}{IMAGE} two tokens"), "images": ["images/3.jpg"]}),
    ];
    let mut lines: Vec<u8> = Vec::new();
    for row in rows {
        lines.extend(row.to_string().bytes().chain([b'\n']));
    }
    // A blank line is no row but a line.
    lines.extend(b"\n{\"id\": \"cut\", \"text\": \"half a li\n");
    lines.extend(b"{\"id\": \"latin\", \"text\": \"caf\xe9\"}\n[1, 2]\n");
    fsio::write(here.join("rows.jsonl"), &lines).unwrap();
    folder
}

fn counts(profile: &Profile, kinds: &[&str]) -> Vec<(u64, u64)> {
    let defect = |kind: &&str| profile.integrity.defect(kind).unwrap();
    kinds.iter().map(defect).map(|defect| (defect.count, defect.rows)).collect()
}

#[test]
fn every_defect_is_counted_exactly() {
    let folder = nasty();
    let mut options = options(&folder.path().join("rows.jsonl"));
    options.threads = 2;
    let found = profile(&options);
    let integrity = &found.integrity;
    assert_eq!((integrity.rows, integrity.sound), (31, 24));
    assert_eq!(
        counts(&found, &["malformed_row", "missing_text", "wrong_type", "empty_text"]),
        [(3, 3), (2, 2), (2, 2), (1, 1)]
    );
    assert_eq!(
        counts(&found, &["mojibake", "replacement_character", "control_character", "html_entity"]),
        [(1, 1), (1, 1), (1, 1), (1, 1)]
    );
    // Of pictures the pictures, and the rows that use them.
    assert_eq!(
        counts(
            &found,
            &[
                "picture_missing",
                "picture_empty",
                "picture_truncated",
                "picture_unreadable",
                "picture_misnamed"
            ]
        ),
        [(1, 2), (1, 1), (2, 2), (1, 1), (1, 1)]
    );
    assert_eq!(counts(&found, &["placeholder_mismatch"]), [(2, 2)]);
    let lines: Vec<u64> = integrity
        .defect("malformed_row")
        .unwrap()
        .examples
        .iter()
        .map(|example| example.line)
        .collect();
    assert_eq!(lines, [30, 31, 32]);
    let repeats =
        |found: &lagar_explore::profile::Duplicates| (found.groups, found.members, found.repeated);
    assert_eq!(repeats(&integrity.ids), (1, 3, 2));
    assert_eq!(repeats(&integrity.pictures), (1, 2, 1));
    let scripts: Vec<(&str, u64)> =
        integrity.scripts.iter().map(|script| (script.name.as_str(), script.count)).collect();
    assert_eq!(scripts, [("Latin", 22), ("Cyrillic", 1), ("none", 1)]);
    assert_eq!(found.pictures.rows_without, 1);
    assert_eq!((found.pictures.count, found.pictures.readable), (13, 8));
}

#[test]
fn repeated_texts_are_told_from_nearly_repeated_ones() {
    let folder = nasty();
    let found = profile(&options(&folder.path().join("rows.jsonl")));
    let integrity = &found.integrity;
    let texts = &integrity.texts;
    // White space around a text is no difference, but the line feed behind a token is part of it.
    assert_eq!((texts.groups, texts.members, texts.repeated), (1, 2, 1));
    let near = &integrity.near_texts;
    assert_eq!((near.groups, near.members, near.repeated), (2, 4, 2));
    let long = near.largest.iter().find(|group| group.examples[0].id.as_deref() == Some("6"));
    assert_eq!(long.unwrap().examples[1].id.as_deref(), Some("7"));
}

#[test]
fn fields_that_rows_lack_or_have_otherwise_are_listed() {
    let folder = nasty();
    let found = profile(&options(&folder.path().join("rows.jsonl")));
    let told: Vec<(&str, u64, u64)> = found
        .integrity
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.lacking, field.differing))
        .collect();
    // 28 rows are JSON objects; `text` is null once and a number once.
    assert_eq!(told, [("id", 0, 1), ("text", 1, 2), ("images", 1, 1)]);
}

#[test]
fn serious_problems_come_first_and_broken_pictures_have_a_remedy() {
    let folder = nasty();
    let found = profile(&options(&folder.path().join("rows.jsonl")));
    let rules: Vec<&str> = found.problems.iter().map(|problem| problem.rule.as_str()).collect();
    assert_eq!(
        rules[..4],
        ["broken_pictures", "malformed_rows", "rows_without_text", "placeholders"]
    );
    for rule in [
        "encoding_damage",
        "html_entities",
        "duplicate_ids",
        "foreign_scripts",
        "misnamed_pictures",
    ] {
        assert!(rules.contains(&rule), "{rule} in {rules:?}");
    }
    let broken = &found.problems[0];
    assert_eq!(broken.rows, 6);
    assert_eq!(broken.remedy.as_ref().unwrap().operator, "image_shape_filter");
    assert!(
        broken.worst.iter().all(|example| !example.note.is_empty() && example.picture.is_some())
    );
}

#[test]
fn ragged_lines_of_a_table_are_counted_with_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fsio::write(&path, b"id,text\n1,a dog\n2\n3,\"a, cat\"\n4,x,y\n").unwrap();
    let found = profile(&options(&path));
    let defect = found.integrity.defect("malformed_row").unwrap();
    let lines: Vec<u64> = defect.examples.iter().map(|example| example.line).collect();
    assert_eq!((defect.count, lines), (2, vec![3, 5]));
    assert_eq!(defect.examples[0].note, "1 cells where the header has 2");
}

#[test]
fn an_empty_data_set_has_an_empty_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    fsio::write(&path, b"").unwrap();
    let found = profile(&options(&path));
    assert_eq!((found.integrity.rows, found.text.len(), found.problems.len()), (0, 0, 0));
}
