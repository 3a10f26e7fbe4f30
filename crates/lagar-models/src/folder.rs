//! The configuration files of a model folder.

use std::path::Path;

use lagar_nn::ops::Activation;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokenizers::{Tokenizer, TruncationParams};

use crate::ModelsError;

/// Reads a JSON file.
///
/// # Errors
/// When it cannot be read or is not of this form.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ModelsError> {
    let text = std::fs::read(path)
        .map_err(|source| ModelsError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| config_error(path, source.to_string()))
}

/// Reads a JSON file, if there is one.
///
/// # Errors
/// When it is there but cannot be read or is not of this form.
pub(crate) fn read_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ModelsError> {
    if path.is_file() { read(path).map(Some) } else { Ok(None) }
}

pub(crate) fn config_error(path: &Path, message: impl Into<String>) -> ModelsError {
    ModelsError::Config { path: path.to_owned(), message: message.into() }
}

/// A mapping whose missing keys are filled from another; keys that are `null` count as missing.
pub(crate) fn with_defaults(mut defaults: Value, found: Option<Value>) -> Value {
    if let (Some(known), Some(Value::Object(found))) = (defaults.as_object_mut(), found) {
        known.extend(found.into_iter().filter(|(_, value)| !value.is_null()));
    }
    defaults
}

/// The tokenizer of a folder, which neither pads nor, unless told so, cuts texts.
///
/// # Errors
/// When there is no readable `tokenizer.json`.
pub(crate) fn tokenizer(folder: &Path, most: Option<usize>) -> Result<Tokenizer, ModelsError> {
    let path = folder.join("tokenizer.json");
    let refused = |error: tokenizers::Error| ModelsError::Tokenizer {
        path: path.clone(),
        message: error.to_string(),
    };
    let mut tokenizer = Tokenizer::from_file(&path).map_err(refused)?;
    tokenizer.with_padding(None);
    let truncation =
        most.map(|max_length| TruncationParams { max_length, ..TruncationParams::default() });
    tokenizer.with_truncation(truncation).map_err(refused)?;
    Ok(tokenizer)
}

/// The tokens of a text, those that the tokenizer puts around it included.
///
/// # Errors
/// In words, when the tokenizer refuses it.
pub(crate) fn text_ids(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, String> {
    let encoded = tokenizer.encode(text, true).map_err(|error| error.to_string())?;
    Ok(encoded.get_ids().to_vec())
}

/// The activation that a configuration names.
pub(crate) fn activation(name: &str) -> Result<Activation, ModelsError> {
    Activation::named(name).ok_or_else(|| ModelsError::Setting {
        setting: "hidden_act",
        message: format!("there is no activation `{name}`"),
    })
}
