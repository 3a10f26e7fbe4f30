//! `text_length_filter`: keeps texts of a length.

#![expect(clippy::cast_possible_wrap, reason = "no text has 2^63 characters")]

use arrow::array::Int64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose text has between `min_len` and `max_len` characters.
///
/// The cheapest look at a caption: very short ones say little, very long ones are seldom captions.
/// A character is a Unicode code point, as Python counts them; the special tokens (`<__dj__image>`,
/// `<|__dj__eoc|>`) are part of the text and count 13 each.
///
/// Source: Data-Juicer 1.6.1, `text_length_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextLengthFilter {
    /// The fewest characters that pass.
    pub min_len: i64,
    /// The most characters that pass.
    pub max_len: i64,
}

impl Default for TextLengthFilter {
    fn default() -> Self {
        Self { min_len: 10, max_len: i64::MAX }
    }
}

const TEXT_LEN: &str = "text_len";

impl Filter for TextLengthFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let lengths: Int64Array =
            batch.text.iter().map(|text| text.map(|text| text.chars().count() as i64)).collect();
        Ok(Computed::one(TEXT_LEN, lengths))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, TEXT_LEN, Some(self.min_len as f64), Some(self.max_len as f64))
    }
}

register! {
    TextLengthFilter, Filter,
    name: "text_length_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text_len"],
    thresholds: &["min_len", "max_len"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_len: 10, max_len: 30}",
        texts: &["a dog", "a dog on a beach", "日本語の短い説明文です。", "a dog on a beach that runs after a ball"],
        pictures: &[],
    }],
}
