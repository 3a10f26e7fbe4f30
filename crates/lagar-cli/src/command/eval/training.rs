//! Training data as the leak check sees it: any format that `lagar run` reads.

use std::path::Path;

use lagar_core::RowKeys;
use lagar_engine::source::{DataSet, Inputs, RawChunk};
use lagar_eval::leak::TrainingRow;
use lagar_ops::Tokens;
use lagar_ops::picture::{Pictures, sources_of_row};

use crate::exit::CommandError;

/// Rows read at once.
const CHUNK_ROWS: usize = 1024;

/// Finds the files of training data.
pub(super) fn open(path: &Path) -> Result<DataSet, CommandError> {
    Ok(DataSet::find(Inputs {
        paths: vec![path.to_owned()],
        suffixes: Vec::new(),
        chunk_rows: CHUNK_ROWS,
        keys: RowKeys::default(),
        tokens: Tokens::default(),
    })?)
}

/// The rows of a chunk with text and pictures, and how many cannot be read.
pub(super) fn rows(chunk: &RawChunk) -> Result<(Vec<TrainingRow>, usize), CommandError> {
    let (batch, faults) = chunk.parse(&RowKeys::default())?;
    let pictures = Pictures::new(chunk.file.folder());
    let row = |index: usize| {
        let sources = sources_of_row(&batch, &pictures, index).into_iter();
        TrainingRow {
            id: batch.name_of(index),
            text: batch.text.iter().nth(index).flatten().unwrap_or_default().to_owned(),
            pictures: sources.map(|(path, source)| (path.to_owned(), source)).collect(),
        }
    };
    Ok(((0..batch.len()).map(row).collect(), faults.len()))
}
