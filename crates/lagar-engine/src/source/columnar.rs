//! Parquet and Arrow files: columns, batch by batch.
//!
//! A batch is as many rows as fit the chunk's bytes by the file's own average, so that a data set
//! with pictures inside its rows does not put thousands of them into memory at once.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use lagar_core::{CoreError, fsio};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::RowGroupMetaData;

use super::stream::damaged;
use super::{ChunkData, Piece, RowReader};
use crate::EngineError;

/// What an Arrow file begins with; a stream begins with four bytes of ones.
const FILE_MAGIC: &[u8] = b"ARROW1";

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Reads record batches and hands them over in pieces.
pub(super) struct Columns {
    path: PathBuf,
    source: Source,
    /// What is left of the batch read last.
    pending: Option<RecordBatch>,
    records: u64,
    /// The file's size in bytes and, where the file tells, its rows.
    bytes: u64,
    rows: Option<u64>,
    reported: u64,
}

enum Source {
    /// Opened when the first piece is asked for, which says how many rows a batch may have.
    Parquet(Box<ParquetRecordBatchReaderBuilder<File>>),
    Batches(Batches),
    Ended,
}

impl Columns {
    pub(super) fn parquet(path: &Path) -> Result<Self, EngineError> {
        let file = fsio::open(path)?;
        let bytes = file.metadata().map_err(CoreError::file("read", path))?.len();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(|error| damaged(path, error.to_string()))?;
        let rows = builder.metadata().file_metadata().num_rows().max(0) as u64;
        Ok(Self::new(path, Source::Parquet(Box::new(builder)), bytes, Some(rows)))
    }

    /// An Arrow file, in the file or in the stream format.
    pub(super) fn arrow(path: &Path) -> Result<Self, EngineError> {
        let mut file = fsio::open(path)?;
        let bytes = file.metadata().map_err(CoreError::file("read", path))?.len();
        let mut head = Vec::new();
        (&mut file).take(8).read_to_end(&mut head).map_err(CoreError::file("read", path))?;
        let is_file = head.starts_with(FILE_MAGIC);
        // The reader takes the length of the first message at its word, and memory for it.
        let length =
            head.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
        let is_stream =
            head.starts_with(&[0xff; 4]) && length.is_some_and(|length| u64::from(length) <= bytes);
        if !is_file && !is_stream {
            return Err(damaged(path, "neither an Arrow file nor an Arrow stream"));
        }
        file.rewind().map_err(CoreError::file("read", path))?;
        let file = BufReader::new(file);
        let wrong = |error: ArrowError| damaged(path, error.to_string());
        let batches: Batches = if is_file {
            Box::new(FileReader::try_new(file, None).map_err(wrong)?)
        } else {
            Box::new(StreamReader::try_new(file, None).map_err(wrong)?)
        };
        Ok(Self::new(path, Source::Batches(batches), bytes, None))
    }

    fn new(path: &Path, source: Source, bytes: u64, rows: Option<u64>) -> Self {
        let path = path.to_owned();
        Self { path, source, pending: None, records: 0, bytes, rows, reported: 0 }
    }

    fn next_batch(
        &mut self,
        max_rows: usize,
        max_bytes: usize,
    ) -> Result<Option<RecordBatch>, EngineError> {
        loop {
            match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Parquet(builder) => {
                    let rows = batch_rows(&builder, max_rows, max_bytes);
                    let reader = builder
                        .with_batch_size(rows)
                        .build()
                        .map_err(|error| damaged(&self.path, error.to_string()))?;
                    self.source = Source::Batches(Box::new(reader));
                }
                Source::Batches(mut batches) => {
                    let Some(batch) = batches.next() else {
                        return Ok(None);
                    };
                    let batch = batch.map_err(|error| damaged(&self.path, error.to_string()))?;
                    self.source = Source::Batches(batches);
                    if batch.num_rows() > 0 {
                        return Ok(Some(batch));
                    }
                }
                Source::Ended => return Ok(None),
            }
        }
    }

    /// The bytes that so many rows took: their share of the file, all of it at the end.
    fn consumed(&mut self, rows: u64) -> u64 {
        self.records += rows;
        let total = self.rows.unwrap_or(self.records).max(1);
        let upto = u128::from(self.bytes) * u128::from(self.records.min(total)) / u128::from(total);
        let upto = u64::try_from(upto).unwrap_or(self.bytes);
        let taken = upto.saturating_sub(self.reported);
        self.reported = self.reported.max(upto);
        taken
    }
}

fn batch_rows(
    builder: &ParquetRecordBatchReaderBuilder<File>,
    max_rows: usize,
    max_bytes: usize,
) -> usize {
    let groups = builder.metadata().row_groups();
    // The numbers come from the file, which may say anything.
    let total = |of: fn(&RowGroupMetaData) -> i64| {
        let sum = groups.iter().map(of).fold(0, i64::saturating_add);
        usize::try_from(sum).unwrap_or_default()
    };
    let bytes = total(RowGroupMetaData::total_byte_size);
    let per_row = (bytes / total(RowGroupMetaData::num_rows).max(1)).max(1);
    (max_bytes / per_row).clamp(1, max_rows.max(1))
}

impl RowReader for Columns {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        let batch = match self.pending.take() {
            Some(batch) => batch,
            None => match self.next_batch(max_rows, max_bytes)? {
                Some(batch) => batch,
                None => return Ok(None),
            },
        };
        let rows = batch.num_rows().min(max_rows.max(1));
        if rows < batch.num_rows() {
            self.pending = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        let first = self.records + 1;
        let lines = (first..first + rows as u64).collect();
        let consumed = self.consumed(rows as u64);
        Ok(Some(Piece { data: ChunkData::Arrow(batch.slice(0, rows)), lines, consumed }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use parquet::arrow::ArrowWriter;

    use super::super::testing::{read_all, write_file};
    use super::*;

    fn numbers(count: i64) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    #[test]
    fn a_parquet_file_comes_in_pieces_whose_bytes_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let batch = numbers(1000);
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let path = write_file(&folder, "x.parquet", &bytes);
        let pieces = read_all(&path, 300).unwrap();
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.lines.len()).collect();
        assert_eq!(sizes, [300, 300, 300, 100]);
        assert_eq!(pieces[3].lines[0], 901);
        assert_eq!(pieces.iter().map(|piece| piece.consumed).sum::<u64>(), bytes.len() as u64);
    }

    #[test]
    fn both_kinds_of_arrow_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let batch = numbers(10);
        let stream = crate::ipc::to_bytes(&batch).unwrap();
        let path = write_file(&folder, "stream.arrow", &stream);
        assert_eq!(read_all(&path, 4).unwrap().len(), 3);
        let mut file = Vec::new();
        let mut writer =
            arrow::ipc::writer::FileWriter::try_new(&mut file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let path = write_file(&folder, "file.arrow", &file);
        assert_eq!(read_all(&path, 100).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_only_looks_like_parquet_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.parquet", b"PAR1 but no more");
        assert!(matches!(read_all(&path, 4), Err(EngineError::Damaged { .. })));
    }
}
