//! The run folder: who may work in it, and what all of its benchmarks have in common.
//!
//! One run without chunks works in a folder alone; runs of different chunks work side by side. Answers
//! of another model, or with other settings, are never mixed in.

use std::fs::File;
use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};
use serde_json::{Map, Value, json};

use super::chunk::Chunk;
use super::store::AnswerStore;
use crate::EvalError;
use crate::folder::{Model, SCHEMA, write_json};

/// A run folder, locked.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    fresh: bool,
    /// Held until the run is over.
    _locks: Vec<File>,
}

impl RunFolder {
    /// Opens a folder, which is made if it is not there.
    pub(super) fn open(path: &Path, chunk: Option<Chunk>, fresh: bool) -> Result<Self, EvalError> {
        let hidden = path.join(".lagar");
        fsio::make_folder(&hidden)?;
        let mut locks = Vec::new();
        let whole = lock_file(&hidden.join("lock"))?;
        let busy = || EvalError::Busy { path: path.to_owned() };
        match chunk {
            None => whole.try_lock().map_err(|_held| busy())?,
            Some(Chunk { index, count }) => {
                whole.try_lock_shared().map_err(|_held| busy())?;
                let own = lock_file(&hidden.join(format!("lock-{count}_{index}")))?;
                own.try_lock().map_err(|_held| busy())?;
                locks.push(own);
            }
        }
        locks.push(whole);
        if chunk.is_none() {
            fsio::remove_all_leftovers(path)?;
        }
        Ok(Self { path: path.to_owned(), fresh, _locks: locks })
    }

    /// Makes sure that what is in the folder came from the same model with the same settings, and
    /// writes `run.json`.
    pub(super) fn agree(
        &self,
        model: &Model,
        settings: &Value,
        benchmarks: Vec<(&'static str, Value)>,
    ) -> Result<(), EvalError> {
        let path = self.path.join("run.json");
        let mut all = Map::new();
        if path.exists() {
            let text = fsio::read_text(&path)?;
            let earlier: Value = serde_json::from_str(&text)
                .map_err(|error| EvalError::form(&path, "the whole", error.to_string()))?;
            let now = json!({"model": model, "settings": settings});
            let differing = |key: &&&str| earlier[**key] != now[**key];
            match ["model", "settings"].iter().find(differing) {
                Some(_) if self.fresh => self.forget_all(&earlier)?,
                Some(key) => {
                    let message = format!("{} there, {} now", earlier[*key], now[*key]);
                    return Err(EvalError::OtherRun { path, what: (*key).to_owned(), message });
                }
                None => all = earlier["benchmarks"].as_object().cloned().unwrap_or_default(),
            }
        }
        for (name, about) in benchmarks {
            if self.fresh {
                self.forget(name)?;
            }
            all.insert(name.to_owned(), about);
        }
        let run = json!({
            "schema": SCHEMA,
            "model": model,
            "settings": settings,
            "benchmarks": all,
        });
        write_json(&path, &run)
    }

    /// The journal of a benchmark's answers.
    pub(super) fn journal(&self, benchmark: &str) -> Result<AnswerStore, EvalError> {
        AnswerStore::open(&self.journal_path(benchmark))
    }

    fn journal_path(&self, benchmark: &str) -> PathBuf {
        self.path.join(format!(".lagar/{benchmark}.jsonl"))
    }

    fn forget_all(&self, earlier: &Value) -> Result<(), EvalError> {
        let names = earlier["benchmarks"].as_object().into_iter().flat_map(Map::keys);
        // Names are our own, but the file may have been edited: nothing outside is touched.
        for name in names.filter(|name| !name.contains(['/', '\\', '.'])) {
            self.forget(name)?;
        }
        Ok(())
    }

    fn forget(&self, benchmark: &str) -> Result<(), EvalError> {
        fsio::remove_folder(&self.path.join(benchmark))?;
        let journal = self.journal_path(benchmark);
        match std::fs::remove_file(&journal) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(CoreError::file("remove", journal)(error).into())
            }
            _ => Ok(()),
        }
    }
}

fn lock_file(path: &Path) -> Result<File, EvalError> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    Ok(file.map_err(CoreError::file("open", path))?)
}
