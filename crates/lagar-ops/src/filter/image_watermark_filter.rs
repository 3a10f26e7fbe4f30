//! `image_watermark_filter`: keeps pictures without watermarks.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::Interval;
use crate::memory::Memory;
use crate::model::{Model, ModelKind, ModelSlot, ModelWish};
use crate::picture_scores::{classified, computed, judged};
use crate::{Computed, Context, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose pictures have no watermark, with a probability of at most `prob_threshold`.
///
/// Pictures of agencies carry their name across the middle; a model trained on them writes it, or
/// reads it where it is not. The model is an image classifier whose second class means "watermark";
/// the statistic `image_watermark_prob` has its probability for each picture, a path that occurs
/// again being left out. A row without pictures stays, its list being empty. A picture that cannot be
/// read puts its row aside.
///
/// Source: Data-Juicer 1.6.1, `image_watermark_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageWatermarkFilter {
    /// The classifier: a folder, or a name on the hub.
    pub hf_watermark_model: String,
    /// As written in a recipe of Data-Juicer; lagar never runs code that comes with a model.
    pub trust_remote_code: bool,
    /// The largest probability of a watermark that passes.
    pub prob_threshold: f64,
    /// Whether one picture that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
    /// The most memory the model may take: gigabytes, or with a unit (`500MB`); 0 sets no limit.
    pub mem_required: Memory,
    #[serde(skip)]
    model: ModelSlot,
}

impl Default for ImageWatermarkFilter {
    fn default() -> Self {
        Self {
            hf_watermark_model: "amrul-hzz/watermark_detector".to_owned(),
            trust_remote_code: false,
            prob_threshold: 0.8,
            any_or_all: AnyOrAll::Any,
            mem_required: Memory::default(),
            model: ModelSlot::default(),
        }
    }
}

const IMAGE_WATERMARK_PROB: &str = "image_watermark_prob";

impl Filter for ImageWatermarkFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let classifier = self.model.classifier(&self.hf_watermark_model)?;
        let scores = classified(batch, context, classifier, (1, 1.0))?;
        Ok(computed(IMAGE_WATERMARK_PROB, scores))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let bounds = (None, Some(self.prob_threshold));
        judged(stats, IMAGE_WATERMARK_PROB, interval, bounds, self.any_or_all)
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(Some(ModelWish {
            kind: ModelKind::Classifier,
            parameter: "hf_watermark_model",
            name: self.hf_watermark_model.clone(),
            memory_bytes: self.mem_required.bytes(),
            batch: None,
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageWatermarkFilter, Filter,
    name: "image_watermark_filter",
    version: 1,
    cost: Model,
    reads: &["images", "image_bytes"],
    writes: &["image_watermark_prob"],
    thresholds: &["prob_threshold", "any_or_all"],
    parity: Parity::Exact,
    examples: &[],
}
