//! Rows of a data set, read again to be shown.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use lagar_core::{Batch, RowKeys};
use lagar_engine::source::{DataSet, RawChunk};
use lagar_ops::Tokens;
use lagar_ops::text::without_tokens;

use crate::ExploreError;
use crate::profile::{Example, Picture};

/// A data set, and how its rows are read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The data set.
    pub data: &'a DataSet,
    /// Names of the fields.
    pub keys: &'a RowKeys,
    /// Special tokens, which are no text.
    pub tokens: &'a Tokens,
}

/// A row, with the picture it carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) example: Example,
    /// The encoded bytes of its first picture, if they are in the row.
    pub(crate) carried: Option<Vec<u8>>,
}

/// The longest text that is shown, in characters.
const LONGEST: usize = 400;

/// A text as it is shown: without white space around, and not too long.
pub(crate) fn cut(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The rows at the positions `wanted` (ascending); those that cannot be read are left out.
///
/// # Errors
/// When the data cannot be read.
pub(crate) fn read(source: Source<'_>, wanted: &[u64]) -> Result<BTreeMap<u64, Row>, ExploreError> {
    let mut found = BTreeMap::new();
    for chunk in source.data.chunks() {
        let chunk = chunk?;
        let start = wanted.partition_point(|row| *row < chunk.first_row);
        let end = wanted.partition_point(|row| *row < chunk.first_row + chunk.rows());
        if start < end {
            let (batch, _) = chunk.parse(source.keys)?;
            for index in 0..batch.len() {
                let row = batch.row.value(index);
                if wanted[start..end].binary_search(&row).is_ok() {
                    found.insert(row, row_at(source, &chunk, &batch, index));
                }
            }
        }
        if end == wanted.len() {
            break;
        }
    }
    Ok(found)
}

/// One row of a chunk.
pub(crate) fn row_at(source: Source<'_>, chunk: &RawChunk, batch: &Batch, index: usize) -> Row {
    let row = batch.row.value(index);
    let line = chunk.lines.get((row - chunk.first_row) as usize).copied().unwrap_or_default();
    let file = source.data.files().iter().position(|file| file.path == chunk.file.path);
    let carried =
        batch.image_bytes.as_ref().filter(|bytes| bytes.is_valid(index)).and_then(|bytes| {
            let pictures = bytes.value(index);
            let pictures = pictures.as_binary_opt::<i32>()?;
            (pictures.len() > 0).then(|| pictures.value(0).to_vec())
        });
    let picture = batch
        .images_of(index)
        .next()
        .map(|path| Picture { path: path.to_owned(), carried: carried.is_some() });
    let nameless = || {
        carried.as_ref().map(|_| Picture { path: format!("picture of row {row}"), carried: true })
    };
    let example = Example {
        row,
        file: file.unwrap_or_default(),
        line,
        id: batch.id.is_valid(index).then(|| batch.id.value(index).to_owned()),
        text: cut(&without_tokens(batch.text.value(index), source.tokens)),
        picture: picture.or_else(nameless),
        ..Example::default()
    };
    Row { example, carried }
}
