//! Where a model's tensors are: a whole checkpoint, or a base with what was trained beside it.
//!
//! From the strongest to the weakest: `non_lora_trainables.bin` of an adapter, `mm_projector.bin`, the
//! checkpoint, and, for towers that none of these has, the towers' own folders. Training freezes the
//! towers, so that it does not matter which copy is taken.

use std::path::{Path, PathBuf};

use lagar_nn::weights::{Adapter, Source};
use serde_json::Value;

use crate::ModelsError;
use crate::adapter::AdapterFolder;
use crate::clip::{ClipConfig, ClipVisionConfig};
use crate::folder::{config_error, read};
use crate::mgm::MgmConfig;
use crate::mgm::weights::{FINER_TOWER, TOWER};

/// File names under which the finer tower is looked for.
const FINER_FILES: [&str; 3] = [
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
];
const PROJECTOR: &str = "mm_projector.bin";
/// What the files of trained parameters are read for, by what their names contain.
const OWN: [&str; 5] = ["mm_projector", "vlm_uni", "vision_tower", "vision_fpn", "vision_stages"];

/// The folders of a model.
#[derive(Clone, Debug, Default)]
pub struct MgmFolders {
    /// A whole checkpoint, or the base of what is in the other folders.
    pub model: PathBuf,
    /// The folder of an adapter's run.
    pub adapter: Option<PathBuf>,
    /// Whether the adapter is worked into the matrices, instead of being computed beside them.
    pub is_merged: bool,
    /// `mm_projector.bin`, or the folder it is in.
    pub projector: Option<PathBuf>,
    /// CLIP's tower, where it is not in the checkpoint or its configuration is not found.
    pub vision_tower: Option<PathBuf>,
    /// The finer tower, where it is not in the checkpoint.
    pub aux_tower: Option<PathBuf>,
}

/// What was found in the folders.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) config: MgmConfig,
    pub(super) source: Source,
    pub(super) adapter: Option<Adapter>,
    pub(super) tower: ClipVisionConfig,
    /// The folder of CLIP's tower.
    pub(super) tower_folder: Option<PathBuf>,
    /// The folder with the tokenizer.
    pub(super) tokenizer: PathBuf,
}

impl MgmFolders {
    /// The folder of a checkpoint, or one that says in its configuration where its base is: an
    /// adapter's, or one with `mm_projector.bin` alone.
    pub fn of(model: &Path) -> Self {
        let whole = Self { model: model.to_owned(), ..Self::default() };
        let has_weights = Source::is_in(model);
        if has_weights || !model.is_dir() {
            return whole;
        }
        if model.join("adapter_config.json").is_file() {
            let config: Result<Value, _> = read(&model.join("adapter_config.json"));
            let base = config
                .ok()
                .and_then(|config| Some(config["base_model_name_or_path"].as_str()?.to_owned()));
            let base =
                base.and_then(|base| sought(&base, model).into_iter().find(|path| path.is_dir()));
            return match base {
                Some(base) => Self { model: base, adapter: Some(model.to_owned()), ..whole },
                None => whole,
            };
        }
        if model.join(PROJECTOR).is_file() {
            let base = MgmConfig::read(model).ok().and_then(|config| config.base);
            let base =
                base.and_then(|base| sought(&base, model).into_iter().find(|path| path.is_dir()));
            if let Some(base) = base {
                return Self { model: base, projector: Some(model.to_owned()), ..whole };
            }
        }
        whole
    }

    /// The folder whose configuration is the model's.
    fn configured(&self) -> &Path {
        let beside = self
            .projector
            .as_deref()
            .map(|path| if path.is_dir() { path } else { path.parent().unwrap_or(path) });
        let mut trained = [self.adapter.as_deref(), beside].into_iter().flatten();
        trained.find(|folder| MgmConfig::is_in(folder)).unwrap_or(&self.model)
    }

    /// Reads the configuration and finds all tensors.
    ///
    /// # Errors
    /// When a file is missing or damaged, or a tower is nowhere.
    pub(super) fn open(&self) -> Result<Found, ModelsError> {
        let configured = self.configured();
        let config = MgmConfig::read(configured)?;
        let mut source = Source::open(&self.model)?;
        if let Some(projector) = &self.projector {
            let path =
                if projector.is_dir() { projector.join(PROJECTOR) } else { projector.clone() };
            take_in(&mut source, &path)?;
        } else if self.model.join(PROJECTOR).is_file() && !source.has_below("model.mm_projector") {
            take_in(&mut source, &self.model.join(PROJECTOR))?;
        }
        let mut adapter = None;
        if let Some(path) = &self.adapter {
            let (joined, found) = AdapterFolder::open(path)?.over(source)?;
            (source, adapter) = (joined, Some(found));
        }
        let near = |name: &Option<String>| {
            let name = name.as_deref().unwrap_or_default();
            let beside = [Some(configured), Some(self.model.as_path())];
            let mut folders: Vec<PathBuf> = Vec::new();
            for folder in beside.into_iter().flatten() {
                folders.extend(sought(name, folder));
            }
            folders.dedup();
            folders
        };
        let clip = Tower {
            name: "vision tower",
            flag: "--vision-tower",
            given: self.vision_tower.as_deref(),
            near: near(&config.mm_vision_tower),
        };
        let finer = Tower {
            name: "finer vision tower",
            flag: "--aux-tower",
            given: self.aux_tower.as_deref(),
            near: near(&config.mm_vision_tower_aux),
        };
        let tower_folder = clip.folder(&source, TOWER)?;
        let finer_folder = finer.folder(&source, FINER_TOWER)?;
        if let (Some(folder), false) = (&tower_folder, source.has_below(TOWER)) {
            source.join(Source::open(folder)?, false, |name| {
                Some(format!("{TOWER}.{}", name.strip_prefix("vision_model.")?))
            });
        }
        if let (Some(folder), false) = (finer_folder, source.has_below(FINER_TOWER)) {
            source.join(open_finer(&folder)?, false, |name| {
                let name =
                    name.strip_prefix("visual.trunk.").or_else(|| name.strip_prefix("trunk."))?;
                let is_own = name.starts_with("stem.") || name.starts_with("stages.");
                is_own.then(|| format!("{FINER_TOWER}.vision_{name}"))
            });
        }
        let tower = tower_config(&source, tower_folder.as_deref())?;
        let has_tokenizer = |folder: &&Path| folder.join("tokenizer.json").is_file();
        let tokenizer = [configured, self.model.as_path()].into_iter().find(has_tokenizer);
        let tokenizer = tokenizer.unwrap_or(configured).to_owned();
        Ok(Found { config, source, adapter, tower, tower_folder, tokenizer })
    }
}

/// A tower's own folder.
struct Tower<'a> {
    name: &'static str,
    flag: &'static str,
    given: Option<&'a Path>,
    near: Vec<PathBuf>,
}

impl Tower<'_> {
    /// The folder of the tower, if it has one.
    ///
    /// # Errors
    /// When it has none, and is not in the checkpoint either.
    fn folder(&self, source: &Source, beginning: &str) -> Result<Option<PathBuf>, ModelsError> {
        let sought = self.given.map_or_else(|| self.near.clone(), |given| vec![given.to_owned()]);
        let found = sought.iter().find(|path| path.is_dir());
        if found.is_some() || (self.given.is_none() && source.has_below(beginning)) {
            return Ok(found.cloned());
        }
        Err(ModelsError::Tower {
            tower: self.name,
            tensors: beginning.to_owned(),
            sought,
            flag: self.flag,
        })
    }
}

/// Where a folder may be that another machine called `name`: there, or near `folder`.
fn sought(name: &str, folder: &Path) -> Vec<PathBuf> {
    let path = Path::new(name);
    let Some(last) = path.file_name() else { return Vec::new() };
    let mut paths = vec![path.to_owned(), folder.join(path), folder.join(last)];
    if let Some(parent) = folder.parent() {
        paths.push(parent.join(path));
        paths.push(parent.join(last));
    }
    paths
}

/// Takes in what was trained beside the language model: a file of `torch.save`.
fn take_in(source: &mut Source, path: &Path) -> Result<(), ModelsError> {
    let taken = source.join(Source::open_file(path)?, true, |name| {
        OWN.iter().any(|own| name.contains(own)).then(|| plain(name))
    });
    if taken == 0 {
        let message = format!("none of its tensors is one of `{}`", OWN.join("`, `"));
        return Err(config_error(path, message));
    }
    Ok(())
}

/// The name of a tensor in a checkpoint, from the one it has in files of trained parameters.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("module.").unwrap_or(name);
    let name = name.strip_prefix("base_model.").unwrap_or(name);
    let name =
        name.strip_prefix("model.model.").map_or(name.to_owned(), |rest| format!("model.{rest}"));
    if name.starts_with("model.") { name } else { format!("model.{name}") }
}

fn open_finer(folder: &Path) -> Result<Source, ModelsError> {
    match FINER_FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        Some(path) => Ok(Source::open_file(&path)?),
        None => Ok(Source::open(folder)?),
    }
}

/// The sizes of CLIP's tower: those of its folder, or those of its tensors with heads of 64.
fn tower_config(source: &Source, folder: Option<&Path>) -> Result<ClipVisionConfig, ModelsError> {
    if let Some(path) =
        folder.map(|folder| folder.join("config.json")).filter(|path| path.is_file())
    {
        let written: Value = read(&path)?;
        if written.get("vision_config").is_some() {
            return Ok(ClipConfig::read(folder.unwrap_or(&path))?.vision);
        }
        return serde_json::from_value(written)
            .map_err(|error| config_error(&path, error.to_string()));
    }
    let size = |name: &str, place: usize| {
        source
            .shape(&format!("{TOWER}.{name}"))
            .and_then(|shape| shape.get(place).copied())
            .unwrap_or(0)
    };
    let layers = (0..)
        .take_while(|layer| size(&format!("encoder.layers.{layer}.layer_norm1.weight"), 0) > 0);
    let width = size("embeddings.class_embedding", 0);
    let patch = size("embeddings.patch_embedding.weight", 2);
    let side = size("embeddings.position_embedding.weight", 0).saturating_sub(1).isqrt();
    if width == 0 || !width.is_multiple_of(64) {
        let message = format!("a tower of CLIP that is {width} wide needs its own configuration");
        return Err(ModelsError::Config {
            path: source.path().to_owned(),
            message: format!("{message}: `--vision-tower` names its folder"),
        });
    }
    Ok(ClipVisionConfig {
        hidden_size: width,
        intermediate_size: size("encoder.layers.0.mlp.fc1.weight", 0),
        num_hidden_layers: layers.count(),
        num_attention_heads: width / 64,
        image_size: side * patch,
        patch_size: patch,
        ..ClipVisionConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trained_parameters_are_those_of_a_checkpoint() {
        let expected = "model.mm_projector.0.weight";
        for name in [
            "base_model.model.model.mm_projector.0.weight",
            "model.mm_projector.0.weight",
            "mm_projector.0.weight",
            "module.model.mm_projector.0.weight",
        ] {
            assert_eq!(plain(name), expected);
        }
    }

    #[test]
    fn a_folder_of_another_machine_is_sought_beside_the_model() {
        let paths = sought("/far/away/clip-large", Path::new("here/models/mgm"));
        assert!(paths.contains(&PathBuf::from("here/models/clip-large")));
        assert!(sought("", Path::new("here")).is_empty());
    }
}
