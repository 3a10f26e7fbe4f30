//! What was looked at, and with which settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A data set as it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The paths that were given.
    pub paths: Vec<PathBuf>,
    /// The files that were found, in the order they are read.
    pub files: Vec<DataFile>,
    /// Rows of all files, bad ones included.
    pub rows: u64,
    /// Rows that were looked at: all of them, or the sample.
    pub looked_at: u64,
    /// Set where only a sample was looked at; every count below is of the sample then.
    pub sampled: Option<Sampled>,
    /// The name of the text field.
    pub text_key: String,
    /// The name of the field with paths of pictures.
    pub image_key: String,
    /// Whether pictures were decoded, too.
    pub pixels: bool,
    /// The digest of the CLIP model that compared texts with pictures, if one did.
    pub clip: Option<String>,
    /// The tokenizer file that counted tokens, if one did.
    pub tokenizer: Option<PathBuf>,
    /// The fastText model that told languages, if one did; writing systems are told without one.
    pub language_model: Option<PathBuf>,
    /// The version of lagar that looked.
    pub lagar: String,
}

/// One file of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it was read: `json_lines`, `parquet`, ….
    pub format: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}

/// Which rows a sample has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampled {
    /// How many were wanted.
    pub wanted: u64,
    /// The seed they were drawn with.
    pub seed: u64,
}
