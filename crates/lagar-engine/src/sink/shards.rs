//! The files of an export: written aside, named together at the end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lagar_core::fsio::{AtomicFile, Durability, SealedFile};
use lagar_core::{CoreError, Digest};

use super::plan::ExportPlan;
use crate::EngineError;

/// A file of a finished export.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ExportedFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The first half of the BLAKE3 digest of its bytes.
    pub digest: Digest,
}

/// A file that is being written, its size and digest taken on the way.
#[derive(Debug)]
pub(super) struct ShardFile {
    file: AtomicFile,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl ShardFile {
    pub(super) fn create(path: &Path) -> Result<Self, EngineError> {
        let file = AtomicFile::create(path)?;
        Ok(Self { file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Bytes written so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn seal(self, rows: u64) -> Result<Shard, EngineError> {
        let digest = Digest::of_hasher(&self.hasher);
        let file = self.file.seal(Durability::Synced)?;
        Ok(Shard { file, rows, bytes: self.bytes, digest })
    }
}

impl Write for ShardFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that is whole but has no name yet.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) file: SealedFile,
    rows: u64,
    bytes: u64,
    digest: Digest,
}

/// Refuses an export onto the files it is made from.
pub(super) fn check_protected(plan: &ExportPlan, names: &[PathBuf]) -> Result<(), EngineError> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    let protected: Vec<PathBuf> = plan.protected.iter().filter_map(real).collect();
    for name in names {
        if real(name).is_some_and(|name| protected.contains(&name)) {
            let message = "it is an input file, which the export would replace".to_owned();
            return Err(EngineError::Export { path: name.clone(), message });
        }
    }
    Ok(())
}

/// Gives the shards their names and removes shards that an earlier export left under others.
pub(super) fn publish(
    plan: &ExportPlan,
    shards: Vec<Shard>,
) -> Result<Vec<ExportedFile>, EngineError> {
    let names = plan.names(shards.len());
    check_protected(plan, &names)?;
    let mut files = Vec::with_capacity(shards.len());
    for (path, shard) in names.iter().zip(shards) {
        let Shard { file, rows, bytes, digest } = shard;
        file.publish(path)?;
        files.push(ExportedFile { path: path.clone(), rows, bytes, digest });
    }
    if plan.is_sharded() {
        remove_stale(plan, &names)?;
    }
    Ok(files)
}

fn remove_stale(plan: &ExportPlan, names: &[PathBuf]) -> Result<(), EngineError> {
    let current: Vec<_> = names.iter().filter_map(|path| path.file_name()).collect();
    for path in plan.in_the_way()? {
        let stale = path.file_name().is_some_and(|name| !current.contains(&name));
        if stale && check_protected(plan, std::slice::from_ref(&path)).is_ok() {
            std::fs::remove_file(&path).map_err(CoreError::file("remove", &path))?;
        }
    }
    Ok(())
}
