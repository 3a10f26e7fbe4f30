//! The cache: `models--OWNER--NAME/{blobs,refs,snapshots}`, as `huggingface_hub` lays it out.

use std::fs;
use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};

use crate::RemoteError;

/// One model's part of the cache.
#[derive(Clone, Debug)]
pub(super) struct ModelCache {
    folder: PathBuf,
}

impl ModelCache {
    pub(super) fn new(cache: &Path, name: &str) -> Self {
        Self { folder: cache.join(format!("models--{}", name.replace('/', "--"))) }
    }

    /// The folder of the commit that was fetched last.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let commit = fs::read_to_string(self.folder.join("refs/main")).ok()?;
        let folder = self.snapshot(commit.trim());
        folder.is_dir().then_some(folder)
    }

    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// Where a file is while it is being fetched.
    pub(super) fn part(&self, etag: &str) -> Result<PathBuf, RemoteError> {
        fsio::make_folder(&self.folder.join("blobs"))?;
        Ok(self.folder.join("blobs").join(format!("{etag}.incomplete")))
    }

    /// Gives a file that was fetched whole its name.
    pub(super) fn publish(part: &Path, blob: &Path) -> Result<(), RemoteError> {
        Ok(fs::rename(part, blob).map_err(CoreError::file("rename into place", blob))?)
    }

    /// Makes `blob` appear as `link` in a snapshot.
    pub(super) fn link(&self, link: &Path, blob: &Path) -> Result<(), RemoteError> {
        let folder = fsio::parent(link);
        fsio::make_folder(folder)?;
        let up = folder.strip_prefix(&self.folder).map_or(0, |inner| inner.components().count());
        let name = blob.file_name().unwrap_or_default();
        let target = ["../".repeat(up), "blobs/".to_owned()].concat();
        let linked = symlink(&PathBuf::from(target).join(name), link, blob);
        match linked {
            // Another process was quicker.
            Err(_) if link.exists() => Ok(()),
            linked => Ok(linked.map_err(CoreError::file("link", link))?),
        }
    }

    /// Notes the commit as the newest of the main branch.
    pub(super) fn remember(&self, commit: &str) -> Result<(), RemoteError> {
        Ok(fsio::write(self.folder.join("refs/main"), commit.as_bytes())?)
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path, _blob: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, link: &Path, blob: &Path) -> std::io::Result<()> {
    fs::copy(blob, link).map(|_| ())
}
