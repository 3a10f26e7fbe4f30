//! BLIP's text encoder.
//!
//! Source: `BlipTextModel` of transformers, as an encoder without padding.

use lagar_nn::layers::{Embedding, LayerNorm};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use super::config::BlipTextConfig;
use crate::ModelsError;
use crate::bert::{BertLayer, BertNames, BertShape};
use crate::folder::activation;

/// What a checkpoint calls the parts of a layer.
const NAMES: BertNames =
    BertNames { inside: "self", intermediate: "intermediate.dense", output: "output" };

/// The text encoder.
#[derive(Debug)]
pub struct BlipText {
    words: Embedding,
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<BertLayer>,
}

impl BlipText {
    /// Loads `text_encoder`, which looks at patches of the width `seen`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        config: &BlipTextConfig,
        seen: usize,
    ) -> Result<Self, ModelsError> {
        let shape = BertShape {
            width: config.hidden_size,
            inner: config.intermediate_size,
            heads: config.num_attention_heads,
            epsilon: config.layer_norm_eps,
            activation: activation(&config.hidden_act)?,
        };
        let embeddings = scope.at("embeddings");
        let words = (config.vocab_size, shape.width);
        let places = [config.max_position_embeddings, shape.width];
        let layers = scope.at("encoder.layer");
        let layer = |index: usize| BertLayer::load(&layers.at(index), &NAMES, &shape, Some(seen));
        Ok(Self {
            words: Embedding::load(&embeddings.at("word_embeddings"), words)?,
            positions: embeddings.tensor("position_embeddings.weight", &places)?,
            norm: LayerNorm::load(&embeddings.at("LayerNorm"), shape.width, shape.epsilon)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
        })
    }

    /// A text that has looked at pictures `[items, patches, width of the vision tower]`:
    /// `[items, tokens, width]`.
    ///
    /// # Errors
    /// When there are too many tokens, or one that the model does not have.
    pub fn forward(&self, ids: &[u32], patches: &Tensor) -> Result<Tensor, NnError> {
        let places = self.positions.narrow(0, 0..ids.len())?;
        let words = self.norm.forward(&self.words.forward(ids)?.add(&places)?)?;
        let (items, width) = (patches.size(0)?, words.size(1)?);
        let shape = [items, ids.len(), width];
        let mut x = words.reshape(&[1, ids.len(), width])?.broadcast_to(&shape)?;
        for layer in &self.layers {
            x = layer.forward(&x, &[], patches)?;
        }
        Ok(x)
    }
}
