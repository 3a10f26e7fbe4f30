//! Which tensors a folder has, and where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::NnError;
use crate::weights::file::{Entry, MappedFile};
use crate::weights::{safetensors, torch};

/// File names under which a folder's weights are looked for, in this order.
const SOUGHT: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// The tensors of a checkpoint: names, shapes and bytes, mapped and not yet read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    files: Vec<MappedFile>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Source {
    /// Opens the weights of a model folder: `model.safetensors`, its sharded form with an index, or
    /// the same as `pytorch_model.bin`.
    ///
    /// # Errors
    /// When there are none, a shard is missing, or a file is damaged or of a form that is not read.
    pub fn open(folder: &Path) -> Result<Self, NnError> {
        let found = SOUGHT.iter().find(|name| folder.join(name).is_file());
        let Some(name) = found else {
            let sought = SOUGHT.iter().map(|name| (*name).to_owned()).collect();
            return Err(NnError::NoWeights { folder: folder.to_owned(), sought });
        };
        if !name.contains(".index.") {
            return Self::from_files(folder, &[folder.join(name)]);
        }
        let index = folder.join(name);
        let map = read_index(&index)?.weight_map;
        let mut shards: Vec<&String> = map.values().collect();
        shards.sort_unstable();
        shards.dedup();
        let paths: Vec<_> = shards.iter().map(|shard| folder.join(shard)).collect();
        let source = Self::from_files(folder, &paths)?;
        let is_there = |(name, shard): &(&String, &String)| {
            let entry = source.entries.get(*name);
            entry.is_some_and(|entry| source.files[entry.file].path() == folder.join(shard))
        };
        let lacking: Vec<_> = map.iter().filter(|pair| !is_there(pair)).collect();
        if lacking.is_empty() {
            return Ok(source);
        }
        let list = lacking.iter().map(|(name, shard)| format!("\n  `{name}` in {shard}"));
        let message =
            format!("names tensors that are not in their shards:{}", list.collect::<String>());
        Err(NnError::Format { path: index, message, hint: Some("the index is of other shards") })
    }

    /// Whether a folder has weights under one of the names that [`Self::open`] looks for.
    pub fn is_in(folder: &Path) -> bool {
        SOUGHT.iter().any(|name| folder.join(name).is_file())
    }

    /// Opens one weight file, `.safetensors` or `.bin`.
    ///
    /// # Errors
    /// When it cannot be read, is damaged or of a form that is not read.
    pub fn open_file(path: &Path) -> Result<Self, NnError> {
        Self::from_files(path, &[path.to_owned()])
    }

    fn from_files(path: &Path, paths: &[PathBuf]) -> Result<Self, NnError> {
        let mut source =
            Self { path: path.to_owned(), files: Vec::new(), entries: BTreeMap::new() };
        for path in paths {
            let mapped = MappedFile::open(path)?;
            let number = source.files.len();
            if mapped.bytes().starts_with(b"version https://git-lfs") {
                let message = "a Git LFS pointer, not the weights themselves".to_owned();
                return Err(mapped.format_error(message, Some("fetch it with `git lfs pull`")));
            }
            let is_safetensors = path.extension().is_some_and(|ending| ending == "safetensors");
            let found = if is_safetensors {
                safetensors::entries(&mapped, number)?
            } else {
                torch::entries(&mapped, number)?
            };
            for (name, entry) in found {
                if source.entries.insert(name.clone(), entry).is_some() {
                    let message = format!("`{name}` is in another shard too");
                    return Err(mapped.format_error(message, None));
                }
            }
            source.files.push(mapped);
        }
        Ok(source)
    }

    /// Takes in the tensors of another source, under the names that `rename` gives them; what it gives
    /// none is left out. Where this source has a tensor of that name, the new one takes its place if
    /// `replaces`. Returns how many were taken in.
    pub fn join(
        &mut self,
        other: Self,
        replaces: bool,
        rename: impl Fn(&str) -> Option<String>,
    ) -> usize {
        let before = self.files.len();
        self.files.extend(other.files);
        let mut joined = 0;
        for (name, mut entry) in other.entries {
            entry.file += before;
            let Some(name) = rename(&name) else { continue };
            if replaces || !self.entries.contains_key(&name) {
                self.entries.insert(name, entry);
                joined += 1;
            }
        }
        joined
    }

    /// Whether there is a tensor whose name begins so.
    pub fn has_below(&self, beginning: &str) -> bool {
        let mut behind = self.entries.range(beginning.to_owned()..);
        behind.next().is_some_and(|(name, _)| name.starts_with(beginning))
    }

    /// The same tensors under the names that `rename` gives them; what it gives none is left out.
    #[must_use]
    pub fn renamed(self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let mut named =
            Self { path: self.path.clone(), files: Vec::new(), entries: BTreeMap::new() };
        named.join(self, true, rename);
        named
    }

    /// The folder or file that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The weight files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(MappedFile::path)
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    pub(super) fn entry(&self, name: &str) -> Option<(&MappedFile, &Entry)> {
        self.entries.get(name).map(|entry| (&self.files[entry.file], entry))
    }

    pub(super) fn mapped(&self) -> &[MappedFile] {
        &self.files
    }
}

fn read_index(path: &Path) -> Result<Index, NnError> {
    let text =
        std::fs::read(path).map_err(|source| NnError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| NnError::Format {
        path: path.to_owned(),
        message: format!("no index of shards: {source}"),
        hint: None,
    })
}
