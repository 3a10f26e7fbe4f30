//! `perplexity_filter`: keeps texts that a language model finds likely enough.

use std::path::Path;

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{LanguageModel, SentencePieces, is_whitespace, lines};
use crate::{Computed, Context, Example, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose text has a perplexity between `min_ppl` and `max_ppl` to an n-gram model.
///
/// Text that a model of good prose finds very unlikely is often a list, a fragment or noise. The text
/// is cut into sentencepiece pieces, and each line of them is scored by a KenLM model; the
/// perplexity is 10 to the negated mean score of a piece, line ends counting one each, rounded to one
/// decimal. A text without lines has 0.
///
/// Both models are files: `tokenizer_model` the sentencepiece model, `kenlm_model` the n-gram model
/// in the ARPA format. Data-Juicer downloads `LANG.sp.model` and `LANG.arpa.bin` from
/// `edugp/kenlm`; of the latter, a binary, the ARPA text is needed here.
///
/// Source: Data-Juicer 1.6.1, `perplexity_filter.py`; Wenzek et al. 2019 (arXiv:1911.00359).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PerplexityFilter {
    /// The language, which chooses a file where the models are named by their folder.
    pub lang: String,
    /// The lowest perplexity that passes.
    pub min_ppl: f64,
    /// The highest perplexity that passes.
    pub max_ppl: f64,
    /// The sentencepiece model, or the folder with `LANG.sp.model`.
    pub tokenizer_model: Option<String>,
    /// The n-gram model, or the folder with `LANG.arpa`.
    pub kenlm_model: Option<String>,
}

impl Default for PerplexityFilter {
    fn default() -> Self {
        Self {
            lang: "en".to_owned(),
            min_ppl: 0.0,
            max_ppl: 1500.0,
            tokenizer_model: None,
            kenlm_model: None,
        }
    }
}

const PERPLEXITY: &str = "perplexity";

impl PerplexityFilter {
    fn wrong(parameter: &str, message: String) -> OperatorError {
        let (operator, parameter) = ("perplexity_filter".to_owned(), parameter.to_owned());
        OperatorError::Parameter { operator, parameter, message }
    }

    fn file(
        &self,
        parameter: &str,
        given: Option<&String>,
        name: &str,
    ) -> Result<std::path::PathBuf, OperatorError> {
        let missing =
            || Self::wrong(parameter, format!("name the model's file, {}{name}", self.lang));
        let path = Path::new(given.ok_or_else(missing)?);
        Ok(if path.is_dir() { path.join(format!("{}{name}", self.lang)) } else { path.to_owned() })
    }
}

/// The perplexity of pieces, rounded to one decimal.
fn perplexity(pieces: &str, model: &LanguageModel) -> f64 {
    let (mut score, mut length) = (0.0, 0_usize);
    for line in lines(pieces) {
        score += f64::from(model.score(line));
        length += line.split(is_whitespace).filter(|piece| !piece.is_empty()).count() + 1;
    }
    if length == 0 {
        return 0.0;
    }
    let perplexity = 10.0_f64.powf(-score / length as f64);
    format!("{perplexity:.1}").parse().unwrap_or(perplexity)
}

impl Filter for PerplexityFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let path = self.file("tokenizer_model", self.tokenizer_model.as_ref(), ".sp.model")?;
        let pieces = SentencePieces::open(&path);
        let pieces = pieces.map_err(|message| Self::wrong("tokenizer_model", message))?;
        let path = self.file("kenlm_model", self.kenlm_model.as_ref(), ".arpa")?;
        let model = LanguageModel::open(&path);
        let model = model.map_err(|message| Self::wrong("kenlm_model", message))?;
        let value = |text: &str| perplexity(&pieces.pieces(text).join(" "), &model);
        let values: Float64Array = batch.text.iter().map(|text| text.map(value)).collect();
        Ok(Computed::one(PERPLEXITY, values))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, PERPLEXITY, Some(self.min_ppl), Some(self.max_ppl))
    }
}

register! {
    PerplexityFilter, Filter,
    name: "perplexity_filter",
    version: 1,
    cost: Model,
    reads: &["text"],
    writes: &["perplexity"],
    thresholds: &["min_ppl", "max_ppl"],
    parity: Parity::Differs("models in KenLM's binary format are not read"),
    examples: &[] as &[Example],
}
