//! `image_text_similarity_filter`: keeps texts that are about their pictures, by CLIP.

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

/// Keeps rows whose text and pictures are alike to a CLIP model.
///
/// A caption that describes another picture teaches a model to make things up. The text is cut at the
/// token that ends chunks; the words of a chunk that speaks of pictures are held against each of
/// them, and the score is what CLIP gives for text and picture (the cosine of their embeddings times
/// its scale) divided by 100. The statistic `image_text_similarity` has one number per such chunk; a
/// text too long for the model is cut. A row without pictures stays, its list being empty. A picture
/// that cannot be read puts its row aside.
///
/// Source: Data-Juicer 1.6.1, `image_text_similarity_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageTextSimilarityFilter {
    /// The CLIP model: a folder, or a name on the hub.
    pub hf_clip: String,
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

impl Default for ImageTextSimilarityFilter {
    fn default() -> Self {
        Self {
            hf_clip: "openai/clip-vit-base-patch32".to_owned(),
            trust_remote_code: false,
            min_score: 0.1,
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

const IMAGE_TEXT_SIMILARITY: &str = "image_text_similarity";

impl Filter for ImageTextSimilarityFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let scorer = self.model.scorer(&self.hf_clip)?;
        let flips = Flips { horizontal: self.horizontal_flip, vertical: self.vertical_flip };
        let scores = scored(batch, context, scorer, (self.reduce_mode, flips))?;
        Ok(computed(IMAGE_TEXT_SIMILARITY, scores))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let bounds = (Some(self.min_score), Some(self.max_score));
        judged(stats, IMAGE_TEXT_SIMILARITY, interval, bounds, self.any_or_all)
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(Some(ModelWish {
            kind: ModelKind::Similarity,
            parameter: "hf_clip",
            name: self.hf_clip.clone(),
            memory_bytes: self.mem_required.bytes(),
            batch: None,
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageTextSimilarityFilter, Filter,
    name: "image_text_similarity_filter",
    version: 1,
    cost: Model,
    reads: &["text", "images", "image_bytes"],
    writes: &["image_text_similarity"],
    thresholds: &["min_score", "max_score", "any_or_all"],
    parity: Parity::Exact,
    examples: &[],
}
