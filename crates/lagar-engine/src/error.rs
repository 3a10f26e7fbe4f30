//! What can stop a run. Bad rows never do; they go to the ledger.

use std::path::PathBuf;

use lagar_core::CoreError;
use lagar_ops::OperatorError;

/// An error of `lagar-engine`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file could not be read or written, or a column built.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// An operator failed as a whole.
    #[error("run operator {index} `{operator}` on rows from {first_row}")]
    Operator {
        /// Its place in the recipe, from 0.
        index: usize,
        /// Its name.
        operator: String,
        /// Position of the first row of the chunk it failed on.
        first_row: u64,
        /// What it said.
        source: OperatorError,
    },
    /// The model of an operator could not be loaded.
    #[error("load the model of operator {index} `{operator}`")]
    Model {
        /// The operator's place in the recipe, from 0.
        index: usize,
        /// The operator's name.
        operator: String,
        /// What was said.
        source: OperatorError,
    },
    /// There is no reader for a file.
    #[error("read {}: no reader for files of this kind", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A data file is damaged as a whole (a container that cannot be opened, a bad header).
    #[error("read {}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A folder or list of paths holds no data file.
    #[error("find data files in {}", path.display())]
    NoData {
        /// The folder.
        path: PathBuf,
    },
    /// The recipe asks for an output that cannot be written.
    #[error("export to {}: {message}", path.display())]
    Export {
        /// The export path.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// `on_error: fail` met a bad row.
    #[error("row {row} ({name}): {message}")]
    BadRow {
        /// Its position in the input.
        row: u64,
        /// Its id or position, for messages.
        name: String,
        /// What was wrong.
        message: String,
    },
    /// A global step failed in the query engine.
    #[error("{step} of operator `{operator}`")]
    Query {
        /// Which step ("group signatures").
        step: &'static str,
        /// The operator.
        operator: String,
        /// What the query engine said.
        source: datafusion_common::DataFusionError,
    },
    /// A file in the run folder is not what lagar wrote.
    #[error("read run folder file {}: {message}", path.display())]
    RunFolder {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The run was interrupted; what was finished is kept.
    #[error("interrupted")]
    Interrupted,
    /// A worker thread panicked, which is a bug of lagar.
    #[error("a worker thread panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
}
