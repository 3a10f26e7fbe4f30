//! One answer, with everything the files say about its question.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// An answer to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The question's id as the files have it; not always unique.
    pub id: String,
    /// The bare question.
    pub question: String,
    /// What the model was asked, where the files say it; the question otherwise.
    pub prompt: String,
    /// What it answered.
    pub text: String,
    /// The right answers.
    pub references: Vec<String>,
    /// The files of its pictures.
    pub pictures: Vec<PathBuf>,
    /// Question type, category, answer type, …
    pub tags: BTreeMap<String, String>,
    /// Metric → score.
    pub scores: BTreeMap<String, f64>,
    /// The part of its metadata that says it is not a model's answer.
    pub declared: Option<String>,
}

/// The bare question in a prompt.
///
/// Benchmarks put OCR tokens, options and instructions on lines of their own behind it, and a hint
/// before it; picture tokens stand alone.
pub(super) fn question_of(prompt: &str) -> String {
    let is_question = |line: &&str| !line.is_empty() && *line != "<image>";
    let line = prompt.lines().map(str::trim).find(is_question).unwrap_or_default();
    line.trim_start_matches("<image>").trim().to_owned()
}

/// Words by which answers are marked as made up.
const MADE_UP: [&str; 6] = ["simulat", "dummy", "placeholder", "mock", "synthetic answer", "fake"];

/// The entry of an answer's metadata that says that no model gave it.
pub(super) fn declared(metadata: &serde_json::Value) -> Option<String> {
    let entries = metadata.as_object()?;
    entries.iter().find_map(|(key, value)| {
        let entry = match value {
            serde_json::Value::String(text) => format!("{key}: {text}"),
            other => format!("{key}: {other}"),
        };
        let lower = entry.to_lowercase();
        let is_denied = value == &serde_json::Value::Bool(false);
        (!is_denied && MADE_UP.iter().any(|word| lower.contains(word))).then_some(entry)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_question_stands_before_tokens_and_instructions() {
        let prompt = "What is the brand?\nReference OCR token: A, B\nAnswer the question.";
        assert_eq!(question_of(prompt), "What is the brand?");
        assert_eq!(question_of("<image>\n\nIs it red?"), "Is it red?");
        assert_eq!(question_of(""), "");
    }

    #[test]
    fn only_what_says_so_counts_as_made_up() {
        let note = json!({"model_type": "lora", "note": "simulated_answer_for_testing"});
        assert_eq!(declared(&note).unwrap(), "note: simulated_answer_for_testing");
        assert_eq!(declared(&json!({"model": "MGM-2B", "simulated": false})), None);
        assert_eq!(declared(&json!({})), None);
    }
}
