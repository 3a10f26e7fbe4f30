//! Models that score pictures, and pairs of text and picture.

use std::path::Path;
use std::sync::Arc;

use lagar_core::models::ModelError;
use lagar_models::blip::BlipMatcher;
use lagar_models::clip::{AestheticsPredictor, ClipScorer};
use lagar_models::{Classifier, ModelsError, VisionOptions};
use lagar_ops::{Model, ModelKind};

use super::{ModelSettings, told};

/// Opens the folder of a model that does not write text.
///
/// # Errors
/// When a file is missing or damaged, or the kind writes text.
pub(super) fn open(
    folder: &Path,
    kind: ModelKind,
    settings: &ModelSettings,
) -> Result<Model, ModelError> {
    let options = VisionOptions { dtype: settings.dtype, threads: settings.threads };
    let opened: Result<Model, ModelsError> = match kind {
        ModelKind::Similarity => {
            ClipScorer::load(folder, &options).map(|model| Model::Scorer(Arc::new(model)))
        }
        ModelKind::Matching => {
            BlipMatcher::load(folder, &options).map(|model| Model::Scorer(Arc::new(model)))
        }
        ModelKind::Classifier => {
            Classifier::load(folder, &options).map(|model| Model::Classifier(Arc::new(model)))
        }
        ModelKind::Aesthetics => AestheticsPredictor::load(folder, &options)
            .map(|model| Model::Classifier(Arc::new(model))),
        ModelKind::Captioner => {
            let model = folder.display().to_string();
            return Err(ModelError { model, message: "a captioner scores nothing".to_owned() });
        }
    };
    opened.map_err(|error| told(&folder.to_string_lossy(), &error))
}
