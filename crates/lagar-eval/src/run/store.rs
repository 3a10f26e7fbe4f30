//! Answers on disk, found again by a digest of everything that decided them.
//!
//! One file of lines that only grows: the journal of a run, and the cache that runs share, are both
//! such a file. A line is written with one call under the file's lock, so several processes may append
//! at once; each line carries a checksum, so one that a kill cut off counts as absent and costs only
//! its own answer.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lagar_core::{CoreError, Digest, fsio};
use serde::{Deserialize, Serialize};

use crate::EvalError;

/// A growing file of answers.
#[derive(Debug)]
pub struct AnswerStore {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Up to where the file has been read, in bytes.
    read: u64,
    answers: HashMap<Digest, String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: Digest,
    check: String,
    text: String,
}

impl Line {
    fn new(key: Digest, text: &str) -> Self {
        let check = key.then(text.as_bytes()).to_string()[..8].to_owned();
        Self { key, check, text: text.to_owned() }
    }

    fn is_sound(&self) -> bool {
        self.check == Self::new(self.key, &self.text).check
    }
}

impl AnswerStore {
    /// Opens the file at `path`, which is made if it is not there, and reads what it holds.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(path: &Path) -> Result<Self, EvalError> {
        fsio::make_folder(fsio::parent(path))?;
        let file = File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(path)
            .map_err(CoreError::file("open", path))?;
        let state = State { file, read: 0, answers: HashMap::new() };
        let store = Self { path: path.to_owned(), state: Mutex::new(state) };
        store.refresh()?;
        Ok(store)
    }

    /// Takes in what other processes have appended since.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn refresh(&self) -> Result<(), EvalError> {
        let mut state = self.lock();
        let State { file, read, answers } = &mut *state;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(*read))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(CoreError::file("read", &self.path))?;
        // What follows the last end of line is not whole yet.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in bytes[..whole].split(|byte| *byte == b'\n') {
            if let Ok(line) = serde_json::from_slice::<Line>(line)
                && line.is_sound()
            {
                answers.insert(line.key, line.text);
            }
        }
        *read += whole as u64;
        Ok(())
    }

    /// The answer under `key`.
    pub fn get(&self, key: Digest) -> Option<String> {
        self.lock().answers.get(&key).cloned()
    }

    /// Keeps an answer; it is on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written (a full disk, say).
    pub fn put(&self, key: Digest, text: &str) -> Result<(), EvalError> {
        let mut state = self.lock();
        let line = serde_json::to_string(&Line::new(key, text)).unwrap_or_default();
        append(&mut state.file, &line).map_err(CoreError::file("write", &self.path))?;
        state.answers.insert(key, text.to_owned());
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends a line; if the last one was cut off, behind an end of line.
fn append(file: &mut File, line: &str) -> std::io::Result<()> {
    file.lock()?;
    let written = append_locked(file, line);
    file.unlock()?;
    written
}

fn append_locked(file: &mut File, line: &str) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            bytes.push(b'\n');
        }
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    file.write_all(&bytes)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test damages files on purpose")]
mod tests {
    use super::*;

    fn key(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    #[test]
    fn an_answer_is_found_by_whoever_opens_the_file_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/answers.jsonl");
        let store = AnswerStore::open(&path).unwrap();
        store.put(key("a"), "two\nlines").unwrap();
        assert_eq!(store.get(key("a")).as_deref(), Some("two\nlines"));
        let other = AnswerStore::open(&path).unwrap();
        assert_eq!(other.get(key("a")).as_deref(), Some("two\nlines"));
        other.put(key("b"), "").unwrap();
        assert_eq!(store.get(key("b")), None);
        store.refresh().unwrap();
        assert_eq!(store.get(key("b")).as_deref(), Some(""));
    }

    #[test]
    fn a_file_cut_off_anywhere_loses_only_the_answer_that_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let store = AnswerStore::open(&path).unwrap();
        store.put(key("a"), "first").unwrap();
        let first = std::fs::read(&path).unwrap().len();
        store.put(key("b"), "second").unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let store = AnswerStore::open(&path).unwrap();
            assert_eq!(store.get(key("a")).is_some(), cut >= first, "cut at {cut}");
            assert_eq!(store.get(key("b")), None, "cut at {cut}");
            store.put(key("c"), "third").unwrap();
            let again = AnswerStore::open(&path).unwrap();
            assert_eq!(again.get(key("c")).as_deref(), Some("third"), "cut at {cut}");
            // A line that lacked nothing but its end is whole once another follows.
            assert_eq!(again.get(key("a")).is_some(), cut + 1 >= first, "cut at {cut}");
        }
    }

    #[test]
    fn a_changed_letter_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        AnswerStore::open(&path).unwrap().put(key("a"), "first").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("first", "fifth")).unwrap();
        assert_eq!(AnswerStore::open(&path).unwrap().get(key("a")), None);
    }

    fn put_fifty(path: &Path, writer: u32) {
        let store = AnswerStore::open(path).unwrap();
        for number in 0..50 {
            store.put(key(&format!("{writer} {number}")), "x").unwrap();
        }
    }

    #[test]
    fn many_writers_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || put_fifty(path, writer));
            }
        });
        assert_eq!(AnswerStore::open(&path).unwrap().lock().answers.len(), 200);
    }
}
