//! A weight file in memory, and how its elements are read.
#![expect(unsafe_code, reason = "memory maps, and giving back their pages")]

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::{Mmap, UncheckedAdvice};

use crate::NnError;

/// The form of a tensor's elements on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
    /// IEEE half precision.
    F16,
    /// bfloat16.
    Bf16,
    /// One that no layer computes with, by its name.
    Other(String),
}

impl Stored {
    /// Bytes of one element.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(form) => match form.as_str() {
                "I64" | "U64" | "LongStorage" | "C64" => 8,
                "I32" | "U32" | "IntStorage" => 4,
                "I16" | "U16" | "ShortStorage" => 2,
                _ => 1,
            },
        }
    }

    /// Its name in safetensors files.
    pub(super) fn name(&self) -> Option<&str> {
        Some(match self {
            Self::F32 => "F32",
            Self::F64 => "F64",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Other(form) => match form.as_str() {
                "LongStorage" => "I64",
                "IntStorage" => "I32",
                "ShortStorage" => "I16",
                "CharStorage" => "I8",
                "ByteStorage" => "U8",
                "BoolStorage" => "BOOL",
                form if form.ends_with("Storage") => return None,
                form => form,
            },
        })
    }
}

/// Where a tensor is.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Which file of the source.
    pub(super) file: usize,
    pub(super) stored: Stored,
    pub(super) shape: Vec<usize>,
    /// Where its bytes start in the file.
    pub(super) offset: usize,
    /// Steps between elements of each dimension, where they do not stand in row-major order.
    pub(super) strides: Option<Vec<usize>>,
}

impl Entry {
    /// Elements that the tensor's memory spans.
    fn span(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        match &self.strides {
            None => self.shape.iter().product(),
            Some(strides) => {
                1 + self
                    .shape
                    .iter()
                    .zip(strides)
                    .map(|(size, step)| (size - 1) * step)
                    .sum::<usize>()
            }
        }
    }
}

/// A file mapped into memory.
#[derive(Debug)]
pub(super) struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

impl MappedFile {
    /// # Errors
    /// When the file cannot be opened or mapped.
    pub(super) fn open(path: &Path) -> Result<Self, NnError> {
        let refused = |source| NnError::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(refused)?;
        // SAFETY: the map is only read. Were another process to change the file meanwhile, numbers
        // would be wrong; were it to cut it off, the process would get a signal. Weight files are
        // replaced, not changed, by everything that writes them.
        let map = unsafe { Mmap::map(&file) }.map_err(refused)?;
        Ok(Self { path: path.to_owned(), map })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub(super) fn format_error(&self, message: String, hint: Option<&'static str>) -> NnError {
        NnError::Format { path: self.path.clone(), message, hint }
    }

    /// Whether all bytes of a tensor are in the file.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        let size = entry.span().checked_mul(entry.stored.bytes());
        size.and_then(|size| size.checked_add(entry.offset))
            .is_some_and(|end| end <= self.map.len())
    }

    /// Lets the system take back the pages of these bytes; they are read from disk when touched again.
    pub(super) fn release(&self, from: usize, len: usize) {
        const PAGE: usize = 4096;
        let (start, end) = (from.next_multiple_of(PAGE), (from + len) / PAGE * PAGE);
        if start < end {
            // SAFETY: the map is a read-only view of a file, so that dropped pages come back with the
            // same contents. A failure costs memory, nothing else.
            let _advised = unsafe {
                self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start)
            };
        }
    }

    pub(super) fn release_entry(&self, entry: &Entry) {
        self.release(entry.offset, entry.span() * entry.stored.bytes());
    }

    /// Reads elements `from..from + out.len()` of a tensor, in row-major order.
    pub(super) fn read(&self, entry: &Entry, from: usize, out: &mut [f32]) {
        let size = entry.stored.bytes();
        let Some(strides) = &entry.strides else {
            let start = entry.offset + from * size;
            return convert(&entry.stored, &self.map[start..start + out.len() * size], out);
        };
        for (index, out) in out.iter_mut().enumerate() {
            let mut rest = from + index;
            let mut place = 0;
            for (size, stride) in entry.shape.iter().zip(strides).rev() {
                place += rest % size * stride;
                rest /= size;
            }
            let start = entry.offset + place * size;
            convert(&entry.stored, &self.map[start..start + size], std::slice::from_mut(out));
        }
    }
}

fn convert(stored: &Stored, bytes: &[u8], out: &mut [f32]) {
    match stored {
        Stored::F32 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = f32::from_le_bytes(*bytes);
            }
        }
        Stored::F64 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = f64::from_le_bytes(*bytes) as f32;
            }
        }
        Stored::Bf16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
            }
        }
        Stored::F16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *out = half::f16::from_le_bytes(*bytes).to_f32();
            }
        }
        Stored::Other(_) => out.fill(f32::NAN),
    }
}
