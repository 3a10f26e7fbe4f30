//! Everything that can go wrong in an evaluation, each error naming the file, question or answer it is
//! about.

use std::path::PathBuf;

use lagar_core::CoreError;

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
            Self::Data { .. } => {
                Some("`lagar eval list` says which files each benchmark reads".to_owned())
            }
            _ => None,
        }
    }
}
