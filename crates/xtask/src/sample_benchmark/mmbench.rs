//! MMBench's file: a TSV with pictures in base64, each question once per rotation of its options.
//!
//! As in VLMEvalKit's circular copies, the index of rotation k is the question's plus k million, and
//! the picture stands in the first row alone: the others name that row's index.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Files;
use super::facts::{all_shapes, legible_words, options, shape_names};
use crate::picture::scene::{PAINTS, SIGNS, Scene};
use crate::sample_data::Shown;

/// Questions per category.
const QUESTIONS: usize = 5;

/// A question with its options; the right one is `options[right]`.
struct Choice {
    question: &'static str,
    options: Vec<String>,
    right: usize,
    category: &'static str,
    l2_category: &'static str,
}

const INSTANCE: &str = "finegrained_perception (instance-level)";
const CROSS: &str = "finegrained_perception (cross-instance)";

/// Adds the file.
pub(super) fn write(pictures: &[Shown], files: &mut Files) {
    let columns = "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tsource\tl2-category\t\
                   comment\tsplit\n";
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut taken: Vec<&str> = Vec::new();
    let mut index = 0;
    for shown in pictures {
        let choices = choices(&shown.scene, shown.row);
        let free = |choice: &&Choice| {
            taken.iter().filter(|name| **name == choice.category).count() < QUESTIONS
        };
        let Some(choice) = choices.iter().find(free) else {
            continue;
        };
        taken.push(choice.category);
        rows.extend(rotations(choice, index, &BASE64_STANDARD.encode(&shown.jpeg)));
        index += 1;
    }
    // All first rotations come before all second ones, as in the published file.
    rows.sort_by_key(|row| row[0].parse::<u64>().unwrap_or(u64::MAX));
    let lines: Vec<String> = rows.iter().map(|row| row.join("\t") + "\n").collect();
    let text = columns.to_owned() + &lines.concat();
    files.insert("mmbench/MMBench_DEV_EN.tsv".to_owned(), text.into_bytes());
}

fn rotations(choice: &Choice, index: usize, picture: &str) -> Vec<Vec<String>> {
    let count = choice.options.len();
    let row = |turn: usize| {
        let mut cells = [const { String::new() }; 4];
        for (place, option) in choice.options.iter().enumerate() {
            cells[(place + turn) % count].clone_from(option);
        }
        let letter = ["A", "B", "C", "D"][(choice.right + turn) % count];
        let image = if turn == 0 { picture.to_owned() } else { index.to_string() };
        let head = [(index + turn * 1_000_000).to_string(), choice.question.into(), String::new()];
        let tail = [letter, choice.category, &image, "rendered", choice.l2_category, "", "dev"];
        head.into_iter().chain(cells).chain(tail.map(str::to_owned)).collect()
    };
    (0..count).map(row).collect()
}

fn choice(
    question: &'static str,
    right: &str,
    all: &[&str],
    number: usize,
    (category, l2_category): (&'static str, &'static str),
) -> Choice {
    let options = options(right, all, 4.min(all.len()), number);
    let right = options.iter().position(|option| option == right).unwrap_or(0);
    Choice { question, options, right, category, l2_category }
}

/// What can be asked of a scene; `number` varies the wrong options and the place of the right one.
fn choices(scene: &Scene, number: usize) -> Vec<Choice> {
    let colours: Vec<&str> = PAINTS.iter().map(|paint| paint.name).collect();
    match scene {
        Scene::Shapes { shapes, .. } => match shapes.as_slice() {
            [(paint, shape)] => vec![
                choice(
                    "What color is the shape in the picture?",
                    paint.name,
                    &colours,
                    number,
                    ("attribute_recognition", INSTANCE),
                ),
                choice(
                    "Which shape is in the picture?",
                    shape.name,
                    &all_shapes(),
                    number,
                    ("image_topic", "coarse_perception"),
                ),
            ],
            _ => beside_each_other(scene, number),
        },
        Scene::Sign { words, .. } if legible_words(scene, 224).is_some() => vec![choice(
            "What does the sign in the picture say?",
            words,
            &SIGNS,
            number,
            ("ocr", INSTANCE),
        )],
        Scene::Chart { values, line: false, .. } => vec![choice(
            "How many bars does the chart have?",
            &values.len().to_string(),
            &["4", "5", "6", "7", "8", "9"],
            number,
            ("structuralized_imagetext_understanding", "logic_reasoning"),
        )],
        Scene::Landscape { .. } => vec![choice(
            "What does the picture show?",
            "mountains",
            &["mountains", "a city", "a kitchen", "a forest path"],
            number,
            ("image_scene", "coarse_perception"),
        )],
        _ => Vec::new(),
    }
}

/// Two different shapes: which is on the left. Two options only, as some of MMBench's questions have.
fn beside_each_other(scene: &Scene, number: usize) -> Vec<Choice> {
    match shape_names(scene).as_slice() {
        [left, right] if left != right => vec![choice(
            "Which shape is on the left in the picture?",
            left,
            &[left, right],
            number,
            ("spatial_relationship", CROSS),
        )],
        _ => Vec::new(),
    }
}
