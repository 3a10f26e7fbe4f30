//! The Q-Former: a BERT over a few learnt queries, every other layer of which looks at the picture.
//!
//! Source: `Blip2QFormerModel` of transformers, without text: the queries have no positions and no
//! word embeddings.

use lagar_nn::layers::LayerNorm;
use lagar_nn::ops::Activation;
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::bert::{BertLayer, BertNames, BertShape};
use crate::blip2::config::QFormerConfig;

/// What a checkpoint calls the parts of a layer.
const NAMES: BertNames = BertNames {
    inside: "attention",
    intermediate: "intermediate_query.dense",
    output: "output_query",
};

/// The Q-Former.
#[derive(Debug)]
pub struct QFormer {
    norm: LayerNorm,
    layers: Vec<BertLayer>,
}

impl QFormer {
    /// Loads `qformer`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        config: &QFormerConfig,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let shape = BertShape {
            width: config.hidden_size,
            inner: config.intermediate_size,
            heads: config.num_attention_heads,
            epsilon: config.layer_norm_eps,
            activation,
        };
        let layers = scope.at("encoder.layer");
        let layer = |index: usize| {
            let looks = index.is_multiple_of(config.cross_attention_frequency);
            let seen = looks.then_some(config.encoder_hidden_size);
            BertLayer::load(&layers.at(index), &NAMES, &shape, seen)
        };
        Ok(Self {
            norm: LayerNorm::load(&scope.at("layernorm"), shape.width, shape.epsilon)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
        })
    }

    /// Queries `[items, queries, width]` that have looked at `patches` `[items, patches, width of the
    /// vision tower]`.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn forward(&self, queries: &Tensor, patches: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.norm.forward(queries)?;
        for layer in &self.layers {
            x = layer.forward(&x, &[], patches)?;
        }
        Ok(x)
    }
}
