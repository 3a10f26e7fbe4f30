//! Tensors of a checkpoint read by name: for what changes a checkpoint instead of running it.

use std::ops::Range;
use std::path::Path;

use crate::NnError;
use crate::weights::Source;
use crate::weights::file::{Entry, MappedFile, Stored};

impl Source {
    /// All elements of a tensor, in row-major order.
    ///
    /// # Errors
    /// When it is not there, or its elements are not floating point.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, NnError> {
        let size = self.shape(name).unwrap_or_default().iter().product();
        let mut values = vec![0.0; size];
        self.read_values(name, 0, &mut values)?;
        self.release(name);
        Ok(values)
    }

    /// Reads as many elements of a tensor as `out` has room for, in row-major order, from the
    /// element `from` on.
    ///
    /// # Errors
    /// When the tensor is not there, has fewer elements, or they are not floating point.
    pub fn read_values(&self, name: &str, from: usize, out: &mut [f32]) -> Result<(), NnError> {
        let (file, entry) = self.located(name)?;
        if let Stored::Other(form) = &entry.stored {
            let message = format!("`{name}` has elements of the form {form}");
            return Err(file.format_error(message, Some("expected floating point")));
        }
        if from + out.len() > entry.shape.iter().product() {
            return Err(NnError::shape("read", format!("`{name}` has fewer elements")));
        }
        file.read(entry, from, out);
        Ok(())
    }

    /// The form of a tensor's elements, by its name in safetensors files; `None` for a form that only
    /// `PyTorch` has.
    pub fn form(&self, name: &str) -> Option<&str> {
        self.entry(name).and_then(|(_, entry)| entry.stored.name())
    }

    /// The bytes of a tensor that stands in row-major order.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        let (file, entry) = self.entry(name).filter(|(_, entry)| entry.strides.is_none())?;
        let size = entry.shape.iter().product::<usize>() * entry.stored.bytes();
        file.bytes().get(entry.offset..entry.offset + size)
    }

    /// The file that a tensor is in.
    pub fn file_of(&self, name: &str) -> Option<&Path> {
        self.entry(name).map(|(file, _)| file.path())
    }

    /// Lets the system take back the memory of a tensor that has been read.
    pub fn release(&self, name: &str) {
        if let Some((file, entry)) = self.entry(name) {
            file.release_entry(entry);
        }
    }

    /// The same for some elements of a tensor that stands in row-major order.
    pub fn release_part(&self, name: &str, elements: Range<usize>) {
        if let Some((file, entry)) = self.entry(name).filter(|(_, entry)| entry.strides.is_none()) {
            let size = entry.stored.bytes();
            file.release(entry.offset + elements.start * size, elements.len() * size);
        }
    }

    fn located(&self, name: &str) -> Result<(&MappedFile, &Entry), NnError> {
        self.entry(name).ok_or_else(|| {
            let message = format!("there is no tensor `{name}` in {}", self.path().display());
            NnError::shape("read", message)
        })
    }
}
