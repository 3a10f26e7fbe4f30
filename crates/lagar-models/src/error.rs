//! What can go wrong with a model folder or a request, each error naming file, key or picture.

use std::path::{Path, PathBuf};

use lagar_core::error::chain;
use lagar_core::models::ModelError;
use lagar_nn::NnError;

/// An error of `lagar-models`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// Weights cannot be loaded, or an operation was given the wrong shapes.
    #[error(transparent)]
    Nn(#[from] NnError),
    /// A file of the model folder cannot be read.
    #[error("read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A configuration file is not what it should be.
    #[error("{}: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Which key, what was expected and what came.
        message: String,
    },
    /// The tokenizer refuses a file or a text.
    #[error("tokenizer {}: {message}", path.display())]
    Tokenizer {
        /// Its file.
        path: PathBuf,
        /// What it said.
        message: String,
    },
    /// An adapter is incomplete, or does not fit its base.
    #[error("adapter {}: {message}", folder.display())]
    Adapter {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong, naming tensors.
        message: String,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// A model is larger than it may be.
    #[error("the weights of {} take {weights} bytes, {most} are allowed", folder.display())]
    Memory {
        /// Its folder.
        folder: PathBuf,
        /// What the weights take.
        weights: u64,
        /// What may be taken.
        most: u64,
    },
    /// The work was stopped.
    #[error("stopped")]
    Interrupted,
    /// A file cannot be written.
    #[error(transparent)]
    Core(#[from] lagar_core::CoreError),
    /// Generation settings contradict each other.
    #[error("generation setting `{setting}`: {message}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is expected.
        message: String,
    },
    /// A vision tower is nowhere.
    #[error(
        "the {tower} is missing: the checkpoint has no tensor `{tensors}.…`, and {}",
        folders(sought)
    )]
    Tower {
        /// Which tower.
        tower: &'static str,
        /// The beginning of its tensors' names.
        tensors: String,
        /// The folders that were looked for.
        sought: Vec<PathBuf>,
        /// The flag that names its folder.
        flag: &'static str,
    },
    /// A picture cannot be resized.
    #[error(transparent)]
    Image(#[from] lagar_image::ImageError),
    /// The model computes nonsense.
    #[error("the scores of the next token are not numbers")]
    NotANumber,
    /// A text is longer than the model can be.
    #[error("{tokens} tokens, and the model has places for {places}")]
    TooLong {
        /// Tokens of prompt, picture and what was generated.
        tokens: usize,
        /// Positions that the model has.
        places: usize,
    },
}

impl ModelsError {
    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Nn(inner) => inner.hint(),
            Self::Adapter { hint, .. } => *hint,
            Self::Memory { .. } => Some("raise `mem_required`, or take `--dtype bf16`"),
            Self::TooLong { .. } => Some("shorten the prompt or lower `max_new_tokens`"),
            Self::Tower { flag: "--aux-tower", .. } => {
                Some("`--aux-tower DIR` names the folder with `open_clip_pytorch_model.bin`")
            }
            Self::Tower { .. } => {
                Some("`--vision-tower DIR` names the folder of clip-vit-large-patch14-336")
            }
            Self::NotANumber => Some("the weights have infinities or NaN: is the download whole?"),
            _ => None,
        }
    }
}

/// Which folders were looked for in vain.
fn folders(sought: &[PathBuf]) -> String {
    if sought.is_empty() {
        return "the configuration names no folder of it".to_owned();
    }
    let list: Vec<String> = sought.iter().map(|path| path.display().to_string()).collect();
    format!("none of these folders is there: {}", list.join(", "))
}

/// The error of a request to the model in `folder`.
pub(crate) fn of_model(folder: &Path, error: &ModelsError) -> ModelError {
    ModelError { model: folder.display().to_string(), message: chain(error) }
}
