//! The files beside the weights that a merged checkpoint gets.

use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};
use lagar_nn::weights::Form;
use serde_json::Value;

use super::AdapterFolder;
use crate::ModelsError;
use crate::folder::{config_error, read};

/// Endings of files with weights or the state of a training.
const LEFT_BEHIND: [&str; 9] =
    [".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx", ".index.json"];

/// What an adapter's folder may have that its base lacks.
const OF_ADAPTER: [&str; 12] = [
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
];

/// Copies configuration, tokenizer and the like of `base` into `target`. Where the adapter was trained
/// as LLaVA and MGM do, its `config.json` is the model's: the base's knows nothing of pictures.
///
/// # Errors
/// When a file cannot be read or written, or `config.json` is not a mapping.
pub(super) fn copy_settings(
    base: &Path,
    adapter: &AdapterFolder,
    form: Option<Form>,
    target: &Path,
) -> Result<(), ModelsError> {
    for file in fsio::list_files(base)? {
        let name = name_of(&file);
        if !LEFT_BEHIND.iter().any(|ending| name.ends_with(ending)) {
            fsio::copy(&file, &target.join(name))?;
        }
    }
    for name in OF_ADAPTER {
        let (from, to) = (adapter.path().join(name), target.join(name));
        if from.is_file() && !to.is_file() {
            fsio::copy(&from, &to)?;
        }
    }
    let own = adapter.path().join("config.json");
    let is_own = adapter.has_whole() && own.is_file();
    let config = if is_own { own } else { base.join("config.json") };
    if config.is_file() && (is_own || form.is_some()) {
        write_config(&config, form, &target.join("config.json"))?;
    }
    Ok(())
}

fn write_config(from: &Path, form: Option<Form>, to: &Path) -> Result<(), ModelsError> {
    let mut config: Value = read(from)?;
    let Some(keys) = config.as_object_mut() else {
        return Err(config_error(from, "expected a mapping"));
    };
    if let Some(form) = form {
        let key = if keys.contains_key("dtype") { "dtype" } else { "torch_dtype" };
        keys.insert(key.to_owned(), Value::from(form.torch()));
    }
    let text = serde_json::to_string_pretty(&config)
        .map_err(|error| config_error(from, error.to_string()))?;
    Ok(fsio::write(to, format!("{text}\n").as_bytes())?)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where a folder is filled before it gets its name.
///
/// # Errors
/// When there is something under the name already, or what an earlier process left aside cannot be
/// removed.
pub(super) fn aside(target: &Path) -> Result<PathBuf, ModelsError> {
    let is_free = !target.exists()
        || target.is_dir() && target.read_dir().is_ok_and(|mut found| found.next().is_none());
    if !is_free {
        return Err(ModelsError::Core(CoreError::File {
            action: "make the folder",
            path: target.to_owned(),
            source: std::io::ErrorKind::AlreadyExists.into(),
        }));
    }
    let aside = fsio::parent(target).join(format!(".{}.part", name_of(target)));
    fsio::remove_folder(&aside)?;
    fsio::make_folder(&aside)?;
    Ok(aside)
}
