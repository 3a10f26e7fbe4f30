//! The benchmark is the same everywhere, small, and true of its pictures.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use super::*;
use crate::picture::scene::Scene;
use crate::sample_data::Shown;

/// Drawn once for all tests.
static GENERATED: LazyLock<Files> = LazyLock::new(|| files().unwrap());
static PICTURES: LazyLock<Vec<Shown>> = LazyLock::new(|| ordinary_pictures().unwrap());

fn json(name: &str) -> Value {
    serde_json::from_slice(&GENERATED[name]).unwrap()
}

fn shown(row: usize) -> &'static Shown {
    PICTURES.iter().find(|shown| shown.row == row).unwrap()
}

#[test]
fn the_committed_benchmark_is_what_the_generator_writes() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/benchmark");
    for (name, bytes) in &*GENERATED {
        let found = std::fs::read(committed.join(name)).unwrap_or_default();
        assert!(found == *bytes, "run `cargo run -p xtask -- sample-benchmark`: {name}");
    }
    let mut committed_files = 0;
    for folder in ["mmbench", "textvqa", "textvqa/train_images", "vqav2", "vqav2/val2014"] {
        committed_files += fsio::list_files(&committed.join(folder)).unwrap().len();
    }
    assert_eq!(committed_files, GENERATED.len(), "no file is left over");
}

#[test]
fn two_generations_are_equal_and_below_2_megabytes() {
    assert!(files().unwrap() == *GENERATED);
    let bytes: usize = GENERATED.values().map(Vec::len).sum();
    assert!(bytes < 2_000_000, "{bytes}");
}

#[test]
fn a_picture_of_the_benchmark_is_one_of_the_sample() {
    for (name, bytes) in &*GENERATED {
        if let Some(digits) = name.strip_suffix(".jpg") {
            let row = digits[digits.len() - 9..].parse().unwrap();
            assert!(shown(row).jpeg == *bytes, "{name}");
        }
    }
}

#[test]
fn the_answers_about_words_are_the_words() {
    let data = json("textvqa/TextVQA_0.5.1_val.json");
    let questions = data["data"].as_array().unwrap();
    assert!(questions.len() >= 36);
    for question in questions {
        let row = question["image_id"].as_str().unwrap().parse().unwrap();
        let words = match &shown(row).scene {
            Scene::Sign { words, .. } => words.to_lowercase(),
            Scene::Chart { topic, .. } => topic.to_lowercase(),
            other => panic!("no words on {other:?}"),
        };
        let answers = question["answers"].as_array().unwrap();
        assert_eq!(answers.len(), 10);
        for answer in answers {
            let answer = answer.as_str().unwrap().to_lowercase();
            assert!(words.ends_with(&answer), "{answer:?} is not on the sign {words:?}");
        }
    }
    let lines =
        String::from_utf8(GENERATED["textvqa/llava_textvqa_val_v051_ocr.jsonl"].clone()).unwrap();
    assert_eq!(lines.lines().count(), questions.len());
}

#[test]
fn every_question_of_vqav2_has_its_annotation() {
    let questions = json("vqav2/v2_OpenEnded_mscoco_val2014_questions.json");
    let annotations = json("vqav2/v2_mscoco_val2014_annotations.json");
    let questions = questions["questions"].as_array().unwrap();
    let annotations = annotations["annotations"].as_array().unwrap();
    assert_eq!(questions.len(), annotations.len());
    let mut kinds: Vec<&str> = Vec::new();
    for (question, annotation) in questions.iter().zip(annotations) {
        assert_eq!(question["question_id"], annotation["question_id"]);
        kinds.push(annotation["answer_type"].as_str().unwrap());
        let text = question["question"].as_str().unwrap().to_lowercase();
        let kind = annotation["question_type"].as_str().unwrap();
        let start = kind.trim_end_matches(" a");
        assert!(text.starts_with(start), "{text} is not of type {kind}");
    }
    for kind in ["yes/no", "number", "other"] {
        assert!(kinds.iter().filter(|found| **found == kind).count() >= 20, "{kind}");
    }
}

#[test]
fn the_right_option_stays_right_in_every_rotation() {
    let text = String::from_utf8(GENERATED["mmbench/MMBench_DEV_EN.tsv"].clone()).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    let right = |row: &[&str]| row["ABCD".find(row[7]).unwrap() + 3].to_owned();
    let index = |row: &[&str]| row[0].parse::<usize>().unwrap();
    let firsts: Vec<_> = rows.iter().filter(|row| index(row) < 1_000_000).collect();
    assert_eq!(firsts.len(), 6 * 5, "five of each category");
    for row in &rows {
        assert_eq!(row.len(), 14);
        let first = firsts.iter().find(|first| index(first) == index(row) % 1_000_000).unwrap();
        assert_eq!(right(row), right(first));
        assert!(!right(row).is_empty());
        let is_first = index(row) < 1_000_000;
        assert!(if is_first { row[9].len() > 64 } else { row[9] == first[0] });
    }
}
