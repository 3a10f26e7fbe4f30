//! JSON lines, plain or compressed.
//!
//! The reader only looks for line ends; what the lines say is for the workers to find out. Blank
//! lines are not rows, but they count as lines, so that a message names the line an editor shows.

use std::io::Read as _;
use std::path::PathBuf;

use arrow::buffer::Buffer;

use super::rows::place;
use super::stream::{self, Stream};
use super::{ChunkData, Piece, RowReader};
use crate::EngineError;

const BLOCK: usize = 1 << 20;
/// A line beyond this is no row but a file of another kind; places in a chunk have 32 bits.
const LONGEST_LINE: usize = 1 << 30;

/// Reads JSON lines from any stream of bytes.
pub(super) struct JsonLines {
    path: PathBuf,
    stream: Stream,
    /// Read but not handed over yet.
    pending: Vec<u8>,
    ended: bool,
    line: u64,
}

impl JsonLines {
    pub(super) fn new(path: PathBuf, stream: Stream) -> Self {
        Self { path, stream, pending: Vec::new(), ended: false, line: 0 }
    }

    /// Reads on until there is one more block or the end.
    fn fill(&mut self) -> Result<(), EngineError> {
        let block = (&mut self.stream.bytes).take(BLOCK as u64).read_to_end(&mut self.pending);
        let read = block.map_err(|error| stream::failed(&self.path, error))?;
        self.ended = read < BLOCK;
        Ok(())
    }
}

impl RowReader for JsonLines {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        let (mut start, mut searched) = (0, 0);
        loop {
            let end = memchr::memchr(b'\n', &self.pending[searched..])
                .map(|found| searched + found + 1)
                .or_else(|| {
                    (self.ended && start < self.pending.len()).then_some(self.pending.len())
                });
            let Some(end) = end else {
                if self.ended {
                    break;
                }
                searched = self.pending.len();
                if searched - start > LONGEST_LINE {
                    let message = format!("line {} is longer than 1 GiB", self.line + 1);
                    return Err(stream::damaged(&self.path, message));
                }
                self.fill()?;
                continue;
            };
            self.line += 1;
            if !self.pending[start..end].iter().all(u8::is_ascii_whitespace) {
                rows.push(place(start)..place(end));
                lines.push(self.line);
            }
            start = end;
            searched = end;
            if rows.len() == max_rows || end >= max_bytes {
                break;
            }
        }
        if start == 0 {
            return Ok(None);
        }
        let rest = self.pending.split_off(start);
        let bytes = Buffer::from(std::mem::replace(&mut self.pending, rest));
        let consumed = self.stream.consumed.since_last();
        Ok(Some(Piece { data: ChunkData::Json { bytes, rows }, lines, consumed }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read_all, rows_of, write_file};
    use super::*;

    #[test]
    fn lines_are_rows_whatever_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let text = "\u{feff}{\"a\":1}\r\n\n  \t\r\n{\"a\":2}\n{\"a\":3}";
        let path = write_file(&folder, "x.jsonl", text.as_bytes());
        assert_eq!(
            rows_of(&path, 2),
            [(1, "{\"a\":1}".to_owned()), (4, "{\"a\":2}".to_owned()), (5, "{\"a\":3}".to_owned())]
        );
    }

    #[test]
    fn a_line_longer_than_the_block_is_one_row() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("{{\"text\":\"{}\"}}", "x".repeat(3 * BLOCK));
        let text = format!("{{\"a\":1}}\n{long}\n{{\"a\":2}}\n");
        let path = write_file(&folder, "x.jsonl", text.as_bytes());
        let rows = rows_of(&path, 100);
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].1, long);
    }

    #[test]
    fn a_block_that_ends_exactly_at_a_line_end_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let line = format!("{{\"t\":\"{}\"}}\n", "x".repeat(BLOCK - 9));
        assert_eq!(line.len(), BLOCK);
        let path = write_file(&folder, "x.jsonl", line.repeat(2).as_bytes());
        assert_eq!(rows_of(&path, 100).len(), 2);
    }

    #[test]
    fn bytes_read_add_up_to_the_size_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "{\"a\":1}\n".repeat(400_000);
        let path = write_file(&folder, "x.jsonl", text.as_bytes());
        let pieces = read_all(&path, 1000).unwrap();
        assert_eq!(pieces.iter().map(|piece| piece.consumed).sum::<u64>(), text.len() as u64);
        assert_eq!(pieces.iter().map(|piece| piece.lines.len()).sum::<usize>(), 400_000);
    }

    #[test]
    fn an_empty_file_has_no_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.jsonl", b"");
        assert!(rows_of(&path, 3).is_empty());
    }
}
