//! Helpers of the readers' tests.

use std::path::{Path, PathBuf};

use lagar_core::RowKeys;
use lagar_ops::Tokens;

use super::{ChunkData, DataSet, Inputs, Piece};
use crate::EngineError;

pub(super) fn write_file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    lagar_core::fsio::write(&path, bytes).unwrap();
    path
}

pub(super) fn inputs(path: &Path, chunk_rows: usize) -> Inputs {
    Inputs {
        paths: vec![path.to_owned()],
        suffixes: Vec::new(),
        chunk_rows,
        keys: RowKeys::default(),
        tokens: Tokens::default(),
    }
}

pub(super) fn read_all(path: &Path, max_rows: usize) -> Result<Vec<Piece>, EngineError> {
    let data = DataSet::find(inputs(path, max_rows))?;
    data.chunks()
        .map(|chunk| {
            chunk.map(|chunk| Piece {
                data: chunk.data,
                lines: chunk.lines,
                consumed: chunk.consumed,
            })
        })
        .collect()
}

/// Line numbers and JSON rows of a file.
pub(super) fn rows_of(path: &Path, max_rows: usize) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    for piece in read_all(path, max_rows).unwrap() {
        let ChunkData::Json { bytes, rows } = piece.data else { panic!("JSON rows") };
        assert_eq!(rows.len(), piece.lines.len());
        for (row, line) in rows.into_iter().zip(piece.lines) {
            let raw = &bytes[row.start as usize..row.end as usize];
            found.push((
                line,
                String::from_utf8_lossy(raw).trim_end().trim_start_matches('\u{feff}').to_owned(),
            ));
        }
    }
    found
}

pub(super) fn texts_of(path: &Path, max_rows: usize) -> Vec<String> {
    rows_of(path, max_rows).into_iter().map(|(_, text)| text).collect()
}
