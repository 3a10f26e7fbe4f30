//! VQAv2's files: questions, annotations, and the pictures under COCO's names.

use serde_json::json;

use super::facts::{Fact, absent_shape, shape_names};
use super::{Files, json_bytes};
use crate::picture::scene::Scene;
use crate::sample_data::Shown;

/// Pictures of each kind that are asked about: shapes, charts, signs, landscapes, surfaces.
const PICTURES: [usize; 5] = [24, 8, 8, 8, 4];

/// Adds the files.
///
/// # Errors
/// When a file cannot be written as JSON.
pub(super) fn write(pictures: &[Shown], files: &mut Files) -> anyhow::Result<()> {
    let (mut questions, mut annotations) = (Vec::new(), Vec::new());
    let mut taken = [0; 5];
    for shown in pictures {
        let kind = kind(&shown.scene);
        if taken[kind] == PICTURES[kind] {
            continue;
        }
        taken[kind] += 1;
        for (number, (question_type, fact)) in facts(&shown.scene, shown.row).iter().enumerate() {
            let question_id = shown.row * 1000 + number;
            questions.push(json!({
                "image_id": shown.row,
                "question": fact.question,
                "question_id": question_id,
            }));
            let answers: Vec<_> = (1..)
                .zip(fact.ten_answers())
                .map(|(person, answer)| {
                    json!({"answer": answer, "answer_confidence": "yes", "answer_id": person})
                })
                .collect();
            annotations.push(json!({
                "question_type": question_type,
                "multiple_choice_answer": fact.answer,
                "answers": answers,
                "image_id": shown.row,
                "answer_type": answer_type(&fact.answer),
                "question_id": question_id,
            }));
        }
        let name = format!("vqav2/val2014/COCO_val2014_{:012}.jpg", shown.row);
        files.insert(name, shown.jpeg.clone());
    }
    let head = |key: &str, list: Vec<serde_json::Value>| {
        json!({
            "info": {"description": "Questions about rendered pictures.", "version": "2.0"},
            "task_type": "Open-Ended",
            "data_type": "mscoco",
            "data_subtype": "val2014",
            key: list,
        })
    };
    let name = "vqav2/v2_OpenEnded_mscoco_val2014_questions.json";
    files.insert(name.to_owned(), json_bytes(&head("questions", questions))?);
    let name = "vqav2/v2_mscoco_val2014_annotations.json";
    files.insert(name.to_owned(), json_bytes(&head("annotations", annotations))?);
    Ok(())
}

fn kind(scene: &Scene) -> usize {
    match scene {
        Scene::Shapes { .. } => 0,
        Scene::Chart { .. } => 1,
        Scene::Sign { .. } => 2,
        Scene::Landscape { .. } => 3,
        Scene::Texture(_) => 4,
    }
}

fn answer_type(answer: &str) -> &'static str {
    match answer {
        "yes" | "no" => "yes/no",
        number if number.parse::<u32>().is_ok() => "number",
        _ => "other",
    }
}

fn yes_or_no(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

/// The questions about a scene, each with its type of VQAv2's list. `choice` varies them.
fn facts(scene: &Scene, choice: usize) -> Vec<(&'static str, Fact)> {
    match scene {
        Scene::Shapes { .. } => shape_facts(scene, choice),
        Scene::Chart { values, paint, line, .. } => {
            let mut facts =
                vec![("is this a", Fact::new("Is this a bar chart?", yes_or_no(!line)))];
            if *line {
                facts.push(("what color is the", Fact::new("What color is the line?", paint.name)));
            } else {
                let count = values.len().to_string();
                facts.push(("how many", Fact::new("How many bars are there?", count)));
                facts.push((
                    "what color are the",
                    Fact::new("What color are the bars?", paint.name),
                ));
            }
            facts
        }
        Scene::Sign { letters, board, .. } => vec![
            ("what color is the", Fact::new("What color is the sign?", board.name)),
            ("what color are the", Fact::new("What color are the letters?", letters.name)),
            ("is there a", Fact::new("Is there a sign in the picture?", "yes")),
        ],
        Scene::Landscape { sky, .. } => vec![
            ("is it", Fact::new("Is it night?", yes_or_no(sky.name == "night"))),
            ("are there", Fact::new("Are there mountains in the picture?", "yes")),
        ],
        Scene::Texture(surface) => {
            let is_water = surface.name == "blue water";
            vec![("is this", Fact::new("Is this water?", yes_or_no(is_water)))]
        }
    }
}

fn shape_facts(scene: &Scene, choice: usize) -> Vec<(&'static str, Fact)> {
    let Scene::Shapes { shapes, ground } = scene else {
        return Vec::new();
    };
    let names = shape_names(scene);
    let mut facts = vec![
        ("what color is the", Fact::new("What color is the background?", ground.name)),
        ("how many", Fact::new("How many shapes are there?", names.len().to_string())),
    ];
    let distinct = names.len() == 1 || names[0] != names[1];
    for (paint, shape) in shapes.iter().filter(|_| distinct) {
        let question = format!("What color is the {}?", shape.name);
        facts.push(("what color is the", Fact::new(question, paint.name)));
    }
    let (asked, truth) = if choice.is_multiple_of(2) {
        (names[choice / 2 % names.len()], true)
    } else {
        (absent_shape(scene, choice), false)
    };
    let article = if asked == "arrow" { "an" } else { "a" };
    let question = format!("Is there {article} {asked} in the picture?");
    facts.push(("is there a", Fact::new(question, yes_or_no(truth))));
    if let [left, _] = names.as_slice() {
        facts.push(("what is the", Fact::new("What is the shape on the left?", *left)));
    }
    facts
}
