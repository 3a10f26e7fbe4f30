//! The pictures of one row: paths, unless the row carries their bytes.

use std::sync::Arc;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::DataType;
use lagar_core::Batch;
use lagar_image::Picture;

use super::{Header, PictureError, Pictures};

/// Replaces `headers` by those of the pictures of row `index`, in the order of its paths.
///
/// As in Data-Juicer, `image_bytes` belong to the paths by position, bytes that are missing or null
/// leave it to the path, and a path that occurs twice is looked at once.
///
/// # Errors
/// At the first picture that cannot be used.
pub fn headers_of_row(
    batch: &Batch,
    pictures: &Pictures,
    index: usize,
    headers: &mut Vec<Header>,
) -> Result<(), PictureError> {
    headers.clear();
    let carried = carried(batch, index);
    for (place, path) in batch.images_of(index).enumerate() {
        if let Some(same) = batch.images_of(index).take(place).position(|earlier| earlier == path) {
            headers.push(headers[same]);
            continue;
        }
        let bytes = carried.as_deref().and_then(|values| bytes_at(values, place));
        let header = match bytes {
            Some(bytes) => pictures.header_of_bytes(bytes).map_err(|error| {
                PictureError::new(&format!("{path} (bytes in the row)"), error.fault)
            })?,
            None => pictures.header(path)?,
        };
        headers.push(header);
    }
    Ok(())
}

/// The picture at `place` among those of row `index`, in RGB; carried bytes come before the path.
///
/// # Errors
/// When it cannot be used.
pub fn picture_at(
    batch: &Batch,
    pictures: &Pictures,
    index: usize,
    place: usize,
) -> Result<Arc<Picture>, PictureError> {
    let path = batch.images_of(index).nth(place).unwrap_or_default();
    let carried = carried(batch, index);
    match carried.as_deref().and_then(|values| bytes_at(values, place)) {
        Some(bytes) => pictures
            .rgb_of_bytes(bytes)
            .map_err(|error| PictureError::new(&format!("{path} (bytes in the row)"), error.fault)),
        None => pictures.rgb(path),
    }
}

/// Whether the row carries bytes for the picture at `place`.
pub(crate) fn is_carried(batch: &Batch, index: usize, place: usize) -> bool {
    let carried = carried(batch, index);
    carried.as_deref().is_some_and(|values| bytes_at(values, place).is_some())
}

/// What `measure` finds in each picture of row `index`, in the order of its paths; a path that
/// occurs twice is looked at once.
///
/// # Errors
/// At the first picture that cannot be used.
pub fn each_picture_of_row<T: Clone>(
    batch: &Batch,
    pictures: &Pictures,
    index: usize,
    measure: impl Fn(&Picture) -> Result<T, super::PictureFault>,
) -> Result<Vec<T>, PictureError> {
    let mut found: Vec<T> = Vec::new();
    for (place, path) in batch.images_of(index).enumerate() {
        let same = batch.images_of(index).take(place).position(|earlier| earlier == path);
        let value = match same {
            Some(same) => found[same].clone(),
            None => measure(&*picture_at(batch, pictures, index, place)?)
                .map_err(|fault| PictureError::new(path, fault))?,
        };
        found.push(value);
    }
    Ok(found)
}

/// The lengths of the encoded pictures of row `index` in bytes.
///
/// As in Data-Juicer, carried bytes count only if the row has as many of them as paths.
///
/// # Errors
/// At the first picture whose file is missing.
pub fn sizes_of_row(
    batch: &Batch,
    pictures: &Pictures,
    index: usize,
) -> Result<Vec<u64>, PictureError> {
    let carried = carried(batch, index);
    let carried = carried.as_deref().filter(|values| values.len() == batch.images_of(index).len());
    batch
        .images_of(index)
        .enumerate()
        .map(|(place, path)| match carried.and_then(|values| bytes_at(values, place)) {
            Some(bytes) => Ok(bytes.len() as u64),
            None => pictures.size(path),
        })
        .collect()
}

pub(super) fn carried(batch: &Batch, index: usize) -> Option<Arc<dyn Array>> {
    let column = batch.image_bytes.as_ref()?;
    column.is_valid(index).then(|| column.value(index))
}

pub(super) fn bytes_at(values: &dyn Array, place: usize) -> Option<&[u8]> {
    if place >= values.len() || values.is_null(place) {
        return None;
    }
    match values.data_type() {
        DataType::Binary => Some(values.as_binary::<i32>().value(place)),
        DataType::LargeBinary => Some(values.as_binary::<i64>().value(place)),
        DataType::BinaryView => Some(values.as_binary_view().value(place)),
        _ => None,
    }
}
