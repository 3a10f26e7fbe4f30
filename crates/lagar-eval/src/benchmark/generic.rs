//! Any questions with right answers: JSON lines or a table.
//!
//! Fields: `question` (or `text`), `answer` or `answers` (one text or several), and if wanted an `id`,
//! `image` or `images`, `category`.

use std::path::Path;

use serde_json::Value;

use super::source::{self, Content};
use super::table::list;
use super::{Benchmark, LoadOptions, answered};
use crate::error::EvalError;
use crate::metric::{anls, bleu, exact_match, squad};
use crate::question::{Answered, Question};
use crate::score::{MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Generic;

crate::register_benchmark!(Generic);

const NAMES: [&str; 5] = ["exact_match", "squad_exact_match", "token_f1", "anls", "bleu_sentence"];

impl Benchmark for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn about(&self) -> &'static str {
        "questions of your own with right answers"
    }

    fn files(&self) -> &'static str {
        "JSON lines or a table with `question`, `answer` (or `answers`), `id`, `image`, `category`"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let mut questions = Vec::new();
        for source in source::read_all(options)? {
            let path = &source.path;
            match &source.content {
                Content::Table(rows) => {
                    let found = source::from_table(options, path, rows, |question, row| {
                        question.references = row.get("answer").map(list).unwrap_or_default();
                        question.prompt.clone_from(&question.text);
                    });
                    questions.extend(found?);
                }
                Content::Lines(lines) => {
                    for (line, value) in lines {
                        let place = format!("line {line}");
                        questions.push(from_json(options, path, &place, value)?);
                    }
                }
                Content::Json(Value::Array(items)) => {
                    for (index, value) in items.iter().enumerate() {
                        questions.push(from_json(options, path, &format!("[{index}]"), value)?);
                    }
                }
                Content::Json(_) => {
                    let message = "expected JSON lines, an array or a table";
                    return Err(EvalError::form(path, "line 1", message));
                }
            }
        }
        Ok(questions)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let corpus = pairs
            .iter()
            .map(|(question, answer)| bleu::Statistics::of(&answer.text, &question.references))
            .fold(bleu::Statistics::default(), |sum, one| sum.and(&one));
        let disregard = exact_match::Disregard::case_and_punctuation();
        let samples = pairs
            .iter()
            .map(|(question, answer)| {
                let (text, references) = (answer.text.as_str(), question.references.as_slice());
                let exact = exact_match::hugging_face(text, references, &disregard);
                let scores = [
                    ("exact_match", Some(exact)),
                    ("squad_exact_match", Some(squad::exact_match(text, references))),
                    ("token_f1", Some(squad::f1(text, references))),
                    ("anls", Some(anls::anls(text, references))),
                    ("bleu_sentence", bleu::sentence(text, references).map(|score| score / 100.0)),
                ];
                SampleScore::of_options(question, answer, scores)
            })
            .collect();
        let mut scores = Scores::means(samples, &NAMES, &["category", "split"]);
        let metric = MetricValue::points("bleu", corpus.score(false), pairs.len());
        scores.metrics.push(metric.with_note(bleu::signature(None, false)));
        scores
    }
}

fn from_json(
    options: &LoadOptions,
    path: &Path,
    place: &str,
    value: &Value,
) -> Result<Question, EvalError> {
    let text = source::text(value, "question").or_else(|| source::text(value, "text"));
    let text = text.ok_or_else(|| EvalError::form(path, place, "field `question` is missing"))?;
    let id = ["question_id", "id", "index"].iter().find_map(|field| value.get(*field));
    let question_id = id.cloned().unwrap_or_else(|| place.into());
    let mut names: Vec<String> = source::text(value, "image").into_iter().collect();
    names.extend(source::texts(value.get("images"), "path"));
    let folders = ["images", "."];
    let pictures =
        names.iter().map(|name| source::picture(options, path, &folders, name)).collect();
    let mut references: Vec<String> = source::text(value, "answer").into_iter().collect();
    references.extend(source::texts(value.get("answers"), "answer"));
    references.extend(source::texts(value.get("answer"), "answer"));
    let mut question = Question {
        id: crate::question::id_text(&question_id),
        question_id,
        pictures,
        picture_names: names,
        prompt: text.clone(),
        text,
        references,
        ..Question::default()
    };
    for tag in ["category", "question_type", "split"] {
        if let Some(found) = source::text(value, tag) {
            question.tags.insert(tag.to_owned(), found);
        }
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    #[test]
    fn one_answer_and_several_are_both_understood() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.jsonl");
        let text = "{\"id\": 1, \"question\": \"who?\", \"answer\": \"the cat\"}\n{\"question\": \"what?\", \"answers\": [\"a\", \"b\"]}\n";
        fsio::write(&path, text.as_bytes()).unwrap();
        let options = LoadOptions { data: vec![path], ..LoadOptions::default() };
        let questions = Generic.load(&options).unwrap();
        assert_eq!(questions[1].references, ["a", "b"]);
        assert_eq!(questions[1].id, "line 2");
        let scores = Generic.score(&questions, &[Answered::new("1", "Cat!")]);
        assert!((scores.samples[0].scores["squad_exact_match"] - 1.0).abs() < 1e-12);
        assert!(scores.samples[0].scores["exact_match"].abs() < 1e-12);
    }
}
