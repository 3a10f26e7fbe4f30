//! A picture classifier of any architecture: preprocessing, a forward pass to logits, probabilities.
//!
//! ViT and Swin are the ones that Data-Juicer's picture filters use.

use std::fmt::Debug;
use std::path::Path;

use lagar_core::Digest;
use lagar_core::models::{ImageClassifier, ModelError, PictureSource};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor, ops};
use serde::Deserialize;

use crate::ModelsError;
use crate::error::of_model;
use crate::folder::{config_error, read};
use crate::loading::{Home, VisionOptions, open};
use crate::looking::look;
use crate::preprocess::{Defaults, Preprocessor};
use crate::swin::Swin;
use crate::vit::Vit;

/// Raised whenever the same folder and picture give other probabilities.
const VERSION: &str = "classifier 1";

/// A backbone with its classifying layer.
pub trait Backbone: Debug + Send + Sync {
    /// Pixels `[items, 3, side, side]` to logits `[items, classes]`.
    ///
    /// # Errors
    /// When the pictures are of another size.
    fn logits(&self, pixels: &Tensor) -> Result<Tensor, NnError>;
}

/// A classifier with its preprocessing.
#[derive(Debug)]
pub struct Classifier {
    model: Box<dyn Backbone>,
    side: usize,
    labels: Vec<String>,
    preprocessor: Preprocessor,
    home: Home,
}

/// What every classifier's `config.json` says.
#[derive(Deserialize)]
struct Written {
    model_type: String,
    #[serde(default = "default_side")]
    image_size: usize,
    id2label: Option<serde_json::Map<String, serde_json::Value>>,
    num_labels: Option<usize>,
}

fn default_side() -> usize {
    224
}

impl Written {
    /// The names of the classes by number; transformers calls them `LABEL_0`, … by default.
    fn labels(&self) -> Vec<String> {
        let known = self.id2label.as_ref();
        let count = known.map_or(self.num_labels.unwrap_or(2), serde_json::Map::len);
        let name = |index: usize| {
            let label = known.and_then(|known| known.get(&index.to_string())?.as_str());
            label.map_or_else(|| format!("LABEL_{index}"), str::to_owned)
        };
        (0..count).map(name).collect()
    }
}

impl Classifier {
    /// Loads a `ViTForImageClassification` or `SwinForImageClassification` folder.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights and configuration do not go together.
    pub fn load(folder: &Path, options: &VisionOptions) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        let written: Written = read(&path)?;
        let kind = written.model_type.as_str();
        if !["vit", "swin"].contains(&kind) {
            let message = format!("`model_type`: expected `vit` or `swin`, got `{kind}`");
            return Err(config_error(&path, message));
        }
        let (side, labels) = (written.image_size, written.labels());
        let preprocessor = Preprocessor::read(folder, side, &Defaults::VIT)?;
        let classes = labels.len();
        let (model, home): (Box<dyn Backbone>, Home) = if kind == "vit" {
            let config = read(&path)?;
            let wanted = (VERSION, crate::vit::UNUSED);
            let load = |scope: &Scope<'_>| Vit::load(scope, &config, classes);
            let (model, home) = open(folder, options, wanted, load)?;
            (Box::new(model), home)
        } else {
            let config = read(&path)?;
            let wanted = (VERSION, crate::swin::UNUSED);
            let load = |scope: &Scope<'_>| Swin::load(scope, &config, classes);
            let (model, home) = open(folder, options, wanted, load)?;
            (Box::new(model), home)
        };
        Ok(Self { model, side, labels, preprocessor, home })
    }

    /// The backbone, for looking at its logits.
    pub fn model(&self) -> &dyn Backbone {
        self.model.as_ref()
    }

    /// How pictures become pixel values.
    pub fn preprocessor(&self) -> &Preprocessor {
        &self.preprocessor
    }

    fn probabilities(
        &self,
        pictures: &[PictureSource],
    ) -> Result<Vec<Result<Vec<f32>, String>>, ModelsError> {
        let sources: Vec<&PictureSource> = pictures.iter().collect();
        look(&sources, &self.preprocessor, self.side, |pixels| {
            let probabilities = ops::softmax(&self.model.logits(pixels)?)?.to_vec()?;
            Ok(probabilities.chunks(self.labels.len()).map(<[f32]>::to_vec).collect())
        })
    }
}

impl ImageClassifier for Classifier {
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
        let probabilities = self.home.threads.run(|| self.probabilities(pictures));
        probabilities.map_err(|error| of_model(&self.home.folder, &error))
    }
}
