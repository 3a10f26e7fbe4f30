//! Benchmarks: the files they are read from, the prompts they ask, and the scores they give.
//!
//! One file each. A benchmark announces itself with [`crate::register_benchmark!`]; registration is by
//! `inventory`, whose order is not stable, so [`all`] sorts by name.

pub mod coco_caption;
pub mod generic;
pub mod gqa;
pub mod mmbench;
pub mod mme;
pub mod okvqa;
pub mod pope;
pub(crate) mod source;
pub(crate) mod table;
pub mod textvqa;
mod vqa_files;
pub mod vqav2;

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::PathBuf;

use crate::error::EvalError;
use crate::question::{Answered, Question};
use crate::score::Scores;

/// Whose template a question is asked in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptStyle {
    /// LLaVA's and MGM's evaluation scripts.
    #[default]
    Llava,
    /// lmms-eval's defaults.
    LmmsEval,
    /// VLMEvalKit's.
    VlmEvalKit,
}

impl PromptStyle {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Llava, Self::LmmsEval, Self::VlmEvalKit];

    /// The name users give.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llava => "llava",
            Self::LmmsEval => "lmms-eval",
            Self::VlmEvalKit => "vlmevalkit",
        }
    }

    /// The style of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(name: &str) -> Result<Self, EvalError> {
        Self::ALL.into_iter().find(|style| style.name() == name).ok_or_else(|| EvalError::Setting {
            setting: "prompt",
            value: name.to_owned(),
            expected: "`llava`, `lmms-eval` or `vlmevalkit`".to_owned(),
        })
    }
}

/// Whether OCR tokens stand in the prompt (TextVQA).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OcrTokens {
    /// As the files have it: with them if the question file carries them.
    #[default]
    AsGiven,
    /// With them; an error where there are none.
    With,
    /// Without them.
    Without,
}

/// Where a benchmark's files are and how it is to be asked.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Files, or folders that hold them.
    pub data: Vec<PathBuf>,
    /// The folder with the pictures, where it is not beside the files.
    pub pictures: Option<PathBuf>,
    /// Whose template the questions are asked in.
    pub prompt: PromptStyle,
    /// Whether OCR tokens stand in the prompt.
    pub ocr: OcrTokens,
}

/// A benchmark: questions with known answers, and the ways in which communities score them.
pub trait Benchmark: Debug + Send + Sync {
    /// The name users give: `textvqa`.
    fn name(&self) -> &'static str;

    /// One sentence for `lagar eval list`.
    fn about(&self) -> &'static str;

    /// The files it reads, one sentence for `lagar eval list`.
    fn files(&self) -> &'static str;

    /// Reads the questions, in the order of the file.
    ///
    /// # Errors
    /// When a file is missing, unreadable or malformed.
    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError>;

    /// Scores answers under every definition that the communities use; the headline comes first.
    ///
    /// Questions without an entry in `answers` are left out; an answer to an unknown question is
    /// ignored here (`crate::predictions` counts and names both before).
    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores;

    /// Whether an answer to `question` must be there.
    fn is_required(&self, _question: &Question) -> bool {
        true
    }

    /// Under which ids answer files may refer to `question`.
    fn answer_keys(&self, question: &Question) -> Vec<String> {
        vec![question.question_id_text(), question.id.clone()]
    }
}

/// An entry of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Registered(
    /// The benchmark.
    pub &'static dyn Benchmark,
);

inventory::collect!(Registered);

/// All benchmarks, sorted by name.
pub fn all() -> Vec<&'static dyn Benchmark> {
    let mut benchmarks: Vec<_> = inventory::iter::<Registered>().map(|entry| entry.0).collect();
    benchmarks.sort_by_key(|benchmark| benchmark.name());
    benchmarks
}

/// The benchmark of that name.
pub fn find(name: &str) -> Option<&'static dyn Benchmark> {
    all().into_iter().find(|benchmark| benchmark.name() == name)
}

/// Puts a benchmark (a value that needs no allocation) into the registry.
#[macro_export]
macro_rules! register_benchmark {
    ($benchmark:expr) => {
        $crate::inventory::submit! {
            $crate::benchmark::Registered(&$benchmark)
        }
    };
}

/// The questions that have an answer, with it, in the order of the questions.
pub fn answered<'a>(
    questions: &'a [Question],
    answers: &'a [Answered],
) -> Vec<(&'a Question, &'a Answered)> {
    let by_id: HashMap<&str, &Answered> =
        answers.iter().map(|answer| (answer.id.as_str(), answer)).collect();
    questions
        .iter()
        .filter_map(|question| Some((question, *by_id.get(question.id.as_str())?)))
        .collect()
}
