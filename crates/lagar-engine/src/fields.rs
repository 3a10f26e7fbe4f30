//! Operators that work on another field than the recipe's text field (`text_key` of one operator).
//!
//! Such an operator sees a batch whose text column is that field. What it changes is written into the
//! source row, where the field lives.

use std::borrow::Cow;
use std::ops::Range;

use arrow::array::{BooleanArray, StringViewArray, StringViewBuilder};
use arrow::buffer::Buffer;
use lagar_core::row::{RowWriter, batch_from_json_lines, json_lines};
use lagar_core::{Batch, Origin, RowKeys};
use lagar_ops::{Context, Operator};

use crate::EngineError;

/// A batch as one operator sees it.
#[derive(Debug)]
pub struct View<'a> {
    batch: Cow<'a, Batch>,
    /// The operator's own field names, where they differ from the recipe's.
    keys: Option<RowKeys>,
    /// The recipe's field names.
    recipe: RowKeys,
}

/// The batch as `operator` sees it.
///
/// # Errors
/// When the source rows cannot be read as JSON.
pub fn view<'a>(
    batch: &'a Batch,
    operator: &Operator,
    context: &Context<'_>,
) -> Result<View<'a>, EngineError> {
    let own =
        |name: &Option<String>, recipe: &str| name.clone().unwrap_or_else(|| recipe.to_owned());
    let keys = RowKeys {
        text: own(&operator.common.text_key, &context.keys.text),
        images: own(&operator.common.image_key, &context.keys.images),
        image_bytes: own(&operator.common.image_bytes_key, &context.keys.image_bytes),
    };
    if keys == *context.keys {
        return Ok(View { batch: Cow::Borrowed(batch), keys: None, recipe: keys });
    }
    let lines = json_lines(batch)?;
    let (mut bytes, mut rows): (Vec<u8>, Vec<Range<u32>>) = (Vec::new(), Vec::new());
    for line in lines.iter().map(Option::unwrap_or_default) {
        let start = bytes.len() as u32;
        bytes.extend_from_slice(line.as_bytes());
        rows.push(start..bytes.len() as u32);
    }
    let (read, faults) = batch_from_json_lines(&Buffer::from(bytes), &rows, 0, &keys)?;
    let mut seen = batch.clone();
    // A row without the field has an empty text for this operator; every row keeps its place.
    let absent: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    let mut found = 0..read.len();
    let mut text = StringViewBuilder::with_capacity(batch.len());
    let mut images = Vec::with_capacity(batch.len());
    for row in 0..batch.len() {
        let place = if absent.binary_search(&row).is_ok() { None } else { found.next() };
        text.append_value(place.map_or("", |place| read.text.value(place)));
        images
            .push(place.map(|place| read.images_of(place).map(str::to_owned).collect::<Vec<_>>()));
    }
    seen.text = text.finish();
    if operator.common.image_key.is_some() {
        seen.images = list_of(&images);
    }
    Ok(View { batch: Cow::Owned(seen), keys: Some(keys), recipe: context.keys.clone() })
}

fn list_of(rows: &[Option<Vec<String>>]) -> arrow::array::ListArray {
    let mut builder = arrow::array::ListBuilder::new(StringViewBuilder::new());
    for row in rows {
        for path in row.iter().flatten() {
            builder.values().append_value(path);
        }
        builder.append(row.is_some());
    }
    builder.finish()
}

impl View<'_> {
    /// The rows, their text column being the operator's field.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The recipe's field names: the batch that the view is of has its text under these.
    pub fn keys(&self) -> &RowKeys {
        &self.recipe
    }

    /// The context with the operator's field names.
    pub fn context<'c>(&'c self, context: &Context<'c>) -> Context<'c> {
        Context { keys: self.keys.as_ref().unwrap_or(context.keys), ..*context }
    }

    /// Puts changed texts where the operator's field lives: the text column, or the source row.
    ///
    /// # Errors
    /// When the source rows cannot be written as JSON.
    pub fn write_text(
        &self,
        mut batch: Batch,
        text: &StringViewArray,
        changed: &[bool],
    ) -> Result<Batch, EngineError> {
        let Some(keys) = &self.keys else {
            return Ok(set_text(batch, text, changed));
        };
        let mut edited = batch.clone();
        edited.text = text.clone();
        edited.text_edited = BooleanArray::from(changed.to_vec());
        edited.images_edited = BooleanArray::from(vec![false; batch.len()]);
        let writer = RowWriter::new(&edited, keys)?;
        let mut lines = StringViewBuilder::with_capacity(batch.len());
        let mut line = Vec::new();
        for row in 0..batch.len() {
            line.clear();
            writer.write(row, &mut line);
            lines.append_value(String::from_utf8_lossy(&line));
        }
        drop(writer);
        batch.origin = Origin::Json(lines.finish());
        Ok(batch)
    }
}

/// Marks the texts that changed, on top of those that had changed before.
fn set_text(mut batch: Batch, text: &StringViewArray, changed: &[bool]) -> Batch {
    batch.text_edited = batch
        .text_edited
        .values()
        .iter()
        .zip(changed)
        .map(|(before, changed)| Some(before || *changed))
        .collect();
    batch.text = text.clone();
    batch
}
