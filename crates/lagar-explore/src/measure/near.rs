//! Texts that are almost the same: the bands of MinHash signatures, on disk, joined one at a time.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use lagar_core::CoreError;
use lagar_ops::near::Union;

use crate::ExploreError;

/// Bytes of a band's digest.
const DIGEST: usize = 8;

/// The bands of all rows.
#[derive(Debug)]
pub struct Bands {
    scratch: std::path::PathBuf,
    files: Vec<BufWriter<File>>,
    /// Per row whether it has a signature at all.
    has: Vec<bool>,
}

impl Bands {
    pub(crate) fn new(scratch: &Path) -> Self {
        Self { scratch: scratch.to_owned(), files: Vec::new(), has: Vec::new() }
    }

    /// Adds the bands of the rows that follow: byte strings of digests, null where a row has none.
    pub(crate) fn push(&mut self, digests: &ArrayRef) -> Result<(), ExploreError> {
        let Some(digests) = digests.as_fixed_size_binary_opt() else {
            return Ok(());
        };
        let full = |error| CoreError::file("write", "(bands of texts)")(error);
        let bands = digests.value_length() as usize / DIGEST;
        while self.files.len() < bands {
            let file = tempfile::tempfile_in(&self.scratch);
            let file = file.map_err(CoreError::file("make", &self.scratch))?;
            let mut file = BufWriter::with_capacity(1 << 16, file);
            for _ in 0..self.has.len() {
                file.write_all(&[0; DIGEST]).map_err(full)?;
            }
            self.files.push(file);
        }
        for row in 0..digests.len() {
            let is_there = digests.is_valid(row);
            self.has.push(is_there);
            let value = if is_there { digests.value(row) } else { &[] };
            for (band, file) in self.files.iter_mut().enumerate() {
                let place = band * DIGEST;
                let digest = value.get(place..place + DIGEST).unwrap_or(&[0; DIGEST]);
                file.write_all(digest).map_err(full)?;
            }
        }
        Ok(())
    }

    /// For each row (by its place in the table) the first row of its group; `alive` says which rows
    /// take part.
    ///
    /// # Errors
    /// When the bands cannot be read.
    pub(crate) fn roots(&mut self, alive: &[bool]) -> Result<Vec<u32>, ExploreError> {
        let lost = |error| CoreError::file("read", "(bands of texts)")(error);
        let mut union = Union::new(alive.len());
        for file in &mut self.files {
            file.flush().map_err(lost)?;
            let file = file.get_mut();
            file.rewind().map_err(lost)?;
            let mut reader = BufReader::with_capacity(1 << 20, &*file);
            let mut band: Vec<(u64, u32)> = Vec::with_capacity(alive.len());
            for (row, (alive, has)) in alive.iter().zip(&self.has).enumerate() {
                let mut digest = [0; DIGEST];
                reader.read_exact(&mut digest).map_err(lost)?;
                if *alive && *has {
                    band.push((u64::from_le_bytes(digest), row as u32));
                }
            }
            band.sort_unstable();
            for pair in band.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
                union.join(pair[0].1, pair[1].1);
            }
            file.seek(std::io::SeekFrom::End(0)).map_err(lost)?;
        }
        Ok((0..alive.len() as u32).map(|row| union.root(row)).collect())
    }
}
