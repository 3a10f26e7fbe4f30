//! `maximum_line_length_filter`: keeps texts by the length of their longest line.

use arrow::array::Int64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::lines;
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose longest line has between `min_len` and `max_len` characters.
///
/// A very long line is minified code or a table without breaks, and a text whose longest line is
/// short says nothing. Lines end wherever Python's `str.splitlines` ends them; their ends do not
/// count. An empty text has 0.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `maximum_line_length_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaximumLineLengthFilter {
    /// The smallest length that passes, in characters.
    pub min_len: i64,
    /// The largest length that passes, in characters.
    pub max_len: i64,
}

impl Default for MaximumLineLengthFilter {
    fn default() -> Self {
        Self { min_len: 10, max_len: i64::MAX }
    }
}

const MAX_LINE_LENGTH: &str = "max_line_length";

fn longest_line(text: &str) -> i64 {
    let lengths = lines(text).map(|line| line.chars().count() as i64);
    lengths.max().unwrap_or(0)
}

impl Filter for MaximumLineLengthFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let lengths: Int64Array = batch.text.iter().map(|text| text.map(longest_line)).collect();
        Ok(Computed::one(MAX_LINE_LENGTH, lengths))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let (min, max) = (self.min_len as f64, self.max_len as f64);
        interval.judge(stats, MAX_LINE_LENGTH, Some(min), Some(max))
    }
}

register! {
    MaximumLineLengthFilter, Filter,
    name: "maximum_line_length_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["max_line_length"],
    thresholds: &["min_len", "max_len"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{max_len: 20}",
        texts: &["a dog on a beach", "Home\nShop\nCart\n", "a dog\nand a very long line beneath it", ""],
        pictures: &[],
    }],
}
