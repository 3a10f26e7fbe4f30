//! Where the pictures of one row are, for whoever reads their pixels.

use lagar_core::Batch;
use lagar_core::models::PictureSource;

use super::Pictures;
use super::row::{bytes_at, carried};

/// The pictures of row `index`, in the order of its paths, each with the path that names it.
///
/// As in Data-Juicer, `image_bytes` belong to the paths by position, and bytes that are missing or
/// null leave it to the path.
pub fn sources_of_row<'a>(
    batch: &'a Batch,
    pictures: &Pictures,
    index: usize,
) -> Vec<(&'a str, PictureSource)> {
    let carried = carried(batch, index);
    let source = |(place, path): (usize, &'a str)| {
        let bytes = carried.as_deref().and_then(|values| bytes_at(values, place));
        let source = match bytes {
            Some(bytes) => PictureSource::Bytes(bytes.to_vec()),
            None => pictures.source(path),
        };
        (path, source)
    };
    batch.images_of(index).enumerate().map(source).collect()
}

/// The pictures of a row as Data-Juicer hands them to a classifier: a path that occurs again is
/// left out.
pub fn distinct_sources_of_row<'a>(
    batch: &'a Batch,
    pictures: &Pictures,
    index: usize,
) -> Vec<(&'a str, PictureSource)> {
    let mut sources: Vec<(&str, PictureSource)> = Vec::new();
    for (path, source) in sources_of_row(batch, pictures, index) {
        if sources.iter().all(|(earlier, _)| *earlier != path) {
            sources.push((path, source));
        }
    }
    sources
}
