//! What became of one row: the ledger, asked by id or position.

use std::path::Path;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, UInt32Type, UInt64Type};
use lagar_core::{CoreError, fsio};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use crate::EngineError;

/// A line of the ledger, as `lagar why` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Position in the input.
    pub row: u64,
    /// Which child of that row.
    pub part: u32,
    /// The row's id, if it has one.
    pub id: Option<String>,
    /// The file it came from.
    pub file: String,
    /// Its line or record in that file, from 1.
    pub line: u64,
    /// `kept`, `dropped` or `quarantined`.
    pub outcome: String,
    /// Who decided; `(load)` is the reader.
    pub operator: Option<String>,
    /// Its place in the recipe, from 0; none of the reader.
    pub operator_index: Option<usize>,
    /// The statistic that decided.
    pub statistic: Option<String>,
    /// Its value in this row.
    pub value: Option<String>,
    /// What it was held against.
    pub threshold: Option<String>,
    /// The fault, for rows put aside.
    pub message: Option<String>,
}

impl Answer {
    /// The answer as one sentence.
    pub fn sentence(&self) -> String {
        let name = self.id.clone().unwrap_or_else(|| format!("row:{}", self.row));
        let place = format!("{name} ({} line {})", self.file, self.line);
        let operator = self.operator.as_deref().unwrap_or_default();
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        match self.outcome.as_str() {
            "kept" => format!("{place}: kept, all operators passed"),
            "quarantined" => {
                format!("{place}: put aside by {operator}: {}", word(&self.message))
            }
            _ if self.statistic.as_deref() == Some("duplicate") => {
                format!("{place}: dropped by {operator}: it repeats {}", word(&self.value))
            }
            _ if self.statistic.as_deref() == Some("selection") => {
                format!("{place}: not among the {} that {operator} selected", word(&self.threshold))
            }
            _ if self.statistic.is_some() => format!(
                "{place}: dropped by {operator}: {} is {}, wanted {}",
                word(&self.statistic),
                word(&self.value),
                word(&self.threshold),
            ),
            _ => format!("{place}: dropped by {operator}: {}", word(&self.message)),
        }
    }
}

/// The ledger's lines on a row, named by id or as `row:N`.
///
/// # Errors
/// When the run folder has no ledger, or it is damaged.
pub fn why(run_folder: &Path, name: &str) -> Result<Vec<Answer>, EngineError> {
    let position = name.strip_prefix("row:").and_then(|number| number.parse::<u64>().ok());
    lines(run_folder, |row, id| position == Some(row) || id == Some(name))
}

/// The ledger's lines on the rows that `wanted` chooses by position and id.
///
/// # Errors
/// When the run folder has no ledger, or it is damaged.
pub fn lines(
    run_folder: &Path,
    mut wanted: impl FnMut(u64, Option<&str>) -> bool,
) -> Result<Vec<Answer>, EngineError> {
    let path = run_folder.join("ledger.parquet");
    let file = fsio::open(&path)?;
    let damaged = |message: String| EngineError::RunFolder { path: path.clone(), message };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|error| damaged(error.to_string()))?;
    let mut answers = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| damaged(error.to_string()))?;
        let words = Words::new(&batch)?;
        let rows = batch.column(0).as_primitive::<UInt64Type>();
        for index in 0..batch.num_rows() {
            if wanted(rows.value(index), words.get("id", index).as_deref()) {
                answers.push(answer(&batch, &words, index));
            }
        }
    }
    Ok(answers)
}

fn answer(batch: &RecordBatch, words: &Words, index: usize) -> Answer {
    let get = |name: &str| words.get(name, index);
    Answer {
        row: batch.column(0).as_primitive::<UInt64Type>().value(index),
        part: batch.column(1).as_primitive::<UInt32Type>().value(index),
        id: get("id"),
        file: get("file").unwrap_or_default(),
        line: batch.column(4).as_primitive::<UInt64Type>().value(index),
        outcome: get("outcome").unwrap_or_default(),
        operator: get("operator"),
        operator_index: index_of(batch, index),
        statistic: get("statistic"),
        value: get("value"),
        threshold: get("threshold"),
        message: get("message"),
    }
}

/// The place of the operator that decided on a row.
fn index_of(batch: &RecordBatch, row: usize) -> Option<usize> {
    let places = batch.column_by_name("operator_index")?.as_primitive_opt::<Int32Type>()?;
    places.is_valid(row).then(|| usize::try_from(places.value(row)).ok()).flatten()
}

/// The columns of a ledger that hold words, without their dictionaries.
struct Words {
    columns: Vec<(String, ArrayRef)>,
}

impl Words {
    fn new(batch: &RecordBatch) -> Result<Self, EngineError> {
        let mut columns = Vec::new();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if matches!(field.data_type(), DataType::Utf8 | DataType::Dictionary(_, _)) {
                let plain =
                    cast(column, &DataType::Utf8).map_err(CoreError::arrow(field.name()))?;
                columns.push((field.name().clone(), plain));
            }
        }
        Ok(Self { columns })
    }

    fn get(&self, name: &str, index: usize) -> Option<String> {
        let (_, column) = self.columns.iter().find(|(other, _)| other == name)?;
        let words = column.as_string::<i32>();
        words.is_valid(index).then(|| words.value(index).to_owned())
    }
}
