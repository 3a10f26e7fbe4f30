//! `average_line_length_filter`: keeps texts by the average length of their lines.

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::lines;
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose lines have between `min_len` and `max_len` characters on average.
///
/// Menus, word lists and verse cut out of web pages have short lines. The statistic
/// `avg_line_length` is the number of characters of the whole text, *line ends included*, divided by
/// the number of lines; lines end wherever Python's `str.splitlines` ends them (line feed, carriage
/// return, form feed, U+2028, …). An empty text has average 0.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `average_line_length_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AverageLineLengthFilter {
    /// The smallest average that passes, in characters.
    pub min_len: i64,
    /// The largest average that passes, in characters.
    pub max_len: i64,
}

impl Default for AverageLineLengthFilter {
    fn default() -> Self {
        Self { min_len: 10, max_len: i64::MAX }
    }
}

const AVG_LINE_LENGTH: &str = "avg_line_length";

fn average_length(text: &str) -> f64 {
    match lines(text).count() {
        0 => 0.0,
        count => text.chars().count() as f64 / count as f64,
    }
}

impl Filter for AverageLineLengthFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let averages: Float64Array =
            batch.text.iter().map(|text| text.map(average_length)).collect();
        Ok(Computed::one(AVG_LINE_LENGTH, averages))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let (min, max) = (self.min_len as f64, self.max_len as f64);
        interval.judge(stats, AVG_LINE_LENGTH, Some(min), Some(max))
    }
}

register! {
    AverageLineLengthFilter, Filter,
    name: "average_line_length_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["avg_line_length"],
    thresholds: &["min_len", "max_len"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["a dog on a beach", "Home\nShop\nCart\n", "a longer line here\nand one", ""],
        pictures: &[],
    }],
}
