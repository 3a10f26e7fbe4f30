//! The sample is the same everywhere and holds what its plan promises.

use super::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every file below `folder` with its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Drawn once for all tests: drawing takes a second.
static GENERATED: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(generated);
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| all_rows().unwrap());

fn generated() -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    run(&Options { out: folder.path().to_path_buf() }).unwrap();
    tree(folder.path())
}

/// Compares without printing megabytes.
fn assert_equal_trees(one: &BTreeMap<PathBuf, Vec<u8>>, two: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(two));
    for (name, bytes) in one {
        assert!(bytes == &two[name], "{} differs", name.display());
    }
}

#[test]
fn two_generations_are_equal_byte_for_byte() {
    assert_equal_trees(&GENERATED, &generated());
}

#[test]
fn the_committed_sample_is_what_the_generator_writes() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sample");
    assert_equal_trees(&tree(&committed), &GENERATED);
}

#[test]
fn the_sample_has_about_300_rows_in_less_than_3_megabytes() {
    let files = &*GENERATED;
    let bytes: usize = files.values().map(Vec::len).sum();
    assert!(bytes < 3_000_000, "{bytes}");
    let text = std::str::from_utf8(&files[Path::new("data.jsonl")]).unwrap();
    let lines = text.lines().count();
    assert_eq!((lines, files.len()), (300, 300), "one row names a missing picture");
}

#[test]
fn each_broken_picture_is_broken_in_its_own_way() {
    let rows = &*ROWS;
    let plan = plan::shuffled(&mut Random::new(SEED, u64::MAX));
    let of_kind = |kind: PictureKind| {
        let place = plan.iter().position(|kinds| kinds.picture == kind).unwrap();
        rows[place].picture.clone()
    };
    assert!(of_kind(PictureKind::Missing).is_none());
    let readable = |kind| image::load_from_memory(&of_kind(kind).unwrap()).is_ok();
    assert!(!readable(PictureKind::NotAPicture));
    assert!(readable(PictureKind::PngNamedJpg) && readable(PictureKind::Panorama));
    assert!(!of_kind(PictureKind::Truncated).unwrap().ends_with(&[0xFF, 0xD9]));
    assert!(of_kind(PictureKind::PngNamedJpg).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn scores_are_a_float_a_whole_number_or_a_string_and_long_numbers_keep_their_digits() {
    let rows = &*ROWS;
    let lines: Vec<String> = rows.iter().map(|row| spaced(&row.line).unwrap()).collect();
    for wanted in ["\"score\": 1.0", "\"score\": 1}", "\"score\": \"1\"", "\"serial\": 9876543210"]
    {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}");
    }
}

#[test]
fn a_duplicate_repeats_text_and_picture_of_an_earlier_row() {
    let rows = &*ROWS;
    let plan = plan::shuffled(&mut Random::new(SEED, u64::MAX));
    let doubles = plan.iter().enumerate().filter(|(_, k)| k.caption == CaptionKind::Duplicate);
    for (place, _) in doubles {
        let twin = rows[..place].iter().find(|row| row.picture == rows[place].picture).unwrap();
        assert_eq!(twin.line["text"], rows[place].line["text"]);
    }
}
