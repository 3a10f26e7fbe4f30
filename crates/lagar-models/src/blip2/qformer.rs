//! The Q-Former: a BERT over a few learnt queries, every other layer of which looks at the picture.
//!
//! Source: `Blip2QFormerModel` of transformers, without text: the queries have no positions and no
//! word embeddings.

use lagar_nn::layers::{LayerNorm, Linear};
use lagar_nn::ops::{Activation, AttentionSettings, attention};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::blip2::config::QFormerConfig;

/// The Q-Former.
#[derive(Debug)]
pub struct QFormer {
    norm: LayerNorm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    own: Attention,
    picture: Option<Attention>,
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
        let layers = scope.at("encoder.layer");
        let layer = |index| Layer::load(&layers.at(index), config, index, activation);
        Ok(Self {
            norm: LayerNorm::load(
                &scope.at("layernorm"),
                config.hidden_size,
                config.layer_norm_eps,
            )?,
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
            x = layer.forward(&x, patches)?;
        }
        Ok(x)
    }
}

impl Layer {
    fn load(
        scope: &Scope<'_>,
        config: &QFormerConfig,
        index: usize,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let own = Attention::load(&scope.at("attention"), config, width)?;
        let picture = if index.is_multiple_of(config.cross_attention_frequency) {
            let scope = scope.at("crossattention");
            Some(Attention::load(&scope, config, config.encoder_hidden_size)?)
        } else {
            None
        };
        let inner_scope = scope.at("intermediate_query.dense");
        let output = Output::load(&scope.at("output_query"), config, inner)?;
        let inner = Linear::load(&inner_scope, (width, inner), true)?;
        Ok(Self { own, picture, inner, output, activation })
    }

    fn forward(&self, x: &Tensor, patches: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.own.forward(x, x)?;
        if let Some(picture) = &self.picture {
            x = picture.forward(&x, patches)?;
        }
        let inner = self.inner.activated(&x, self.activation)?;
        self.output.forward(&inner, &x)
    }
}

impl Attention {
    fn load(scope: &Scope<'_>, config: &QFormerConfig, seen: usize) -> Result<Self, NnError> {
        let width = config.hidden_size;
        let inner = scope.at("attention");
        let key_value = [inner.at("key"), inner.at("value")];
        Ok(Self {
            query: Linear::load(&inner.at("query"), (width, width), true)?,
            key_value: Linear::load_stacked(&key_value, (seen, width), true)?,
            output: Output::load(&scope.at("output"), config, width)?,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor, seen: &Tensor) -> Result<Tensor, NnError> {
        let width = x.size(2)?;
        let key_value = self.key_value.forward(seen)?;
        let key = key_value.narrow(2, 0..width)?;
        let value = key_value.narrow(2, width..2 * width)?;
        let settings = AttentionSettings::full(self.heads, width / self.heads);
        let mixed = attention(&self.query.forward(x)?, &key, &value, &settings)?;
        self.output.forward(&mixed, x)
    }
}

impl Output {
    fn load(scope: &Scope<'_>, config: &QFormerConfig, inputs: usize) -> Result<Self, NnError> {
        let width = config.hidden_size;
        Ok(Self {
            dense: Linear::load(&scope.at("dense"), (inputs, width), true)?,
            norm: LayerNorm::load(&scope.at("LayerNorm"), width, config.layer_norm_eps)?,
        })
    }

    fn forward(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, NnError> {
        self.norm.forward(&self.dense.plus(x, residual)?)
    }
}
