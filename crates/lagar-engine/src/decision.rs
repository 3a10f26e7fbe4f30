//! What a global operator decided, chunk by chunk: one line per row that arrived at it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use lagar_core::fsio::{AtomicFile, Durability};
use lagar_core::{Batch, CoreError};
use lagar_ops::{Kind, Reason};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::record::Records;

/// A selection of more rows than there are: they are repeated in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Rows wanted.
    pub wanted: u64,
    /// Rows there are.
    pub period: u64,
}

/// What a global operator found beside its decision on each row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The number of output rows where rows are repeated to reach it, else 0.
    pub repeats: u64,
    /// What occurs too often and is cut out of rows.
    pub frequent: Option<BTreeSet<String>>,
    /// How many rows each batched row is made of, in order.
    pub groups: Option<Vec<u64>>,
    /// What the user should know.
    pub warning: Option<String>,
}

/// Where the notes stand in the file.
const NOTES: &str = "notes";

/// The columns of a decision.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("keep", DataType::Boolean, false),
        // The row this one repeats.
        Field::new("of_row", DataType::UInt64, true),
        Field::new("of_part", DataType::UInt32, true),
        // Whether other rows repeat this one.
        Field::new("leads", DataType::Boolean, false),
        Field::new("rank", DataType::UInt64, true),
    ]))
}

/// Decisions on the rows of one chunk, in order.
#[derive(Clone, Debug)]
pub struct Decisions {
    keep: BooleanArray,
    of_row: UInt64Array,
    of_part: UInt32Array,
    leads: BooleanArray,
    rank: UInt64Array,
}

impl Decisions {
    /// The decisions that stand in these columns.
    pub fn from_columns(columns: &RecordBatch) -> Self {
        Self {
            keep: columns.column(0).as_boolean().clone(),
            of_row: columns.column(1).as_primitive::<UInt64Type>().clone(),
            of_part: columns.column(2).as_primitive::<UInt32Type>().clone(),
            leads: columns.column(3).as_boolean().clone(),
            rank: columns.column(4).as_primitive::<UInt64Type>().clone(),
        }
    }

    /// Applies the decisions to the rows they were made on.
    ///
    /// # Errors
    /// When the rows are not those: a damaged run folder.
    pub fn apply(
        &self,
        batch: Batch,
        (operator, kind, summary): (usize, Kind, &str),
        records: Option<&mut Records<'_>>,
    ) -> Result<Batch, EngineError> {
        if self.keep.len() != batch.len() {
            return Err(CoreError::Column {
                column: "decisions".to_owned(),
                expected: format!("{} rows", batch.len()),
                got: format!("{}", self.keep.len()),
            }
            .into());
        }
        let mut batch = batch;
        if self.rank.null_count() < self.rank.len() {
            batch.rank = Some(self.rank.clone());
        }
        if let Some(records) = records {
            self.record(&batch, operator, kind, summary, records)?;
        }
        if self.keep.true_count() == batch.len() {
            return Ok(batch);
        }
        Ok(batch.filter(&self.keep)?)
    }

    fn record(
        &self,
        batch: &Batch,
        operator: usize,
        kind: Kind,
        summary: &str,
        records: &mut Records<'_>,
    ) -> Result<(), EngineError> {
        let mut reasons = Vec::new();
        for index in (0..batch.len()).filter(|index| !self.keep.value(*index)) {
            let reason = if kind == Kind::Deduplicator {
                Reason {
                    statistic: "duplicate".to_owned(),
                    value: format!("row:{}", self.of_row.value(index)),
                    threshold: "first of its group".to_owned(),
                }
            } else {
                Reason {
                    statistic: "selection".to_owned(),
                    value: "not selected".to_owned(),
                    threshold: summary.to_owned(),
                }
            };
            reasons.push((index, reason));
        }
        if kind == Kind::Deduplicator {
            let leaders: Vec<usize> =
                (0..batch.len()).filter(|index| self.leads.value(*index)).collect();
            let leader = |index: usize| (self.of_row.value(index), self.of_part.value(index));
            let followers: Vec<_> =
                reasons.iter().map(|(index, _)| (*index, leader(*index))).collect();
            records.groups(batch, operator, &leaders, &followers)?;
        }
        records.drop_rows(batch, operator, reasons)
    }
}

/// Writes decisions chunk by chunk.
pub struct DecisionWriter {
    writer: StreamWriter<AtomicFile>,
}

impl std::fmt::Debug for DecisionWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecisionWriter").finish_non_exhaustive()
    }
}

impl DecisionWriter {
    /// Starts the file at `path`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path, notes: &Notes) -> Result<Self, EngineError> {
        let file = AtomicFile::create(path)?;
        let notes = serde_json::to_string(notes).unwrap_or_default();
        let notes = [(NOTES.to_owned(), notes)].into();
        let noted = Schema::new_with_metadata(schema().fields().clone(), notes);
        let writer = StreamWriter::try_new(file, &noted).map_err(CoreError::arrow("decisions"))?;
        Ok(Self { writer })
    }

    /// Writes the decisions on one chunk.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(&mut self, columns: Vec<ArrayRef>) -> Result<(), EngineError> {
        let batch =
            RecordBatch::try_new(schema(), columns).map_err(CoreError::arrow("decisions"))?;
        self.writer.write(&batch).map_err(CoreError::arrow("decisions"))?;
        Ok(())
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub fn finish(self) -> Result<(), EngineError> {
        let file = self.writer.into_inner().map_err(CoreError::arrow("decisions"))?;
        file.commit(Durability::Cached)?;
        Ok(())
    }
}

/// Reads decisions chunk by chunk.
#[derive(Debug)]
pub struct DecisionReader {
    reader: StreamReader<BufReader<File>>,
}

impl DecisionReader {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let file = BufReader::new(lagar_core::fsio::open(path)?);
        let reader = StreamReader::try_new(file, None).map_err(CoreError::arrow("decisions"))?;
        Ok(Self { reader })
    }

    /// What the operator found beside its decisions.
    pub fn notes(&self) -> Notes {
        let schema = self.reader.schema();
        let notes = schema.metadata().get(NOTES);
        notes.and_then(|notes| serde_json::from_str(notes).ok()).unwrap_or_default()
    }
}

/// How many rows the decisions of a file keep, and the notes on them.
///
/// # Errors
/// When the file is missing or damaged.
pub fn count_kept(path: &Path) -> Result<(u64, Notes), EngineError> {
    let reader = DecisionReader::open(path)?;
    let (mut kept, notes) = (0, reader.notes());
    for decisions in reader {
        kept += decisions?.keep.true_count() as u64;
    }
    Ok((kept, notes))
}

impl Iterator for DecisionReader {
    type Item = Result<Decisions, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let columns = self.reader.next()?;
        Some(match columns {
            Ok(columns) => Ok(Decisions::from_columns(&columns)),
            Err(error) => Err(CoreError::arrow("decisions")(error).into()),
        })
    }
}
