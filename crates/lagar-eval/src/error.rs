//! Everything that can go wrong in an evaluation, each error naming the file, question or answer it is
//! about.

use std::path::PathBuf;

use lagar_core::CoreError;
use lagar_core::models::ModelError;

/// An error of `lagar-eval`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The ground layer failed, mostly on a file.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A file does not have the form that it should have.
    #[error("{}, {place}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where in it: `line 3`, `row 7`, `question 262148000`.
        place: String,
        /// What was expected and what came.
        message: String,
    },
    /// A file that a benchmark needs is not there.
    #[error("{benchmark}: {message}")]
    Data {
        /// The benchmark.
        benchmark: &'static str,
        /// Which file was looked for, and where.
        message: String,
    },
    /// Questions without an answer, or answers without a question.
    #[error("{message}")]
    Unmatched {
        /// How many, and which.
        message: String,
    },
    /// The model failed as a whole.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// One question after the other has failed.
    #[error("{count} questions failed one after another, the last because {last}")]
    TooManyFailures {
        /// How many.
        count: usize,
        /// Why the last one failed.
        last: String,
    },
    /// Another process works in the run folder.
    #[error("another lagar is working in {}", path.display())]
    Busy {
        /// The run folder.
        path: PathBuf,
    },
    /// The run folder holds what another model answered, or one with other settings.
    #[error("{} is of another run: its {what} differs ({message})", path.display())]
    OtherRun {
        /// The `run.json` of the folder.
        path: PathBuf,
        /// What differs: `model`, `settings`.
        what: String,
        /// What is there, and what was given.
        message: String,
    },
    /// The run was stopped; the answers so far are kept.
    #[error("interrupted")]
    Interrupted,
    /// A setting has a value that nobody knows.
    #[error("{setting} is `{value}`: expected {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What it may be.
        expected: String,
    },
}

impl EvalError {
    /// A file in the wrong form.
    pub fn form(
        path: impl Into<PathBuf>,
        place: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Form { path: path.into(), place: place.into(), message: message.into() }
    }

    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unmatched { .. } => Some(
                "`--missing wrong` counts a missing answer as wrong, `--missing skip` leaves the \
                 question out; answers without a question are never scored"
                    .to_owned(),
            ),
            Self::OtherRun { .. } => Some(
                "`--out` names another folder; `--fresh` forgets what is in this one".to_owned(),
            ),
            Self::Interrupted => {
                Some("the answers so far are kept; the same command goes on from there".to_owned())
            }
            Self::Model(_) | Self::TooManyFailures { .. } => Some(
                "the answers so far are kept; the same command goes on once the model answers"
                    .to_owned(),
            ),
            Self::Data { .. } => {
                Some("`lagar eval list` says which files each benchmark reads".to_owned())
            }
            _ => None,
        }
    }
}
