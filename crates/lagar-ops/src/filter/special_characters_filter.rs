//! `special_characters_filter`: drops texts with many special characters.

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::is_special;
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose share of special characters lies between `min_ratio` and `max_ratio`.
///
/// Lists of prices, hashtags and emoji have many of them. The statistic `special_char_ratio` is the
/// share of characters in Data-Juicer's set: punctuation, *digits and spaces*, symbols, emoji. So
/// ordinary English has about 0.2, and the default of 0.25 also drops captions of short words. An
/// empty text has ratio 0.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `special_characters_filter.py`, with `emoji` 2.2.0.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpecialCharactersFilter {
    /// The smallest ratio that passes, in [0, 1].
    pub min_ratio: f64,
    /// The largest ratio that passes, in [0, 1].
    pub max_ratio: f64,
}

impl Default for SpecialCharactersFilter {
    fn default() -> Self {
        Self { min_ratio: 0.0, max_ratio: 0.25 }
    }
}

const SPECIAL_CHAR_RATIO: &str = "special_char_ratio";

fn special_ratio(text: &str) -> f64 {
    let (mut characters, mut special) = (0_u64, 0_u64);
    for character in text.chars() {
        characters += 1;
        special += u64::from(is_special(character));
    }
    if characters == 0 { 0.0 } else { special as f64 / characters as f64 }
}

impl Filter for SpecialCharactersFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let ratios: Float64Array = batch.text.iter().map(|text| text.map(special_ratio)).collect();
        Ok(Computed::one(SPECIAL_CHAR_RATIO, ratios))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, SPECIAL_CHAR_RATIO, Some(self.min_ratio), Some(self.max_ratio))
    }
}

register! {
    SpecialCharactersFilter, Filter,
    name: "special_characters_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["special_char_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["dogs playing on beaches", "a dog on a beach", "$ 5.99 *** SALE ***", ""],
        pictures: &[],
    }],
}
