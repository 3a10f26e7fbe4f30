//! Files of answers as others write them, and which question each answer belongs to.
//!
//! Read are LLaVA's answers (`question_id, prompt, text`), the official result formats (VQA
//! `question_id, answer`, GQA `questionId, prediction`, COCO `image_id, caption`) and tables with the
//! columns `index` and `prediction`; as a JSON array, JSON lines, TSV or CSV, gzipped or not. No answer
//! and no question is ever dropped silently: what does not fit is counted and named.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;

use crate::benchmark::Benchmark;
use crate::benchmark::table;
use crate::error::EvalError;
use crate::files;
use crate::question::{Answered, Question, id_text};

/// An answer as a file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Where it stands in the file: `line 3`, `[2]`.
    pub place: String,
    /// The question's id as text.
    pub id: String,
    /// The prompt, where the file has it.
    pub prompt: Option<String>,
    /// The answer.
    pub text: String,
}

/// What to do with a question that nobody answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Stop.
    #[default]
    Refuse,
    /// Count it as answered wrongly.
    Wrong,
    /// Leave it out.
    Skip,
}

const IDS: [&str; 5] = ["question_id", "questionId", "image_id", "index", "id"];
const ANSWERS: [&str; 6] = ["text", "answer", "prediction", "caption", "response", "output"];

/// LLaVA writes one line per round of options; the table has round `k` at index + k × this.
const ROUND: i64 = 1_000_000;

/// Reads a file of answers.
///
/// # Errors
/// When it cannot be read, or an entry has no id or no answer.
pub fn read(path: &Path) -> Result<Vec<Prediction>, EvalError> {
    if files::is_table(path) {
        return from_table(path);
    }
    let bytes = files::read(path)?;
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let entries: Vec<(String, Value)> = if first == Some(&b'[') {
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            EvalError::form(
                path,
                format!("line {}", error.line()),
                format!("expected JSON: {error}"),
            )
        })?;
        let items = value.as_array().cloned().unwrap_or_default();
        items.into_iter().enumerate().map(|(index, item)| (format!("[{index}]"), item)).collect()
    } else {
        let lines = files::json_lines(path, &bytes)?;
        lines.into_iter().map(|(line, value)| (format!("line {line}"), value)).collect()
    };
    entries.into_iter().map(|(place, value)| from_json(path, place, &value)).collect()
}

fn from_json(path: &Path, place: String, value: &Value) -> Result<Prediction, EvalError> {
    let field =
        |names: &[&str]| names.iter().find_map(|name| value.get(*name).filter(|v| !v.is_null()));
    let lacking = |what: &str, names: &[&str]| {
        let message = format!("no {what}: expected one of `{}`", names.join("`, `"));
        EvalError::form(path, place.as_str(), message)
    };
    let id = field(&IDS).ok_or_else(|| lacking("id", &IDS))?;
    let text = field(&ANSWERS).ok_or_else(|| lacking("answer", &ANSWERS))?;
    let mut id = id_text(id);
    if let (Some(round), Ok(index)) = (
        value.get("round_id").and_then(Value::as_i64).filter(|round| *round > 0),
        id.parse::<i64>(),
    ) {
        id = (index + round * ROUND).to_string();
    }
    let prompt = value.get("prompt").and_then(Value::as_str).map(str::to_owned);
    Ok(Prediction { id, prompt, text: id_text(text), place })
}

fn from_table(path: &Path) -> Result<Vec<Prediction>, EvalError> {
    let rows = table::read(path)?;
    rows.iter()
        .map(|row| {
            let place = format!("line {}", row.line);
            let id = IDS.iter().rev().find_map(|column| row.get(column)).ok_or_else(|| {
                EvalError::form(path, place.as_str(), "no id: expected a column `index`")
            })?;
            // The column `answer` of such a table is the right answer; an empty prediction is one.
            let text = row.get("prediction").unwrap_or_default().to_owned();
            Ok(Prediction { id: id.to_owned(), prompt: None, text, place })
        })
        .collect()
}

/// The bare question in a prompt of LLaVA's: the line before or after the OCR tokens, or the first of
/// two lines; a prompt of another shape is the question itself.
///
/// Source: `prompt_processor` in `eval_textvqa.py` of LLaVA at c121f04.
pub fn question_of_prompt(prompt: &str) -> &str {
    if prompt.starts_with("OCR tokens: ")
        && let Some((_, rest)) = prompt.split_once("Question: ")
        && let Some((question, _)) = rest.split_once(" Short answer:")
    {
        return question;
    }
    let lines: Vec<&str> = prompt.split('\n').collect();
    match lines.as_slice() {
        [first, second, _] if first.starts_with("Reference OCR token:") => second,
        [question, second, _] if second.contains("Reference OCR token: ") => question,
        [question, _] => question,
        _ => prompt,
    }
}

/// Answers laid beside questions.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// The answers, in the order of the questions.
    pub answers: Vec<Answered>,
    /// Questions that must be answered and are not, by id.
    pub missing: Vec<String>,
    /// Answers to no question: place and id.
    pub unknown: Vec<String>,
    /// Answers to a question that has one already: place and id. The last one counts.
    pub repeated: Vec<String>,
}

/// Finds the question of each answer.
///
/// By the ids of [`Benchmark::answer_keys`]; where several questions have one, by the prompt: the
/// very same, or the same bare question whatever its case.
pub fn matched(
    benchmark: &dyn Benchmark,
    questions: &[Question],
    predictions: &[Prediction],
) -> Matched {
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, question) in questions.iter().enumerate() {
        let mut keys = benchmark.answer_keys(question);
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            by_key.entry(key).or_default().push(place);
        }
    }
    let mut found: BTreeMap<usize, &Prediction> = BTreeMap::new();
    let mut out = Matched::default();
    for prediction in predictions {
        let named = format!("{} (id {})", prediction.place, prediction.id);
        let candidates = by_key.get(&prediction.id).map(Vec::as_slice).unwrap_or_default();
        match chosen(questions, candidates, prediction) {
            Some(place) => {
                if found.insert(place, prediction).is_some() {
                    out.repeated.push(named);
                }
            }
            None => out.unknown.push(named),
        }
    }
    for (place, question) in questions.iter().enumerate() {
        match found.get(&place) {
            Some(prediction) => {
                out.answers.push(Answered::new(question.id.as_str(), prediction.text.as_str()));
            }
            None if benchmark.is_required(question) => out.missing.push(question.id.clone()),
            None => {}
        }
    }
    out
}

fn chosen(questions: &[Question], candidates: &[usize], prediction: &Prediction) -> Option<usize> {
    let prompt = prediction.prompt.as_deref();
    let bare = prompt.map(|prompt| question_of_prompt(prompt).to_lowercase());
    let same_prompt = |place: &&usize| prompt == Some(questions[**place].prompt.as_str());
    let same_question = |place: &&usize| {
        let question = &questions[**place];
        bare.as_deref().is_some_and(|bare| {
            bare == question.text.to_lowercase()
                || bare == question_of_prompt(&question.prompt).to_lowercase()
        })
    };
    match candidates {
        [] => None,
        [only] => Some(*only),
        several => {
            several.iter().find(same_prompt).or_else(|| several.iter().find(same_question)).copied()
        }
    }
}

/// The most ids that a message lists.
const NAMED: usize = 10;

impl Matched {
    /// Settles what to do about questions without an answer.
    ///
    /// # Errors
    /// When there are some and they are not to be counted as wrong or skipped, or when no answer
    /// belongs to any question.
    pub fn settled(mut self, missing: Missing) -> Result<Vec<Answered>, EvalError> {
        if self.answers.is_empty() {
            let message = format!("none of the answers belongs to a question; {}", self.summary());
            return Err(EvalError::Unmatched { message });
        }
        match missing {
            Missing::Refuse if !self.missing.is_empty() => {
                Err(EvalError::Unmatched { message: self.summary() })
            }
            Missing::Refuse | Missing::Skip => Ok(self.answers),
            Missing::Wrong => {
                let absent = std::mem::take(&mut self.missing);
                self.answers.extend(absent.into_iter().map(Answered::missing));
                Ok(self.answers)
            }
        }
    }

    /// Whether every question has exactly one answer and every answer a question.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.unknown.is_empty() && self.repeated.is_empty()
    }

    /// What does not fit, counted and named, in one sentence.
    pub fn summary(&self) -> String {
        let part = |items: &[String], what: &str| {
            let shown: Vec<&str> = items.iter().take(NAMED).map(String::as_str).collect();
            let more = if items.len() > NAMED { ", …" } else { "" };
            format!("{} {what}: {}{more}", items.len(), shown.join(", "))
        };
        let parts = [
            (&self.missing, "question(s) without an answer"),
            (&self.unknown, "answer(s) without a question"),
            (&self.repeated, "answer(s) to a question that had one (the last one counts)"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(items, _)| !items.is_empty())
            .map(|(items, what)| part(items, what))
            .collect();
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    fn written(name: &str, text: &str) -> Vec<Prediction> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fsio::write(&path, text.as_bytes()).unwrap();
        read(&path).unwrap()
    }

    #[test]
    fn every_official_format_is_read() {
        let files = [
            ("a.jsonl", "{\"question_id\": 7, \"prompt\": \"q\", \"text\": \"x\"}\n"),
            ("a.json", "[{\"question_id\": 7, \"answer\": \"x\"}]"),
            ("b.json", "[{\"questionId\": \"7\", \"prediction\": \"x\"}]"),
            ("c.json", "[{\"image_id\": 7, \"caption\": \"x\"}]"),
            ("d.tsv", "index\tanswer\tprediction\n7\tA\tx\n"),
            ("e.csv", "index,prediction\n7,x\n"),
        ];
        for (name, text) in files {
            let read = written(name, text);
            assert_eq!((read[0].id.as_str(), read[0].text.as_str()), ("7", "x"), "{name}");
        }
    }

    #[test]
    fn an_entry_without_an_answer_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fsio::write(&path, b"{\"question_id\": 1, \"text\": \"x\"}\n{\"question_id\": 2}\n")
            .unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2: no answer: expected one of `text`"), "{error}");
    }

    #[test]
    fn the_question_is_found_in_prompts_of_all_shapes() {
        let cases = [
            ("who?\nAnswer briefly.", "who?"),
            ("who?\nReference OCR token: A\nAnswer briefly.", "who?"),
            ("Reference OCR token: A\nwho?\nAnswer briefly.", "who?"),
            ("OCR tokens: A. Question: who? Short answer:", "who?"),
            ("who?", "who?"),
        ];
        for (prompt, question) in cases {
            assert_eq!(question_of_prompt(prompt), question);
        }
    }
}
