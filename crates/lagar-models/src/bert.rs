//! A transformer layer that is normalised behind its parts, as BERT has it, with or without a look
//! at something else in between.
//!
//! BLIP-2's Q-Former and BLIP's text encoder are made of it; they differ in what its tensors are
//! called. Source: `modeling_blip_2.py` and `modeling_blip_text.py` of transformers.

use lagar_nn::layers::{LayerNorm, Linear};
use lagar_nn::ops::{Activation, AttentionSettings, attention};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

/// What a checkpoint calls the parts of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BertNames {
    /// Where queries, keys and values are, inside `attention`.
    pub(crate) inside: &'static str,
    pub(crate) intermediate: &'static str,
    pub(crate) output: &'static str,
}

/// The sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BertShape {
    pub(crate) width: usize,
    /// Width of the two-layer perceptron.
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    pub(crate) epsilon: f64,
    pub(crate) activation: Activation,
}

/// One layer.
#[derive(Debug)]
pub struct BertLayer {
    own: Attention,
    other: Option<Attention>,
    inner: Linear,
    output: Output,
    activation: Activation,
}

#[derive(Debug)]
struct Attention {
    query: Linear,
    key_value: Linear,
    output: Output,
    heads: usize,
}

/// A linear layer, the residual, and a norm over both.
#[derive(Debug)]
struct Output {
    dense: Linear,
    norm: LayerNorm,
}

impl BertLayer {
    /// Loads a layer; `seen` is the width of what it looks at, if it does.
    pub(crate) fn load(
        scope: &Scope<'_>,
        names: &BertNames,
        shape: &BertShape,
        seen: Option<usize>,
    ) -> Result<Self, NnError> {
        let &BertShape { width, inner, activation, .. } = shape;
        let attention = |name: &str, seen| Attention::load(&scope.at(name), names, shape, seen);
        Ok(Self {
            own: attention("attention", width)?,
            other: seen.map(|seen| attention("crossattention", seen)).transpose()?,
            inner: Linear::load(&scope.at(names.intermediate), (width, inner), true)?,
            output: Output::load(&scope.at(names.output), shape, inner)?,
            activation,
        })
    }

    /// `x` `[items, tokens, width]` to the same shape, after a look at `seen` `[items, tokens, width
    /// of what is seen]`; `lengths` are the tokens of each item that are not padding, empty for all.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn forward(&self, x: &Tensor, lengths: &[usize], seen: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.own.forward(x, x, lengths)?;
        if let Some(other) = &self.other {
            x = other.forward(&x, seen, &[])?;
        }
        let inner = self.inner.activated(&x, self.activation)?;
        self.output.forward(&inner, &x)
    }
}

impl Attention {
    fn load(
        scope: &Scope<'_>,
        names: &BertNames,
        shape: &BertShape,
        seen: usize,
    ) -> Result<Self, NnError> {
        let width = shape.width;
        let inside = scope.at(names.inside);
        let key_value = [inside.at("key"), inside.at("value")];
        Ok(Self {
            query: Linear::load(&inside.at("query"), (width, width), true)?,
            key_value: Linear::load_stacked(&key_value, (seen, width), true)?,
            output: Output::load(&scope.at("output"), shape, width)?,
            heads: shape.heads,
        })
    }

    fn forward(&self, x: &Tensor, seen: &Tensor, lengths: &[usize]) -> Result<Tensor, NnError> {
        let width = x.size(2)?;
        let key_value = self.key_value.forward(seen)?;
        let key = key_value.narrow(2, 0..width)?;
        let value = key_value.narrow(2, width..2 * width)?;
        let full = AttentionSettings::full(self.heads, width / self.heads);
        let settings = AttentionSettings { key_lengths: lengths, ..full };
        let mixed = attention(&self.query.forward(x)?, &key, &value, &settings)?;
        self.output.forward(&mixed, x)
    }
}

impl Output {
    fn load(scope: &Scope<'_>, shape: &BertShape, inputs: usize) -> Result<Self, NnError> {
        Ok(Self {
            dense: Linear::load(&scope.at("dense"), (inputs, shape.width), true)?,
            norm: LayerNorm::load(&scope.at("LayerNorm"), shape.width, shape.epsilon)?,
        })
    }

    fn forward(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, NnError> {
        self.norm.forward(&self.dense.plus(x, residual)?)
    }
}
