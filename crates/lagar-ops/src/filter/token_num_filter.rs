//! `token_num_filter`: keeps texts with a number of tokens.

use std::path::Path;

use arrow::array::Int64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::HfTokenizer;
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose text has between `min_num` and `max_num` tokens of a Hugging Face tokenizer.
///
/// A model reads tokens and not words, and what does not fit into its context is cut off unseen. The
/// tokens are counted without those that a model puts around a text.
///
/// `hf_tokenizer` names a `tokenizer.json`, the folder it is in, or a model on the Hugging Face hub that
/// has one.
///
/// Source: Data-Juicer 1.6.1, `token_num_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenNumFilter {
    /// The tokenizer's file or folder.
    pub hf_tokenizer: String,
    /// The fewest tokens that pass.
    pub min_num: i64,
    /// The most tokens that pass.
    pub max_num: i64,
}

impl Default for TokenNumFilter {
    fn default() -> Self {
        let hf_tokenizer = "EleutherAI/pythia-6.9b-deduped".to_owned();
        Self { hf_tokenizer, min_num: 10, max_num: i64::MAX }
    }
}

const NUM_TOKEN: &str = "num_token";

impl Filter for TokenNumFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let wrong = |message: String| OperatorError::Parameter {
            operator: "token_num_filter".to_owned(),
            parameter: "hf_tokenizer".to_owned(),
            message,
        };
        let tokenizer = HfTokenizer::open(Path::new(&self.hf_tokenizer)).map_err(wrong)?;
        let mut counts = Vec::with_capacity(batch.len());
        for text in &batch.text {
            let count = text.map(|text| tokenizer.count(text)).transpose().map_err(wrong)?;
            counts.push(count.map(|count| count as i64));
        }
        Ok(Computed::one(NUM_TOKEN, Int64Array::from(counts)))
    }

    fn files(&self) -> Vec<FileWish> {
        vec![FileWish::on_hub("hf_tokenizer", &self.hf_tokenizer, "tokenizer.json")]
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.hf_tokenizer = path.to_string_lossy().into_owned();
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, NUM_TOKEN, Some(self.min_num as f64), Some(self.max_num as f64))
    }
}

register! {
    TokenNumFilter, Filter,
    name: "token_num_filter",
    version: 1,
    cost: Model,
    reads: &["text"],
    writes: &["num_token"],
    thresholds: &["min_num", "max_num"],
    parity: Parity::Exact,
    examples: &[] as &[Example],
}
