//! `image_nsfw_filter`: keeps pictures that can be shown to everybody.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::Interval;
use crate::memory::Memory;
use crate::model::{Model, ModelKind, ModelSlot, ModelWish};
use crate::picture_scores::{classified, computed, judged};
use crate::{Computed, Context, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose pictures are not what the web hides behind a warning.
///
/// The model is an image classifier whose second class means "not safe for work"; the statistic
/// `image_nsfw_score` has its probability for each picture, a path that occurs again being left out.
/// A row without pictures stays, its list being empty. A picture that cannot be read puts its row
/// aside.
///
/// Source: Data-Juicer 1.6.1, `image_nsfw_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageNsfwFilter {
    /// The classifier: a folder, or a name on the hub.
    pub hf_nsfw_model: String,
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

impl Default for ImageNsfwFilter {
    fn default() -> Self {
        Self {
            hf_nsfw_model: "Falconsai/nsfw_image_detection".to_owned(),
            trust_remote_code: false,
            min_score: 0.0,
            max_score: 0.5,
            any_or_all: AnyOrAll::Any,
            mem_required: Memory::default(),
            model: ModelSlot::default(),
        }
    }
}

const IMAGE_NSFW_SCORE: &str = "image_nsfw_score";

impl Filter for ImageNsfwFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let classifier = self.model.classifier(&self.hf_nsfw_model)?;
        let scores = classified(batch, context, classifier, (1, 1.0))?;
        Ok(computed(IMAGE_NSFW_SCORE, scores))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let bounds = (Some(self.min_score), Some(self.max_score));
        judged(stats, IMAGE_NSFW_SCORE, interval, bounds, self.any_or_all)
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(Some(ModelWish {
            kind: ModelKind::Classifier,
            parameter: "hf_nsfw_model",
            name: self.hf_nsfw_model.clone(),
            memory_bytes: self.mem_required.bytes(),
            batch: None,
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageNsfwFilter, Filter,
    name: "image_nsfw_filter",
    version: 1,
    cost: Model,
    reads: &["images", "image_bytes"],
    writes: &["image_nsfw_score"],
    thresholds: &["min_score", "max_score", "any_or_all"],
    parity: Parity::Exact,
    examples: &[],
}
