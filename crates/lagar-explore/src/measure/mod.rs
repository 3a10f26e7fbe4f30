//! Measuring a data set: one walk over its rows, on all cores, in bounded memory.
//!
//! Threads measure chunks (`chunk`); one after the other, in the order of the data, what they found is
//! taken in (`totals`), so that the number of threads changes nothing. What decides about rows is
//! measured by the operators of `lagar-ops` (`battery`) and kept on disk (`rows`).
//!
//! In memory are: the different values of each statistic (`tally`), the vocabulary and its sequences
//! (beyond 3.6 million of one length the rarest are forgotten, and the profile says so), some sixteen
//! bytes per row for each kind of duplicate, and about a hundred per different picture.

mod album;
mod battery;
mod chunk;
mod diversity;
mod duplicates;
mod encoding;
mod examples;
mod extremes;
mod fields;
mod grid;
mod hash;
mod near;
mod overall;
mod pictures;
mod rows;
mod sample;
mod script;
mod tally;
mod totals;
mod vocabulary;
mod walk;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lagar_core::RowKeys;
use lagar_core::event::Listener;
use lagar_core::models::ImageTextScorer;
use lagar_engine::source::{DataSet, Inputs};
use lagar_ops::Tokens;
use lagar_ops::text::HfTokenizer;

pub use battery::{Battery, Gauge};
pub use near::Bands;
pub use overall::overall_csv;
pub use rows::{RowChunk, RowTable};
pub use tally::Tally;

pub(crate) use battery::{build, parameters};
pub(crate) use diversity::expected_types;
pub(crate) use tally::{Axis, bins, count_in};
use totals::Distributions;
pub(crate) use totals::each_number;

use crate::ExploreError;
use crate::profile::{Counted, DataFile, Dataset, Profile, SCHEMA, Sampled};

/// How a data set is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files and folders, in order.
    pub paths: Vec<PathBuf>,
    /// Names of the fields.
    pub keys: RowKeys,
    /// Special tokens.
    pub tokens: Tokens,
    /// Worker threads.
    pub threads: usize,
    /// Look at so many rows only.
    pub sample: Option<u64>,
    /// The seed of the sample.
    pub seed: u64,
    /// Decode pictures, too.
    pub pixels: bool,
    /// Count the tokens of this `tokenizer.json`.
    pub tokenizer: Option<PathBuf>,
    /// Tell languages by this fastText model.
    pub language_model: Option<PathBuf>,
    /// Compare texts with pictures by this model.
    pub clip: Option<Clip>,
    /// The folder for files that are too large for memory; they have no names and leave nothing.
    pub scratch: PathBuf,
}

/// A model that says how near a text and a picture are.
#[derive(Clone, Debug)]
pub struct Clip {
    /// What it is called in a recipe.
    pub name: String,
    /// The model.
    pub scorer: Arc<dyn ImageTextScorer>,
}

impl Options {
    /// Headers of pictures only, no models, one thread; big files go into `scratch`.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, scratch: impl Into<PathBuf>) -> Self {
        Self {
            paths: paths.into_iter().collect(),
            keys: RowKeys::default(),
            tokens: Tokens::default(),
            threads: 1,
            sample: None,
            seed: 42,
            pixels: false,
            tokenizer: None,
            language_model: None,
            clip: None,
            scratch: scratch.into(),
        }
    }

    /// Finds the files of the data set.
    ///
    /// # Errors
    /// When a path does not exist, a folder holds no data, or a file's format is not known.
    pub fn find(&self) -> Result<DataSet, ExploreError> {
        Ok(DataSet::find(Inputs {
            paths: self.paths.clone(),
            suffixes: Vec::new(),
            // Few rows where a model looks at each.
            chunk_rows: if self.clip.is_some() { 256 } else { 2_048 },
            keys: self.keys.clone(),
            tokens: self.tokens.clone(),
        })?)
    }
}

/// Who watches, and who may stop it.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// Set when the user wants to stop.
    pub stop: &'a AtomicBool,
    /// Who hears of finished chunks.
    pub listener: &'a dyn Listener,
}

/// A data set that was measured: its profile, and what thresholds are tried against.
#[derive(Debug)]
pub struct Measured {
    /// What was found; problems and suggestion are still empty, examples have rows and no texts.
    pub profile: Profile,
    /// Every word with its count, most frequent first.
    pub vocabulary: Vec<Counted>,
    /// The values of every statistic, by its name in the profile.
    pub tallies: BTreeMap<String, Tally>,
    /// What was measured of every row.
    pub table: RowTable,
    /// The bands of every row's text.
    pub bands: Bands,
    /// What it was measured by.
    pub battery: Battery,
}

/// Measures a data set.
///
/// # Errors
/// When it cannot be read, an operator or a model fails as a whole, or `watch` stops it.
pub fn measure(
    data: &DataSet,
    options: &Options,
    watch: Watch<'_>,
) -> Result<Measured, ExploreError> {
    let battery = Battery::new(options)?;
    let tokenizer = options.tokenizer.as_ref().map(|path| {
        let wrong =
            |message| ExploreError::Model { what: "tokenizer", path: path.clone(), message };
        HfTokenizer::open(path).map_err(wrong)
    });
    let tokenizer = tokenizer.transpose()?;
    let chosen =
        options.sample.map(|wanted| sample::draw(data, wanted, options.seed)).transpose()?;
    let walk = walk::Walk { data, options, battery: &battery, tokenizer, chosen, watch };
    let (mut totals, rows) = walk.walk()?;
    let folders: Vec<PathBuf> = data.files().iter().map(|file| file.folder().to_owned()).collect();
    let integrity = totals.integrity(&folders, options.pixels)?;
    let Distributions { text, pictures, pairs, tallies } = totals.distributions();
    let looked_at = totals.rows;
    let (vocabulary, words) = totals.words.finish()?;
    let profile = Profile {
        schema: SCHEMA.to_owned(),
        dataset: dataset(data, options, &rows, looked_at),
        integrity,
        text,
        vocabulary,
        pictures,
        pairs,
        problems: Vec::new(),
        suggestion: None,
    };
    let (table, bands) = (totals.table, totals.bands);
    Ok(Measured { profile, vocabulary: words, tallies, table, bands, battery })
}

impl Measured {
    /// The profile with the texts of all its examples.
    ///
    /// # Errors
    /// When the data cannot be read again.
    pub fn into_profile(self, data: &DataSet, options: &Options) -> Result<Profile, ExploreError> {
        let mut profile = self.profile;
        examples::fill(&mut profile, data, options)?;
        Ok(profile)
    }
}

fn dataset(data: &DataSet, options: &Options, rows: &[u64], looked_at: u64) -> Dataset {
    let file = |(file, rows): (&Arc<lagar_engine::source::SourceFile>, &u64)| DataFile {
        path: file.path.clone(),
        format: format!("{:?}", file.format),
        bytes: file.bytes,
        rows: *rows,
    };
    Dataset {
        paths: options.paths.clone(),
        files: data.files().iter().zip(rows).map(file).collect(),
        rows: rows.iter().sum(),
        looked_at,
        sampled: options.sample.map(|wanted| Sampled { wanted, seed: options.seed }),
        text_key: options.keys.text.clone(),
        image_key: options.keys.images.clone(),
        pixels: options.pixels,
        clip: options.clip.as_ref().map(|clip| clip.scorer.digest().to_string()),
        tokenizer: options.tokenizer.clone(),
        language_model: options.language_model.clone(),
        lagar: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
