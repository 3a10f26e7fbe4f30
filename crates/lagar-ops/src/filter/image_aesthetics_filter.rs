//! `image_aesthetics_filter`: keeps pictures that people like to look at.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::Interval;
use crate::memory::Memory;
use crate::model::{Model, ModelKind, ModelSlot, ModelWish};
use crate::picture_scores::{classified, computed, judged};
use crate::{Computed, Context, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose pictures people like to look at, says a model that was trained on their votes.
///
/// Blurred, cluttered and badly lit pictures score low, and so do scans and screenshots. The model is
/// a predictor on CLIP's picture embedding. Predictors of LAION give 0 to 10, and their score is
/// divided by ten if the model's name has `aesthetics-predictor` in it, as in Data-Juicer; other
/// models' scores are taken as they are. The statistic `image_aesthetics_scores` has one number for
/// each picture, a path that occurs again being left out. A row without pictures stays, its list
/// being empty. A picture that cannot be read puts its row aside.
///
/// Source: Data-Juicer 1.6.1, `image_aesthetics_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageAestheticsFilter {
    /// The predictor: a folder, or a name on the hub; empty means `shunk031/aesthetics-predictor-v2-sac-logos-ava1-l14-linearMSE`.
    pub hf_scorer_model: String,
    /// As written in a recipe of Data-Juicer; lagar never runs code that comes with a model.
    pub trust_remote_code: bool,
    /// The smallest score that passes.
    pub min_score: f64,
    /// The largest score that passes.
    pub max_score: f64,
    /// Whether one picture that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
    /// The most memory the model may take: gigabytes, or with a unit (`500MB`); 0 sets no limit.
    pub mem_required: Memory,
    #[serde(skip)]
    model: ModelSlot,
}

impl Default for ImageAestheticsFilter {
    fn default() -> Self {
        Self {
            hf_scorer_model: String::new(),
            trust_remote_code: false,
            min_score: 0.5,
            max_score: 1.0,
            any_or_all: AnyOrAll::Any,
            mem_required: Memory::default(),
            model: ModelSlot::default(),
        }
    }
}

const IMAGE_AESTHETICS_SCORES: &str = "image_aesthetics_scores";

/// What Data-Juicer takes where the recipe names no model.
const PREDICTOR: &str = "shunk031/aesthetics-predictor-v2-sac-logos-ava1-l14-linearMSE";

impl ImageAestheticsFilter {
    fn predictor(&self) -> &str {
        if self.hf_scorer_model.is_empty() { PREDICTOR } else { &self.hf_scorer_model }
    }

    fn divisor(&self) -> f32 {
        if self.predictor().contains("aesthetics-predictor") { 10.0 } else { 1.0 }
    }
}

impl Filter for ImageAestheticsFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let classifier = self.model.classifier(&self.hf_scorer_model)?;
        let scores = classified(batch, context, classifier, (0, self.divisor()))?;
        Ok(computed(IMAGE_AESTHETICS_SCORES, scores))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let bounds = (Some(self.min_score), Some(self.max_score));
        judged(stats, IMAGE_AESTHETICS_SCORES, interval, bounds, self.any_or_all)
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(Some(ModelWish {
            kind: ModelKind::Aesthetics,
            parameter: "hf_scorer_model",
            name: self.predictor().to_owned(),
            memory_bytes: self.mem_required.bytes(),
            batch: None,
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageAestheticsFilter, Filter,
    name: "image_aesthetics_filter",
    version: 1,
    cost: Model,
    reads: &["images", "image_bytes"],
    writes: &["image_aesthetics_scores"],
    thresholds: &["min_score", "max_score", "any_or_all"],
    parity: Parity::Exact,
    examples: &[],
}
