//! How probably a text belongs to a picture: BLIP behind `image_text_matching_filter`.

use std::path::Path;

use lagar_core::Digest;
use lagar_core::models::{ImageTextScorer, ModelError, PictureSource};
use lagar_nn::layers::Linear;
use lagar_nn::weights::Scope;
use lagar_nn::{Tensor, ops};
use tokenizers::Tokenizer;

use super::{BlipConfig, BlipText};
use crate::ModelsError;
use crate::blip2::VisionTower;
use crate::error::of_model;
use crate::folder::{activation, text_ids, tokenizer};
use crate::loading::{Home, VisionOptions, open};
use crate::looking::look;
use crate::preprocess::{Defaults, Preprocessor};

/// Raised whenever the same folder and pair give another score.
const VERSION: &str = "blip matching 1";

/// The contrastive head, and buffers of older versions.
const UNUSED: [&str; 5] = [
    "vision_proj.weight",
    "vision_proj.bias",
    "text_proj.weight",
    "text_proj.bias",
    "embeddings.position_ids",
];

/// BLIP with its tokenizer and preprocessing.
#[derive(Debug)]
pub struct BlipMatcher {
    model: Matching,
    config: BlipConfig,
    tokenizer: Tokenizer,
    preprocessor: Preprocessor,
    home: Home,
}

#[derive(Debug)]
struct Matching {
    vision: VisionTower,
    text: BlipText,
    head: Linear,
}

impl Matching {
    fn load(scope: &Scope<'_>, config: &BlipConfig) -> Result<Self, ModelsError> {
        let act = activation(&config.vision.hidden_act)?;
        let seen = config.vision.hidden_size;
        Ok(Self {
            vision: VisionTower::load(&scope.at("vision_model"), &config.vision, act)?,
            text: BlipText::load(&scope.at("text_encoder"), &config.text, seen)?,
            head: Linear::load(&scope.at("itm_head"), (config.text.hidden_size, 2), true)?,
        })
    }
}

impl BlipMatcher {
    /// Loads a `BlipForImageTextRetrieval` folder as Hugging Face lays it out.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights and configuration do not go together.
    pub fn load(folder: &Path, options: &VisionOptions) -> Result<Self, ModelsError> {
        let config = BlipConfig::read(folder)?;
        let preprocessor = Preprocessor::read(folder, config.vision.image_size, &Defaults::BLIP)?;
        let tokenizer = tokenizer(folder, Some(config.text.max_position_embeddings))?;
        let (model, home) =
            open(folder, options, (VERSION, &UNUSED), |scope| Matching::load(scope, &config))?;
        Ok(Self { model, config, tokenizer, preprocessor, home })
    }

    /// The two logits, "does not belong" first, of a text and pictures `[items, 3, side, side]`:
    /// `[items, 2]`.
    ///
    /// # Errors
    /// When the pictures are of another size, or the text has too many tokens.
    pub fn logits(&self, ids: &[u32], pixels: &Tensor) -> Result<Tensor, ModelsError> {
        self.head_of(ids, &self.model.vision.forward(pixels)?)
    }

    /// The tokens of a text, the first and the last one included; what is too long is cut.
    ///
    /// # Errors
    /// When the tokenizer refuses it.
    pub fn text_ids(&self, text: &str) -> Result<Vec<u32>, String> {
        text_ids(&self.tokenizer, text)
    }

    /// How pictures become pixel values.
    pub fn preprocessor(&self) -> &Preprocessor {
        &self.preprocessor
    }

    fn head_of(&self, ids: &[u32], patches: &Tensor) -> Result<Tensor, ModelsError> {
        let x = self.model.text.forward(ids, patches)?;
        let [items, _, width] = x.sizes()?;
        Ok(self.model.head.forward(&x.narrow(1, 0..1)?.reshape(&[items, width])?)?)
    }

    fn scores(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelsError> {
        let sources: Vec<&PictureSource> = pairs.iter().map(|(source, _)| source).collect();
        let side = self.config.vision.image_size;
        let pictures = look(&sources, &self.preprocessor, side, |pixels| {
            let patches = self.model.vision.forward(pixels)?;
            let items = patches.size(0)?;
            Ok((0..items)
                .map(|item| patches.narrow(0, item..item + 1))
                .collect::<Result<_, _>>()?)
        })?;
        let mut scores = Vec::with_capacity(pairs.len());
        for ((_, text), patches) in pairs.iter().zip(pictures) {
            let ready = patches.and_then(|patches| Ok((self.text_ids(text)?, patches)));
            scores.push(match ready {
                Ok((ids, patches)) => {
                    let shares = ops::softmax(&self.head_of(&ids, &patches)?)?.to_vec()?;
                    shares.get(1).copied().ok_or_else(|| "the model gave no answer".to_owned())
                }
                Err(message) => Err(message),
            });
        }
        Ok(scores)
    }
}

impl ImageTextScorer for BlipMatcher {
    fn digest(&self) -> Digest {
        self.home.digest
    }

    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError> {
        let scores = self.home.threads.run(|| self.scores(pairs));
        scores.map_err(|error| of_model(&self.home.folder, &error))
    }
}
