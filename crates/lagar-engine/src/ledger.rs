//! The ledger: one row for every input row, saying what became of it and why.
//!
//! Built per chunk, stored with the chunk, put together at the end as `ledger.parquet`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringArray, StringDictionaryBuilder, UInt32Array,
    UInt64Array,
};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use lagar_core::CoreError;
use lagar_ops::Reason;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was exported.
    Kept,
    /// An operator decided against it.
    Dropped,
    /// It could not be worked on and was put aside.
    Quarantined,
}

impl Outcome {
    /// The word the ledger has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Quarantined => "quarantined",
        }
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the input.
    pub row: u64,
    /// Which child of that row.
    pub part: u32,
    /// The row's id, if it has one.
    pub id: Option<String>,
    /// Line or record number in its file, from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The operator that decided, by its place in the recipe; `None` for the reader.
    pub operator: Option<usize>,
    /// The statistic and threshold, for dropped rows.
    pub reason: Option<Reason>,
    /// The fault in words, for rows put aside.
    pub message: Option<String>,
}

/// The name the ledger uses for the reader of the data set.
pub const LOADER: &str = "(load)";

/// The columns of the ledger.
pub fn schema() -> SchemaRef {
    let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt64, false),
        Field::new("part", DataType::UInt32, false),
        Field::new("id", DataType::Utf8, true),
        Field::new("file", words(), false),
        Field::new("line", DataType::UInt64, false),
        Field::new("outcome", words(), false),
        Field::new("operator", words(), true),
        Field::new("operator_index", DataType::Int32, true),
        Field::new("statistic", words(), true),
        Field::new("value", DataType::Utf8, true),
        Field::new("threshold", words(), true),
        Field::new("message", DataType::Utf8, true),
    ]))
}

fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

/// The entries of a chunk as columns, sorted by row and part.
///
/// `operators` are the names of the recipe's operators, in order.
///
/// # Errors
/// When Arrow refuses to build a column.
pub fn to_columns(
    mut entries: Vec<Entry>,
    file: &str,
    operators: &[&str],
) -> Result<RecordBatch, CoreError> {
    entries.sort_by_key(|entry| (entry.row, entry.part));
    let name = |entry: &Entry| match (entry.operator, entry.outcome) {
        (Some(index), _) => Some(operators[index]),
        (None, Outcome::Kept) => None,
        (None, _) => Some(LOADER),
    };
    let reasons = || entries.iter().map(|entry| entry.reason.as_ref());
    let index = entries.iter().map(|entry| entry.operator.map(|index| index as i32));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(entries.iter().map(|entry| entry.row).collect::<UInt64Array>()),
        Arc::new(entries.iter().map(|entry| entry.part).collect::<UInt32Array>()),
        Arc::new(entries.iter().map(|entry| entry.id.as_deref()).collect::<StringArray>()),
        words(entries.iter().map(|_| Some(file))),
        Arc::new(entries.iter().map(|entry| entry.line).collect::<UInt64Array>()),
        words(entries.iter().map(|entry| Some(entry.outcome.name()))),
        words(entries.iter().map(name)),
        Arc::new(index.collect::<Int32Array>()),
        words(reasons().map(|reason| Some(reason?.statistic.as_str()))),
        Arc::new(reasons().map(|reason| Some(reason?.value.as_str())).collect::<StringArray>()),
        words(reasons().map(|reason| Some(reason?.threshold.as_str()))),
        Arc::new(entries.iter().map(|entry| entry.message.as_deref()).collect::<StringArray>()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(CoreError::arrow("ledger"))
}

/// Entries of one chunk from several passes as one, sorted by row and part.
///
/// # Errors
/// When Arrow cannot put them together.
pub fn merge(parts: &[RecordBatch]) -> Result<RecordBatch, CoreError> {
    let all = concat_batches(&schema(), parts).map_err(CoreError::arrow("ledger"))?;
    let key = |column: usize| SortColumn { values: Arc::clone(all.column(column)), options: None };
    let order = lexsort_to_indices(&[key(0), key(1)], None).map_err(CoreError::arrow("ledger"))?;
    take_record_batch(&all, &order).map_err(CoreError::arrow("ledger"))
}
