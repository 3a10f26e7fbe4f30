//! OPT, the language model.
//!
//! What is peculiar to it: learnt positions with an offset of 2, `relu`, biases everywhere, and one
//! size (350m) that normalises behind a layer. Queries are scaled after their bias. Source: Zhang et al. 2022 and `OPTDecoder` of transformers.

use lagar_nn::layers::{Embedding, LayerNorm, Linear};
use lagar_nn::ops::{self, Activation, DecoderAttention, Heads, Span};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor, Weight};

use crate::ModelsError;
use crate::blip2::config::OptConfig;
use crate::generate::{Decoder, Turn, last_rows, positions};

/// Rows of the position table that come before the first position.
const OFFSET: usize = 2;
const EPSILON: f64 = 1e-5;

/// The language model.
#[derive(Debug)]
pub struct Opt {
    tokens: Embedding,
    positions: Embedding,
    layers: Vec<Layer>,
    norm: Option<LayerNorm>,
    head: Weight,
    places: usize,
}

#[derive(Debug)]
struct Layer {
    attention_norm: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: Heads,
    activation: Activation,
    normalises_before: bool,
}

impl Opt {
    /// Loads `language_model`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        config: &OptConfig,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let width = config.hidden_size;
        let decoder = scope.at("model.decoder");
        let tokens = Embedding::load(&decoder.at("embed_tokens"), (config.vocab_size, width))?;
        let rows = config.max_position_embeddings + OFFSET;
        let positions = Embedding::load(&decoder.at("embed_positions"), (rows, width))?;
        let layers = decoder.at("layers");
        let layer = |index| Layer::load(&layers.at(index), config, activation);
        let layers = (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?;
        let has_norm = config.do_layer_norm_before && !config.remove_final_layer_norm;
        let norm =
            if has_norm { Some(load_norm(&decoder.at("final_layer_norm"), config)?) } else { None };
        let head = if config.tie_word_embeddings {
            tokens.weight().clone()
        } else {
            scope.at("lm_head").matrix("weight", (config.vocab_size, width))?
        };
        let places = config.max_position_embeddings;
        Ok(Self { tokens, positions, layers, norm, head, places })
    }

    /// Vectors of tokens, `[ids, width]`.
    ///
    /// # Errors
    /// When there is no such token.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor, NnError> {
        self.tokens.forward(ids)
    }

    /// What stands behind the last layer, for new tokens of several sequences one after the other:
    /// `[tokens, width]` to the same shape.
    ///
    /// # Errors
    /// When the shapes do not go together or a sequence gets too long.
    pub fn hidden(&self, vectors: &Tensor, spans: &mut [Span<'_>]) -> Result<Tensor, ModelsError> {
        let positions = positions(spans, self.places)?;
        let positions: Vec<u32> = positions.iter().map(|place| (place + OFFSET) as u32).collect();
        let mut x = vectors.add(&self.positions.forward(&positions)?)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x, spans, index)?;
        }
        if let Some(norm) = &self.norm {
            x = norm.forward(&x)?;
        }
        Ok(x)
    }

    /// The scores of all tokens, `[rows, width]` to `[rows, vocabulary]`.
    ///
    /// # Errors
    /// When `hidden` has another width.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor, NnError> {
        ops::linear(hidden, &self.head, None, Activation::Identity, None)
    }
}

impl Decoder for Opt {
    fn vocabulary(&self) -> usize {
        self.head.outputs()
    }

    fn places(&self) -> usize {
        self.places
    }

    fn forward(&self, turns: &mut [Turn<'_>]) -> Result<Tensor, ModelsError> {
        let last =
            last_rows(turns, |ids| self.embed(ids), |vectors, spans| self.hidden(vectors, spans))?;
        Ok(self.logits(&last)?)
    }
}

fn load_norm(scope: &Scope<'_>, config: &OptConfig) -> Result<LayerNorm, NnError> {
    if config.layer_norm_elementwise_affine {
        LayerNorm::load(scope, config.hidden_size, EPSILON)
    } else {
        LayerNorm::plain(scope, config.hidden_size, EPSILON)
    }
}

impl Layer {
    fn load(
        scope: &Scope<'_>,
        config: &OptConfig,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let (width, inner, has_bias) = (config.hidden_size, config.ffn_dim, config.enable_bias);
        let attention = scope.at("self_attn");
        let qkv = ["q_proj", "k_proj", "v_proj"].map(|name| attention.at(name));
        let heads = config.num_attention_heads;
        Ok(Self {
            attention_norm: load_norm(&scope.at("self_attn_layer_norm"), config)?,
            qkv: Linear::load_stacked(&qkv, (width, width), has_bias)?,
            out: Linear::load(&attention.at("out_proj"), (width, width), has_bias)?,
            norm: load_norm(&scope.at("final_layer_norm"), config)?,
            fc1: Linear::load(&scope.at("fc1"), (width, inner), has_bias)?,
            fc2: Linear::load(&scope.at("fc2"), (inner, width), has_bias)?,
            heads: Heads { queries: heads, keys: heads, width: width / heads },
            activation,
            normalises_before: config.do_layer_norm_before,
        })
    }

    fn forward(&self, x: &Tensor, spans: &mut [Span<'_>], index: usize) -> Result<Tensor, NnError> {
        let before = |norm: &LayerNorm, x: &Tensor| {
            if self.normalises_before { norm.forward(x) } else { Ok(x.clone()) }
        };
        let after = |norm: &LayerNorm, x: Tensor| {
            if self.normalises_before { Ok(x) } else { norm.forward(&x) }
        };
        let width = x.size(1)?;
        let fused = self.qkv.forward(&before(&self.attention_norm, x)?)?;
        let part = |index| fused.narrow(1, index * width..(index + 1) * width);
        let scale = 1.0 / (self.heads.width as f32).sqrt();
        let form = DecoderAttention { layer: index, heads: self.heads, scale };
        let mixed = ops::cached_attention(&part(0)?, &part(1)?, &part(2)?, spans, form)?;
        let x = after(&self.attention_norm, self.out.plus(&mixed, x)?)?;
        let inner = self.fc1.activated(&before(&self.norm, &x)?, self.activation)?;
        after(&self.norm, self.fc2.plus(&inner, &x)?)
    }
}
