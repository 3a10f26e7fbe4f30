//! `image_text_matching_filter`: keeps texts that belong to their pictures, by BLIP.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::Interval;
use crate::memory::Memory;
use crate::model::{Model, ModelKind, ModelSlot, ModelWish};
use crate::pair_scores::{Flips, ReduceMode, scored};
use crate::picture_scores::{computed, judged};
use crate::{Computed, Context, Filter, OperatorError, Parity, Stats, Verdicts, register};

/// Keeps rows whose text and pictures belong together, says a BLIP model with a matching head.
///
/// Where CLIP compares two summaries, this model reads the text while it looks at the picture, and so
/// notices a wrong colour or number; it is slower for it. Chunks are cut as in
/// `image_text_similarity_filter`, and the score is the probability that the words of a chunk match
/// its picture. The statistic `image_text_matching_score` has one number per chunk that speaks of
/// pictures. A row without pictures stays, its list being empty. A picture that cannot be read puts
/// its row aside.
///
/// Source: Data-Juicer 1.6.1, `image_text_matching_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageTextMatchingFilter {
    /// The BLIP model with a matching head: a folder, or a name on the hub.
    pub hf_blip: String,
    /// As written in a recipe of Data-Juicer; lagar never runs code that comes with a model.
    pub trust_remote_code: bool,
    /// The smallest score that passes.
    pub min_score: f64,
    /// The largest score that passes.
    pub max_score: f64,
    /// Whether left and right of the pictures are exchanged first.
    pub horizontal_flip: bool,
    /// Whether top and bottom of the pictures are exchanged first.
    pub vertical_flip: bool,
    /// Whether one chunk that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
    /// How the scores of several pictures of a chunk become one: their mean, largest or smallest.
    pub reduce_mode: ReduceMode,
    /// The most memory the model may take: gigabytes, or with a unit (`1500MB`); 0 sets no limit.
    pub mem_required: Memory,
    #[serde(skip)]
    model: ModelSlot,
}

impl Default for ImageTextMatchingFilter {
    fn default() -> Self {
        Self {
            hf_blip: "Salesforce/blip-itm-base-coco".to_owned(),
            trust_remote_code: false,
            min_score: 0.003,
            max_score: 1.0,
            horizontal_flip: false,
            vertical_flip: false,
            any_or_all: AnyOrAll::Any,
            reduce_mode: ReduceMode::Avg,
            mem_required: Memory::default(),
            model: ModelSlot::default(),
        }
    }
}

const IMAGE_TEXT_MATCHING_SCORE: &str = "image_text_matching_score";

impl Filter for ImageTextMatchingFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let scorer = self.model.scorer(&self.hf_blip)?;
        let flips = Flips { horizontal: self.horizontal_flip, vertical: self.vertical_flip };
        let scores = scored(batch, context, scorer, (self.reduce_mode, flips))?;
        Ok(computed(IMAGE_TEXT_MATCHING_SCORE, scores))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let bounds = (Some(self.min_score), Some(self.max_score));
        judged(stats, IMAGE_TEXT_MATCHING_SCORE, interval, bounds, self.any_or_all)
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(Some(ModelWish {
            kind: ModelKind::Matching,
            parameter: "hf_blip",
            name: self.hf_blip.clone(),
            memory_bytes: self.mem_required.bytes(),
            batch: None,
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageTextMatchingFilter, Filter,
    name: "image_text_matching_filter",
    version: 1,
    cost: Model,
    reads: &["text", "images", "image_bytes"],
    writes: &["image_text_matching_score"],
    thresholds: &["min_score", "max_score", "any_or_all"],
    parity: Parity::Exact,
    examples: &[],
}
