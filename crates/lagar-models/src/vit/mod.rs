//! `ViTForImageClassification`: patches, pre-norm layers, and a linear layer above the class token.
//!
//! Tensor names and numbers are those of transformers. Source: Dosovitskiy et al. 2020,
//! <https://arxiv.org/abs/2010.11929>.

use lagar_nn::layers::{LayerNorm, Linear, PatchEmbedding};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};
use serde::Deserialize;

use crate::ModelsError;
use crate::classifier::Backbone;
use crate::encoder::{EncoderLayer, LayerShape, VIT};
use crate::folder::activation;

/// A layer above the class token that classification does not use.
pub(crate) const UNUSED: &[&str] = &["vit.pooler.dense.weight", "vit.pooler.dense.bias"];

/// `ViTConfig`, with its defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct VitConfig {
    /// Width.
    pub hidden_size: usize,
    /// Width of the two-layer perceptrons.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Height and width of pictures, in pixels.
    pub image_size: usize,
    /// Height and width of patches, in pixels.
    pub patch_size: usize,
    /// The perceptrons' activation.
    pub hidden_act: String,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
}

impl Default for VitConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 16,
            hidden_act: "gelu".to_owned(),
            layer_norm_eps: 1e-12,
            qkv_bias: true,
        }
    }
}

/// The model.
#[derive(Debug)]
pub struct Vit {
    patches: PatchEmbedding,
    class: Tensor,
    positions: Tensor,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
    classifier: Linear,
}

impl Vit {
    pub(crate) fn load(
        scope: &Scope<'_>,
        config: &VitConfig,
        classes: usize,
    ) -> Result<Self, ModelsError> {
        let shape = LayerShape {
            width: config.hidden_size,
            inner: config.intermediate_size,
            heads: config.num_attention_heads,
            epsilon: config.layer_norm_eps,
            activation: activation(&config.hidden_act)?,
            has_qkv_bias: config.qkv_bias,
        };
        let (width, side) = (shape.width, config.image_size / config.patch_size);
        let vit = scope.at("vit");
        let embeddings = vit.at("embeddings");
        let patches = embeddings.at("patch_embeddings.projection");
        let places = [1, side * side + 1, width];
        let layers = vit.at("encoder.layer");
        let layer = |index: usize| EncoderLayer::load(&layers.at(index), &VIT, &shape);
        Ok(Self {
            patches: PatchEmbedding::load(&patches, (3, config.patch_size, width), true)?,
            class: embeddings.tensor("cls_token", &[1, 1, width])?,
            positions: embeddings.tensor("position_embeddings", &places)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            norm: LayerNorm::load(&vit.at("layernorm"), width, shape.epsilon)?,
            classifier: Linear::load(&scope.at("classifier"), (width, classes), true)?,
        })
    }
}

impl Backbone for Vit {
    fn logits(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        let patches = self.patches.forward(pixels)?;
        let [items, _, width] = patches.sizes()?;
        let class = self.class.broadcast_to(&[items, 1, width])?;
        let mut x = Tensor::cat(&[&class, &patches], 1)?.add(&self.positions)?;
        for layer in &self.layers {
            x = layer.forward(&x, false)?;
        }
        let class = x.narrow(1, 0..1)?.reshape(&[items, width])?;
        self.classifier.forward(&self.norm.forward(&class)?)
    }
}
