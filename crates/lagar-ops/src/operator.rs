//! The kinds of operator, and what each hands back.
//!
//! A filter is split in two: `stats` measures and is the expensive half, `keep` decides. So thresholds
//! can be changed and studied without measuring again, and every decision carries the statistic and
//! the threshold it came from.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, ListArray, StringViewArray};
use arrow::datatypes::{Float64Type, Int64Type};
use lagar_core::row::FieldEdits;
use lagar_core::{Batch, StatColumn};
use serde_json::Value;

use crate::interval::Interval;
use crate::{Context, FileWish, Model, ModelWish, OperatorError};

/// One row an operator could not work on; the row is put aside with this reason, never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row's place in the batch.
    pub index: usize,
    /// What was wrong, naming the picture or field.
    pub message: String,
}

/// How the key of a column begins that a filter needs for judging and nobody else sees.
pub const PRIVATE: char = '.';

/// What a filter measured.
#[derive(Clone, Debug, Default)]
pub struct Computed {
    /// One column per statistic, as long as the batch; null for rows with a fault. A key that begins
    /// with [`PRIVATE`] is for judging only and never becomes part of the row.
    pub stats: Vec<StatColumn>,
    /// The rows that could not be measured.
    pub faults: Vec<Fault>,
}

impl Computed {
    /// One statistic, no faults.
    pub fn one(key: &str, values: impl Array + 'static) -> Self {
        let values: ArrayRef = Arc::new(values);
        Self { stats: vec![StatColumn { key: key.to_owned(), values }], faults: Vec::new() }
    }
}

/// Measures rows and decides which stay.
pub trait Filter: Debug + Send + Sync {
    /// The statistics of every row.
    ///
    /// # Errors
    /// When the operator as a whole cannot work; bad rows are faults.
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError>;

    /// The statistics it writes, where that depends on its parameters; else those that its
    /// registration names.
    fn writes(&self) -> Option<Vec<String>> {
        None
    }

    /// Which rows stay, from the statistics alone.
    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts;

    /// The model it needs, if it needs one.
    ///
    /// # Errors
    /// When its parameters contradict each other.
    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(None)
    }

    /// Takes the model it wished for.
    fn attach(&mut self, _model: Model) {}

    /// The model files it reads, such as Data-Juicer's `lid.176.bin`.
    fn files(&self) -> Vec<FileWish> {
        Vec::new()
    }

    /// Takes the place of a file it wished for.
    fn attach_file(&mut self, _parameter: &str, _path: &Path) {}
}

/// The statistics a filter decides on.
#[derive(Clone, Copy, Debug)]
pub struct Stats<'a> {
    columns: &'a [StatColumn],
    rows: usize,
}

impl<'a> Stats<'a> {
    /// The statistics of `rows` rows.
    pub fn new(columns: &'a [StatColumn], rows: usize) -> Self {
        Self { columns, rows }
    }

    /// How many rows there are to judge.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The column of a statistic.
    pub fn column(&self, key: &str) -> Option<&'a ArrayRef> {
        self.columns.iter().find(|column| column.key == key).map(|column| &column.values)
    }

    /// A number statistic of one row, integer or not.
    pub fn number(&self, key: &str, index: usize) -> Option<f64> {
        self.column(key).and_then(|values| number_at(values, index))
    }

    /// A list statistic of one row, as numbers; empty where there is none.
    pub fn numbers(&self, key: &str, index: usize) -> Vec<f64> {
        let list = self.column(key).and_then(|values| values.as_list_opt::<i32>());
        match list {
            Some(list) if list.is_valid(index) => {
                let items = list.value(index);
                (0..items.len()).filter_map(|item| number_at(&items, item)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn number_at(values: &ArrayRef, index: usize) -> Option<f64> {
    if values.is_null(index) {
        return None;
    }
    if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
        return Some(numbers.value(index));
    }
    values.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(index) as f64)
}

/// Why a row was dropped: for the ledger, `lagar why` and the view near the threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The statistic (`num_words`).
    pub statistic: String,
    /// Its value in this row, as JSON.
    pub value: String,
    /// What it was held against (`>= 6`).
    pub threshold: String,
}

/// A filter's decision on every row of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Per row, whether it stays.
    pub keep: Vec<bool>,
    /// For each dropped row, in order: its place and the reason.
    pub reasons: Vec<(usize, Reason)>,
}

impl Verdicts {
    /// Judges `rows` rows one by one; `judge` gives the reason to drop a row, or `None` to keep it.
    pub fn judge(rows: usize, judge: impl Fn(usize) -> Option<Reason>) -> Self {
        let mut verdicts = Self { keep: vec![true; rows], reasons: Vec::new() };
        for index in 0..rows {
            if let Some(reason) = judge(index) {
                verdicts.keep[index] = false;
                verdicts.reasons.push((index, reason));
            }
        }
        verdicts
    }
}

/// What a mapper made of a batch.
#[derive(Clone, Debug, Default)]
pub struct Mapped {
    /// Which row each output row comes from, ascending; `None` when rows stay one to one.
    pub parents: Option<Vec<u32>>,
    /// The new texts, one per output row; `None` when no text changed.
    pub text: Option<StringViewArray>,
    /// The new picture paths, one list per output row; `None` when none changed.
    pub images: Option<ListArray>,
    /// New values of other fields, one per output row each; bytes of a row that no value is for stay
    /// as they are. Text and pictures do not belong here.
    pub fields: Vec<FieldEdits>,
    /// The rows that could not be mapped (places in the input batch).
    pub faults: Vec<Fault>,
}

/// Changes rows; may make several of one, or none.
pub trait Mapper: Debug + Send + Sync {
    /// The rows after the change.
    ///
    /// # Errors
    /// When the operator as a whole cannot work; bad rows are faults.
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError>;

    /// The model it needs, if it needs one.
    ///
    /// # Errors
    /// When its parameters contradict each other.
    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        Ok(None)
    }

    /// Takes the model it wished for.
    fn attach(&mut self, _model: Model) {}

    /// The model files it reads, such as Data-Juicer's `lid.176.bin`.
    fn files(&self) -> Vec<FileWish> {
        Vec::new()
    }

    /// Takes the place of a file it wished for.
    fn attach_file(&mut self, _parameter: &str, _path: &Path) {}
}

/// What a deduplicator compares.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// One value per row, of the type that the [`Grouping`] asks for; null means "never a duplicate".
    pub values: ArrayRef,
    /// A second hash that must be equal, too, with its field's name (only for [`Grouping::Exact`]).
    pub beside: Option<StatColumn>,
    /// The rows that have none because something was wrong.
    pub faults: Vec<Fault>,
}

impl Signatures {
    /// One signature per row, no faults.
    pub fn new(values: impl Array + 'static) -> Self {
        Self { values: Arc::new(values), beside: None, faults: Vec::new() }
    }
}

/// How signatures become groups of duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grouping {
    /// Signatures are strings; equal ones are duplicates, and the first row of a group stays.
    Exact,
    /// Signatures are lists of byte strings, as many in each row: two rows that agree at one place
    /// are in one group, and so are those connected through others (MinHash-LSH).
    Bands,
    /// Signatures are 64-bit numbers in decimal digits: two rows that differ in at most `distance`
    /// bits are in one group, and so are those connected through others (SimHash).
    Hamming {
        /// The most bits that may differ.
        distance: u32,
    },
    /// Signatures are lists of strings; those that occur in more than `more_than` rows are cut out of
    /// the rows by [`Deduplicator::cut`], and all rows stay.
    Frequent {
        /// The most rows a string may occur in.
        more_than: u64,
    },
}

/// Signatures that say nothing about their rows, so that the user should be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The signature: a string, or for bands what stands at the first place.
    pub signature: Vec<u8>,
    /// What it means, to be put behind "N rows".
    pub message: String,
}

/// Finds rows that say the same; the first of each group stays.
pub trait Deduplicator: Debug + Send + Sync {
    /// The signature of every row: the local half of the work.
    ///
    /// # Errors
    /// When the operator as a whole cannot work; bad rows are faults.
    fn signatures(&self, batch: &Batch, context: &Context<'_>)
    -> Result<Signatures, OperatorError>;

    /// The field Data-Juicer keeps the signature in (`__dj__hash`).
    fn hash_key(&self) -> &'static str;

    /// The field of a second hash that must be equal, too, where the operator gives one.
    fn beside_key(&self) -> Option<&'static str> {
        None
    }

    /// The field of whole numbers that decides who stays in a group, smallest first; the order of the
    /// rows where there is none. Not for [`Grouping::Exact`].
    fn priority_key(&self) -> Option<&'static str> {
        None
    }

    /// How signatures are grouped: the global half of the work.
    fn grouping(&self) -> Grouping;

    /// The signature that all rows get which there is nothing to compare of.
    fn caution(&self) -> Option<Caution> {
        None
    }

    /// The model files it reads, such as Data-Juicer's `lid.176.bin`.
    fn files(&self) -> Vec<FileWish> {
        Vec::new()
    }

    /// Takes the place of a file it wished for.
    fn attach_file(&mut self, _parameter: &str, _path: &Path) {}

    /// The rows without what occurs too often; `signatures` are theirs. Only for
    /// [`Grouping::Frequent`].
    fn cut(&self, _batch: &Batch, _signatures: &ArrayRef, _frequent: &BTreeSet<String>) -> Mapped {
        Mapped::default()
    }
}

/// Which of all rows stay, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of them, order unchanged.
    All,
    /// The rows at these positions among those that arrived, in output order; a position may repeat.
    Rows(Vec<u64>),
}

/// The rows that a selector chooses from.
#[derive(Clone, Copy, Debug)]
pub struct Candidates<'a> {
    /// How many there are.
    pub rows: u64,
    /// What [`Selector::values`] gave for each of them, in order; empty if it gave nothing.
    pub values: &'a [Value],
}

/// Picks rows out of the whole data set.
pub trait Selector: Debug + Send + Sync {
    /// What the rows are chosen by; `None` where only their number counts.
    ///
    /// # Errors
    /// When a row has not what the selector looks for.
    fn values(
        &self,
        _batch: &Batch,
        _context: &Context<'_>,
    ) -> Result<Option<Vec<Value>>, OperatorError> {
        Ok(None)
    }

    /// The selection among all rows that arrived.
    ///
    /// # Errors
    /// When the operator cannot work on these rows.
    fn select(&self, candidates: Candidates<'_>, seed: u64) -> Result<Selection, OperatorError>;
}

/// What a grouper does with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regroup {
    /// Rows with equal keys become one row whose fields are lists.
    Gather,
    /// A row whose fields are lists becomes as many rows.
    Scatter,
}

/// Puts rows together to batched rows, or takes batched rows apart.
pub trait Grouper: Debug + Send + Sync {
    /// Which of both.
    fn regroup(&self) -> Regroup;

    /// The group each row belongs to; groups come in the order of their first rows.
    ///
    /// # Errors
    /// When the operator as a whole cannot work.
    fn keys(&self, batch: &Batch, context: &Context<'_>) -> Result<Vec<String>, OperatorError>;

    /// Where the metadata of batches that are taken apart go, as JSON lines.
    fn batch_meta_path(&self) -> Option<&str> {
        None
    }
}

/// An operator with its parameters, ready to work.
#[derive(Debug)]
pub enum Built {
    /// Measures and decides, row by row.
    Filter(Box<dyn Filter>),
    /// Changes rows.
    Mapper(Box<dyn Mapper>),
    /// Removes repeated rows; needs to see all of them.
    Deduplicator(Box<dyn Deduplicator>),
    /// Picks rows; needs to know all of them.
    Selector(Box<dyn Selector>),
    /// Puts rows together or takes them apart; needs to see all of them.
    Grouper(Box<dyn Grouper>),
}

impl Built {
    /// The model the operator needs, if it needs one.
    ///
    /// # Errors
    /// When its parameters contradict each other.
    pub fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        match self {
            Self::Filter(filter) => filter.wish(),
            Self::Mapper(mapper) => mapper.wish(),
            _ => Ok(None),
        }
    }

    /// Hands the operator its model.
    pub fn attach(&mut self, model: Model) {
        match self {
            Self::Filter(filter) => filter.attach(model),
            Self::Mapper(mapper) => mapper.attach(model),
            _ => {}
        }
    }

    /// The model files the operator reads.
    pub fn files(&self) -> Vec<FileWish> {
        match self {
            Self::Filter(filter) => filter.files(),
            Self::Mapper(mapper) => mapper.files(),
            Self::Deduplicator(deduplicator) => deduplicator.files(),
            Self::Selector(_) | Self::Grouper(_) => Vec::new(),
        }
    }

    /// Tells the operator where a file lies that it wished for.
    pub fn attach_file(&mut self, parameter: &str, path: &Path) {
        match self {
            Self::Filter(filter) => filter.attach_file(parameter, path),
            Self::Mapper(mapper) => mapper.attach_file(parameter, path),
            Self::Deduplicator(deduplicator) => deduplicator.attach_file(parameter, path),
            Self::Selector(_) | Self::Grouper(_) => {}
        }
    }
}
