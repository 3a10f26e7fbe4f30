//! `alphanumeric_filter`: drops texts with few letters and digits.

use std::path::Path;

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{HfTokenizer, is_alphabetic, is_alphanumeric};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose share of letters and digits lies between `min_ratio` and `max_ratio`.
///
/// Rulers of dashes, ASCII art, tables of symbols and broken encodings have few of them. The
/// statistic `alnum_ratio` is the share of characters that Python's `str.isalnum` accepts: letters
/// and numbers of every script, `½`, `②` and Chinese characters among them; combining marks, spaces
/// and punctuation not. An empty text has ratio 0. With `tokenization` the statistic is
/// `alpha_token_ratio`, letters (`str.isalpha`) per token of `hf_tokenizer`; a text without tokens has
/// 0.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `alphanumeric_filter.py`, under Python 3.11 (Unicode 14).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlphanumericFilter {
    /// Whether to divide by the number of tokens of a Hugging Face tokenizer instead.
    pub tokenization: bool,
    /// The smallest ratio that passes.
    pub min_ratio: f64,
    /// The largest ratio that passes.
    pub max_ratio: f64,
    /// The tokenizer's `tokenizer.json`, its folder or its name on the hub; used with `tokenization`.
    pub hf_tokenizer: String,
}

impl Default for AlphanumericFilter {
    fn default() -> Self {
        let hf_tokenizer = "EleutherAI/pythia-6.9b-deduped".to_owned();
        Self { tokenization: false, hf_tokenizer, min_ratio: 0.25, max_ratio: i64::MAX as f64 }
    }
}

const ALNUM_RATIO: &str = "alnum_ratio";
const ALPHA_TOKEN_RATIO: &str = "alpha_token_ratio";

fn alphanumeric_ratio(text: &str) -> f64 {
    let (mut characters, mut alphanumeric) = (0_u64, 0_u64);
    for character in text.chars() {
        characters += 1;
        alphanumeric += u64::from(is_alphanumeric(character));
    }
    if characters == 0 { 0.0 } else { alphanumeric as f64 / characters as f64 }
}

impl AlphanumericFilter {
    /// Letters per token.
    fn token_ratios(&self, batch: &Batch) -> Result<Float64Array, OperatorError> {
        let wrong = |message: String| OperatorError::Parameter {
            operator: "alphanumeric_filter".to_owned(),
            parameter: "hf_tokenizer".to_owned(),
            message,
        };
        let tokenizer = HfTokenizer::open(Path::new(&self.hf_tokenizer)).map_err(wrong)?;
        let ratio = |text: &str| {
            let letters = text.chars().filter(|character| is_alphabetic(*character)).count();
            let tokens = tokenizer.count(text)?;
            Ok(if tokens == 0 { 0.0 } else { letters as f64 / tokens as f64 })
        };
        let ratios = batch.text.iter().map(|text| text.map(ratio).transpose());
        ratios.collect::<Result<Float64Array, String>>().map_err(wrong)
    }
}

impl Filter for AlphanumericFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        if self.tokenization {
            return Ok(Computed::one(ALPHA_TOKEN_RATIO, self.token_ratios(batch)?));
        }
        let ratios: Float64Array =
            batch.text.iter().map(|text| text.map(alphanumeric_ratio)).collect();
        Ok(Computed::one(ALNUM_RATIO, ratios))
    }

    fn files(&self) -> Vec<FileWish> {
        let wish = || FileWish::on_hub("hf_tokenizer", &self.hf_tokenizer, "tokenizer.json");
        self.tokenization.then(wish).into_iter().collect()
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.hf_tokenizer = path.to_string_lossy().into_owned();
    }

    fn writes(&self) -> Option<Vec<String>> {
        self.tokenization.then(|| vec![ALPHA_TOKEN_RATIO.to_owned()])
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let statistic = if self.tokenization { ALPHA_TOKEN_RATIO } else { ALNUM_RATIO };
        interval.judge(stats, statistic, Some(self.min_ratio), Some(self.max_ratio))
    }
}

register! {
    AlphanumericFilter, Filter,
    name: "alphanumeric_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["alnum_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_ratio: 0.5}",
        texts: &["a dog on a beach", "=== +++ === v2", "½ ② 中文", ""],
        pictures: &[],
    }],
}
