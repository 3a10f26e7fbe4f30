//! From a path to a side: a run folder, one benchmark of it, or a bare file of answers.

use std::fs;
use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};
use serde_json::Value;

use super::line::{holds_samples, read_answers, read_samples};
use super::side::{BenchmarkAnswers, Side, flat};
use crate::error::EvalError;

const SAMPLES: &str = "samples.jsonl";
const ANSWERS: &str = "answers.jsonl";

impl Side {
    /// Reads a run folder of `lagar eval`, a benchmark's folder in it, or a file of answers
    /// (LLaVA's jsonl, also with `.gz`).
    ///
    /// # Errors
    /// When nothing is there, a file cannot be read, or a line is malformed.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let mut side = Self { name: name_of(path), path: path.to_owned(), ..Self::default() };
        if !path.is_dir() {
            side.read_file(path)?;
            return Ok(side);
        }
        side.settings = settings_of(&path.join("run.json"))?.as_ref().map(flat).unwrap_or_default();
        if has_answers(path) {
            side.read_benchmark(path)?;
        }
        for folder in folders(path)?.iter().filter(|folder| has_answers(folder)) {
            side.read_benchmark(folder)?;
        }
        if side.benchmarks.is_empty() {
            let message = format!("no benchmark has {SAMPLES} or {ANSWERS} in it");
            return Err(EvalError::form(path, "run folder", message));
        }
        Ok(side)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), EvalError> {
        let (answers, model) =
            if holds_samples(path)? { (read_samples(path)?, None) } else { read_answers(path)? };
        if answers.is_empty() {
            return Err(EvalError::form(path, "file", "no answers in it"));
        }
        self.model = model;
        self.benchmarks.push(BenchmarkAnswers {
            name: "answers".to_owned(),
            is_unnamed: true,
            answers,
            ..BenchmarkAnswers::default()
        });
        Ok(())
    }

    fn read_benchmark(&mut self, folder: &Path) -> Result<(), EvalError> {
        let (samples, given) = (folder.join(SAMPLES), folder.join(ANSWERS));
        let mut answers = Vec::new();
        if given.exists() {
            let model;
            (answers, model) = read_answers(&given)?;
            self.model = self.model.take().or(model);
        }
        if samples.exists() {
            let declared: Vec<Option<String>> =
                answers.into_iter().map(|answer| answer.declared).collect();
            answers = read_samples(&samples)?;
            for (answer, declared) in answers.iter_mut().zip(declared) {
                answer.declared = declared;
            }
            find_pictures(&mut answers, folder, &self.path);
        }
        let mut one =
            BenchmarkAnswers { name: name_of(folder), answers, ..BenchmarkAnswers::default() };
        if let Some(results) = settings_of(&folder.join("results.json"))? {
            self.take_results(&mut one, &results);
        }
        self.benchmarks.push(one);
        Ok(())
    }

    fn take_results(&mut self, one: &mut BenchmarkAnswers, results: &Value) {
        if let Some(name) = results["benchmark"].as_str() {
            name.clone_into(&mut one.name);
        }
        for metric in results["metrics"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (metric["name"].as_str(), metric["value"].as_f64()) {
                one.metric_order.push(name.to_owned());
                one.reported.push((name.to_owned(), value));
            }
        }
        one.settings = flat(&results["settings"]);
        if let Some(version) = results.get("benchmark_version").filter(|one| !one.is_null()) {
            one.settings.insert("benchmark_version".to_owned(), version.clone());
        }
        let model = results["model"]["name"].as_str().map(str::to_owned);
        self.model = model.or(self.model.take());
    }
}

/// Relative picture paths start at the benchmark's folder, at the run's, or where the user is.
fn find_pictures(answers: &mut [super::Answer], folder: &Path, run: &Path) {
    for picture in answers.iter_mut().flat_map(|answer| answer.pictures.iter_mut()) {
        let near = [folder, run].map(|start| start.join(&*picture));
        if let Some(found) = near.into_iter().find(|path| path.exists()) {
            *picture = found;
        }
    }
}

fn settings_of(path: &Path) -> Result<Option<Value>, EvalError> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fsio::read_text(path)?;
    let parsed = serde_json::from_str(&text);
    parsed.map(Some).map_err(|error| EvalError::form(path, "file", error.to_string()))
}

fn has_answers(folder: &Path) -> bool {
    folder.join(SAMPLES).exists() || folder.join(ANSWERS).exists()
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(path).map_err(CoreError::file("list folder", path))? {
        let found = entry.map_err(CoreError::file("list folder", path))?.path();
        if found.is_dir() {
            folders.push(found);
        }
    }
    folders.sort();
    Ok(folders)
}

fn name_of(path: &Path) -> String {
    let absolute = path.canonicalize().unwrap_or_else(|_error| path.to_owned());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
}
