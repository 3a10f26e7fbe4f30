//! A question of a benchmark, whatever files it came from, and an answer to it.

use std::collections::BTreeMap;

use lagar_core::models::PictureSource;
use serde_json::Value;

/// A question with everything that is needed to ask it, to score its answer and to show both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// Its name, unique within the benchmark.
    pub id: String,
    /// The id as the benchmark's own files have it (a number, a text); not always unique: LLaVA's
    /// TextVQA file puts the picture's id here.
    pub question_id: Value,
    /// The pictures it is about, in order.
    pub pictures: Vec<PictureSource>,
    /// A name for each picture, for people: the path under the picture folder, or `row 12`.
    pub picture_names: Vec<String>,
    /// The bare question.
    pub text: String,
    /// What a model is asked: the question in the template of the chosen community.
    pub prompt: String,
    /// The right answers; for a multiple choice the letter.
    pub references: Vec<String>,
    /// The choices of a multiple choice: letter, text.
    pub options: Vec<(char, String)>,
    /// What groups results: `question_type`, `answer_type`, `category`, …
    pub tags: BTreeMap<String, String>,
    /// Fields of the source that only this benchmark's scoring needs.
    pub extra: Value,
}

impl Question {
    /// The id of the benchmark's files as text.
    pub fn question_id_text(&self) -> String {
        id_text(&self.question_id)
    }
}

/// An id as text: a text stays as it is, a number is written as in the file.
pub fn id_text(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An answer to the question of that id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// [`Question::id`].
    pub id: String,
    /// What the model said, untouched.
    pub text: String,
    /// Whether there is no answer and the question counts as answered wrongly, whatever a scorer
    /// would make of an empty text.
    pub is_missing: bool,
}

impl Answered {
    /// An answer that was given.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), is_missing: false }
    }

    /// A question nobody answered, to be counted as wrong.
    pub fn missing(id: impl Into<String>) -> Self {
        Self { id: id.into(), text: String::new(), is_missing: true }
    }
}
