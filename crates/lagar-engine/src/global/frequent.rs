//! Decisions of a deduplicator that cuts out what too many rows have: all rows stay.
//!
//! Strings are counted by sorting them, which may spill, so that their number is not bounded by memory.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion_common::DataFusionError;
use lagar_ops::Operator;

use super::selection::{ranks_before, write_ranks};
use super::sort::{MEMORY_BYTES, sort};
use super::{Arrivals, column};
use crate::EngineError;
use crate::decision::Notes;
use crate::delta::SIGNATURE;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("string", DataType::Utf8, false)]))
}

/// Counts and notes what occurs in more than `more_than` rows.
///
/// # Errors
/// When the run folder cannot be read or written, or the disk is full.
pub(super) fn write(
    arrivals: &Arrivals<'_>,
    operator: &Operator,
    more_than: u64,
    file: &Path,
) -> Result<(), EngineError> {
    let spill = arrivals.spill()?;
    let strings = arrivals.columns().map(|columns| {
        let strings = columns.and_then(|columns| strings_of(&columns));
        strings.map_err(|error| DataFusionError::External(Box::new(error)))
    });
    let mut count = Count { more_than, ..Count::default() };
    sort(&schema(), Box::new(strings), &["string"], (MEMORY_BYTES, &spill), |batch| {
        batch.column(0).as_string::<i32>().iter().flatten().for_each(|string| count.push(string));
        Ok(())
    })
    .map_err(|source| EngineError::Query {
        step: "count strings",
        operator: operator.name().to_owned(),
        source,
    })?;
    lagar_core::fsio::remove_folder(&spill)?;
    let rows = arrivals.rows() as usize;
    // As in Data-Juicer, a single row is left alone.
    let frequent = if rows > 1 { count.finish() } else { BTreeSet::new() };
    let ranks = ranks_before(arrivals, rows)?;
    let notes = Notes { frequent: Some(frequent), ..Notes::default() };
    write_ranks(arrivals, (ranks.as_deref(), false), file, &notes)
}

/// The strings of each row, each once per row; empty ones do not count.
fn strings_of(columns: &RecordBatch) -> Result<RecordBatch, EngineError> {
    let lists = column(columns, SIGNATURE)?.as_list::<i32>();
    let mut strings: Vec<String> = Vec::new();
    for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
        let list = lists.value(row);
        let list = list.as_string::<i32>();
        let once: BTreeSet<&str> = list.iter().flatten().filter(|one| !one.is_empty()).collect();
        strings.extend(once.into_iter().map(str::to_owned));
    }
    let strings = StringArray::from(strings);
    let batch = RecordBatch::try_new(schema(), vec![Arc::new(strings)]);
    Ok(batch.map_err(lagar_core::CoreError::arrow("arrivals"))?)
}

/// Counts strings that come sorted.
#[derive(Default)]
struct Count {
    more_than: u64,
    string: String,
    rows: u64,
    frequent: BTreeSet<String>,
}

impl Count {
    fn push(&mut self, string: &str) {
        if self.rows > 0 && string == self.string {
            self.rows += 1;
            return;
        }
        self.close();
        self.string.clear();
        self.string.push_str(string);
        self.rows = 1;
    }

    fn close(&mut self) {
        if self.rows > self.more_than {
            self.frequent.insert(self.string.clone());
        }
    }

    fn finish(mut self) -> BTreeSet<String> {
        self.close();
        self.frequent
    }
}
