//! CLIP's vision tower.
//!
//! Source: `CLIPVisionTransformer` of transformers.

use lagar_nn::layers::{LayerNorm, PatchEmbedding};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use super::config::ClipVisionConfig;
use crate::ModelsError;
use crate::encoder::{CLIP, EncoderLayer};

/// The vision tower.
#[derive(Debug)]
pub struct ClipVision {
    patches: PatchEmbedding,
    class: Tensor,
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<EncoderLayer>,
    last: LayerNorm,
}

impl ClipVision {
    /// Loads `vision_model`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, config: &ClipVisionConfig) -> Result<Self, ModelsError> {
        let shape = config.shape()?;
        let (width, side) = (shape.width, config.image_size / config.patch_size);
        let embeddings = scope.at("embeddings");
        let patches = embeddings.at("patch_embedding");
        let layers = scope.at("encoder.layers");
        let layer = |index: usize| EncoderLayer::load(&layers.at(index), &CLIP, &shape);
        let norm = |name: &str| LayerNorm::load(&scope.at(name), width, shape.epsilon);
        Ok(Self {
            patches: PatchEmbedding::load(&patches, (3, config.patch_size, width), false)?,
            class: embeddings.tensor("class_embedding", &[width])?,
            positions: embeddings.tensor("position_embedding.weight", &[side * side + 1, width])?,
            norm: norm("pre_layrnorm")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            last: norm("post_layernorm")?,
        })
    }

    /// What the first layer reads: pixels `[items, 3, side, side]` to `[items, 1 + patches, width]`.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn embed(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let patches = self.patches.forward(pixels)?;
        let [items, _, width] = patches.sizes()?;
        let class = self.class.reshape(&[1, 1, width])?.broadcast_to(&[items, 1, width])?;
        self.norm.forward(&Tensor::cat(&[&class, &patches], 1)?.add(&self.positions)?)
    }

    /// The layers.
    pub fn layers(&self) -> &[EncoderLayer] {
        &self.layers
    }

    /// The vector that stands for each picture, before the projection: `[items, width]`.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn pooled(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.embed(pixels)?;
        for layer in &self.layers {
            x = layer.forward(&x, false)?;
        }
        let [items, _, width] = x.sizes()?;
        self.last.forward(&x.narrow(1, 0..1)?.reshape(&[items, width])?)
    }
}
