//! `naive_grouper`: all rows as one row of lists.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Context, Example, Grouper, OperatorError, Parity, Regroup, register};

/// Puts all rows into one row whose fields are lists.
///
/// For whoever reads a data set column by column, and for operators that look at all rows at once.
/// The lists are as long as there were rows; a row without a field that another has gets null there.
/// No rows give no row. A grouper must be the last operator of a recipe.
///
/// Source: Data-Juicer 1.6.1, `naive_grouper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NaiveGrouper {}

impl Grouper for NaiveGrouper {
    fn regroup(&self) -> Regroup {
        Regroup::Gather
    }

    fn keys(&self, batch: &Batch, _context: &Context<'_>) -> Result<Vec<String>, OperatorError> {
        Ok(vec![String::new(); batch.len()])
    }
}

register! {
    NaiveGrouper, Grouper,
    name: "naive_grouper",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example { parameters: "{}", texts: &["one", "two"], pictures: &[] }],
}
