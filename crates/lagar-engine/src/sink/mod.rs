//! Exported rows → files.
//!
//! An [`Exporter`] takes rows in output order and writes them aside; only [`Exporter::finish`] gives
//! the files their names, so that an export is either whole or absent.

mod bytes;
mod exporter;
mod plan;
mod shape;
mod shards;
mod table;

pub use exporter::{Export, Exporter, Fragment, Refused};
pub use plan::{Compression, ExportFormat, ExportPlan};
pub use shards::ExportedFile;
