//! `character_repetition_filter`: drops texts that repeat pieces of themselves.

#![expect(clippy::cast_possible_truncation, reason = "a text has fewer than 2^32 characters")]

use std::num::NonZeroU32;

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{Counter, mix};
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose share of repeated character sequences lies between `min_ratio` and `max_ratio`.
///
/// Captions stuffed with search words, and texts broken by a crawler, say the same piece over and
/// over. Of all sequences of `rep_len` characters, as many of the most frequent ones as the square
/// root of the number of different ones are taken, of those that occur more than once; the statistic
/// `char_rep_ratio` is their share in all sequences. A text shorter than `rep_len` has ratio 0.
/// Characters are Unicode code points; upper and lower case differ; the special tokens are part of
/// the text.
///
/// Source: Data-Juicer 1.6.1, `character_repetition_filter.py`; the measure is that of Rae et al.
/// 2021 (arXiv:2112.11446, table A1) as the corpus of BLOOM used it (Laurençon et al. 2022).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CharacterRepetitionFilter {
    /// The length of the sequences, in characters.
    pub rep_len: NonZeroU32,
    /// The smallest ratio that passes, in [0, 1].
    pub min_ratio: f64,
    /// The largest ratio that passes, in [0, 1].
    pub max_ratio: f64,
}

impl Default for CharacterRepetitionFilter {
    fn default() -> Self {
        Self { rep_len: const { NonZeroU32::new(10).unwrap() }, min_ratio: 0.0, max_ratio: 0.5 }
    }
}

const CHAR_REP_RATIO: &str = "char_rep_ratio";

impl Filter for CharacterRepetitionFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let len = self.rep_len.get() as usize;
        let mut scratch = Scratch::default();
        let ratios: Float64Array =
            batch.text.iter().map(|text| text.map(|text| scratch.ratio_of(text, len))).collect();
        Ok(Computed::one(CHAR_REP_RATIO, ratios))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, CHAR_REP_RATIO, Some(self.min_ratio), Some(self.max_ratio))
    }
}

/// Memory that is used again from text to text.
#[derive(Debug, Default)]
struct Scratch {
    counter: Counter,
    characters: Vec<char>,
    repeated: Vec<u32>,
}

impl Scratch {
    fn ratio_of(&mut self, text: &str, len: usize) -> f64 {
        if text.is_ascii() {
            count_sequences(text.as_bytes(), len, &mut self.counter);
        } else {
            self.characters.clear();
            self.characters.extend(text.chars());
            count_sequences(&self.characters, len, &mut self.counter);
        }
        self.repeated.clear();
        self.repeated.extend(self.counter.counts().filter(|count| *count > 1));
        if self.repeated.is_empty() {
            return 0.0;
        }
        let distinct = self.counter.distinct();
        let once = distinct - self.repeated.len();
        let total = once as u64 + sum(&self.repeated);
        self.repeated.sort_unstable_by(|one, other| other.cmp(one));
        let top = distinct.isqrt().min(self.repeated.len());
        sum(&self.repeated[..top]) as f64 / total as f64
    }
}

fn sum(counts: &[u32]) -> u64 {
    counts.iter().map(|count| u64::from(*count)).sum()
}

/// Counts all sequences of `len` units; their hashes roll, so that the length costs nothing.
fn count_sequences<U: Copy + PartialEq + Into<u32>>(
    units: &[U],
    len: usize,
    counter: &mut Counter,
) {
    const BASE: u64 = 0x0001_0000_01b3;
    let sequences = (units.len() + 1).saturating_sub(len);
    counter.start(sequences);
    if sequences == 0 {
        return;
    }
    let push =
        |hash: u64, unit: U| hash.wrapping_mul(BASE).wrapping_add(u64::from(unit.into()) + 1);
    let mut hash = units[..len].iter().fold(0, |hash, unit| push(hash, *unit));
    let oldest = (0..len).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    for start in 0..sequences {
        let sequence = &units[start..start + len];
        let same = |other: u32| &units[other as usize..other as usize + len] == sequence;
        counter.count(mix(hash, 0), start as u32, same);
        if let Some(next) = units.get(start + len) {
            let leaving = (u64::from(units[start].into()) + 1).wrapping_mul(oldest);
            hash = push(hash, *next).wrapping_sub(leaving);
        }
    }
}

register! {
    CharacterRepetitionFilter, Filter,
    name: "character_repetition_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["char_rep_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{rep_len: 5, max_ratio: 0.15}",
        texts: &["a dog on a beach", "sale sale sale sale sale", "a beach with a dog on a beach", "新年快乐新年快乐新年快乐"],
        pictures: &[],
    }],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::float_cmp, reason = "the point is bit equality")]
    fn check(text: &str, len: usize, expected: f64) {
        assert_eq!(Scratch::default().ratio_of(text, len), expected, "{text:?} {len}");
    }

    #[test]
    fn the_most_frequent_sequences_up_to_the_root_of_their_number_count() {
        // ab ba ab ba ab: two different ones, root 1, three of five.
        check("ababab", 2, 0.6);
        check("aaaa", 1, 1.0);
        check("abc", 3, 0.0);
        check("abc", 4, 0.0);
        check("", 1, 0.0);
    }

    #[test]
    fn code_points_are_counted_and_not_bytes() {
        check("\u{e9}\u{e9}\u{e9}", 2, 1.0);
        check("\u{1f600}a\u{1f600}a\u{1f600}", 2, 0.5);
    }

    #[test]
    fn a_long_text_is_counted_like_a_short_one() {
        let text: String = (0..5_000).map(|place| char::from(b'a' + (place % 10) as u8)).collect();
        // Ten different sequences, the three most frequent of which make 500 + 500 + 500 of 4998.
        check(&text, 3, 1_500.0 / 4_998.0);
    }
}
