//! `word_repetition_filter`: drops texts that repeat their words.

#![expect(clippy::cast_possible_truncation, reason = "a text has fewer than 2^32 words")]

use std::num::NonZeroU32;
use std::ops::Range;
use std::path::Path;

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{
    Counter, PieceModel, hash_bytes, lower_pieces, mix, pieces_of, refined_lower_words,
    refined_pieces,
};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose share of repeated word sequences lies between `min_ratio` and `max_ratio`.
///
/// A shop's caption says "bag" five times; with `rep_len: 1` and `max_ratio: 0.3` it goes. The
/// statistic `word_rep_ratio` is the share, in all sequences of `rep_len` words, of those that occur
/// more than once. Words are lower-cased, split at space, line feed and tab, and stripped of
/// punctuation, digits and emoji at their ends; the special tokens are words like any other. A text
/// of fewer than `rep_len` words has ratio 0, so that with the default of 10 a caption of ten words
/// can never be dropped.
///
/// Source: Data-Juicer 1.6.1, `word_repetition_filter.py`; Rae et al. 2021 (arXiv:2112.11446).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WordRepetitionFilter {
    /// The language, which chooses a file where the model is named by its folder.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: bool,
    /// The length of the sequences, in words.
    pub rep_len: NonZeroU32,
    /// The smallest ratio that passes, in [0, 1].
    pub min_ratio: f64,
    /// The largest ratio that passes, in [0, 1].
    pub max_ratio: f64,
    /// The sentencepiece model, or the folder with `LANG.sp.model`; needed with `tokenization`.
    pub tokenizer_model: Option<String>,
}

impl Default for WordRepetitionFilter {
    fn default() -> Self {
        Self {
            lang: "en".to_owned(),
            tokenization: false,
            tokenizer_model: None,
            rep_len: const { NonZeroU32::new(10).unwrap() },
            min_ratio: 0.0,
            max_ratio: 0.5,
        }
    }
}

const WORD_REP_RATIO: &str = "word_rep_ratio";

impl WordRepetitionFilter {
    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: "word_repetition_filter", lang, path }
    }
}

impl Filter for WordRepetitionFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let len = self.rep_len.get() as usize;
        let model = self.pieces().open_if(self.tokenization)?;
        let mut scratch = Scratch::default();
        let mut ratio = |text: &str| match &model {
            Some(model) => scratch.ratio_of_pieces(&pieces_of(context, model, text), len),
            None => scratch.ratio_of(text, len),
        };
        let ratios: Float64Array = batch.text.iter().map(|text| text.map(&mut ratio)).collect();
        Ok(Computed::one(WORD_REP_RATIO, ratios))
    }

    fn files(&self) -> Vec<FileWish> {
        self.pieces().files(self.tokenization)
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.tokenizer_model = Some(path.to_string_lossy().into_owned());
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, WORD_REP_RATIO, Some(self.min_ratio), Some(self.max_ratio))
    }
}

/// Memory that is used again from text to text.
#[derive(Debug, Default)]
struct Scratch {
    counter: Counter,
    lower: String,
    words: Vec<Word>,
}

/// Where a word stands in the lower-case text, and its hash.
#[derive(Debug)]
struct Word {
    range: Range<usize>,
    hash: u64,
}

impl Scratch {
    fn ratio_of(&mut self, text: &str, len: usize) -> f64 {
        self.words.clear();
        let mut words = refined_lower_words(text, &mut self.lower);
        while let Some((range, word)) = words.next_with_range() {
            self.words.push(Word { range, hash: hash_bytes(word.as_bytes()) });
        }
        self.ratio(len)
    }

    /// The same where words are the pieces of a model.
    fn ratio_of_pieces(&mut self, pieces: &[String], len: usize) -> f64 {
        self.words.clear();
        self.lower.clear();
        for word in refined_pieces(&lower_pieces(pieces)) {
            let start = self.lower.len();
            self.lower.push_str(word);
            let range = start..self.lower.len();
            self.words.push(Word { range, hash: hash_bytes(word.as_bytes()) });
        }
        self.ratio(len)
    }

    /// The share of sequences of `len` words that occur more than once.
    fn ratio(&mut self, len: usize) -> f64 {
        let sequences = (self.words.len() + 1).saturating_sub(len);
        if sequences == 0 {
            return 0.0;
        }
        self.counter.start(sequences);
        let (lower, words) = (self.lower.as_bytes(), self.words.as_slice());
        for (start, sequence) in words.windows(len).enumerate() {
            let hash = sequence.iter().fold(0, |hash, word| mix(word.hash, hash));
            let same = |other: u32| {
                let other = &words[other as usize..other as usize + len];
                let texts = |word: &Word| &lower[word.range.clone()];
                other.iter().map(texts).eq(sequence.iter().map(texts))
            };
            self.counter.count(hash, start as u32, same);
        }
        let repeated = self.counter.counts().filter(|count| *count > 1);
        repeated.map(u64::from).sum::<u64>() as f64 / sequences as f64
    }
}

register! {
    WordRepetitionFilter, Filter,
    name: "word_repetition_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["word_rep_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{rep_len: 1, max_ratio: 0.3}",
        texts: &["a dog on a beach", "bag, women bags: laser bag, handbag bag!", "The sea and the sky", "one"],
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
    fn words_are_compared_lower_cased_and_stripped() {
        check("The sea, the SEA!", 1, 1.0);
        check("a dog on a beach", 1, 0.4);
        check("a b a b a c", 2, 0.8);
    }

    #[test]
    fn a_text_of_too_few_words_repeats_nothing() {
        check("bag bag", 3, 0.0);
        check("", 1, 0.0);
        check("1 2 3", 1, 0.0);
    }

    #[test]
    fn sequences_with_the_same_letters_but_other_words_differ() {
        check("ab c a bc", 2, 0.0);
    }
}
