//! Lines of answer files: those of a run of lagar, and those of LLaVA's scripts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lagar_core::{CoreError, fsio};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, declared, question_of};
use crate::error::EvalError;
use crate::question::id_text;

/// A line of LLaVA's answer files; other fields are of no concern.
#[derive(Debug, Deserialize)]
struct AnswerLine {
    #[serde(alias = "questionId", alias = "id")]
    question_id: Value,
    #[serde(default, alias = "question")]
    prompt: String,
    #[serde(alias = "answer", alias = "prediction", alias = "response")]
    text: String,
    #[serde(default)]
    model_id: Option<String>,
    #[serde(default)]
    metadata: Value,
}

/// A line of `samples.jsonl`.
#[derive(Debug, Deserialize)]
struct SampleLine {
    id: Value,
    #[serde(default)]
    question_id: Value,
    #[serde(default)]
    question: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    pictures: Vec<PathBuf>,
    answer: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    scores: BTreeMap<String, Option<f64>>,
}

/// Answers of a file, and the model that its first line names.
pub(super) type Answers = (Vec<Answer>, Option<String>);

/// Reads an answer file of LLaVA's kind, packed with gzip or not.
pub(super) fn read_answers(path: &Path) -> Result<Answers, EvalError> {
    let mut model = None;
    let mut answers = Vec::new();
    for_each_line(path, |line: AnswerLine| {
        if model.is_none() {
            model = line.model_id;
        }
        answers.push(Answer {
            id: id_text(&line.question_id),
            question: question_of(&line.prompt),
            declared: declared(&line.metadata),
            prompt: line.prompt,
            text: line.text,
            ..Answer::default()
        });
    })?;
    Ok((answers, model))
}

/// Reads `samples.jsonl` of a run; `folder` is where relative picture paths start.
pub(super) fn read_samples(path: &Path) -> Result<Vec<Answer>, EvalError> {
    let mut answers = Vec::new();
    for_each_line(path, |line: SampleLine| {
        let id = if line.id.is_null() { &line.question_id } else { &line.id };
        let prompt = if line.prompt.is_empty() { line.question.clone() } else { line.prompt };
        let finite = |score: &f64| score.is_finite();
        answers.push(Answer {
            id: id_text(id),
            question: line.question,
            prompt,
            text: line.answer,
            references: line.references,
            pictures: line.pictures,
            tags: line.tags,
            scores: line
                .scores
                .into_iter()
                .filter_map(|(name, score)| Some((name, score.filter(finite)?)))
                .collect(),
            declared: None,
        });
    })?;
    Ok(answers)
}

/// Whether the first line of a file is one of `samples.jsonl`.
pub(super) fn holds_samples(path: &Path) -> Result<bool, EvalError> {
    let mut first = String::new();
    open(path)?.read_line(&mut first).map_err(CoreError::file("read", path))?;
    let fields: Value = serde_json::from_str(&first).unwrap_or_default();
    Ok(fields.get("scores").is_some() && fields.get("answer").is_some())
}

fn for_each_line<T: DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(T),
) -> Result<(), EvalError> {
    let mut reader = open(path)?;
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(CoreError::file("read", path))?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let place = || format!("line {number}");
        let parsed = serde_json::from_slice(&line)
            .map_err(|error| EvalError::form(path, place(), error.to_string()))?;
        take(parsed);
    }
}

type Lines = BufReader<Box<dyn Read>>;

fn open(path: &Path) -> Result<Lines, EvalError> {
    let file: File = fsio::open(path)?;
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let reader: Box<dyn Read> =
        if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::with_capacity(1 << 18, reader))
}
