//! Two data sets, one made from the other: what was kept, what changed, and how sure that is.
//!
//! Both are measured as `lagar explore` measures. Rows are matched by what names them (id, picture, text
//! or position), so that a statistic's change can be resampled by rows: a row is drawn with what it is
//! before *and* after, which says far more than two samples drawn apart.

mod change;
mod charts;
mod markdown;
mod matching;
mod page;
mod resample;
mod run;
mod vocabulary;

use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_engine::source::DataSet;
use serde::Serialize;

pub use change::{Change, Moments};
pub use charts::Overlaid;
pub use markdown::markdown;
pub use matching::{Matched, MatchedBy};
pub use page::page;
pub use run::{OperatorShare, RunFolder, find_run};
pub use vocabulary::{Diversity, VocabularyChange, WordShift};

use crate::measure::{Measured, Options, Watch, measure};
use crate::profile::{Example, Profile};
use crate::rows::{self, Row, Source};
use crate::{ExploreError, charts as drawing};

/// The name and version of the schema.
pub const SCHEMA: &str = "lagar-diff/1";
/// The names of the files.
pub const FILES: [&str; 3] = ["diff.json", "diff.md", "diff.html"];

/// How two data sets are compared.
#[derive(Clone, Debug)]
pub struct DiffOptions {
    /// How each of them is measured.
    pub measure: Options,
    /// How often the bootstrap draws.
    pub resamples: usize,
    /// What decides its draws.
    pub seed: u64,
    /// How many rows are shown of each kind: changed, gone, new.
    pub shown: usize,
    /// The longest side of thumbnails, in pixels.
    pub side: u32,
}

impl DiffOptions {
    /// 1,000 draws, 24 rows of each kind.
    pub fn new(measure: Options) -> Self {
        Self { measure, resamples: 1_000, seed: 0, shown: 24, side: 240 }
    }
}

/// One of the two data sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Its files.
    pub paths: Vec<PathBuf>,
    /// Its rows, bad ones included.
    pub rows: u64,
    /// Rows with a text.
    pub sound: u64,
    /// Different pictures.
    pub pictures: u64,
}

impl Side {
    fn of(profile: &Profile) -> Self {
        Self {
            paths: profile.dataset.paths.clone(),
            rows: profile.integrity.rows,
            sound: profile.integrity.sound,
            pictures: profile.pictures.count,
        }
    }
}

/// A row before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// The row as it was.
    pub before: Example,
    /// The row as it is.
    pub after: Example,
}

/// A row that is not there any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gone {
    /// The row.
    pub row: Example,
    /// Why, if the run's ledger is known.
    pub reason: Option<String>,
}

/// Everything about two data sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: String,
    /// The first one.
    pub before: Side,
    /// The second one.
    pub after: Side,
    /// Rows after over rows before.
    pub retention: f64,
    /// Which rows are the same.
    pub matched: Matched,
    /// What every statistic was and is.
    pub statistics: Vec<Change>,
    /// How varied the words are.
    pub diversity: Diversity,
    /// Which words came and went.
    pub vocabulary: VocabularyChange,
    /// The run that made one of the other, if it is known.
    pub run: Option<PathBuf>,
    /// What each of its operators did.
    pub operators: Vec<OperatorShare>,
    /// Distributions on common bins.
    pub distributions: Vec<Overlaid>,
    /// Some of the rows whose text changed.
    pub edited: Vec<Edit>,
    /// Some of the rows that are gone.
    pub gone: Vec<Gone>,
    /// Some of the rows that are new.
    pub added: Vec<Example>,
    /// How often the bootstrap drew.
    pub resamples: usize,
    /// What decided its draws.
    pub seed: u64,
}

/// Rows that are shown, with the pictures they carry.
#[derive(Clone, Debug, Default)]
pub struct ShownRows {
    pub(crate) edited: Vec<(Row, Row)>,
    pub(crate) gone: Vec<(Row, Option<String>)>,
    pub(crate) added: Vec<Row>,
}

/// Compares two data sets; `run` is the folder of the run that made `after` of `before`.
///
/// # Errors
/// When one of them cannot be read or measured, the run folder is damaged, or `watch` stops it.
pub fn diff(
    (before, after): (&DataSet, &DataSet),
    run: Option<&RunFolder>,
    options: &DiffOptions,
    watch: Watch<'_>,
) -> Result<(Diff, ShownRows), ExploreError> {
    let mut one = measure(before, &options.measure, watch)?;
    let paths = after.files().iter().map(|file| file.path.clone()).collect();
    let mut other = measure(after, &Options { paths, ..options.measure.clone() }, watch)?;
    let source =
        |data| Source { data, keys: &options.measure.keys, tokens: &options.measure.tokens };
    let sources = (source(before), source(after));
    let matching = matching::Matching::of(sources)?;
    let fits = |run: &&RunFolder| run.report.rows == one.profile.dataset.rows;
    let run = run.filter(fits);
    let shown = shown(&matching, sources, run, options.shown)?;
    let statistics = change::changes((&mut one, &mut other), &matching, options)?;
    let diff = Diff {
        schema: SCHEMA.to_owned(),
        before: Side::of(&one.profile),
        after: Side::of(&other.profile),
        retention: other.profile.integrity.rows as f64 / one.profile.integrity.rows.max(1) as f64,
        matched: matching.summary(),
        statistics,
        diversity: Diversity::between(&one, &other),
        vocabulary: VocabularyChange::between(&one.vocabulary, &other.vocabulary),
        run: run.map(|run| run.folder.clone()),
        operators: run.map_or_else(Vec::new, RunFolder::operators),
        distributions: overlaid(&one, &other),
        edited: shown.edited.iter().map(edit).collect(),
        gone: shown.gone.iter().map(gone).collect(),
        added: shown.added.iter().map(|row| row.example.clone()).collect(),
        resamples: options.resamples,
        seed: options.seed,
    };
    Ok((diff, shown))
}

fn edit((before, after): &(Row, Row)) -> Edit {
    Edit { before: before.example.clone(), after: after.example.clone() }
}

fn gone((row, reason): &(Row, Option<String>)) -> Gone {
    Gone { row: row.example.clone(), reason: reason.clone() }
}

fn overlaid(before: &Measured, after: &Measured) -> Vec<Overlaid> {
    let names = before.tallies.keys().filter(|name| after.tallies.contains_key(*name));
    names.filter_map(|name| Overlaid::of(name, before, after)).collect()
}

/// Reads the rows that are shown: of each kind some, spread evenly.
fn shown(
    matching: &matching::Matching,
    (before, after): (Source<'_>, Source<'_>),
    run: Option<&RunFolder>,
    most: usize,
) -> Result<ShownRows, ExploreError> {
    let edited = spread(&matching.edited(), most);
    let gone = spread(&matching.gone(), most);
    let added = spread(&matching.added(), most);
    let sorted = |mut rows: Vec<u64>| {
        rows.sort_unstable();
        rows
    };
    let old = edited.iter().map(|(before, _)| *before).chain(gone.iter().copied()).collect();
    let new = edited.iter().map(|(_, after)| *after).chain(added.iter().copied()).collect();
    let old = rows::read(before, &sorted(old))?;
    let new = rows::read(after, &sorted(new))?;
    let mut reasons = match run {
        Some(run) => run.reasons(&gone)?,
        None => std::collections::BTreeMap::new(),
    };
    let pair = |(one, other): &(u64, u64)| Some((old.get(one)?.clone(), new.get(other)?.clone()));
    Ok(ShownRows {
        edited: edited.iter().filter_map(pair).collect(),
        gone: gone
            .iter()
            .filter_map(|row| Some((old.get(row)?.clone(), reasons.remove(row))))
            .collect(),
        added: added.iter().filter_map(|row| new.get(row).cloned()).collect(),
    })
}

/// At most `most` of them, spread evenly.
fn spread<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    let many = most.min(all.len());
    (0..many).map(|place| all[place * all.len() / many].clone()).collect()
}

/// Writes `diff.json`, `diff.md`, `diff.html` and the charts into `folder`; gives the files' names.
///
/// # Errors
/// When a chart cannot be drawn or a file cannot be written.
pub fn write(
    diff: &Diff,
    shown: &ShownRows,
    folder: &Path,
    side: u32,
) -> Result<Vec<String>, ExploreError> {
    let sheet = charts::sheet(diff);
    let mut names = Vec::new();
    if !sheet.charts.is_empty() {
        let chart_folder = folder.join(crate::report::CHARTS);
        let files = drawing::write(&chart_folder, sheet.name, &sheet.panels())?;
        names.extend(
            files.names.into_iter().map(|name| format!("{}/{name}", crate::report::CHARTS)),
        );
    }
    let mut json = serde_json::to_vec_pretty(diff).unwrap_or_default();
    json.push(b'\n');
    fsio::write(folder.join(FILES[0]), &json)?;
    fsio::write(folder.join(FILES[1]), markdown(diff, &sheet).as_bytes())?;
    fsio::write(folder.join(FILES[2]), page(diff, shown, &sheet, side).render().as_bytes())?;
    names.extend(FILES.map(str::to_owned));
    Ok(names)
}
