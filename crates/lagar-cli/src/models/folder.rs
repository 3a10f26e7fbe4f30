//! Whether a model folder can do what is wished for, from its configuration alone.

use std::path::Path;

use lagar_core::models::ModelError;
use lagar_ops::{ModelKind, ModelWish};
use serde_json::Value;

/// Whether a file of a model on the hub is needed to run it: configurations, the tokenizer, and the
/// weights in one form, safetensors if there are any.
pub(crate) fn is_wanted(file: &str, all: &[String]) -> bool {
    if file.contains('/') {
        return false;
    }
    // `x.bin.index.json` lists several weight files and goes with them.
    let form =
        |file: &str| Some(file.trim_end_matches(".index.json").rsplit_once('.')?.1.to_owned());
    let is_safe =
        |file: &String| !file.contains('/') && form(file).as_deref() == Some("safetensors");
    match form(file).as_deref() {
        Some("safetensors" | "json" | "txt" | "model") => true,
        Some("bin") => !all.iter().any(is_safe),
        _ => false,
    }
}

/// Whether the folder holds a model of the kind that is wished for.
///
/// # Errors
/// When its configuration is missing or unreadable, or says that it is another kind of model.
pub(crate) fn check(folder: &Path, wish: &ModelWish) -> Result<(), ModelError> {
    let wrong = |message: String| ModelError { model: wish.name.clone(), message };
    let path = folder.join("config.json");
    let text = lagar_core::fsio::read_text(&path)
        .map_err(|_missing| wrong("the folder has no readable config.json".to_owned()))?;
    let config: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("its config.json is not JSON: {error}")))?;
    let found = config["model_type"].as_str().unwrap_or("(none)");
    let known: &[&str] = match wish.kind {
        ModelKind::Captioner => &["blip-2"],
        ModelKind::Similarity => &["clip"],
        ModelKind::Matching => &["blip"],
        ModelKind::Classifier => &["vit", "swin"],
        ModelKind::Aesthetics => &["clip_vision_model", "clip"],
    };
    if known.contains(&found) {
        return Ok(());
    }
    let other = match wish.kind {
        ModelKind::Captioner => "\nother captioners can be asked as a service: `openai:NAME`",
        _ => "",
    };
    let (kind, known) = (wish.kind.name(), known.join("` or `"));
    let message = format!("its model_type is `{found}`; as {kind} lagar runs `{known}`{other}");
    Err(wrong(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_weights_in_two_forms_one_is_fetched() {
        let both = ["pytorch_model.bin", "model.safetensors", "config.json", "onnx/model.bin"];
        let both = both.map(str::to_owned).to_vec();
        let wanted: Vec<_> = both.iter().filter(|file| is_wanted(file, &both)).collect();
        assert_eq!(wanted, ["model.safetensors", "config.json"]);
        let old = vec!["pytorch_model-00001-of-00002.bin".to_owned()];
        assert!(is_wanted(&old[0], &old));
    }
}
