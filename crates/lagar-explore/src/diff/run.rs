//! The run that made one data set of the other: which operator did what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_engine::plan::stem_of;
use lagar_engine::{Report, why};
use serde::Serialize;

use crate::ExploreError;

/// A finished run's folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// Where it is.
    pub folder: PathBuf,
    /// Its closing table.
    pub report: Report,
}

/// What an operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorShare {
    /// Its name.
    pub name: String,
    /// Its kind in one word.
    pub kind: String,
    /// Rows in.
    pub rows: u64,
    /// Rows out.
    pub kept: u64,
    /// Rows it decided against.
    pub dropped: u64,
    /// Rows it put aside with an error.
    pub quarantined: u64,
    /// Rows whose text or pictures it changed.
    pub changed: u64,
}

/// The file that makes a folder a finished run's.
const REPORT: &str = "report.json";

impl RunFolder {
    /// Opens a run folder; `None` where there is none.
    ///
    /// # Errors
    /// When its report cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>, ExploreError> {
        let path = folder.join(REPORT);
        if !path.is_file() || !folder.join("ledger.parquet").is_file() {
            return Ok(None);
        }
        let text = fsio::read_text(&path)?;
        let report = serde_json::from_str(&text)
            .map_err(|error| ExploreError::Form { path, message: error.to_string() })?;
        Ok(Some(Self { folder: folder.to_owned(), report }))
    }

    /// The files it exported, wherever the folder was moved to: as the report has them, else beside it.
    pub fn exported(&self) -> Vec<PathBuf> {
        let found = |path: &PathBuf| {
            let beside = fsio::parent(&self.folder).join(path.file_name().unwrap_or_default());
            if path.exists() { path.clone() } else { beside }
        };
        self.report.exported.iter().map(|file| found(&file.path)).collect()
    }

    /// What each operator did.
    pub fn operators(&self) -> Vec<OperatorShare> {
        let share = |operator: &lagar_engine::run::OperatorReport| OperatorShare {
            name: operator.name.clone(),
            kind: operator.kind.clone(),
            rows: operator.rows,
            kept: operator.kept,
            dropped: operator.dropped,
            quarantined: operator.quarantined,
            changed: operator.changed,
        };
        self.report.operators.iter().map(share).collect()
    }

    /// Why rows (ascending) are gone, as far as the ledger says.
    pub(super) fn reasons(&self, rows: &[u64]) -> Result<BTreeMap<u64, String>, ExploreError> {
        let lines = why::lines(&self.folder, |row, _| rows.binary_search(&row).is_ok())?;
        let reason = |answer: why::Answer| {
            let operator = answer.operator.clone()?;
            let words = match (&answer.statistic, &answer.value, &answer.threshold) {
                (Some(statistic), Some(value), Some(threshold)) => {
                    format!("{statistic} is {value}, wanted {threshold}")
                }
                (Some(statistic), _, _) => statistic.clone(),
                _ => answer.message.clone().unwrap_or_default(),
            };
            Some((answer.row, format!("{operator}: {words}")))
        };
        Ok(lines.into_iter().filter_map(reason).collect())
    }
}

/// The run that exported `data`: the folder itself, or `NAME.run` beside `NAME.jsonl`.
///
/// # Errors
/// When a run folder's report cannot be read.
pub fn find_run(data: &Path) -> Result<Option<RunFolder>, ExploreError> {
    if data.is_dir() {
        return RunFolder::open(data);
    }
    RunFolder::open(&fsio::parent(data).join(format!("{}.run", stem_of(data))))
}
