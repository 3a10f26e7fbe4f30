//! `language_id_score_filter`: keeps texts in some languages.

use std::path::Path;

use arrow::array::{Float64Array, StringArray};
use lagar_core::{Batch, StatColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::{FastText, lower_into};
use crate::{
    Computed, Context, Example, Fault, FileWish, Filter, OperatorError, Parity, Reason, Stats,
    Verdicts, register,
};

/// One language or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Languages {
    /// One language; empty for all.
    One(String),
    /// Several languages; empty for all.
    Several(Vec<String>),
    /// All languages.
    All,
}

impl Languages {
    fn names(&self) -> &[String] {
        match self {
            Self::One(one) if !one.is_empty() => std::slice::from_ref(one),
            Self::Several(several) => several,
            _ => &[],
        }
    }
}

/// Keeps rows whose text is in one of the languages `lang`, as a fastText model sees it.
///
/// Crawled captions come in all languages, and a model that is to speak one learns little from the
/// others. The text is lower-cased and its line feeds become spaces, then the model gives its best
/// label and a score; both are statistics, `lang` and `lang_score`. A row stays if its language is
/// wanted and the score is at least `min_score`; with no language named, the score alone decides.
///
/// `model_path` names the model file; any supervised model works, quantized or not. Without it the
/// model is fastText's `lid.176.bin`, taken from where Data-Juicer keeps it
/// (`~/.cache/data_juicer/models`) or fetched there.
///
/// Source: Data-Juicer 1.6.1, `language_id_score_filter.py`; fastText v0.9.2.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LanguageIdScoreFilter {
    /// The languages that pass, by the model's labels (`en`).
    pub lang: Languages,
    /// The lowest score that passes.
    pub min_score: f64,
    /// The file of the fastText model.
    pub model_path: Option<String>,
}

impl Default for LanguageIdScoreFilter {
    fn default() -> Self {
        Self { lang: Languages::One(String::new()), min_score: 0.8, model_path: None }
    }
}

/// The model that Data-Juicer takes.
const MODEL: &str = "lid.176.bin";
const LANG: &str = "lang";
const LANG_SCORE: &str = "lang_score";

impl Filter for LanguageIdScoreFilter {
    fn stats(&self, batch: &Batch, _context: &Context<'_>) -> Result<Computed, OperatorError> {
        let wrong = |message: String| OperatorError::Parameter {
            operator: "language_id_score_filter".to_owned(),
            parameter: "model_path".to_owned(),
            message,
        };
        let path = self.model_path.as_deref().unwrap_or(MODEL);
        let model = FastText::open(Path::new(path)).map_err(wrong)?;
        let (mut labels, mut scores, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let mut lower = String::new();
        for (index, text) in batch.text.iter().enumerate() {
            lower_into(text.unwrap_or_default(), &mut lower);
            let found = model.predict(&lower.replace('\n', " "));
            if found.is_none() {
                let message = "the model knows nothing in the text".to_owned();
                faults.push(Fault { index, message });
            }
            labels.push(found.map(|(label, _)| label.to_owned()));
            scores.push(found.map(|(_, score)| f64::from(score)));
        }
        let lang = StatColumn {
            key: LANG.to_owned(),
            values: std::sync::Arc::new(StringArray::from(labels)),
        };
        let mut computed = Computed::one(LANG_SCORE, Float64Array::from(scores));
        computed.stats.insert(0, lang);
        computed.faults = faults;
        Ok(computed)
    }

    fn files(&self) -> Vec<FileWish> {
        vec![FileWish::new("model_path", self.model_path.as_deref(), MODEL)]
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.model_path = Some(path.to_string_lossy().into_owned());
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let label = |row| stats.column(LANG).map(|column| lagar_core::row::value_of(column, row));
        Verdicts::judge(stats.rows(), |row| {
            let names = self.lang.names();
            let value = label(row).unwrap_or_default();
            let lang = value.as_str()?;
            if !names.is_empty() && !names.iter().any(|name| name == lang) {
                return Some(Reason {
                    statistic: LANG.to_owned(),
                    value: value.to_string(),
                    threshold: format!("in {}", names.join(", ")),
                });
            }
            let score = stats.number(LANG_SCORE, row)?;
            (!interval.passes(score, Some(self.min_score), None)).then(|| Reason {
                statistic: LANG_SCORE.to_owned(),
                value: crate::interval::show(score),
                threshold: interval.failed(score, Some(self.min_score), None),
            })
        })
    }
}

register! {
    LanguageIdScoreFilter, Filter,
    name: "language_id_score_filter",
    version: 1,
    cost: Model,
    reads: &["text"],
    writes: &["lang", "lang_score"],
    thresholds: &["lang", "min_score"],
    parity: Parity::Differs("scores within 2e-7, because 32-bit sums are rounded in another order"),
    examples: &[] as &[Example],
}
