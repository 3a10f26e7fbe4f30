//! What can stop an exploration. Bad rows never do; they are what it is for.

use std::path::PathBuf;

use lagar_core::CoreError;
use lagar_engine::EngineError;
use lagar_ops::OperatorError;
use lagar_report::ReportError;

/// An error of `lagar-explore`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExploreError {
    /// A file could not be read or written, or a column built.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The data set could not be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A chart could not be drawn.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// An operator failed as a whole.
    #[error("measure with `{operator}` on rows from {first_row}")]
    Operator {
        /// Its name.
        operator: String,
        /// Position of the first row of the chunk it failed on.
        first_row: u64,
        /// What it said.
        source: OperatorError,
    },
    /// A model or tokenizer could not be used.
    #[error("{what} {}: {message}", path.display())]
    Model {
        /// What it is for: `tokenizer`, `language model`, `CLIP`.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file is not what lagar wrote.
    #[error("read {}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What was expected and what came.
        message: String,
    },
    /// The user wants to stop.
    #[error("interrupted")]
    Interrupted,
    /// A worker thread panicked, which is a bug of lagar.
    #[error("a worker thread panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
}
