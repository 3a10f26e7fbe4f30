//! The digest of a model: what results made with it are filed under.

use std::path::{Path, PathBuf};

use lagar_core::Digest;

use crate::NnError;
use crate::weights::Source;

/// Bytes that are mapped at once while a file is read.
const WINDOW: usize = 64 << 20;

/// Files beside the weights that decide what a model does, by their endings.
const ENDINGS: [&str; 3] = ["json", "txt", "model"];

/// A digest over the contents of the weight files and of the folder's configuration and vocabulary
/// files. The same files give the same digest wherever the folder is.
///
/// # Errors
/// When a file cannot be read.
pub fn digest(source: &Source) -> Result<Digest, NnError> {
    let mut digest = Digest::of(b"model");
    for path in settings(source.path())? {
        let bytes =
            std::fs::read(&path).map_err(|source| NnError::File { path: path.clone(), source })?;
        digest = digest.then(name(&path).as_bytes()).then(&bytes);
    }
    for file in source.mapped() {
        digest = digest.then(name(file.path()).as_bytes());
        for (index, window) in file.bytes().chunks(WINDOW).enumerate() {
            digest = digest.then(window);
            file.release(index * WINDOW, window.len());
        }
    }
    Ok(digest)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn settings(folder: &Path) -> Result<Vec<PathBuf>, NnError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let refused = |source| NnError::File { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_file() && ENDINGS.contains(&ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
