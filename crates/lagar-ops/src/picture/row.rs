//! The pictures of one row: paths, unless the row carries their bytes.

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::DataType;
use lagar_core::Batch;

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

fn carried(batch: &Batch, index: usize) -> Option<std::sync::Arc<dyn Array>> {
    let column = batch.image_bytes.as_ref()?;
    column.is_valid(index).then(|| column.value(index))
}

fn bytes_at(values: &dyn Array, place: usize) -> Option<&[u8]> {
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
