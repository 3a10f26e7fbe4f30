//! `words_num_filter`: keeps texts with a number of words.

#![expect(clippy::cast_possible_wrap, reason = "no text has 2^63 words")]

use std::path::Path;

use arrow::array::Int64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{PieceModel, pieces_of, refined_pieces, refined_words};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose text has between `min_num` and `max_num` words.
///
/// Web captions of two or three words name a thing and say nothing about the picture. Words are
/// split at space, line feed and tab only; punctuation, digits and emoji at their ends are stripped,
/// and what is empty then does not count (`123 456` has no words, `4k` has one). The special tokens
/// are part of the text and count one word each, so `min_num: 6` keeps captions of four words.
///
/// Source: Data-Juicer 1.6.1, `words_num_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WordsNumFilter {
    /// The language, which chooses a file where the model is named by its folder.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: bool,
    /// The fewest words that pass.
    pub min_num: i64,
    /// The most words that pass.
    pub max_num: i64,
    /// The sentencepiece model, or the folder with `LANG.sp.model`; needed with `tokenization`.
    pub tokenizer_model: Option<String>,
}

impl Default for WordsNumFilter {
    fn default() -> Self {
        Self {
            lang: "en".to_owned(),
            tokenization: false,
            tokenizer_model: None,
            min_num: 10,
            max_num: i64::MAX,
        }
    }
}

const NUM_WORDS: &str = "num_words";

impl WordsNumFilter {
    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: "words_num_filter", lang, path }
    }
}

impl Filter for WordsNumFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let model = self.pieces().open_if(self.tokenization)?;
        let count = |text: &str| match &model {
            Some(model) => refined_pieces(&pieces_of(context, model, text)).count(),
            None => refined_words(text).count(),
        };
        let counts: Int64Array =
            batch.text.iter().map(|text| text.map(|text| count(text) as i64)).collect();
        Ok(Computed::one(NUM_WORDS, counts))
    }

    fn files(&self) -> Vec<FileWish> {
        self.pieces().files(self.tokenization)
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.tokenizer_model = Some(path.to_string_lossy().into_owned());
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, NUM_WORDS, Some(self.min_num as f64), Some(self.max_num as f64))
    }
}

register! {
    WordsNumFilter, Filter,
    name: "words_num_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["num_words"],
    thresholds: &["min_num", "max_num"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_num: 3, max_num: 5}",
        texts: &["two dogs", "a dog on a beach", "3 2 1 go", "don't stop 4k ..."],
        pictures: &[],
    }],
}
