//! Gemma, the language model.
//!
//! What is peculiar to it: norms scale by one more than their weights, perceptrons are gated by GELU,
//! one head of keys serves all queries, and whatever it reads, pictures included, is multiplied by the
//! square root of its width. Source: Gemma Team 2024 and `GemmaModel` of transformers 4.38.

use lagar_nn::layers::{Embedding, Linear, RmsNorm};
use lagar_nn::ops::{self, Activation, DecoderAttention, Heads, Rotation, Span};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::ModelsError;
use crate::generate::{Decoder, Turn, last_rows, positions};
use crate::mgm::MgmConfig;

/// The language model.
#[derive(Debug)]
pub struct Gemma {
    tokens: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    width: usize,
    head_width: usize,
    rope_theta: f64,
    places: usize,
}

#[derive(Debug)]
struct Layer {
    attention_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
    heads: Heads,
    activation: Activation,
}

impl Gemma {
    /// Loads `model`: `embed_tokens`, `layers` and `norm`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, config: &MgmConfig) -> Result<Self, NnError> {
        let width = config.hidden_size;
        let layers = scope.at("layers");
        let layer = |index| Layer::load(&layers.at(index), config);
        Ok(Self {
            tokens: Embedding::load(&scope.at("embed_tokens"), (config.vocab_size, width))?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            norm: RmsNorm::load(&scope.at("norm"), width, 1.0, config.rms_norm_eps)?,
            width,
            head_width: config.head_dim,
            rope_theta: config.rope_theta,
            places: config.max_position_embeddings,
        })
    }

    /// Vectors of tokens, `[ids, width]`, not yet multiplied.
    ///
    /// # Errors
    /// When there is no such token.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor, NnError> {
        self.tokens.forward(ids)
    }

    /// What stands behind each layer and, last, behind the norm, for new tokens of several sequences
    /// one after the other: `[tokens, width]` to the same shape.
    ///
    /// # Errors
    /// When the shapes do not go together or a sequence gets too long.
    pub fn hidden(
        &self,
        vectors: &Tensor,
        spans: &mut [Span<'_>],
        behind: &mut dyn FnMut(usize, &Tensor),
    ) -> Result<Tensor, ModelsError> {
        let positions = positions(spans, self.places)?;
        let rotation = Rotation::new(&positions, self.head_width, self.rope_theta);
        let mut x = vectors.scale((self.width as f64).sqrt())?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x, (spans, &rotation), index)?;
            behind(index, &x);
        }
        Ok(self.norm.forward(&x)?)
    }

    /// The scores of all tokens, `[rows, width]` to `[rows, vocabulary]`.
    ///
    /// # Errors
    /// When `hidden` has another width.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor, NnError> {
        ops::linear(hidden, self.tokens.weight(), None, Activation::Identity, None)
    }
}

impl Decoder for Gemma {
    fn vocabulary(&self) -> usize {
        self.tokens.weight().outputs()
    }

    fn places(&self) -> usize {
        self.places
    }

    fn forward(&self, turns: &mut [Turn<'_>]) -> Result<Tensor, ModelsError> {
        let last = last_rows(
            turns,
            |ids| self.embed(ids),
            |vectors, spans| self.hidden(vectors, spans, &mut |_layer, _x| {}),
        )?;
        Ok(self.logits(&last)?)
    }
}

impl Layer {
    fn load(scope: &Scope<'_>, config: &MgmConfig) -> Result<Self, NnError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let heads = Heads {
            queries: config.num_attention_heads,
            keys: config.num_key_value_heads,
            width: config.head_dim,
        };
        let (row, kv_row) = (heads.queries * heads.width, heads.keys * heads.width);
        let (attention, perceptron) = (scope.at("self_attn"), scope.at("mlp"));
        let norm = |name: &str| RmsNorm::load(&scope.at(name), width, 1.0, config.rms_norm_eps);
        let mixed =
            |name: &str, shape| Linear::load(&attention.at(name), shape, config.attention_bias);
        let plain = |name: &str, shape| Linear::load(&perceptron.at(name), shape, false);
        Ok(Self {
            attention_norm: norm("input_layernorm")?,
            query: mixed("q_proj", (width, row))?,
            key: mixed("k_proj", (width, kv_row))?,
            value: mixed("v_proj", (width, kv_row))?,
            out: mixed("o_proj", (row, width))?,
            norm: norm("post_attention_layernorm")?,
            gate: plain("gate_proj", (width, inner))?,
            up: plain("up_proj", (width, inner))?,
            down: plain("down_proj", (inner, width))?,
            heads,
            activation: config.activation,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        (spans, rotation): (&mut [Span<'_>], &Rotation),
        index: usize,
    ) -> Result<Tensor, NnError> {
        let before = self.attention_norm.forward(x)?;
        let query = ops::rotary(&self.query.forward(&before)?, rotation)?;
        let key = ops::rotary(&self.key.forward(&before)?, rotation)?;
        let value = self.value.forward(&before)?;
        let scale = 1.0 / (self.heads.width as f32).sqrt();
        let form = DecoderAttention { layer: index, heads: self.heads, scale };
        let mixed = ops::cached_attention(&query, &key, &value, spans, form)?;
        let x = self.out.plus(&mixed, x)?;
        let before = self.norm.forward(&x)?;
        let gate = self.gate.activated(&before, self.activation)?;
        self.down.plus(&gate.mul(&self.up.forward(&before)?)?, &x)
    }
}
