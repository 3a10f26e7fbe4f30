//! What can go wrong with a report: its pictures.

use std::path::PathBuf;

use lagar_core::CoreError;

/// An error of `lagar-report`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file cannot be read.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A picture cannot be shown.
    #[error("picture {}: {message}", path.display())]
    Picture {
        /// The picture.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A chart cannot become a PNG.
    #[error("chart as PNG: {message}")]
    Drawing {
        /// Why.
        message: String,
    },
}
