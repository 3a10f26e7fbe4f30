//! The rows of one chunk as Arrow columns.
//!
//! A [`Batch`] is what an operator sees: text and pictures as columns, one column per statistic, and
//! the row as it stood in the source, kept whole and untouched so that fields no operator knows come
//! out exactly as they went in. Text and source are string *views* into the bytes that were read, so
//! that a row nobody changes is never copied.

mod store;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, ListArray, RecordBatch, StringViewArray,
    UInt32Array, UInt64Array,
};
use arrow::compute;

use crate::CoreError;

/// Where the fields that lagar does not look at are kept.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The row's JSON object, one line each, exactly as read.
    Json(StringViewArray),
    /// The row's columns as the Arrow or Parquet file had them.
    Arrow(RecordBatch),
}

/// One statistic of every row of a batch.
#[derive(Clone, Debug)]
pub struct StatColumn {
    /// Data-Juicer's key (`num_words`).
    pub key: String,
    /// The values: `Int64`, `Float64`, `Utf8`, `Boolean`, or a list of them.
    pub values: ArrayRef,
}

/// Rows of one chunk; all columns have the same length.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `row`: position in the input, the order key, never changed.
    pub row: UInt64Array,
    /// Which child of `row` this is; 0 unless an operator made several rows of one.
    pub part: UInt32Array,
    /// Place in the output order, once an operator has put rows into another order than the input's.
    pub rank: Option<UInt64Array>,
    /// The row's own name (`id`), null where it has none.
    pub id: StringViewArray,
    /// The text operators work on.
    pub text: StringViewArray,
    /// Paths of the pictures; null where the row has no such field.
    pub images: ListArray,
    /// Encoded pictures carried in the row, if the source has them.
    pub image_bytes: Option<ListArray>,
    /// The source row.
    pub origin: Origin,
    /// True where `text` is no longer what the source row says.
    pub text_edited: BooleanArray,
    /// True where `images` is no longer what the source row says.
    pub images_edited: BooleanArray,
    /// The statistics so far, in the order they were computed.
    pub stats: Vec<StatColumn>,
    /// Hashes of deduplicators, kept only where the recipe asks for them.
    pub hashes: Vec<StatColumn>,
}

impl Batch {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The paths of one row's pictures; none where it has no such field.
    pub fn images_of(&self, index: usize) -> impl ExactSizeIterator<Item = &str> {
        let offsets = self.images.value_offsets();
        let range = if self.images.is_null(index) {
            0..0
        } else {
            offsets[index] as usize..offsets[index + 1] as usize
        };
        let values = self.images.values().as_string_view();
        range.map(move |place| values.value(place))
    }

    /// The column of a statistic, if it was computed.
    pub fn stat(&self, key: &str) -> Option<&ArrayRef> {
        self.stats.iter().find(|stat| stat.key == key).map(|stat| &stat.values)
    }

    /// How a message names a row: its id, or its position.
    pub fn name_of(&self, index: usize) -> String {
        if self.id.is_valid(index) {
            return self.id.value(index).to_owned();
        }
        format!("row:{}", self.row.value(index))
    }

    /// The rows where `keep` is true, in order.
    ///
    /// # Errors
    /// When `keep` has another length than the batch.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self, CoreError> {
        let predicate = compute::FilterBuilder::new(keep).optimize().build();
        self.map_columns(|name, column| predicate.filter(column).map_err(CoreError::arrow(name)))
    }

    /// The rows at `indices`, in that order; an index may occur several times.
    ///
    /// # Errors
    /// When an index is outside the batch.
    pub fn take(&self, indices: &UInt32Array) -> Result<Self, CoreError> {
        self.map_columns(|name, column| {
            compute::take(column, indices, None).map_err(CoreError::arrow(name))
        })
    }

    fn map_columns(
        &self,
        change: impl Fn(&str, &dyn Array) -> Result<ArrayRef, CoreError>,
    ) -> Result<Self, CoreError> {
        let stats = |columns: &[StatColumn]| {
            columns
                .iter()
                .map(|stat| {
                    let values = change(&stat.key, &stat.values)?;
                    Ok(StatColumn { key: stat.key.clone(), values })
                })
                .collect::<Result<Vec<_>, CoreError>>()
        };
        Ok(Self {
            row: typed("row", &change("row", &self.row)?)?,
            part: typed("part", &change("part", &self.part)?)?,
            rank: match &self.rank {
                Some(rank) => Some(typed("rank", &change("rank", rank)?)?),
                None => None,
            },
            id: typed("id", &change("id", &self.id)?)?,
            text: typed("text", &change("text", &self.text)?)?,
            images: typed("images", &change("images", &self.images)?)?,
            image_bytes: match &self.image_bytes {
                Some(bytes) => Some(typed("image_bytes", &change("image_bytes", bytes)?)?),
                None => None,
            },
            origin: match &self.origin {
                Origin::Json(lines) => Origin::Json(typed("extra", &change("extra", lines)?)?),
                Origin::Arrow(columns) => Origin::Arrow(map_record_batch(columns, &change)?),
            },
            text_edited: typed("text_edited", &change("text_edited", &self.text_edited)?)?,
            images_edited: typed("images_edited", &change("images_edited", &self.images_edited)?)?,
            stats: stats(&self.stats)?,
            hashes: stats(&self.hashes)?,
        })
    }
}

fn map_record_batch(
    columns: &RecordBatch,
    change: &impl Fn(&str, &dyn Array) -> Result<ArrayRef, CoreError>,
) -> Result<RecordBatch, CoreError> {
    let schema = columns.schema();
    let changed = schema
        .fields()
        .iter()
        .zip(columns.columns())
        .map(|(field, column)| change(field.name(), column))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = changed.first().map_or(0, Array::len);
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(&schema), changed, &options)
        .map_err(CoreError::arrow("extra"))
}

/// A column of the type a batch has it in.
pub(crate) fn typed<T: Array + Clone + 'static>(
    name: &str,
    column: &ArrayRef,
) -> Result<T, CoreError> {
    column.as_any().downcast_ref::<T>().cloned().ok_or_else(|| CoreError::Column {
        column: name.to_owned(),
        expected: std::any::type_name::<T>().rsplit("::").next().unwrap_or_default().to_owned(),
        got: column.data_type().to_string(),
    })
}
