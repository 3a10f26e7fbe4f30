//! How pleasing pictures are: a few linear layers above CLIP's picture vector.
//!
//! Source: `AestheticsPredictorV1`, `AestheticsPredictorV2Linear` and `AestheticsPredictorV2ReLU` of
//! simple-aesthetics-predictor 0.1.2.

use std::path::Path;

use lagar_core::Digest;
use lagar_core::models::{ImageClassifier, ModelError, PictureSource};
use lagar_nn::Tensor;
use lagar_nn::layers::Linear;
use lagar_nn::ops::Activation;
use lagar_nn::weights::Scope;
use serde::Deserialize;

use super::{ClipVision, ClipVisionConfig};
use crate::ModelsError;
use crate::error::of_model;
use crate::folder::{config_error, read};
use crate::loading::{Home, VisionOptions, open};
use crate::looking::look;
use crate::preprocess::{Defaults, Preprocessor};

/// Raised whenever the same folder and picture give another score.
const VERSION: &str = "aesthetics 1";

/// Buffers of older versions.
const UNUSED: [&str; 1] = ["embeddings.position_ids"];

/// Widths between the layers of the second version, and the places of its linear layers in the
/// sequence, without and with activations in it.
const WIDTHS: [usize; 5] = [1024, 128, 64, 16, 1];
const LINEAR_PLACES: [usize; 5] = [0, 2, 4, 6, 7];
const RELU_PLACES: [usize; 5] = [0, 3, 6, 9, 11];

/// A predictor with its preprocessing.
#[derive(Debug)]
pub struct AestheticsPredictor {
    model: Predictor,
    side: usize,
    preprocessor: Preprocessor,
    home: Home,
    labels: [String; 1],
}

#[derive(Debug)]
struct Predictor {
    vision: ClipVision,
    projection: Linear,
    layers: Vec<Linear>,
    activation: Activation,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    architectures: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Head {
    First,
    Second { places: [usize; 5], activation: Activation },
}

impl Head {
    fn read(folder: &Path) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        let written: Written = read(&path)?;
        let name = written.architectures.first().map_or("", String::as_str);
        let second = |places, activation| Self::Second { places, activation };
        Ok(match name {
            "AestheticsPredictorV1" => Self::First,
            "AestheticsPredictorV2Linear" => second(LINEAR_PLACES, Activation::Identity),
            "AestheticsPredictorV2ReLU" => second(RELU_PLACES, Activation::Relu),
            other => {
                let message = format!(
                    "`architectures`: expected AestheticsPredictorV1, -V2Linear or -V2ReLU, got \
                     `{other}`"
                );
                return Err(config_error(&path, message));
            }
        })
    }
}

impl Predictor {
    fn load(scope: &Scope<'_>, config: &ClipVisionConfig, head: Head) -> Result<Self, ModelsError> {
        let mut width = config.projection_dim;
        let projection =
            Linear::load(&scope.at("visual_projection"), (config.hidden_size, width), false)?;
        let vision = ClipVision::load(&scope.at("vision_model"), config)?;
        let (places, activation) = match head {
            Head::First => {
                let layers = vec![Linear::load(&scope.at("predictor"), (width, 1), true)?];
                return Ok(Self { vision, projection, layers, activation: Activation::Identity });
            }
            Head::Second { places, activation } => (places, activation),
        };
        let mut layers = Vec::new();
        for (place, next) in places.into_iter().zip(WIDTHS) {
            layers.push(Linear::load(&scope.at("layers").at(place), (width, next), true)?);
            width = next;
        }
        Ok(Self { vision, projection, layers, activation })
    }

    /// One number per picture of `[items, 3, side, side]`.
    fn scores(&self, pixels: &Tensor) -> Result<Vec<f32>, ModelsError> {
        let mut x = self.projection.forward(&self.vision.pooled(pixels)?)?.unit_length()?;
        for (index, layer) in self.layers.iter().enumerate() {
            let is_last = index + 1 == self.layers.len();
            let activation = if is_last { Activation::Identity } else { self.activation };
            x = layer.activated(&x, activation)?;
        }
        Ok(x.to_vec()?)
    }
}

impl AestheticsPredictor {
    /// Loads a model folder as Hugging Face lays it out.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights and configuration do not go together.
    pub fn load(folder: &Path, options: &VisionOptions) -> Result<Self, ModelsError> {
        let head = Head::read(folder)?;
        let config: ClipVisionConfig = read(&folder.join("config.json"))?;
        let preprocessor = Preprocessor::read(folder, config.image_size, &Defaults::CLIP)?;
        let (model, home) = open(folder, options, (VERSION, &UNUSED), |scope| {
            Predictor::load(scope, &config, head)
        })?;
        let labels = ["aesthetics".to_owned()];
        Ok(Self { model, side: config.image_size, preprocessor, home, labels })
    }

    fn scores(
        &self,
        pictures: &[PictureSource],
    ) -> Result<Vec<Result<Vec<f32>, String>>, ModelsError> {
        let sources: Vec<&PictureSource> = pictures.iter().collect();
        look(&sources, &self.preprocessor, self.side, |pixels| {
            let scores = self.model.scores(pixels)?;
            Ok(scores.into_iter().map(|score| vec![score]).collect())
        })
    }
}

impl ImageClassifier for AestheticsPredictor {
    fn digest(&self) -> Digest {
        self.home.digest
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn classify(
        &self,
        pictures: &[PictureSource],
    ) -> Result<Vec<Result<Vec<f32>, String>>, ModelError> {
        let scores = self.home.threads.run(|| self.scores(pictures));
        scores.map_err(|error| of_model(&self.home.folder, &error))
    }
}
