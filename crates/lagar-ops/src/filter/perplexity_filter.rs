//! `perplexity_filter`: keeps texts that a language model finds likely enough.

use std::path::{Path, PathBuf};

use arrow::array::Float64Array;
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{LanguageModel, PieceModel, is_whitespace, lines, pieces_of};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose text has a perplexity between `min_ppl` and `max_ppl` to an n-gram model.
///
/// Text that a model of good prose finds very unlikely is often a list, a fragment or noise. The text
/// is cut into sentencepiece pieces, and each line of them is scored by a KenLM model; the
/// perplexity is 10 to the negated mean score of a piece, line ends counting one each, rounded to one
/// decimal. A text without lines has 0.
///
/// Both models are files: `tokenizer_model` the sentencepiece model, `kenlm_model` the n-gram model,
/// in the ARPA format or as a binary of KenLM (`probing`, or `trie` without quantization).
/// Without them they are `LANG.sp.model` and `LANG.arpa.bin` of `edugp/kenlm`, taken from where
/// Data-Juicer keeps them (`~/.cache/data_juicer/models`) or fetched there.
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
    /// The n-gram model, or the folder with `LANG.arpa.bin` or `LANG.arpa`.
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
    fn wrong(message: String) -> OperatorError {
        let (operator, parameter) = ("perplexity_filter".to_owned(), "kenlm_model".to_owned());
        OperatorError::Parameter { operator, parameter, message }
    }

    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: "perplexity_filter", lang, path }
    }

    /// The n-gram model's file; in a folder the binary before the text.
    fn kenlm_file(&self) -> Option<PathBuf> {
        let path = Path::new(self.kenlm_model.as_ref()?);
        if !path.is_dir() {
            return Some(path.to_owned());
        }
        let binary = path.join(format!("{}.arpa.bin", self.lang));
        Some(if binary.is_file() { binary } else { path.join(format!("{}.arpa", self.lang)) })
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
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let pieces = self.pieces().open()?;
        let model = self.kenlm_file().ok_or_else(|| {
            Self::wrong(format!("name the n-gram model, `path/to/{}.arpa.bin`", self.lang))
        })?;
        let model = LanguageModel::open(&model).map_err(Self::wrong)?;
        let value = |text: &str| perplexity(&pieces_of(context, &pieces, text).join(" "), &model);
        let values: Float64Array = batch.text.iter().map(|text| text.map(value)).collect();
        Ok(Computed::one(PERPLEXITY, values))
    }

    fn files(&self) -> Vec<FileWish> {
        let mut files = self.pieces().files(true);
        let given = self.kenlm_file().map(|path| path.to_string_lossy().into_owned());
        let own = format!("{}.arpa.bin", self.lang);
        files.push(FileWish::new("kenlm_model", given.as_deref(), &own));
        files
    }

    fn attach_file(&mut self, parameter: &str, path: &Path) {
        let path = path.to_string_lossy().into_owned();
        match parameter {
            "kenlm_model" => self.kenlm_model = Some(path),
            _ => self.tokenizer_model = Some(path),
        }
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
    parity: Parity::Differs("quantized and array-compressed binaries of KenLM are not read"),
    examples: &[] as &[Example],
}
