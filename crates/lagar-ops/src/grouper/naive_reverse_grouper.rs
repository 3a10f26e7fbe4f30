//! `naive_reverse_grouper`: rows of lists as single rows again.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Context, Grouper, OperatorError, Parity, Regroup, register};

/// Takes rows whose fields are lists apart into single rows.
///
/// The inverse of the other groupers. `__dj__batch_meta__`, which is about the batch as a whole, is
/// taken off and written to `batch_meta_export_path`, one JSON object per line, or dropped.
///
/// Source: Data-Juicer 1.6.1, `naive_reverse_grouper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NaiveReverseGrouper {
    /// The file for the metadata of batches.
    pub batch_meta_export_path: Option<String>,
}

impl Grouper for NaiveReverseGrouper {
    fn regroup(&self) -> Regroup {
        Regroup::Scatter
    }

    fn keys(&self, batch: &Batch, _context: &Context<'_>) -> Result<Vec<String>, OperatorError> {
        Ok(vec![String::new(); batch.len()])
    }

    fn batch_meta_path(&self) -> Option<&str> {
        self.batch_meta_export_path.as_deref()
    }
}

register! {
    NaiveReverseGrouper, Grouper,
    name: "naive_reverse_grouper",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[],
}
