//! LLaVA data sets: conversations become texts while they are read.
//!
//! An object that cannot be converted is handed over as it is; it has no text, so it becomes a row
//! that the ledger names, with the reason that [`super::RawChunk::parse`] finds again.

use lagar_core::RowKeys;

use super::rows::RowBuffer;
use super::{ChunkData, Piece, RowReader};
use crate::EngineError;
use crate::convert::LlavaRules;

/// Turns the conversations of another reader into rows.
pub(super) struct Conversations {
    pub(super) inner: Box<dyn RowReader>,
    pub(super) rules: LlavaRules,
    pub(super) keys: RowKeys,
}

impl RowReader for Conversations {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        let Some(mut piece) = self.inner.read(max_rows, max_bytes)? else {
            return Ok(None);
        };
        if let ChunkData::Json { bytes, rows } = &piece.data {
            let mut converted = RowBuffer::default();
            for row in rows {
                let raw = &bytes[row.start as usize..row.end as usize];
                match self.convert(raw) {
                    Some(line) => converted.push(&line),
                    None => converted.push(raw.trim_ascii_end()),
                }
            }
            piece.data = converted.into_data();
        }
        Ok(Some(piece))
    }
}

impl Conversations {
    fn convert(&self, raw: &[u8]) -> Option<Vec<u8>> {
        let object = std::str::from_utf8(raw).ok()?;
        if !self.rules.applies_to(object, &self.keys) {
            return None;
        }
        self.rules.row_of(object, &self.keys).ok()
    }
}
