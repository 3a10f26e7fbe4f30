//! The kinds of operator, and what each hands back.
//!
//! A filter is split in two: `stats` measures and is the expensive half, `keep` decides. So thresholds
//! can be changed and studied without measuring again, and every decision carries the statistic and
//! the threshold it came from.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, ListArray, StringViewArray};
use arrow::datatypes::{Float64Type, Int64Type};
use lagar_core::{Batch, StatColumn};

use crate::interval::Interval;
use crate::{Context, Model, ModelWish, OperatorError};

/// One row an operator could not work on; the row is put aside with this reason, never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row's place in the batch.
    pub index: usize,
    /// What was wrong, naming the picture or field.
    pub message: String,
}

/// What a filter measured.
#[derive(Clone, Debug, Default)]
pub struct Computed {
    /// One column per statistic, as long as the batch; null for rows with a fault.
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
}

/// What a deduplicator compares.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// One string per row; null means "never a duplicate".
    pub values: ArrayRef,
    /// The rows that have none because something was wrong.
    pub faults: Vec<Fault>,
}

/// How signatures become groups of duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grouping {
    /// Equal signatures are duplicates; the first row of a group stays.
    Exact,
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

    /// How signatures are grouped: the global half of the work.
    fn grouping(&self) -> Grouping;
}

/// Which of all rows stay, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of them, order unchanged.
    All,
    /// The rows at these positions among those that arrived, in output order; a position may repeat.
    Rows(Vec<u64>),
}

/// Picks rows out of the whole data set.
pub trait Selector: Debug + Send + Sync {
    /// The selection among `rows` rows.
    ///
    /// # Errors
    /// When the operator cannot work on that many rows.
    fn select(&self, rows: u64, seed: u64) -> Result<Selection, OperatorError>;
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
}
