//! Safetensors files written tensor by tensor, so that no more than one is in memory.
//!
//! Source: <https://github.com/huggingface/safetensors>.

use std::io::Write as _;
use std::path::Path;

use lagar_core::CoreError;
use lagar_core::fsio::{AtomicFile, Durability};
use serde_json::{Map, json};

use crate::NnError;

/// A tensor that will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// The form of its elements, by its name in safetensors files.
    pub form: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its size.
    pub bytes: usize,
}

impl Planned {
    /// Bytes of one element.
    fn element(&self) -> usize {
        self.bytes / self.shape.iter().product::<usize>().max(1)
    }
}

/// A safetensors file that is being written; it appears under its name when it is whole.
#[derive(Debug)]
pub struct SafetensorsWriter {
    file: AtomicFile,
    tensors: Vec<Planned>,
    written: usize,
}

impl SafetensorsWriter {
    /// Starts a file with these tensors. They are put in the order in which they must be written:
    /// those with the widest elements first, then by name, as the reference implementation does.
    ///
    /// # Errors
    /// When the file cannot be created or written.
    pub fn create(path: &Path, mut tensors: Vec<Planned>) -> Result<Self, NnError> {
        tensors.sort_by(|one, other| {
            other.element().cmp(&one.element()).then_with(|| one.name.cmp(&other.name))
        });
        let mut header = Map::new();
        header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
        let mut start = 0;
        for Planned { name, form, shape, bytes } in &tensors {
            let offsets = [start, start + bytes];
            let entry = json!({"dtype": form, "shape": shape, "data_offsets": offsets});
            header.insert(name.clone(), entry);
            start += bytes;
        }
        let mut text = serde_json::Value::Object(header).to_string().into_bytes();
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut file = AtomicFile::create(path).map_err(NnError::Core)?;
        file.write_all(&(text.len() as u64).to_le_bytes())
            .and_then(|()| file.write_all(&text))
            .map_err(CoreError::file("write", path))
            .map_err(NnError::Core)?;
        Ok(Self { file, tensors, written: 0 })
    }

    /// The tensors in the order in which their bytes must come.
    pub fn tensors(&self) -> &[Planned] {
        &self.tensors
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), NnError> {
        self.written += bytes.len();
        let path = self.file.path().to_owned();
        let written = self.file.write_all(bytes).map_err(CoreError::file("write", path));
        written.map_err(NnError::Core)
    }

    /// Makes the file appear under its name.
    ///
    /// # Errors
    /// When other bytes were written than planned, or the file cannot be synced or renamed.
    pub fn finish(self) -> Result<(), NnError> {
        let planned: usize = self.tensors.iter().map(|tensor| tensor.bytes).sum();
        if planned != self.written {
            let message = format!("{planned} bytes were planned, {} written", self.written);
            return Err(NnError::shape("safetensors file", message));
        }
        self.file.commit(Durability::Synced).map_err(NnError::Core)
    }
}
