//! A transformer layer that is normalised before its parts, as CLIP, ViT and Swin have it.
//!
//! The three differ in what their tensors are called, and Swin in which patches see each other; so
//! a layer is loaded by a table of names and can be run part by part.

use lagar_nn::layers::{LayerNorm, Linear};
use lagar_nn::ops::{Activation, AttentionSettings, attention};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

/// What a checkpoint calls the parts of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerNames {
    norms: [&'static str; 2],
    qkv: [&'static str; 3],
    projection: &'static str,
    perceptron: [&'static str; 2],
}

/// `CLIPEncoderLayer`.
pub(crate) const CLIP: LayerNames = LayerNames {
    norms: ["layer_norm1", "layer_norm2"],
    qkv: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    projection: "self_attn.out_proj",
    perceptron: ["mlp.fc1", "mlp.fc2"],
};

/// `ViTLayer`.
pub(crate) const VIT: LayerNames = LayerNames {
    norms: ["layernorm_before", "layernorm_after"],
    qkv: ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
    projection: "attention.output.dense",
    perceptron: ["intermediate.dense", "output.dense"],
};

/// `SwinLayer`.
pub(crate) const SWIN: LayerNames = LayerNames {
    qkv: ["attention.self.query", "attention.self.key", "attention.self.value"],
    ..VIT
};

/// The sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerShape {
    pub(crate) width: usize,
    /// Width of the two-layer perceptron.
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    pub(crate) epsilon: f64,
    pub(crate) activation: Activation,
    pub(crate) has_qkv_bias: bool,
}

/// One layer.
#[derive(Debug)]
pub struct EncoderLayer {
    norm1: LayerNorm,
    qkv: Linear,
    projection: Linear,
    norm2: LayerNorm,
    inner: Linear,
    outer: Linear,
    heads: usize,
    activation: Activation,
}

impl EncoderLayer {
    pub(crate) fn load(
        scope: &Scope<'_>,
        names: &LayerNames,
        shape: &LayerShape,
    ) -> Result<Self, NnError> {
        let &LayerShape { width, inner, heads, epsilon, activation, has_qkv_bias } = shape;
        let norm = |name: &str| LayerNorm::load(&scope.at(name), width, epsilon);
        let qkv = names.qkv.map(|name| scope.at(name));
        Ok(Self {
            norm1: norm(names.norms[0])?,
            qkv: Linear::load_stacked(&qkv, (width, width), has_qkv_bias)?,
            projection: Linear::load(&scope.at(names.projection), (width, width), true)?,
            norm2: norm(names.norms[1])?,
            inner: Linear::load(&scope.at(names.perceptron[0]), (width, inner), true)?,
            outer: Linear::load(&scope.at(names.perceptron[1]), (inner, width), true)?,
            heads,
            activation,
        })
    }

    /// `[items, tokens, width]` to the same shape.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor, is_causal: bool) -> Result<Tensor, NnError> {
        let settings = AttentionSettings { is_causal, ..self.every_token(x.size(2)?) };
        let mixed = self.mix(&self.before(x)?, &settings)?;
        self.behind(&self.projection.plus(&mixed, x)?)
    }

    /// Attention in which every token sees every other, for tokens of this width.
    pub(crate) fn every_token(&self, width: usize) -> AttentionSettings<'static> {
        AttentionSettings::full(self.heads, width / self.heads)
    }

    /// The first norm.
    pub(crate) fn before(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.norm1.forward(x)
    }

    /// What tokens `[items, tokens, width]` take from each other, after the projection.
    pub(crate) fn attend(
        &self,
        x: &Tensor,
        settings: &AttentionSettings<'_>,
    ) -> Result<Tensor, NnError> {
        self.projection.forward(&self.mix(x, settings)?)
    }

    fn mix(&self, x: &Tensor, settings: &AttentionSettings<'_>) -> Result<Tensor, NnError> {
        let width = x.size(2)?;
        let fused = self.qkv.forward(x)?;
        let part = |index| fused.narrow(2, index * width..(index + 1) * width);
        attention(&part(0)?, &part(1)?, &part(2)?, settings)
    }

    /// The second half: the perceptron, added to what it reads.
    pub(crate) fn behind(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let inner = self.inner.activated(&self.norm2.forward(x)?, self.activation)?;
        self.outer.plus(&inner, x)
    }
}
