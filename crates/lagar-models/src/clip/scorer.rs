//! How near texts and pictures are: CLIP behind `image_text_similarity_filter`.

use std::path::Path;

use lagar_core::Digest;
use lagar_core::models::{ImageTextScorer, ModelError, PictureSource};
use lagar_nn::Tensor;
use lagar_nn::layers::Linear;
use lagar_nn::weights::Scope;
use tokenizers::Tokenizer;

use super::{ClipConfig, ClipText, ClipVision};
use crate::ModelsError;
use crate::error::of_model;
use crate::folder::{text_ids, tokenizer};
use crate::loading::{Home, VisionOptions, open};
use crate::looking::look;
use crate::preprocess::{Defaults, Preprocessor};

/// Raised whenever the same folder and pair give another score.
const VERSION: &str = "clip 1";

/// Buffers of older versions.
const UNUSED: [&str; 1] = ["embeddings.position_ids"];

/// CLIP with its tokenizer and preprocessing.
#[derive(Debug)]
pub struct ClipScorer {
    model: Clip,
    config: ClipConfig,
    tokenizer: Tokenizer,
    preprocessor: Preprocessor,
    home: Home,
}

/// Both towers and their projections.
#[derive(Debug)]
pub struct Clip {
    /// The vision tower.
    pub vision: ClipVision,
    /// The text tower.
    pub text: ClipText,
    picture_projection: Linear,
    text_projection: Linear,
    /// What a cosine is multiplied with to become a logit.
    scale: f32,
}

impl Clip {
    fn load(scope: &Scope<'_>, config: &ClipConfig) -> Result<Self, ModelsError> {
        let projection = |name: &str, width| {
            Linear::load(&scope.at(name), (width, config.projection_dim), false)
        };
        let scale = scope.tensor("logit_scale", &[])?.to_vec()?;
        Ok(Self {
            vision: ClipVision::load(&scope.at("vision_model"), &config.vision)?,
            text: ClipText::load(&scope.at("text_model"), &config.text)?,
            picture_projection: projection("visual_projection", config.vision.hidden_size)?,
            text_projection: projection("text_projection", config.text.hidden_size)?,
            scale: scale.first().copied().unwrap_or_default().exp(),
        })
    }

    /// Pictures in the common space, `[items, width]`, each of length 1.
    ///
    /// # Errors
    /// When the pictures are of another size.
    pub fn embed_pictures(&self, pixels: &Tensor) -> Result<Tensor, ModelsError> {
        Ok(self.picture_projection.forward(&self.vision.pooled(pixels)?)?.unit_length()?)
    }

    /// A text in the common space, `[1, width]`, of length 1.
    ///
    /// # Errors
    /// When there are too many tokens.
    pub fn embed_text(&self, ids: &[u32]) -> Result<Tensor, ModelsError> {
        Ok(self.text_projection.forward(&self.text.pooled(ids)?)?.unit_length()?)
    }
}

impl ClipScorer {
    /// Loads a model folder as Hugging Face lays it out.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights and configuration do not go together.
    pub fn load(folder: &Path, options: &VisionOptions) -> Result<Self, ModelsError> {
        let config = ClipConfig::read(folder)?;
        let preprocessor = Preprocessor::read(folder, config.vision.image_size, &Defaults::CLIP)?;
        let tokenizer = tokenizer(folder, Some(config.text.max_position_embeddings))?;
        let (model, home) =
            open(folder, options, (VERSION, &UNUSED), |scope| Clip::load(scope, &config))?;
        Ok(Self { model, config, tokenizer, preprocessor, home })
    }

    /// The model, for looking at it from inside.
    pub fn model(&self) -> &Clip {
        &self.model
    }

    /// How pictures become pixel values.
    pub fn preprocessor(&self) -> &Preprocessor {
        &self.preprocessor
    }

    /// The tokens of a text, the first and the last one included; what is too long is cut.
    ///
    /// # Errors
    /// When the tokenizer refuses it.
    pub fn text_ids(&self, text: &str) -> Result<Vec<u32>, String> {
        text_ids(&self.tokenizer, text)
    }

    fn scores(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelsError> {
        let sources: Vec<&PictureSource> = pairs.iter().map(|(source, _)| source).collect();
        let width = self.config.projection_dim;
        let pictures =
            look(&sources, &self.preprocessor, self.config.vision.image_size, |pixels| {
                let vectors = self.model.embed_pictures(pixels)?.to_vec()?;
                Ok(vectors.chunks(width).map(<[f32]>::to_vec).collect())
            })?;
        let mut last: Option<(&str, Result<Vec<f32>, String>)> = None;
        let mut scores = Vec::with_capacity(pairs.len());
        for ((_, text), picture) in pairs.iter().zip(pictures) {
            let known = last.take().filter(|(known, _)| known == text);
            let (text, vector) = match known {
                Some(known) => known,
                None => (text.as_str(), self.text_vector(text)?),
            };
            let score = |picture: Vec<f32>, text: &Vec<f32>| {
                let cosine: f32 = picture.iter().zip(text).map(|(a, b)| a * b).sum();
                self.model.scale * cosine / 100.0
            };
            scores.push(match &vector {
                Ok(vector) => picture.map(|picture| score(picture, vector)),
                Err(message) => Err(message.clone()),
            });
            last = Some((text, vector));
        }
        Ok(scores)
    }

    fn text_vector(&self, text: &str) -> Result<Result<Vec<f32>, String>, ModelsError> {
        match self.text_ids(text) {
            Ok(ids) => Ok(Ok(self.model.embed_text(&ids)?.to_vec()?)),
            Err(message) => Ok(Err(message)),
        }
    }
}

impl ImageTextScorer for ClipScorer {
    fn digest(&self) -> Digest {
        self.home.digest
    }

    /// As Data-Juicer has it: the logit divided by 100, which is about the cosine.
    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError> {
        let scores = self.home.threads.run(|| self.scores(pairs));
        scores.map_err(|error| of_model(&self.home.folder, &error))
    }
}
