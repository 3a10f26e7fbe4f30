//! A file of lines that grows chunk by chunk.

use std::io::Write as _;
use std::path::Path;

use lagar_core::CoreError;
use lagar_core::fsio::{AtomicFile, Durability};

use crate::EngineError;

/// A file of lines that grows chunk by chunk and appears at the end.
#[derive(Debug)]
pub(crate) struct Appending {
    file: AtomicFile,
}

impl Appending {
    pub(crate) fn create(path: &Path) -> Result<Self, EngineError> {
        Ok(Self { file: AtomicFile::create(path)? })
    }

    pub(crate) fn push(&mut self, lines: &[u8]) -> Result<(), EngineError> {
        let wrote = self.file.write_all(lines);
        Ok(wrote.map_err(|error| CoreError::file("write", self.file.path())(error))?)
    }

    pub(crate) fn commit(self) -> Result<(), EngineError> {
        Ok(self.file.commit(Durability::Synced)?)
    }
}
