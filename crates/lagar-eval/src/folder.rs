//! The folder of a benchmark's results, as `lagar eval run`, `score` and `compare` know it.
//!
//! | file | what |
//! |---|---|
//! | `answers.jsonl` | one line per answered question, in LLaVA's format |
//! | `samples.jsonl`, `samples.parquet` | one row per scored question, with pictures and scores |
//! | `results.json` | the metrics, the settings and the model |
//! | `pictures/` | pictures that no file of their own holds (base64 in a table), for whoever looks |
//! | `failed.jsonl` | questions without an answer and why, where there are any |
//!
//! Nothing in them depends on the clock, on threads or on whether the run was interrupted.

mod parquet;

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use lagar_core::fsio::{AtomicFile, Durability};
use lagar_core::models::PictureSource;
use lagar_core::{CoreError, Digest, fsio};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::score::SampleScore;
use crate::{EvalError, Question, Scores};

/// The version of the files' layout.
pub const SCHEMA: u32 = 1;

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// A name for people, `model_id` in answer files.
    pub name: String,
    /// A digest of everything that decides an answer.
    pub digest: Digest,
}

/// A benchmark's questions, their answers and what these are worth.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// The benchmark's name.
    pub benchmark: &'a str,
    /// The questions, in order.
    pub questions: &'a [Question],
    /// Where pictures without a file of their own go, from the folder: `pictures`.
    pub picture_folder: &'a str,
    /// Per question what was asked; the question's own prompt where it is empty.
    pub prompts: &'a [String],
    /// Per question the answer, or why there is none.
    pub answers: &'a [Result<String, String>],
    /// What the benchmark made of them.
    pub scores: &'a Scores,
    /// Who answered.
    pub model: &'a Model,
    /// What else decided the result.
    pub settings: &'a Value,
}

impl Scored<'_> {
    /// Writes all files of the folder.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), EvalError> {
        let Self { questions, prompts, answers, model, .. } = *self;
        write_answers(&folder.join("answers.jsonl"), questions, prompts, answers, model)?;
        self.write_failed(&folder.join("failed.jsonl"))?;
        let rows = self.rows(folder)?;
        write_lines(&folder.join("samples.jsonl"), rows.iter().map(Row::to_json))?;
        parquet::write(&folder.join("samples.parquet"), &rows)?;
        let results = json!({
            "schema": SCHEMA,
            "benchmark": self.benchmark,
            "metrics": self.scores.metrics,
            "groups": self.scores.groups,
            "questions": questions.len(),
            "failed": answers.iter().filter(|answer| answer.is_err()).count(),
            "settings": self.settings,
            "model": model,
        });
        write_json(&folder.join("results.json"), &results)
    }

    /// The scored questions; pictures without a file get one.
    fn rows(&self, folder: &Path) -> Result<Vec<Row<'_>>, EvalError> {
        let by_id: HashMap<&str, &Question> =
            self.questions.iter().map(|question| (question.id.as_str(), question)).collect();
        let mut rows = Vec::with_capacity(self.scores.samples.len());
        for sample in &self.scores.samples {
            if let Some(question) = by_id.get(sample.id.as_str()) {
                let pictures = pictures(question, (folder, self.picture_folder))?;
                rows.push(Row { question, sample, pictures });
            }
        }
        Ok(rows)
    }

    fn write_failed(&self, path: &Path) -> Result<(), EvalError> {
        let failed = |(question, answer): (&Question, &Result<String, String>)| {
            let reason = answer.as_ref().err()?;
            let Question { id, question_id, text, .. } = question;
            Some(json!({"id": id, "question_id": question_id, "question": text, "reason": reason}))
        };
        let lines: Vec<Value> =
            self.questions.iter().zip(self.answers).filter_map(failed).collect();
        if lines.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(CoreError::file("remove", path)(error).into())
                }
                _ => Ok(()),
            };
        }
        write_lines(path, lines.into_iter())
    }
}

/// A scored question.
#[derive(Clone, Debug)]
struct Row<'a> {
    question: &'a Question,
    sample: &'a SampleScore,
    /// Where its pictures are; relative paths start at the benchmark's folder.
    pictures: Vec<String>,
}

impl Row<'_> {
    fn to_json(&self) -> Value {
        let Self { question, sample, pictures } = self;
        json!({
            "id": question.id,
            "question_id": question.question_id,
            "question": question.text,
            "pictures": pictures,
            "answer": sample.answer,
            "references": question.references,
            "tags": sample.tags,
            "scores": sample.scores,
        })
    }
}

/// Where a question's pictures can be looked at.
fn pictures(
    question: &Question,
    (folder, inside): (&Path, &str),
) -> Result<Vec<String>, EvalError> {
    let mut paths = Vec::with_capacity(question.pictures.len());
    for source in &question.pictures {
        let path = match source {
            PictureSource::File(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            PictureSource::Part { .. } | PictureSource::Bytes(_) => {
                let Ok(bytes) = lagar_image::read_source(source) else {
                    continue;
                };
                let name = format!("{inside}/{}.{}", Digest::of(&bytes), ending(&bytes));
                let path = folder.join(&name);
                if !path.exists() {
                    fsio::write(path, &bytes)?;
                }
                name.into()
            }
        };
        paths.push(path.to_string_lossy().into_owned());
    }
    Ok(paths)
}

fn ending(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', ..] => "png",
        [b'G', b'I', b'F', ..] => "gif",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}

/// Writes an answer file as LLaVA's `model_vqa_loader.py` does; questions without an answer have no
/// line. LLaVA draws `answer_id` by lot; here it follows from the line, so that the same answers are
/// the same bytes.
///
/// # Errors
/// When it cannot be written.
pub fn write_answers(
    path: &Path,
    questions: &[Question],
    prompts: &[String],
    answers: &[Result<String, String>],
    model: &Model,
) -> Result<(), EvalError> {
    let line = |(place, question): (usize, &Question)| {
        let text = answers[place].as_ref().ok()?;
        let prompt = prompts.get(place).unwrap_or(&question.prompt);
        let id = Digest::of_parts([
            question.id.as_bytes(),
            prompt.as_bytes(),
            text.as_bytes(),
            &model.digest.0,
        ]);
        Some(json!({
            "question_id": question.question_id,
            "prompt": prompt,
            "text": text,
            "answer_id": id.to_string()[..22],
            "model_id": model.name,
            "metadata": {"id": question.id},
        }))
    };
    write_lines(path, questions.iter().enumerate().filter_map(line))
}

fn write_lines(path: &Path, lines: impl Iterator<Item = Value>) -> Result<(), EvalError> {
    let mut file = AtomicFile::create(path)?;
    for line in lines {
        writeln!(file, "{line}").map_err(CoreError::file("write", path))?;
    }
    Ok(file.commit(Durability::Synced)?)
}

/// Writes a value as indented JSON.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), EvalError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| EvalError::form(path, "the whole", error.to_string()))?;
    Ok(fsio::write(path, (text + "\n").as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MetricValue;

    fn question(id: &str) -> Question {
        Question {
            id: id.to_owned(),
            question_id: json!(7),
            pictures: vec![
                PictureSource::Bytes(b"\x89PNG".to_vec()),
                PictureSource::File("/a/b.jpg".into()),
            ],
            text: "what is it?".to_owned(),
            prompt: "what is it?\nAnswer shortly.".to_owned(),
            references: vec!["sign".to_owned(), "a sign".to_owned()],
            tags: [("kind".to_owned(), "other".to_owned())].into(),
            ..Question::default()
        }
    }

    #[test]
    fn a_folder_holds_answers_samples_results_and_reasons() {
        let questions = [question("a"), question("b")];
        let answers = [Ok("sign".to_owned()), Err("the picture is missing".to_owned())];
        let sample = |question: &Question, answer: &str, score| {
            SampleScore::new(question, answer, [("accuracy".to_owned(), score)].into())
        };
        let samples = vec![sample(&questions[0], "sign", 1.0), sample(&questions[1], "", 0.0)];
        let metrics = vec![MetricValue::mean("accuracy", &[1.0, 0.0])];
        let scores = Scores { metrics, samples, ..Scores::default() };
        let model = Model { name: "m".to_owned(), digest: Digest::of(b"m") };
        let settings = json!({"seed": 1});
        let scored = Scored {
            benchmark: "toy",
            picture_folder: "pictures",
            questions: &questions,
            prompts: &[],
            answers: &answers,
            scores: &scores,
            model: &model,
            settings: &settings,
        };
        let folder = tempfile::tempdir().unwrap();
        scored.write(folder.path()).unwrap();
        let read = |name: &str| fsio::read_text(&folder.path().join(name)).unwrap();
        let lines = |name: &str| -> Vec<Value> {
            read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let written = lines("answers.jsonl");
        assert_eq!(written.len(), 1);
        let keys: Vec<&String> = written[0].as_object().unwrap().keys().collect();
        let expected = ["question_id", "prompt", "text", "answer_id", "model_id", "metadata"];
        assert_eq!(keys, expected);
        assert_eq!(lines("failed.jsonl")[0]["reason"], "the picture is missing");
        let samples = lines("samples.jsonl");
        let drawn = samples[0]["pictures"][0].as_str().unwrap();
        assert!(drawn.starts_with("pictures/") && folder.path().join(drawn).exists(), "{drawn}");
        assert_eq!(samples[0]["pictures"][1], "/a/b.jpg");
        assert_eq!(samples[1]["scores"], json!({"accuracy": 0.0}));
        let results: Value = serde_json::from_str(&read("results.json")).unwrap();
        assert_eq!((&results["questions"], &results["failed"]), (&json!(2), &json!(1)));
        assert_eq!(results["metrics"][0]["value"], 0.5);

        let all = [Ok("sign".to_owned()), Ok("tree".to_owned())];
        Scored { answers: &all, ..scored }.write(folder.path()).unwrap();
        assert!(!folder.path().join("failed.jsonl").exists(), "reasons of an earlier run go");
    }
}
