//! A finished run: what each operator removed, with its statistic, its thresholds and the rows next to
//! them.
//!
//! The data are read once more and sent the way they went in the run, operator by operator, from the
//! results that the run folder keeps; what global operators decided is in the ledger. So a statistic is
//! known of every row that reached its operator, also of those that a later one dropped.

mod followed;
mod judged;
mod page;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_engine::source::DataSet;
use lagar_engine::{Plan, why};
use serde::Serialize;
use serde_json::Value;

pub use judged::{Judged, Near, Threshold};
pub use page::page;

use crate::ExploreError;
use crate::diff::{Edit, RunFolder};
use crate::profile::Example;
use crate::rows::{self, Row, Source};

/// The name and version of the schema.
pub const SCHEMA: &str = "lagar-removed/1";
/// The names of the files.
pub const FILES: [&str; 2] = ["removed.json", "removed.html"];

/// What a run removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removal {
    /// [`SCHEMA`].
    pub schema: String,
    /// The run folder.
    pub run: PathBuf,
    /// The data files that the run read.
    pub paths: Vec<PathBuf>,
    /// Rows that went in.
    pub rows: u64,
    /// Rows that came out.
    pub kept: u64,
    /// Rows that the reader put aside or left out.
    pub unreadable: u64,
    /// The operators, in order.
    pub operators: Vec<Removed>,
}

/// What one operator did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// Its kind in one word.
    pub kind: String,
    /// Its parameters.
    pub parameters: Value,
    /// Rows in.
    pub rows: u64,
    /// Rows it decided against.
    pub dropped: u64,
    /// Rows it put aside.
    pub quarantined: u64,
    /// Rows whose text or pictures it changed.
    pub changed: u64,
    /// Rows out.
    pub kept: u64,
    /// Its statistics with what it held them against.
    pub statistics: Vec<Judged>,
    /// Some of the rows it dropped by something else than a number, with the reason.
    pub examples: Vec<Example>,
    /// Some of the texts it changed.
    pub edited: Vec<Edit>,
    /// Why its statistics are not shown, if they are not.
    pub note: Option<String>,
}

/// Pictures that shown rows carry, by the row.
pub(crate) type Carried = std::collections::BTreeMap<u64, Row>;

/// A run, as it is followed.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a> {
    /// Its folder.
    pub run: &'a RunFolder,
    /// Its recipe, understood; operators that need models have them, or are not followed.
    pub plan: &'a Plan,
    /// Its data.
    pub data: &'a DataSet,
    /// How many rows are shown on each side of a threshold.
    pub shown: usize,
}

/// Finds out what a run removed.
///
/// # Errors
/// When the data are not what the run read, the ledger is damaged, or a file cannot be read.
pub fn removed(followed: Followed<'_>) -> Result<(Removal, Pictures), ExploreError> {
    let Followed { run, plan, data, .. } = followed;
    let lines = why::lines(&run.folder, |_, _| true)?;
    let wrong = |message: String| ExploreError::Form { path: run.folder.clone(), message };
    if run.report.operators.len() != plan.operators.len() {
        return Err(wrong(format!(
            "its report has {} operators, its recipe {}",
            run.report.operators.len(),
            plan.operators.len()
        )));
    }
    let globals: BTreeSet<(usize, u64, u32)> = lines
        .iter()
        .filter(|line| line.outcome == "dropped")
        .filter_map(|line| Some((line.operator_index?, line.row, line.part)))
        .collect();
    let found = walk::walk(followed, &globals)?;
    let seen: u64 = found.rows;
    if seen != run.report.rows {
        return Err(wrong(format!("it read {} rows, the data have {seen} now", run.report.rows)));
    }
    let operators = found.operators.into_iter().zip(&run.report.operators).zip(&plan.operators);
    let operators = operators
        .map(|((found, report), (_, operator))| found.finish(report, operator.parameters.clone()));
    let removal = Removal {
        schema: SCHEMA.to_owned(),
        run: run.folder.clone(),
        paths: data.files().iter().map(|file| file.path.clone()).collect(),
        rows: run.report.rows,
        kept: run.report.kept,
        unreadable: run.report.unreadable + run.report.without_text,
        operators: operators.collect(),
    };
    let carried = carried(&removal, followed)?;
    Ok((removal, Pictures { carried }))
}

/// The rows that are shown and carry their pictures.
fn carried(removal: &Removal, followed: Followed<'_>) -> Result<Carried, ExploreError> {
    let mut rows = BTreeSet::new();
    for operator in &removal.operators {
        let near = operator.statistics.iter().flat_map(|judged| &judged.near);
        let near = near.flat_map(|near| near.dropped.iter().chain(&near.kept));
        let edited = operator.edited.iter().map(|edit| &edit.after);
        let shown = near.chain(&operator.examples).chain(edited);
        let carrying = shown.filter(|row| row.picture.as_ref().is_some_and(|one| one.carried));
        rows.extend(carrying.map(|row| row.row));
    }
    let plan = followed.plan;
    let source = Source { data: followed.data, keys: &plan.keys, tokens: &plan.tokens };
    let rows: Vec<u64> = rows.into_iter().collect();
    rows::read(source, &rows)
}

/// The pictures that shown rows carry.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    pub(crate) carried: Carried,
}

/// Writes `removed.json` and `removed.html` into `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    removal: &Removal,
    pictures: &Pictures,
    folder: &Path,
    side: u32,
) -> Result<(), ExploreError> {
    let mut json = serde_json::to_vec_pretty(removal).unwrap_or_default();
    json.push(b'\n');
    fsio::write(folder.join(FILES[0]), &json)?;
    fsio::write(folder.join(FILES[1]), page(removal, pictures, side).render().as_bytes())?;
    Ok(())
}
