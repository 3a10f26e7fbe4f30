//! The configuration files of a model folder.

use std::path::Path;

use serde::de::DeserializeOwned;

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
