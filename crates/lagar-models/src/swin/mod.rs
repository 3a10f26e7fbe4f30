//! `SwinForImageClassification`: windows of patches that see each other, moved by half a window in
//! every second layer, and patches merged between the stages.
//!
//! Tensor names and numbers are those of transformers. Source: Liu et al. 2021,
//! <https://arxiv.org/abs/2103.14030>.

mod config;
mod stage;
mod window;

pub use config::SwinConfig;

use lagar_nn::layers::{LayerNorm, Linear, PatchEmbedding};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::ModelsError;
use crate::classifier::Backbone;
use crate::folder::activation;
use stage::{Grid, Stage, StageShape};

/// A table that follows from the size of a window.
pub(crate) const UNUSED: &[&str] = &["relative_position_index"];

/// What the norms have whose epsilon no configuration sets.
const EPSILON: f64 = 1e-5;

/// The model.
#[derive(Debug)]
pub struct Swin {
    patches: PatchEmbedding,
    norm: LayerNorm,
    positions: Option<Tensor>,
    stages: Vec<Stage>,
    last: LayerNorm,
    classifier: Linear,
    patch: usize,
}

impl Swin {
    pub(crate) fn load(
        scope: &Scope<'_>,
        config: &SwinConfig,
        classes: usize,
    ) -> Result<Self, ModelsError> {
        let (width, patch) = (config.embed_dim, config.patch_size);
        let swin = scope.at("swin");
        let embeddings = swin.at("embeddings");
        let projection = embeddings.at("patch_embeddings.projection");
        let side = config.image_size / patch;
        let positions = config
            .use_absolute_embeddings
            .then(|| embeddings.tensor("position_embeddings", &[1, side * side, width]));
        let mut shape = StageShape {
            width,
            heads: 0,
            depth: 0,
            window: config.window_size,
            ratio: config.mlp_ratio,
            epsilon: config.layer_norm_eps,
            activation: activation(&config.hidden_act)?,
            has_qkv_bias: config.qkv_bias,
            is_last: false,
        };
        let layers = swin.at("encoder.layers");
        let mut stages = Vec::new();
        for (index, (depth, heads)) in config.depths.iter().zip(&config.num_heads).enumerate() {
            shape.width = width << index;
            (shape.depth, shape.heads) = (*depth, *heads);
            shape.is_last = index + 1 == config.depths.len();
            stages.push(Stage::load(&layers.at(index), &shape)?);
        }
        Ok(Self {
            patches: PatchEmbedding::load(&projection, (3, patch, width), true)?,
            norm: LayerNorm::load(&embeddings.at("norm"), width, EPSILON)?,
            positions: positions.transpose()?,
            stages,
            last: LayerNorm::load(&swin.at("layernorm"), shape.width, shape.epsilon)?,
            classifier: Linear::load(&scope.at("classifier"), (shape.width, classes), true)?,
            patch,
        })
    }
}

impl Backbone for Swin {
    fn logits(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let [_, _, height, width] = pixels.sizes()?;
        let mut x = self.norm.forward(&self.patches.forward(pixels)?)?;
        if let Some(positions) = &self.positions {
            x = x.add(positions)?;
        }
        let mut grid = Grid { height: height / self.patch, width: width / self.patch };
        for stage in &self.stages {
            (x, grid) = stage.forward(&x, grid)?;
        }
        self.classifier.forward(&self.last.forward(&x)?.mean(1)?)
    }
}
