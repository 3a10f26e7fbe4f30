//! Finished work on disk: one file per chunk and pass, found again by content key.
//!
//! A file is a list of sections, each a key and bytes, closed by a digest of everything before it. A
//! file that was cut off (a kill, a full disk) fails that check and counts as absent.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use lagar_core::fsio::{AtomicFile, Durability};
use lagar_core::{CoreError, Digest, fsio};

use crate::EngineError;

const MAGIC: &[u8; 8] = b"lagar\x00\x01\n";

/// One kept result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is the result of.
    pub key: Digest,
    /// The result.
    pub bytes: Vec<u8>,
}

/// Writes sections to a file, aside and renamed; it survives a kill, and its digest tells whether it
/// survived a power cut.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, sections: &[Section]) -> Result<(), EngineError> {
    let mut hasher = Vec::with_capacity(sections.len());
    let mut file = AtomicFile::create(path)?;
    let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(CoreError::file("write", path));
    put(MAGIC)?;
    for section in sections {
        let length = (section.bytes.len() as u64).to_le_bytes();
        put(&section.key.0)?;
        put(&length)?;
        put(&section.bytes)?;
        hasher.push(Digest::of_parts([section.key.0.as_slice(), &section.bytes]));
    }
    put(&[0; 16])?;
    put(&closing(&hasher).0)?;
    file.commit(Durability::Cached)?;
    Ok(())
}

fn closing(sections: &[Digest]) -> Digest {
    Digest::of_parts(sections.iter().map(|digest| digest.0.as_slice()))
}

/// Reads the sections of a file; `None` when it is missing, cut off or of another version.
pub fn read(path: &Path) -> Option<Vec<Section>> {
    let bytes = fs::read(path).ok()?;
    let mut rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let (mut sections, mut digests) = (Vec::new(), Vec::new());
    loop {
        let key = Digest(take(&mut rest, 16)?.try_into().ok()?);
        if key.0 == [0; 16] {
            return (rest == closing(&digests).0).then_some(sections);
        }
        let length = u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let content = take(&mut rest, usize::try_from(length).ok()?)?;
        digests.push(Digest::of_parts([key.0.as_slice(), content]));
        sections.push(Section { key, bytes: content.to_vec() });
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(head)
}

/// Where a run keeps its intermediate results (`RUN/.lagar`).
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store of a run folder.
    pub fn new(run_folder: &Path) -> Self {
        Self { folder: run_folder.join(".lagar") }
    }

    /// The store's own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of what a chunk's operators measured.
    pub fn deltas(&self, pass: usize, chunk: u64) -> PathBuf {
        self.folder.join(format!("chunks/{pass}/{chunk:08}.delta"))
    }

    /// The file of what a chunk gives to the outputs; removed once they are assembled.
    pub fn output(&self, pass: usize, chunk: u64) -> PathBuf {
        self.folder.join(format!("chunks/{pass}/{chunk:08}.out"))
    }

    /// The file of a global operator's decisions.
    pub fn decisions(&self, operator: usize, key: Digest) -> PathBuf {
        self.folder.join(format!("global/{operator:03}-{key}.arrow"))
    }

    /// Removes decisions of an operator that no longer hold.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn forget_decisions(&self, operator: usize) -> Result<(), EngineError> {
        let folder = self.folder.join("global");
        if !folder.exists() {
            return Ok(());
        }
        let prefix = format!("{operator:03}-");
        for file in fsio::list_files(&folder)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(&prefix) {
                fs::remove_file(&file).map_err(CoreError::file("remove", &file))?;
            }
        }
        Ok(())
    }

    /// A folder for what the query engine spills.
    pub fn spill(&self) -> PathBuf {
        self.folder.join("spill")
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test damages files on purpose")]
mod tests {
    use super::*;

    #[test]
    fn sections_come_back_and_a_damaged_file_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.delta");
        let sections = vec![
            Section { key: Digest::of(b"one"), bytes: b"first".to_vec() },
            Section { key: Digest::of(b"two"), bytes: Vec::new() },
        ];
        assert_eq!(read(&path), None);
        write(&path, &sections).unwrap();
        assert_eq!(read(&path), Some(sections));
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(read(&path), None, "cut at {cut}");
        }
        for place in [0, 20, 45, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert_eq!(read(&path), None, "flipped at {place}");
        }
    }
}
