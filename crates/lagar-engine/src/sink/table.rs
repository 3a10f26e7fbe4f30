//! Rows → Parquet.
//!
//! Rows that come as columns keep their types and go straight into the file. Rows that come as JSON
//! have no types yet: they wait in a file aside until all of them were seen, so that memory stays
//! bounded, and only then the columns are made. If both kinds come, or columns of different types,
//! what was written is read back and joins the rows that wait.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use lagar_core::CoreError;
use lagar_core::fsio::{self, AtomicFile, Durability};
use lagar_core::row::record_batch_lines;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value};

use super::plan::ExportPlan;
use super::shape::RowShape;
use super::shards::{Shard, ShardFile};
use crate::EngineError;

/// The most rows and bytes of JSON that become columns at once.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;
/// A row group is written out when it has grown to this size.
const ROW_GROUP_BYTES: usize = 128 << 20;

/// Writes Parquet files.
pub(super) struct TableWriter {
    plan: ExportPlan,
    /// Where columns go as long as all of them are alike.
    columns: Option<ColumnsWriter>,
    /// Where all rows go once one of them has no types.
    waiting: Option<Waiting>,
    mixed: bool,
}

impl TableWriter {
    pub(super) fn new(plan: &ExportPlan) -> Self {
        Self { plan: plan.clone(), columns: None, waiting: None, mixed: false }
    }

    pub(super) fn push_columns(&mut self, columns: &RecordBatch) -> Result<(), EngineError> {
        if self.waiting.is_none() {
            let schema = columns.schema();
            let writer =
                self.columns.get_or_insert_with(|| ColumnsWriter::new(&self.plan, &schema));
            if let Some(columns) = writer.fitting(columns)? {
                return writer.push(&columns);
            }
        }
        self.mixed = true;
        push_as_lines(self.wait()?, columns)
    }

    /// Adds a row of JSON; the inner error says why it is none.
    pub(super) fn push_line(&mut self, line: &[u8]) -> Result<Result<(), String>, EngineError> {
        self.wait()?.push(line)
    }

    /// Lets the rows so far, and all that come, wait for their types.
    fn wait(&mut self) -> Result<&mut Waiting, EngineError> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(self.waiting.insert(waiting));
        }
        let mut waiting = Waiting::new(&self.plan.path)?;
        if let Some(columns) = self.columns.take() {
            self.mixed = true;
            for shard in columns.finish()? {
                read_back(shard.file.aside(), &mut waiting)?;
            }
        }
        Ok(self.waiting.insert(waiting))
    }

    /// The files and what a reader should know about them.
    pub(super) fn finish(self) -> Result<(Vec<Shard>, Vec<String>), EngineError> {
        let Some(waiting) = self.waiting else {
            let empty = || ColumnsWriter::new(&self.plan, &Arc::new(Schema::empty()));
            return Ok((self.columns.unwrap_or_else(empty).finish()?, Vec::new()));
        };
        let mut warnings = waiting.shape.warnings();
        if self.mixed {
            let message = "rows came with different columns: types are those of their JSON, \
                           bytes are base64 strings";
            warnings.insert(0, message.to_owned());
        }
        Ok((waiting.into_columns(&self.plan)?, warnings))
    }
}

fn push_as_lines(waiting: &mut Waiting, columns: &RecordBatch) -> Result<(), EngineError> {
    let lines = record_batch_lines(columns)?;
    for row in 0..lines.len() {
        waiting.push(lines.value(row).as_bytes())?.map_err(|message| EngineError::Export {
            path: waiting.path.clone(),
            message: format!("a row of columns is no JSON object: {message}"),
        })?;
    }
    Ok(())
}

fn read_back(path: &Path, waiting: &mut Waiting) -> Result<(), EngineError> {
    let wrong = |error: ParquetError| parquet_error(path, &error);
    let reader = ParquetRecordBatchReaderBuilder::try_new(fsio::open(path)?).map_err(wrong)?;
    for columns in reader.with_batch_size(BATCH_ROWS).build().map_err(wrong)? {
        push_as_lines(waiting, &columns.map_err(CoreError::arrow("export"))?)?;
    }
    Ok(())
}

fn parquet_error(path: &Path, error: &ParquetError) -> EngineError {
    EngineError::Export { path: path.to_owned(), message: error.to_string() }
}

/// Rows of JSON in a file aside, and what they have in common.
struct Waiting {
    path: PathBuf,
    file: AtomicFile,
    shape: RowShape,
}

impl Waiting {
    fn new(path: &Path) -> Result<Self, EngineError> {
        let file = AtomicFile::create(path)?;
        Ok(Self { path: path.to_owned(), file, shape: RowShape::default() })
    }

    fn push(&mut self, line: &[u8]) -> Result<Result<(), String>, EngineError> {
        let row: Map<String, Value> = match serde_json::from_slice(line) {
            Ok(row) => row,
            Err(error) => return Ok(Err(error.to_string())),
        };
        self.shape.widen(&row);
        self.file
            .write_all(line)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(CoreError::file("write aside", &self.path))?;
        Ok(Ok(()))
    }

    fn into_columns(self, plan: &ExportPlan) -> Result<Vec<Shard>, EngineError> {
        let sealed = self.file.seal(Durability::Cached)?;
        let mut lines = BufReader::with_capacity(1 << 18, fsio::open(sealed.aside())?);
        let mut writer = ColumnsWriter::new(plan, &self.shape.schema());
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line);
            let ended = read.map_err(CoreError::file("read aside", &self.path))? == 0;
            if (ended || rows.len() == BATCH_ROWS || bytes >= BATCH_BYTES) && !rows.is_empty() {
                let columns = self.shape.columns(&rows).map_err(CoreError::arrow("export"))?;
                writer.push(&columns)?;
                rows.clear();
                bytes = 0;
            }
            if ended {
                return writer.finish();
            }
            bytes += line.len();
            rows.push(serde_json::from_slice::<Map<String, Value>>(&line).map_err(|error| {
                EngineError::Export { path: self.path.clone(), message: error.to_string() }
            })?);
        }
    }
}

/// Writes columns of one schema, closing a file when the next rows would make it too large.
struct ColumnsWriter {
    path: PathBuf,
    shard_bytes: usize,
    shard_rows: usize,
    schema: SchemaRef,
    open: Option<(ArrowWriter<ShardFile>, usize)>,
    shards: Vec<Shard>,
}

impl ColumnsWriter {
    fn new(plan: &ExportPlan, schema: &SchemaRef) -> Self {
        // Later rows may have nulls where the first ones had none.
        let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema =
            Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone());
        Self {
            path: plan.path.clone(),
            shard_bytes: usize::try_from(plan.shard_bytes).unwrap_or(usize::MAX),
            shard_rows: usize::try_from(plan.shard_rows).unwrap_or(usize::MAX),
            schema: Arc::new(schema),
            open: None,
            shards: Vec::new(),
        }
    }

    /// The columns under this writer's schema; `None` if names or types differ.
    fn fitting(&self, columns: &RecordBatch) -> Result<Option<RecordBatch>, EngineError> {
        let theirs = columns.schema();
        let same = theirs.fields().len() == self.schema.fields().len()
            && self.schema.fields().iter().zip(theirs.fields()).all(|(own, other)| {
                own.name() == other.name() && own.data_type().equals_datatype(other.data_type())
            });
        if !same {
            return Ok(None);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(columns.num_rows()));
        let schema = Arc::clone(&self.schema);
        let batch = RecordBatch::try_new_with_options(schema, columns.columns().to_vec(), &options);
        Ok(Some(batch.map_err(CoreError::arrow("export"))?))
    }

    fn push(&mut self, columns: &RecordBatch) -> Result<(), EngineError> {
        let total = columns.num_rows();
        let per_row = (slice_bytes(columns) / total.max(1)).max(1);
        // With a size to keep, rows go in by sixteenths of it, so that it is kept closely.
        let step = match self.shard_bytes {
            0 => BATCH_ROWS,
            bytes => (bytes / 16 / per_row).clamp(1, BATCH_ROWS),
        };
        let mut done = 0;
        while done < total {
            let written = self.open.as_ref().map_or(0, |(_, rows)| *rows);
            let room = match self.shard_rows {
                0 => usize::MAX,
                most => most.saturating_sub(written),
            };
            let rows = step.min(total - done).min(room.max(1));
            if room == 0 || self.would_overflow(rows * per_row) {
                self.close()?;
                continue;
            }
            self.write(&columns.slice(done, rows))?;
            done += rows;
        }
        Ok(())
    }

    fn would_overflow(&self, bytes: usize) -> bool {
        let Some((writer, rows)) = &self.open else {
            return false;
        };
        let size = writer.bytes_written() + writer.in_progress_size();
        self.shard_bytes > 0 && *rows > 0 && size + bytes > self.shard_bytes
    }

    fn write(&mut self, columns: &RecordBatch) -> Result<(), EngineError> {
        let wrong = |error: ParquetError| parquet_error(&self.path, &error);
        if self.open.is_none() {
            self.open = Some((self.create()?, 0));
        }
        let Some((writer, rows)) = &mut self.open else {
            return Ok(());
        };
        writer.write(columns).map_err(wrong)?;
        *rows += columns.num_rows();
        Ok(())
    }

    fn create(&self) -> Result<ArrowWriter<ShardFile>, EngineError> {
        let wrong = |error: ParquetError| parquet_error(&self.path, &error);
        let level = ZstdLevel::try_new(3).map_err(wrong)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        let file = ShardFile::create(&self.path)?;
        ArrowWriter::try_new(file, Arc::clone(&self.schema), Some(properties)).map_err(wrong)
    }

    fn close(&mut self) -> Result<(), EngineError> {
        let Some((writer, rows)) = self.open.take() else {
            return Ok(());
        };
        let file = writer.into_inner().map_err(|error| parquet_error(&self.path, &error))?;
        self.shards.push(file.seal(rows as u64)?);
        Ok(())
    }

    /// The files; one without rows if there were none.
    fn finish(mut self) -> Result<Vec<Shard>, EngineError> {
        if self.open.is_none() && self.shards.is_empty() {
            self.open = Some((self.create()?, 0));
        }
        self.close()?;
        Ok(self.shards)
    }
}

/// The memory of the rows of a batch alone, not of the buffers they are views of.
fn slice_bytes(columns: &RecordBatch) -> usize {
    columns
        .columns()
        .iter()
        .map(|column| column.to_data().get_slice_memory_size().unwrap_or_default())
        .sum()
}
