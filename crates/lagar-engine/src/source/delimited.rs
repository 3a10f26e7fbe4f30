//! CSV and TSV with a header row.
//!
//! Such files have no types, so every value stays a string: `000420978` is an id, not a number. An
//! empty cell means that the row has no such field. A line with another number of cells than the
//! header is handed over as a bad row that says so.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use lagar_core::RowKeys;
use lagar_core::row::write_string;

use super::rows::RowBuffer;
use super::stream::{self, Consumed, Stream};
use super::{Piece, RowReader};
use crate::EngineError;

/// No line is larger; a quote that is never closed would otherwise swallow the file into memory.
const LARGEST_RECORD: u64 = 256 << 20;

/// Reads delimited text.
pub(super) struct Delimited {
    path: PathBuf,
    reader: csv::Reader<Guarded>,
    /// Bytes given to the reader since the last record.
    since_record: Arc<AtomicU64>,
    consumed: Consumed,
    /// The names of the columns as JSON strings.
    names: Vec<Vec<u8>>,
    /// Which column holds pictures.
    images: Option<usize>,
}

/// Stops a record that does not end.
struct Guarded {
    stream: Box<dyn Read + Send>,
    since_record: Arc<AtomicU64>,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        if self.since_record.fetch_add(read as u64, Ordering::Relaxed) > LARGEST_RECORD {
            let message = "a record larger than 256 MiB, or a quote that is never closed";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}

impl Delimited {
    pub(super) fn new(
        path: PathBuf,
        stream: Stream,
        delimiter: u8,
        keys: &RowKeys,
    ) -> Result<Self, EngineError> {
        let since_record = Arc::new(AtomicU64::new(0));
        let guarded =
            Guarded { stream: Box::new(stream.bytes), since_record: Arc::clone(&since_record) };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(true)
            .from_reader(guarded);
        let header = reader.byte_headers().map_err(|error| failed(&path, error))?.clone();
        let mut taken: Vec<String> = Vec::new();
        for cell in &header {
            let name = std::str::from_utf8(cell)
                .map_err(|error| stream::damaged(&path, format!("header is not UTF-8: {error}")))?;
            // pandas' names for columns that share one.
            let mut unique = name.to_owned();
            let mut copy = 0;
            while taken.contains(&unique) {
                copy += 1;
                unique = format!("{name}.{copy}");
            }
            taken.push(unique);
        }
        let images = taken.iter().position(|name| *name == keys.images);
        let names = taken.iter().map(|name| json_string(name)).collect();
        Ok(Self { path, reader, since_record, consumed: stream.consumed, names, images })
    }

    /// Adds the row of a record; `row` is scratch space.
    fn push(&self, record: &ByteRecord, row: &mut Vec<u8>, out: &mut RowBuffer) {
        if record.len() != self.names.len() {
            let (got, expected) = (record.len(), self.names.len());
            let reason = format!("{got} cells where the header has {expected}");
            return out.push_reason(&reason);
        }
        row.clear();
        row.push(b'{');
        for (column, cell) in record.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let Ok(cell) = std::str::from_utf8(cell) else {
                let reason = format!("cell {} is not UTF-8", column + 1);
                return out.push_reason(&reason);
            };
            if row.len() > 1 {
                row.extend_from_slice(b", ");
            }
            row.extend_from_slice(&self.names[column]);
            row.extend_from_slice(b": ");
            if self.images == Some(column) {
                write_images(cell, row);
            } else {
                write_string(cell, row);
            }
        }
        row.push(b'}');
        out.push(row);
    }
}

fn json_string(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_string(text, &mut out);
    out
}

/// Pictures of a cell: a JSON list of paths, or one path.
fn write_images(cell: &str, out: &mut Vec<u8>) {
    if cell.trim_start().starts_with('[')
        && let Ok(paths) = serde_json::from_str::<Vec<String>>(cell)
    {
        out.push(b'[');
        for (place, path) in paths.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(b", ");
            }
            write_string(path, out);
        }
        out.push(b']');
        return;
    }
    out.push(b'[');
    write_string(cell, out);
    out.push(b']');
}

fn failed(path: &std::path::Path, error: csv::Error) -> EngineError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => stream::failed(path, error),
        other => stream::damaged(path, format!("{other:?}")),
    }
}

impl RowReader for Delimited {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        let (mut out, mut row, mut lines) = (RowBuffer::default(), Vec::new(), Vec::new());
        let mut record = ByteRecord::new();
        while !out.is_full(max_rows, max_bytes) {
            self.since_record.store(0, Ordering::Relaxed);
            let more = self.reader.read_byte_record(&mut record);
            if !more.map_err(|error| failed(&self.path, error))? {
                break;
            }
            lines.push(record.position().map_or(0, csv::Position::line));
            self.push(&record, &mut row, &mut out);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let consumed = self.consumed.since_last();
        Ok(Some(Piece { data: out.into_data(), lines, consumed }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{rows_of, texts_of, write_file};

    #[test]
    fn every_value_stays_a_string_and_empty_cells_are_absent() {
        let folder = tempfile::tempdir().unwrap();
        let text = "id,text,images,x\n000420978,\"a, \"\"b\"\"\nc\",\"[\"\"p.jpg\"\", \"\"q.jpg\"\"]\",\n7,d,p.jpg,1.50\n";
        let path = write_file(&folder, "x.csv", text.as_bytes());
        assert_eq!(
            rows_of(&path, 1),
            [
                (
                    2,
                    r#"{"id": "000420978", "text": "a, \"b\"\nc", "images": ["p.jpg", "q.jpg"]}"#
                        .to_owned()
                ),
                (4, r#"{"id": "7", "text": "d", "images": ["p.jpg"], "x": "1.50"}"#.to_owned())
            ]
        );
    }

    #[test]
    fn a_ragged_line_is_a_bad_row_with_its_line_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.tsv", b"id\ttext\n1\ta\n2\n3\t\xff\n4\td\n");
        let rows = rows_of(&path, 9);
        assert_eq!(rows[1], (3, "\u{1f}1 cells where the header has 2".to_owned()));
        assert_eq!(rows[2], (4, "\u{1f}cell 2 is not UTF-8".to_owned()));
        assert_eq!(rows[3].1, r#"{"id": "4", "text": "d"}"#);
    }

    #[test]
    fn columns_that_share_a_name_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.csv", "\u{feff}a,a,a.1\n1,2,3\n".as_bytes());
        assert_eq!(texts_of(&path, 9), [r#"{"a": "1", "a.1": "2", "a.1.1": "3"}"#]);
    }
}
