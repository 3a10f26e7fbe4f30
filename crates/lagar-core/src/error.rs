//! Everything that can go wrong in the ground layer, each error naming the file or column it is about.

use std::path::PathBuf;

/// An error of `lagar-core`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// The operating system refused to read, write or rename a file.
    #[error("{action} {}", path.display())]
    File {
        /// What was being done, as a verb ("read", "write", "rename").
        action: &'static str,
        /// The file it was done to.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Arrow refused to build or cast a column.
    #[error("build Arrow column `{column}`")]
    Arrow {
        /// The column that was being built.
        column: String,
        /// What Arrow said.
        source: arrow::error::ArrowError,
    },
    /// Stored rows do not have the columns that a [`crate::Batch`] has.
    #[error("read column `{column}` of a stored batch: expected {expected}, got {got}")]
    Column {
        /// The column that is missing or of another type.
        column: String,
        /// The type that was expected.
        expected: String,
        /// What was found.
        got: String,
    },
}

impl CoreError {
    /// An adapter for `map_err` that names the file and what was being done to it.
    pub fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// An adapter for `map_err` that names the column being built.
    pub fn arrow(column: impl Into<String>) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        let column = column.into();
        move |source| Self::Arrow { column, source }
    }
}

/// An error and its causes, as one sentence.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}
