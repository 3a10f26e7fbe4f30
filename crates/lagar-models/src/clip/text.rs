//! CLIP's text tower.
//!
//! Source: `CLIPTextTransformer` of transformers.

use lagar_nn::layers::{Embedding, LayerNorm};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use super::config::ClipTextConfig;
use crate::ModelsError;
use crate::encoder::{CLIP, EncoderLayer};

/// The end-of-text number of old configurations, which was never that of the end-of-text token.
const LEGACY_END: u32 = 2;

/// The text tower.
#[derive(Debug)]
pub struct ClipText {
    words: Embedding,
    positions: Tensor,
    layers: Vec<EncoderLayer>,
    last: LayerNorm,
    end: u32,
}

impl ClipText {
    /// Loads `text_model`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, config: &ClipTextConfig) -> Result<Self, ModelsError> {
        let shape = config.shape()?;
        let width = shape.width;
        let embeddings = scope.at("embeddings");
        let words = embeddings.at("token_embedding");
        let places = [config.max_position_embeddings, width];
        let layers = scope.at("encoder.layers");
        let layer = |index: usize| EncoderLayer::load(&layers.at(index), &CLIP, &shape);
        Ok(Self {
            words: Embedding::load(&words, (config.vocab_size, width))?,
            positions: embeddings.tensor("position_embedding.weight", &places)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            last: LayerNorm::load(&scope.at("final_layer_norm"), width, shape.epsilon)?,
            end: config.eos_token_id,
        })
    }

    /// What the first layer reads: `[1, tokens, width]`.
    ///
    /// # Errors
    /// When there are too many tokens, or one that the model does not have.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor, NnError> {
        let places = self.positions.narrow(0, 0..ids.len())?;
        let words = self.words.forward(ids)?.add(&places)?;
        let width = words.size(1)?;
        words.reshape(&[1, ids.len(), width])
    }

    /// The layers.
    pub fn layers(&self) -> &[EncoderLayer] {
        &self.layers
    }

    /// The vector that stands for a text, before the projection: `[1, width]`.
    ///
    /// # Errors
    /// When there are too many tokens, or one that the model does not have.
    pub fn pooled(&self, ids: &[u32]) -> Result<Tensor, NnError> {
        let mut x = self.embed(ids)?;
        for layer in &self.layers {
            x = layer.forward(&x, true)?;
        }
        let (place, width) = (self.end_of(ids), x.size(2)?);
        self.last.forward(&x.narrow(1, place..place + 1)?.reshape(&[1, width])?)
    }

    /// The place of the token that has seen the whole text.
    fn end_of(&self, ids: &[u32]) -> usize {
        let end = match self.end {
            LEGACY_END => ids.iter().copied().max(),
            end => Some(end),
        };
        ids.iter().position(|id| Some(*id) == end).unwrap_or(0)
    }
}
