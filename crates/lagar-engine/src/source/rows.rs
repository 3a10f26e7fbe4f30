//! Rows of JSON while a reader puts a piece together.

use std::ops::Range;

use arrow::buffer::Buffer;

use super::ChunkData;

/// What a reader writes before its reason where a record cannot become JSON (a ragged line of CSV):
/// no JSON begins so, hence such a row is malformed and the ledger tells the reason.
const REASON: u8 = 0x1f;

/// Rows so far, one line each.
#[derive(Debug, Default)]
pub(super) struct RowBuffer {
    bytes: Vec<u8>,
    rows: Vec<Range<u32>>,
}

impl RowBuffer {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether a piece of these limits is complete.
    pub(super) fn is_full(&self, max_rows: usize, max_bytes: usize) -> bool {
        self.rows.len() >= max_rows.max(1) || self.bytes.len() >= max_bytes
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &[u8]) {
        let start = place(self.bytes.len());
        self.bytes.extend_from_slice(row);
        self.rows.push(start..place(self.bytes.len()));
        self.bytes.push(b'\n');
    }

    /// Adds a row that says why there is none.
    pub(super) fn push_reason(&mut self, reason: &str) {
        let mut row = vec![REASON];
        row.extend(reason.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        self.push(&row);
    }

    /// The rows, for a piece.
    pub(super) fn into_data(self) -> ChunkData {
        ChunkData::Json { bytes: Buffer::from(self.bytes), rows: self.rows }
    }
}

/// The reason that stands in place of a row.
pub(super) fn reason_in(row: &[u8]) -> Option<String> {
    let reason = row.strip_prefix(&[REASON])?;
    Some(String::from_utf8_lossy(reason).trim_end().to_owned())
}

/// A place in a piece.
pub(super) fn place(byte: usize) -> u32 {
    u32::try_from(byte).expect("readers end a piece, and refuse a row, long before 4 GiB")
}
