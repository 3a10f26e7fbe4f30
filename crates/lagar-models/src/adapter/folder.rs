//! An adapter's folder: its configuration, its tensors, and what they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagar_core::Digest;
use lagar_nn::weights::{Source, digest};

use super::AdapterConfig;
use super::names::{self, Named, Part};
use crate::ModelsError;

/// The files that may hold the updates, in the order in which they are looked for.
const UPDATES: [&str; 2] = ["adapter_model.safetensors", "adapter_model.bin"];
/// What LLaVA and MGM save besides: projectors that were trained whole.
const TRAINED_WHOLE: &str = "non_lora_trainables.bin";

/// The tensors that make up the update of one module, by their names in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module {
    /// A, `[rank, inputs]`.
    pub a: Option<String>,
    /// B, `[outputs, rank]`.
    pub b: Option<String>,
    /// DoRA: the lengths of the rows.
    pub magnitude: Option<String>,
    /// The bias of B.
    pub bias: Option<String>,
    /// Whether the module is an embedding.
    pub is_embedding: bool,
}

impl Module {
    /// The tensors that are there.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        [&self.a, &self.b, &self.magnitude, &self.bias].into_iter().flatten().map(String::as_str)
    }
}

/// A folder with an adapter, opened: names and shapes are known, no number has been read.
#[derive(Debug)]
pub struct AdapterFolder {
    path: PathBuf,
    config: AdapterConfig,
    updates: Source,
    whole: Option<Source>,
    modules: BTreeMap<String, Module>,
    /// Tensors that take the place of the base's: their names there, and in the file.
    saved: BTreeMap<String, String>,
    twice: Vec<String>,
}

impl AdapterFolder {
    /// Opens a folder.
    ///
    /// # Errors
    /// When a file is missing, damaged, or tells of a kind of adapter that is not read, or when there
    /// is no update in it.
    pub fn open(path: &Path) -> Result<Self, ModelsError> {
        let config = AdapterConfig::read(&path.join("adapter_config.json"))?;
        let Some(file) = UPDATES.iter().map(|name| path.join(name)).find(|file| file.is_file())
        else {
            let message = format!("there is neither {} nor {}", UPDATES[0], UPDATES[1]);
            return Err(ModelsError::Adapter { folder: path.to_owned(), message, hint: None });
        };
        let updates = Source::open_file(&file)?;
        let whole = Some(path.join(TRAINED_WHOLE)).filter(|file| file.is_file());
        let whole = whole.map(|file| Source::open_file(&file)).transpose()?;
        let mut folder = Self {
            path: path.to_owned(),
            config,
            updates,
            whole,
            modules: BTreeMap::new(),
            saved: BTreeMap::new(),
            twice: Vec::new(),
        };
        folder.sort();
        if folder.modules.is_empty() {
            return Err(ModelsError::Adapter {
                folder: path.to_owned(),
                message: format!("{} has no tensor of an update", file.display()),
                hint: Some("it was saved empty, as trainers under ZeRO-3 did; save it again"),
            });
        }
        Ok(folder)
    }

    /// Finds out what each tensor is.
    fn sort(&mut self) {
        let names: Vec<String> = self.updates.names().map(str::to_owned).collect();
        for name in names {
            match names::read(&name) {
                Named::Part { module, part } => {
                    let parts = self.modules.entry(module).or_default();
                    parts.is_embedding |= matches!(part, Part::EmbeddingA | Part::EmbeddingB);
                    let place = match part {
                        Part::A | Part::EmbeddingA => &mut parts.a,
                        Part::B | Part::EmbeddingB => &mut parts.b,
                        Part::Magnitude => &mut parts.magnitude,
                        Part::Bias => &mut parts.bias,
                    };
                    if let Some(before) = place.replace(name) {
                        self.twice.push(before);
                    }
                }
                Named::Saved(target) => {
                    if let Some(before) = self.saved.insert(target, name) {
                        self.twice.push(before);
                    }
                }
                Named::Original => {}
            }
        }
        let whole = self.whole.iter().flat_map(Source::names);
        for name in whole.map(str::to_owned).collect::<Vec<_>>() {
            if let Named::Saved(target) = names::read(&name) {
                self.saved.insert(target, name);
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its configuration.
    pub fn config(&self) -> &AdapterConfig {
        &self.config
    }

    /// The modules that have an update, by the names that the trained model gave them, sorted.
    pub fn modules(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.modules.iter().map(|(name, module)| (name.as_str(), module))
    }

    /// The update of a module.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.get(name)
    }

    /// Tensors that take the place of the base's: their names in the base and in the file.
    pub fn saved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.saved.iter().map(|(target, name)| (target.as_str(), name.as_str()))
    }

    /// Tensors that are in the file under two names of one meaning.
    pub fn twice(&self) -> &[String] {
        &self.twice
    }

    /// The file with the updates.
    pub fn updates(&self) -> &Source {
        &self.updates
    }

    /// The file that a saved tensor, by its name there, is in.
    pub fn holder(&self, name: &str) -> &Source {
        match &self.whole {
            Some(whole) if whole.shape(name).is_some() => whole,
            _ => &self.updates,
        }
    }

    /// Whether there is a file of projectors that were trained whole, as LLaVA and MGM write it.
    pub fn has_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// Numbers in all its tensors.
    pub fn parameters(&self) -> usize {
        let size = |source: &Source, name: &str| -> usize {
            source.shape(name).unwrap_or_default().iter().product()
        };
        let updates = self.modules.values().flat_map(Module::tensors);
        let updates: usize = updates.map(|name| size(&self.updates, name)).sum();
        updates + self.saved.values().map(|name| size(self.holder(name), name)).sum::<usize>()
    }

    /// A digest of its files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn digest(&self) -> Result<Digest, ModelsError> {
        let path = self.path.join("adapter_config.json");
        let config = std::fs::read(&path).map_err(|source| ModelsError::File { path, source })?;
        let mut all = digest(&self.updates)?.then(&config);
        if let Some(whole) = &self.whole {
            all = all.then(&digest(whole)?.to_string().into_bytes());
        }
        Ok(all)
    }

    pub(super) fn into_sources(self) -> (Source, Option<Source>) {
        (self.updates, self.whole)
    }
}
