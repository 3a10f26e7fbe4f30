//! The vision tower: a vision transformer whose patches all go on to the Q-Former.
//!
//! Source: `Blip2VisionModel` of transformers; EVA-CLIP ViT-g/14 with its layers normalised before.

use lagar_nn::layers::{LayerNorm, Linear, PatchEmbedding};
use lagar_nn::ops::{Activation, AttentionSettings, attention};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::blip2::config::VisionConfig;

/// The vision tower.
#[derive(Debug)]
pub struct VisionTower {
    patches: PatchEmbedding,
    class: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
}

/// One layer of the tower.
#[derive(Debug)]
pub struct Layer {
    norm1: LayerNorm,
    qkv: Linear,
    projection: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
    activation: Activation,
}

impl VisionTower {
    /// Loads `vision_model`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        config: &VisionConfig,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let (width, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let embeddings = scope.at("embeddings");
        let side = config.image_size / config.patch_size;
        let layers = scope.at("encoder.layers");
        let layer = |index| Layer::load(&layers.at(index), config, activation);
        Ok(Self {
            patches: PatchEmbedding::load(
                &embeddings.at("patch_embedding"),
                (3, config.patch_size, width),
                true,
            )?,
            class: embeddings.tensor("class_embedding", &[1, 1, width])?,
            positions: embeddings.tensor("position_embedding", &[1, side * side + 1, width])?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            norm: LayerNorm::load(&scope.at("post_layernorm"), width, epsilon)?,
        })
    }

    /// Pixels `[items, 3, height, width]` to patches `[items, 1 + patches, width]`, the class first.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.embed(pixels)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        self.finish(&x)
    }

    /// What the first layer reads.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn embed(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let patches = self.patches.forward(pixels)?;
        let [items, _, width] = patches.sizes()?;
        let class = self.class.broadcast_to(&[items, 1, width])?;
        Tensor::cat(&[&class, &patches], 1)?.add(&self.positions)
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What stands behind the last layer.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn finish(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.norm.forward(x)
    }
}

impl Layer {
    fn load(
        scope: &Scope<'_>,
        config: &VisionConfig,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| LayerNorm::load(&scope.at(name), width, config.layer_norm_eps);
        let attention = scope.at("self_attn");
        Ok(Self {
            norm1: norm("layer_norm1")?,
            qkv: Linear::load(&attention.at("qkv"), (width, 3 * width), config.qkv_bias)?,
            projection: Linear::load(&attention.at("projection"), (width, width), true)?,
            norm2: norm("layer_norm2")?,
            fc1: Linear::load(&scope.at("mlp.fc1"), (width, inner), true)?,
            fc2: Linear::load(&scope.at("mlp.fc2"), (inner, width), true)?,
            heads: config.num_attention_heads,
            activation,
        })
    }

    /// `[items, tokens, width]` to the same shape.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let width = x.size(2)?;
        let fused = self.qkv.forward(&self.norm1.forward(x)?)?;
        let part = |index| fused.narrow(2, index * width..(index + 1) * width);
        let settings = AttentionSettings::full(self.heads, width / self.heads);
        let mixed = attention(&part(0)?, &part(1)?, &part(2)?, &settings)?;
        let x = self.projection.plus(&mixed, x)?;
        let inner = self.fc1.activated(&self.norm2.forward(&x)?, self.activation)?;
        self.fc2.plus(&inner, &x)
    }
}
