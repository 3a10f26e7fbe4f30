//! `.json` files: an array of rows, however it is laid out.
//!
//! The array is never in memory as a whole: a scanner that knows nothing of JSON but strings, depth
//! and commas cuts it into rows as the bytes come in. Line ends between values are folded away, so
//! that a pretty-printed object becomes one line; everything else stays as it stands in the file.
//! A file of objects one after the other, without an array around them, is read the same way.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::rows::RowBuffer;
use super::stream::{self, Stream};
use super::{Piece, RowReader};
use crate::EngineError;

const BLOCK: usize = 256 << 10;
/// No row is larger; a file with a bracket missing would otherwise be read into memory whole.
const LARGEST_ROW: usize = 256 << 20;

/// What a `.json` file holds, told from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// An array of rows.
    Array,
    /// One object per line.
    Lines,
    /// Objects one after the other, each over several lines.
    Objects,
}

/// The layout of a `.json` file that begins with `head`.
pub(super) fn layout_of(head: &[u8]) -> Layout {
    let text = head.trim_ascii_start();
    if text.starts_with(b"[") {
        return Layout::Array;
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let cut_off = line.len() == text.len() && line.len() > BLOCK / 8;
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    // A first line that is damaged but closed is still a line.
    if whole || cut_off || line.trim_ascii_end().ends_with(b"}") {
        return Layout::Lines;
    }
    Layout::Objects
}

/// Reads the rows of an array (or of a sequence) of JSON values.
pub(super) struct JsonValues {
    path: PathBuf,
    stream: Stream,
    scanner: Scanner,
    block: Vec<u8>,
    /// How much of the block is scanned.
    scanned: usize,
    ended: bool,
    record: u64,
}

impl JsonValues {
    pub(super) fn new(path: PathBuf, stream: Stream, layout: Layout) -> Self {
        let scanner = Scanner::new(layout == Layout::Array);
        Self { path, stream, scanner, block: Vec::new(), scanned: 0, ended: false, record: 0 }
    }

    fn fill(&mut self) -> Result<(), EngineError> {
        self.block.clear();
        self.scanned = 0;
        let read = (&mut self.stream.bytes).take(BLOCK as u64).read_to_end(&mut self.block);
        self.ended = read.map_err(|error| stream::failed(&self.path, error))? == 0;
        Ok(())
    }
}

impl RowReader for JsonValues {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        let mut out = RowBuffer::default();
        while !out.is_full(max_rows, max_bytes) {
            if self.scanned < self.block.len() {
                let limit = Limit { rows: max_rows, bytes: max_bytes };
                self.scanned +=
                    self.scanner.scan(&self.block[self.scanned..], &mut out, limit, &self.path)?;
            } else if self.ended {
                self.scanner.finish(&self.path, &mut out)?;
                break;
            } else {
                self.fill()?;
            }
        }
        let rows = out.rows() as u64;
        if rows == 0 {
            return Ok(None);
        }
        let lines = (0..rows).map(|row| self.record + row + 1).collect();
        self.record += rows;
        let consumed = self.stream.consumed.since_last();
        Ok(Some(Piece { data: out.into_data(), lines, consumed }))
    }
}

#[derive(Clone, Copy)]
struct Limit {
    rows: usize,
    bytes: usize,
}

/// Where the scanner stands between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the array's bracket.
    Before,
    /// Where a value may begin.
    Between,
    /// Inside a value.
    Inside,
    /// Behind the array's closing bracket.
    Behind,
}

struct Scanner {
    array: bool,
    place: Place,
    /// The row so far; it may have begun in an earlier piece.
    row: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// A line end was seen between two values.
    gap: bool,
    /// A line end was seen inside a string.
    broken: bool,
}

impl Scanner {
    fn new(array: bool) -> Self {
        Self {
            array,
            place: if array { Place::Before } else { Place::Between },
            row: Vec::new(),
            depth: 0,
            in_string: false,
            escaped: false,
            gap: false,
            broken: false,
        }
    }

    /// Scans until the block ends or enough rows are there; returns how many bytes it took.
    fn scan(
        &mut self,
        block: &[u8],
        out: &mut RowBuffer,
        limit: Limit,
        path: &Path,
    ) -> Result<usize, EngineError> {
        for (index, byte) in block.iter().enumerate() {
            if self.place == Place::Inside {
                self.inside(*byte, out);
                if self.row.len() > LARGEST_ROW {
                    let message = "a value larger than 256 MiB, or a bracket that is never closed";
                    return Err(stream::damaged(path, message));
                }
            } else {
                self.between(*byte, out).map_err(|message| stream::damaged(path, message))?;
            }
            if out.is_full(limit.rows, limit.bytes) {
                return Ok(index + 1);
            }
        }
        Ok(block.len())
    }

    fn between(&mut self, byte: u8, out: &mut RowBuffer) -> Result<(), String> {
        match (self.place, byte) {
            (_, b' ' | b'\t' | b'\r' | b'\n') | (Place::Between, b',') => {}
            (Place::Before, b'[') => self.place = Place::Between,
            (Place::Between, b']') if self.array => self.place = Place::Behind,
            (Place::Between, _) => {
                self.place = Place::Inside;
                self.inside(byte, out);
            }
            _ => return Err("text behind the end of the JSON array".to_owned()),
        }
        Ok(())
    }

    fn inside(&mut self, byte: u8, out: &mut RowBuffer) {
        if self.in_string {
            self.in_string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.broken |= byte == b'\n';
            self.row.push(byte);
            return;
        }
        match byte {
            b'\n' | b'\r' => {
                self.gap = true;
                // In a sequence a bare value ends with its line.
                if self.depth == 0 && !self.array {
                    self.end_row(out);
                }
                return;
            }
            b' ' | b'\t' if self.gap => return,
            b',' if self.depth == 0 => return self.end_row(out),
            b']' if self.depth == 0 && self.array => {
                self.end_row(out);
                self.place = Place::Behind;
                return;
            }
            _ => self.close_gap(byte),
        }
        self.row.push(byte);
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && !self.array {
                    self.end_row(out);
                }
            }
            _ => {}
        }
    }

    /// Puts one space where lines were folded, except beside brackets.
    fn close_gap(&mut self, next: u8) {
        if std::mem::take(&mut self.gap)
            && !matches!(next, b'}' | b']' | b',' | b':')
            && !self.row.ends_with(b"{")
            && !self.row.ends_with(b"[")
        {
            self.row.push(b' ');
        }
    }

    fn end_row(&mut self, out: &mut RowBuffer) {
        let row = self.row.trim_ascii_end();
        if std::mem::take(&mut self.broken) {
            out.push_reason("a line break inside a JSON string");
        } else {
            out.push(row);
        }
        self.row.clear();
        self.place = Place::Between;
        self.depth = 0;
        self.in_string = false;
        self.gap = false;
    }

    /// What is left when the file ends.
    fn finish(&mut self, path: &Path, out: &mut RowBuffer) -> Result<(), EngineError> {
        match self.place {
            Place::Behind => Ok(()),
            Place::Between if !self.array => Ok(()),
            // The last value of a sequence may be damaged; it is a bad row, not a bad file.
            Place::Inside if !self.array => {
                self.end_row(out);
                Ok(())
            }
            Place::Before => Err(stream::damaged(path, "no JSON array in it")),
            _ => Err(stream::damaged(path, "it ends inside the JSON array")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read_all, rows_of, texts_of, write_file};
    use super::*;

    #[test]
    fn a_pretty_printed_array_gives_one_line_per_row() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[\n  {\n    \"a\": \"x, [y]\\\" {\",\r\n    \"b\": [\n      1,\n      2\n    ],\n    \"c\": {}\n  },\n\n  {\"d\":  1.50 }\n]\n";
        let path = write_file(&folder, "x.json", text.as_bytes());
        assert_eq!(
            rows_of(&path, 1),
            [
                (1, "{\"a\": \"x, [y]\\\" {\", \"b\": [1, 2], \"c\": {}}".to_owned()),
                (2, "{\"d\":  1.50 }".to_owned())
            ]
        );
    }

    #[test]
    fn a_compact_array_is_cut_but_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b"[{\"a\":[1,2]},{\"a\":\"\\\\\"},3]");
        assert_eq!(texts_of(&path, 9), ["{\"a\":[1,2]}", "{\"a\":\"\\\\\"}", "3"]);
    }

    #[test]
    fn a_json_file_of_lines_is_read_as_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n");
        assert_eq!(texts_of(&path, 9), ["{\"a\":1}", "{\"a\":", "{\"a\":3}"]);
    }

    #[test]
    fn objects_over_several_lines_need_no_array_around_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b"{\n \"a\": 1\n}\n{\n \"a\": 2\n}");
        assert_eq!(texts_of(&path, 9), ["{\"a\": 1}", "{\"a\": 2}"]);
    }

    #[test]
    fn an_array_that_is_cut_off_is_damaged_but_its_rows_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b"[{\"a\":1},{\"a\":");
        let error = read_all(&path, 1).unwrap_err();
        assert!(
            matches!(error, EngineError::Damaged { ref message, .. } if message.contains("ends inside"))
        );
        let path = write_file(&folder, "y.json", b"[{\"a\":1}] {");
        assert!(matches!(read_all(&path, 9), Err(EngineError::Damaged { .. })));
    }

    #[test]
    fn an_empty_array_has_no_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b" [\n ] \n");
        assert!(texts_of(&path, 9).is_empty());
    }

    #[test]
    fn a_line_break_inside_a_string_costs_only_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_file(&folder, "x.json", b"[{\"a\":\"x\ny\"},{\"a\":1}]");
        let rows = texts_of(&path, 9);
        assert!(rows[0].ends_with("a line break inside a JSON string"));
        assert_eq!(rows[1], "{\"a\":1}");
    }
}
