//! The operators that measure rows: the very ones that `lagar run` filters by.
//!
//! What they find is kept beside each row, so that thresholds can be tried without reading the data
//! again, and what a recipe will keep is decided by the code that will decide it in the run. They stand
//! here with Data-Juicer's own defaults, so that `overall.csv` is that of `dj-analyze`; the two with a
//! number of [`Gauge::suffix`] measure pieces short enough for captions.

use std::sync::Arc;

use lagar_core::diagnostic::SourceText;
use lagar_ops::{Model, Operator, OperatorError};
use lagar_recipe::{Node, OpCall};
use serde_json::{Map, Value, json};

use super::Options;
use crate::ExploreError;

/// An operator that measures.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The operator.
    pub operator: Arc<Operator>,
    /// Told apart from the same statistic with Data-Juicer's defaults by this end of its name.
    pub suffix: &'static str,
}

impl Gauge {
    /// The name of one of its statistics in the profile.
    pub fn name_of(&self, key: &str) -> String {
        format!("{key}{}", self.suffix)
    }

    /// Whether its statistics are those that Data-Juicer computes by default.
    pub fn is_default(&self) -> bool {
        self.suffix.is_empty()
    }
}

/// All gauges of an exploration.
#[derive(Clone, Debug)]
pub struct Battery {
    /// Filters, whose statistics are kept.
    pub gauges: Vec<Gauge>,
    /// The deduplicator of equal texts.
    pub texts: Arc<Operator>,
    /// The deduplicator of similar texts.
    pub near_texts: Arc<Operator>,
    /// The deduplicator of pictures that look the same, where pixels are looked at.
    pub pictures: Option<Arc<Operator>>,
}

/// Words per shingle: five, the default, is more than half a caption.
const SHINGLE_WORDS: u64 = 3;
/// Half of the default: enough for a share of 0.7, in half the time.
const PERMUTATIONS: u64 = 128;

impl Battery {
    /// The gauges that `options` ask for.
    ///
    /// # Errors
    /// When an operator refuses its parameters.
    pub fn new(options: &Options) -> Result<Self, ExploreError> {
        let mut gauges = Vec::new();
        for (name, parameters, suffix) in [
            ("words_num_filter", json!({}), ""),
            ("text_length_filter", json!({}), ""),
            ("word_repetition_filter", json!({}), ""),
            ("character_repetition_filter", json!({}), ""),
            ("special_characters_filter", json!({}), ""),
            ("alphanumeric_filter", json!({}), ""),
            ("average_line_length_filter", json!({}), ""),
            ("maximum_line_length_filter", json!({}), ""),
            ("image_shape_filter", json!({}), ""),
            ("image_aspect_ratio_filter", json!({}), ""),
            ("image_size_filter", json!({}), ""),
            ("word_repetition_filter", json!({"rep_len": 1}), "_1"),
            ("character_repetition_filter", json!({"rep_len": 5}), "_5"),
        ] {
            gauges.push(Gauge { operator: Arc::new(build(name, &parameters)?), suffix });
        }
        if let Some(path) = &options.language_model {
            let parameters = json!({"model_path": path});
            let operator = Arc::new(build("language_id_score_filter", &parameters)?);
            gauges.push(Gauge { operator, suffix: "" });
        }
        if let Some(clip) = &options.clip {
            let parameters = json!({"hf_clip": clip.name});
            let mut operator = build("image_text_similarity_filter", &parameters)?;
            operator.attach(Model::Scorer(Arc::clone(&clip.scorer)));
            gauges.push(Gauge { operator: Arc::new(operator), suffix: "" });
        }
        let near = json!({
            "window_size": SHINGLE_WORDS, "num_permutations": PERMUTATIONS, "short_text": "exact"
        });
        Ok(Self {
            gauges,
            texts: Arc::new(build("document_deduplicator", &json!({}))?),
            near_texts: Arc::new(build("document_minhash_deduplicator", &near)?),
            pictures: options
                .pixels
                .then(|| build("image_deduplicator", &json!({})).map(Arc::new))
                .transpose()?,
        })
    }

    /// The gauge that measures what `operator` judges by.
    pub fn gauge_of(&self, operator: &Operator) -> Option<usize> {
        let digest = operator.measure_digest();
        self.gauges.iter().position(|gauge| {
            // A model is part of a gauge's digest and not of an operator that has none yet.
            gauge.operator.measure_digest() == digest
                || (gauge.operator.model.is_some() && gauge.operator.name() == operator.name())
        })
    }
}

/// The operator `name` with these parameters, as a recipe makes it.
///
/// # Errors
/// When there is no such operator or parameter.
pub(crate) fn build(name: &str, parameters: &Value) -> Result<Operator, ExploreError> {
    let failed = |message: String| ExploreError::Operator {
        operator: name.to_owned(),
        first_row: 0,
        source: OperatorError::Parameter {
            operator: name.to_owned(),
            parameter: String::new(),
            message,
        },
    };
    // JSON is YAML; the way through a recipe's reader keeps one way of making operators.
    let source = SourceText::new(name, parameters.to_string());
    let params = Node::parse(&source).map_err(|error| failed(error.render(false)))?;
    let name_location = params.location.clone();
    let call = OpCall { name: name.to_owned(), name_location, params };
    let (operator, _) = Operator::from_call(&call).map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(|error| error.render(false)).collect();
        failed(texts.join("\n"))
    })?;
    Ok(operator)
}

/// What an operator's parameters are called, as JSON.
pub(crate) fn parameters<const N: usize>(given: [(&str, Value); N]) -> Map<String, Value> {
    given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
