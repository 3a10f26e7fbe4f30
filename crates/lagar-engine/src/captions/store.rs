//! Captions on disk: one file per model, one line of JSON per request, only ever appended to.
//!
//! A line is written at once and under a lock of the file, so that several processes may share it;
//! what a killed process left of a line is not JSON, or fails the line's digest, and is passed over.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use lagar_core::models::Caption;
use lagar_core::{CoreError, Digest, fsio};
use serde::{Deserialize, Serialize};

/// The captions of one model.
#[derive(Debug)]
pub(super) struct CaptionStore {
    path: PathBuf,
    file: File,
    /// How far the file was read, which is always behind a line end.
    read: u64,
    /// Where each key's line starts, and how long it is.
    lines: HashMap<Digest, (u64, usize)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: Digest,
    captions: Vec<Kept>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    text: String,
    token_ids: Vec<u32>,
    logprob: Option<f64>,
}

impl Line {
    /// The line as it is written: JSON whose last field is the digest of all text before it.
    ///
    /// Of the text and not of the values, because a number that is read and written again may differ
    /// in its last digit.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.pop();
        let sum = sum_field(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }

    /// The line that [`Line::to_bytes`] wrote; `None` where it is damaged.
    fn of(bytes: &[u8]) -> Option<Self> {
        let start = memchr::memmem::rfind(bytes, SUM.as_bytes())?;
        let (text, sum) = bytes.split_at(start);
        if sum != sum_field(text).as_bytes() {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }
}

/// How the last field of a line begins.
const SUM: &str = ",\"sum\":\"";

fn sum_field(text: &[u8]) -> String {
    format!("{SUM}{}\"}}", Digest::of(text))
}

impl CaptionStore {
    /// The store of `model` in `folder`, which is made if it is missing.
    pub(super) fn open(folder: &Path, model: Digest) -> Result<Self, CoreError> {
        fsio::make_folder(folder)?;
        let path = folder.join(format!("{model}.jsonl"));
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(CoreError::file("open", &path))?;
        Ok(Self { path, file, read: 0, lines: HashMap::new() })
    }

    /// Learns what others have written since.
    pub(super) fn refresh(&mut self) -> Result<(), CoreError> {
        let path = self.path.clone();
        let mut read = || {
            let mut bytes = Vec::new();
            self.file.seek(SeekFrom::Start(self.read))?;
            self.file.read_to_end(&mut bytes).map(|_| bytes)
        };
        let bytes = read().map_err(CoreError::file("read", path))?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &bytes[..whole]) {
            if let Some(line) = Line::of(&bytes[start..end]) {
                self.lines.insert(line.key, (self.read + start as u64, end - start));
            }
            start = end + 1;
        }
        self.read += whole as u64;
        Ok(())
    }

    /// The captions under a key.
    pub(super) fn get(&mut self, key: Digest) -> Result<Option<Vec<Caption>>, CoreError> {
        let Some(&(start, length)) = self.lines.get(&key) else {
            return Ok(None);
        };
        let mut bytes = vec![0; length];
        let mut read = || {
            self.file.seek(SeekFrom::Start(start))?;
            self.file.read_exact(&mut bytes)
        };
        read().map_err(CoreError::file("read", &self.path))?;
        let caption = |kept: Kept| Caption {
            text: kept.text,
            token_ids: kept.token_ids,
            logprob: kept.logprob,
            seconds: 0.0,
        };
        let line = Line::of(&bytes).filter(|line| line.key == key);
        Ok(line.map(|line| line.captions.into_iter().map(caption).collect()))
    }

    /// Keeps captions under a key.
    pub(super) fn put(&mut self, key: Digest, captions: &[Caption]) -> Result<(), CoreError> {
        let kept = |caption: &Caption| Kept {
            text: caption.text.clone(),
            token_ids: caption.token_ids.clone(),
            logprob: caption.logprob,
        };
        let captions: Vec<Kept> = captions.iter().map(kept).collect();
        let mut bytes = Line { key, captions }.to_bytes();
        bytes.push(b'\n');
        self.append(&bytes).map_err(CoreError::file("write", &self.path))?;
        self.refresh()
    }

    fn append(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.file.lock()?;
        let appended = self.append_locked(line);
        self.file.unlock().and(appended)
    }

    fn append_locked(&mut self, line: &[u8]) -> std::io::Result<()> {
        let end = self.file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if end > 0 {
            self.file.seek(SeekFrom::Start(end - 1))?;
            self.file.read_exact(&mut last)?;
        }
        if last == [b'\n'] {
            return self.file.write_all(line);
        }
        // Somebody was killed within a line: it ends here, and counts for nothing.
        self.file.write_all(&[b"\n", line].concat())
    }
}
