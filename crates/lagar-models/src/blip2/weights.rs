//! The whole model, and how its parts are called in a checkpoint.

use lagar_nn::layers::Linear;
use lagar_nn::weights::{LoadOptions, Scope, Source, load};
use lagar_nn::{Device, Dtype, NnError, Tensor};

use crate::ModelsError;
use crate::blip2::config::{Blip2Config, activation};
use crate::blip2::{Opt, QFormer, VisionTower};

/// Tensors that some checkpoints have and no computation needs: the output layer where it is the
/// embedding, and buffers of older versions.
const UNUSED: [&str; 3] =
    ["language_model.lm_head.weight", "embeddings.position_ids", "embeddings.token_type_ids"];

/// BLIP-2 with OPT.
#[derive(Debug)]
pub struct Blip2 {
    /// The vision tower.
    pub vision: VisionTower,
    /// The Q-Former.
    pub qformer: QFormer,
    /// The language model.
    pub language: Opt,
    queries: Tensor,
    projection: Linear,
}

impl Blip2 {
    /// Loads a checkpoint.
    ///
    /// # Errors
    /// When its tensors are not those that the configuration calls for, or cannot be read.
    pub fn load(
        source: &Source,
        config: &Blip2Config,
        dtype: Dtype,
        device: &Device,
    ) -> Result<Self, ModelsError> {
        let unused = if config.text_config.tie_word_embeddings { &UNUSED } else { &UNUSED[1..] };
        let device = device.clone();
        let options = LoadOptions { dtype, device, unused, ..LoadOptions::default() };
        load(source, &options, |scope| Self::build(scope, config))
    }

    fn build(scope: &Scope<'_>, config: &Blip2Config) -> Result<Self, ModelsError> {
        let Blip2Config { vision_config, qformer_config, text_config, .. } = config;
        let named = |name: &str| {
            let message = |message| ModelsError::Setting { setting: "hidden_act", message };
            activation(name).map_err(message)
        };
        let (vision_act, qformer_act) = (&vision_config.hidden_act, &qformer_config.hidden_act);
        let queries = (qformer_config.hidden_size, text_config.hidden_size);
        let query_shape = [1, config.num_query_tokens, qformer_config.hidden_size];
        Ok(Self {
            vision: VisionTower::load(
                &scope.at("vision_model"),
                vision_config,
                named(vision_act)?,
            )?,
            qformer: QFormer::load(&scope.at("qformer"), qformer_config, named(qformer_act)?)?,
            language: Opt::load(
                &scope.at("language_model"),
                text_config,
                named(&text_config.activation_function)?,
            )?,
            queries: scope.tensor("query_tokens", &query_shape)?,
            projection: Linear::load(&scope.at("language_projection"), queries, true)?,
        })
    }

    /// What the language model sees of pictures: pixels `[items, 3, height, width]` to
    /// `[items, queries, width of the language model]`.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn look(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        self.project(&self.query(&self.vision.forward(pixels)?)?)
    }

    /// The queries that have looked at patches.
    ///
    /// # Errors
    /// When the patches have another width.
    pub fn query(&self, patches: &Tensor) -> Result<Tensor, NnError> {
        let [_, queries, width] = self.queries.sizes()?;
        let queries = self.queries.broadcast_to(&[patches.size(0)?, queries, width])?;
        self.qformer.forward(&queries, patches)
    }

    /// From the width of the Q-Former to that of the language model.
    ///
    /// # Errors
    /// When `queries` has another width.
    pub fn project(&self, queries: &Tensor) -> Result<Tensor, NnError> {
        self.projection.forward(queries)
    }

    /// What the language model reads before it writes: one picture's vectors `[queries, width]` and
    /// the prompt's tokens behind them.
    ///
    /// # Errors
    /// When there is no such token.
    pub fn prefix(&self, picture: &Tensor, prompt: &[u32]) -> Result<Tensor, NnError> {
        Tensor::cat(&[picture, &self.language.embed(prompt)?], 0)
    }
}
