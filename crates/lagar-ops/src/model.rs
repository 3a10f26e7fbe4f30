//! How an operator gets its model: it says what it wishes for, and a run hands it over.
//!
//! An operator knows a model by name and never loads one: `lagar-cli` wires a provider that does.
//! So a recipe can be checked without loading anything, two operators with the same wish share one
//! model, and a test hands in whatever answers like a model.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lagar_core::Digest;
use lagar_core::models::{Captioner, ImageClassifier, ImageTextScorer, ModelError};

use crate::OperatorError;

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelKind {
    /// Writes captions (BLIP-2).
    Captioner,
    /// Says how near a text and a picture are (CLIP).
    Similarity,
    /// Says how probably a text belongs to a picture (BLIP-ITM).
    Matching,
    /// Gives class probabilities for pictures.
    Classifier,
    /// Gives one raw score for a picture, under the single label `aesthetics`.
    Aesthetics,
}

impl ModelKind {
    /// What such a model is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Captioner => "captioner",
            Self::Similarity => "image-text similarity model",
            Self::Matching => "image-text matching model",
            Self::Classifier => "image classifier",
            Self::Aesthetics => "aesthetics model",
        }
    }
}

/// The model that an operator needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelWish {
    /// What it must be able to do.
    pub kind: ModelKind,
    /// The parameter that names it (`hf_img2seq`).
    pub parameter: &'static str,
    /// A folder, a name on a model hub, or `openai:NAME`.
    pub name: String,
    /// The most memory it may take, in bytes; `None` is what the machine has.
    pub memory_bytes: Option<u64>,
    /// Pictures at once, where the recipe says so.
    pub batch: Option<usize>,
}

/// A model file that an operator reads itself: a language identifier, pieces of words, n-grams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWish {
    /// The parameter that names it (`model_path`).
    pub parameter: &'static str,
    /// A path, the name that Data-Juicer fetches it by (`lid.176.bin`), or that of a model on a hub and
    /// the file's (`OWNER/NAME/tokenizer.json`).
    pub name: String,
    /// What the operator takes if the file is not on this machine; then it is not fetched.
    pub instead: Option<&'static str>,
}

impl FileWish {
    /// The file that the recipe names, or else Data-Juicer's own.
    pub fn new(parameter: &'static str, given: Option<&str>, own: &str) -> Self {
        Self { parameter, name: given.unwrap_or(own).to_owned(), instead: None }
    }

    /// The same, where the recipe may also name a folder that has the file under its own name.
    pub fn in_folder(parameter: &'static str, given: Option<&str>, own: &str) -> Self {
        let folder = given.map(Path::new).filter(|path| path.is_dir());
        let path = folder.map(|folder| folder.join(own).to_string_lossy().into_owned());
        Self::new(parameter, path.as_deref().or(given), own)
    }

    /// A file that is named itself, lies in the folder that is named, or belongs to the model of that
    /// name on a hub: then the wish is for `OWNER/NAME/FILE`.
    pub fn on_hub(parameter: &'static str, given: &str, file: &str) -> Self {
        let path = Path::new(given);
        let path = if path.is_file() { path.to_owned() } else { path.join(file) };
        Self { parameter, name: path.to_string_lossy().into_owned(), instead: None }
    }

    /// A word list of Data-Juicer's, which `instead` takes the place of where there is none.
    pub fn word_list(parameter: &'static str, own: &str, instead: &'static str) -> Self {
        Self { parameter, name: own.to_owned(), instead: Some(instead) }
    }
}

/// A model, ready to work.
#[derive(Clone, Debug)]
pub enum Model {
    /// Writes captions.
    Captioner(Arc<dyn Captioner>),
    /// Scores pairs of picture and text.
    Scorer(Arc<dyn ImageTextScorer>),
    /// Scores pictures, one number per label.
    Classifier(Arc<dyn ImageClassifier>),
}

impl Model {
    /// The digest of weights and settings.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Captioner(model) => model.digest(),
            Self::Scorer(model) => model.digest(),
            Self::Classifier(model) => model.digest(),
        }
    }
}

/// Finds and loads models.
pub trait Models: Debug + Send + Sync {
    /// Whether the model is there, without loading it.
    ///
    /// # Errors
    /// When it is missing, or cannot do what is wished for.
    fn check(&self, wish: &ModelWish) -> Result<(), ModelError>;

    /// The model, loaded once however many ask for it.
    ///
    /// # Errors
    /// When it is missing, damaged or too large.
    fn load(&self, wish: &ModelWish) -> Result<Model, ModelError>;

    /// Whether the file is there or can be fetched, without fetching it.
    ///
    /// # Errors
    /// When it is neither.
    fn check_file(&self, wish: &FileWish) -> Result<(), ModelError> {
        self.file(wish).map(|_path| ())
    }

    /// Where the file lies, if it is on this machine.
    fn find_file(&self, wish: &FileWish) -> Option<PathBuf> {
        Some(PathBuf::from(&wish.name)).filter(|path| wish.instead.is_none() && path.is_file())
    }

    /// Where the file lies, fetched if need be; `None` where it is absent and something else takes its
    /// place.
    ///
    /// # Errors
    /// When it is missing and cannot be fetched.
    fn file_or_instead(&self, wish: &FileWish) -> Result<Option<PathBuf>, ModelError> {
        if wish.instead.is_some() { Ok(self.find_file(wish)) } else { self.file(wish).map(Some) }
    }

    /// Where the file lies, fetched if need be.
    ///
    /// # Errors
    /// When it is missing and cannot be fetched.
    fn file(&self, wish: &FileWish) -> Result<PathBuf, ModelError> {
        let lacking =
            || ModelError { model: wish.name.clone(), message: "there is no such file".to_owned() };
        self.find_file(wish).ok_or_else(lacking)
    }
}

/// The provider of a program that has no models.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModels;

impl Models for NoModels {
    fn check(&self, wish: &ModelWish) -> Result<(), ModelError> {
        Err(ModelError {
            model: wish.name.clone(),
            message: format!("this program has no {}", wish.kind.name()),
        })
    }

    fn load(&self, wish: &ModelWish) -> Result<Model, ModelError> {
        self.check(wish)?;
        Err(ModelError { model: wish.name.clone(), message: "there are no models".to_owned() })
    }
}

/// Where an operator keeps the model it was handed.
///
/// It is neither a parameter nor part of the operator's digest; the model's own digest joins that.
#[derive(Clone, Debug, Default)]
pub struct ModelSlot(Option<Model>);

impl ModelSlot {
    /// Takes the model in.
    pub fn fill(&mut self, model: Model) {
        self.0 = Some(model);
    }

    /// The captioner.
    ///
    /// # Errors
    /// When no captioner was handed over.
    pub fn captioner(&self, name: &str) -> Result<&dyn Captioner, OperatorError> {
        match &self.0 {
            Some(Model::Captioner(model)) => Ok(model.as_ref()),
            _ => Err(lacking(name)),
        }
    }

    /// The scorer of pairs.
    ///
    /// # Errors
    /// When no scorer was handed over.
    pub fn scorer(&self, name: &str) -> Result<&dyn ImageTextScorer, OperatorError> {
        match &self.0 {
            Some(Model::Scorer(model)) => Ok(model.as_ref()),
            _ => Err(lacking(name)),
        }
    }

    /// The classifier.
    ///
    /// # Errors
    /// When no classifier was handed over.
    pub fn classifier(&self, name: &str) -> Result<&dyn ImageClassifier, OperatorError> {
        match &self.0 {
            Some(Model::Classifier(model)) => Ok(model.as_ref()),
            _ => Err(lacking(name)),
        }
    }
}

fn lacking(name: &str) -> OperatorError {
    let message = "the operator was not given its model".to_owned();
    OperatorError::Model(ModelError { model: name.to_owned(), message })
}
