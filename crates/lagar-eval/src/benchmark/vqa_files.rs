//! The two files of VQAv2 and OK-VQA: questions, and annotations with ten answers each.

use std::collections::HashMap;

use serde_json::Value;

use super::LoadOptions;
use super::source::{self, Content, SHORT_ANSWER};
use crate::error::EvalError;
use crate::question::Question;

/// Reads `{"questions": […]}` and, where it is there, `{"annotations": […]}`; prompts end in `tail`.
///
/// # Errors
/// When there is no file with questions, or one is malformed.
pub(crate) fn load(
    benchmark: &'static str,
    options: &LoadOptions,
    tail: &str,
) -> Result<Vec<Question>, EvalError> {
    let sources = source::read_all(options)?;
    let mut annotations: HashMap<String, &Value> = HashMap::new();
    for source in &sources {
        if let Content::Json(value) = &source.content {
            for annotation in value["annotations"].as_array().into_iter().flatten() {
                if let Some(id) = source::text(annotation, "question_id") {
                    annotations.insert(id, annotation);
                }
            }
        }
    }
    let mut questions = Vec::new();
    for source in &sources {
        let Content::Json(value) = &source.content else { continue };
        let name = source.path.to_string_lossy();
        let folder = value["data_subtype"].as_str().unwrap_or_else(|| split_of(&name));
        for (index, item) in value["questions"].as_array().into_iter().flatten().enumerate() {
            let place = format!("questions[{index}]");
            let need = |field: &str| source::need(&source.path, &place, item, field);
            let (id, image, text) = (need("question_id")?, need("image_id")?, need("question")?);
            let file = format!("COCO_{folder}_{image:0>12}.jpg");
            let mut question = Question {
                prompt: format!("{text}\n{tail}"),
                question_id: item["question_id"].clone(),
                pictures: vec![source::picture(options, &source.path, &[folder, "."], &file)],
                picture_names: vec![file],
                id,
                text,
                ..Question::default()
            };
            if let Some(annotation) = annotations.get(&question.id) {
                annotate(&mut question, annotation);
            }
            questions.push(question);
        }
    }
    if questions.is_empty() {
        let message = "no file with `{\"questions\": […]}` was found".to_owned();
        return Err(EvalError::Data { benchmark, message });
    }
    Ok(questions)
}

/// The tail of LLaVA's prompts.
pub(crate) const TAIL: &str = SHORT_ANSWER;

fn split_of(name: &str) -> &'static str {
    ["train2014", "test2015", "test-dev2015"]
        .into_iter()
        .find(|split| name.contains(split))
        .map_or("val2014", |split| if split == "test-dev2015" { "test2015" } else { split })
}

fn annotate(question: &mut Question, annotation: &Value) {
    question.references = source::texts(annotation.get("answers"), "answer");
    for tag in ["question_type", "answer_type"] {
        if let Some(value) = source::text(annotation, tag) {
            question.tags.insert(tag.to_owned(), value);
        }
    }
}
