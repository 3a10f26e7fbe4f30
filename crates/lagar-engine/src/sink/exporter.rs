//! Takes rows in output order and turns them into the files of an export.

use std::path::PathBuf;

use arrow::array::{Array as _, RecordBatch};
use lagar_core::row::record_batch_lines;

use super::bytes::JsonWriter;
use super::plan::{ExportFormat, ExportPlan};
use super::shards::{self, ExportedFile};
use super::table::TableWriter;
use crate::EngineError;
use crate::convert::ConversationRules;

/// Some rows of an export, in order.
#[derive(Clone, Debug)]
pub enum Fragment {
    /// Rows as JSON objects, each ended by a line end.
    Lines(Vec<u8>),
    /// Rows as columns.
    Columns(RecordBatch),
}

/// A row that the format cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place among the rows given to the exporter, from 0.
    pub place: u64,
    /// Why, in words.
    pub reason: String,
    /// The row as JSON.
    pub row: String,
}

/// A finished export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its files, in order.
    pub files: Vec<ExportedFile>,
    /// What a reader should know, in words (fields whose type differs between rows).
    pub warnings: Vec<String>,
}

impl Export {
    /// How many rows were written.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// Writes an export; dropped before [`Exporter::finish`] it leaves nothing behind.
pub struct Exporter {
    plan: ExportPlan,
    writer: Writer,
    place: u64,
    refused: Vec<Refused>,
}

enum Writer {
    Json(Box<JsonWriter>),
    Table(Box<TableWriter>),
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Exporter {
    /// Starts an export; nothing is written before the first row.
    ///
    /// # Errors
    /// When the export would replace one of its own inputs.
    pub fn create(plan: ExportPlan) -> Result<Self, EngineError> {
        if !plan.is_sharded() {
            let names: [PathBuf; 1] = [plan.path.clone()];
            shards::check_protected(&plan, &names)?;
        }
        let writer = match plan.format {
            ExportFormat::Parquet => Writer::Table(Box::new(TableWriter::new(&plan))),
            _ => Writer::Json(Box::new(JsonWriter::new(&plan))),
        };
        Ok(Self { plan, writer, place: 0, refused: Vec::new() })
    }

    /// Adds rows. Rows the format cannot hold are left out and wait in
    /// [`Exporter::take_refused`].
    ///
    /// # Errors
    /// When the files cannot be written, or columns cannot be expressed in the format.
    pub fn push(&mut self, fragment: &Fragment) -> Result<(), EngineError> {
        match (&mut self.writer, fragment) {
            (Writer::Table(table), Fragment::Columns(columns)) => {
                self.place += columns.num_rows() as u64;
                table.push_columns(columns)
            }
            (Writer::Table(table), Fragment::Lines(lines)) => {
                for line in rows_of(lines) {
                    if let Err(reason) = table.push_line(line)? {
                        let row = String::from_utf8_lossy(line).into_owned();
                        self.refused.push(Refused { place: self.place, reason, row });
                    }
                    self.place += 1;
                }
                Ok(())
            }
            (Writer::Json(_), Fragment::Lines(lines)) => {
                rows_of(lines).try_for_each(|line| self.push_json(line))
            }
            (Writer::Json(_), Fragment::Columns(columns)) => {
                let lines = record_batch_lines(columns)?;
                (0..lines.len()).try_for_each(|row| self.push_json(lines.value(row).as_bytes()))
            }
        }
    }

    fn push_json(&mut self, row: &[u8]) -> Result<(), EngineError> {
        let Writer::Json(writer) = &mut self.writer else {
            return Ok(());
        };
        let place = self.place;
        self.place += 1;
        if self.plan.format != ExportFormat::Llava {
            return writer.push(row);
        }
        let rules = ConversationRules {
            tokens: &self.plan.tokens,
            keys: &self.plan.keys,
            questions: self.plan.questions.as_deref(),
        };
        let text = String::from_utf8_lossy(row);
        match rules.object_of(&text) {
            Ok(object) => writer.push(&object),
            Err(reason) => {
                self.refused.push(Refused { place, reason, row: text.into_owned() });
                Ok(())
            }
        }
    }

    /// How many rows it was given so far, refused ones included: the place of the next one.
    pub fn place(&self) -> u64 {
        self.place
    }

    /// The rows left out since this was last asked.
    pub fn take_refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }

    /// Ends the export: the files appear under their names, and shards that an earlier export with
    /// another count left behind vanish.
    ///
    /// # Errors
    /// When the last bytes cannot be written, or a file cannot be named.
    pub fn finish(self) -> Result<Export, EngineError> {
        let (shards, warnings) = match self.writer {
            Writer::Json(writer) => (writer.finish()?, Vec::new()),
            Writer::Table(table) => table.finish()?,
        };
        Ok(Export { files: shards::publish(&self.plan, shards)?, warnings })
    }
}

/// The rows of a fragment, blank lines left out.
fn rows_of(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.trim_ascii().is_empty())
}
