//! Many pictures through a vision tower, batch by batch; one that cannot be read costs only itself.

use lagar_core::error::chain;
use lagar_core::models::PictureSource;
use lagar_image::Orientation;
use lagar_nn::{Device, Tensor};

use crate::ModelsError;
use crate::preprocess::Preprocessor;

/// Pictures that a tower sees at once.
const BATCH: usize = 16;

/// What `see` makes of each picture, in order, or why it could not be read. `see` is given pixels
/// `[items, 3, side, side]` and returns one result per item. A picture that follows itself is seen
/// once.
///
/// # Errors
/// When `see` fails.
pub(crate) fn look<T: Clone>(
    sources: &[&PictureSource],
    preprocessor: &Preprocessor,
    side: usize,
    see: impl Fn(&Tensor) -> Result<Vec<T>, ModelsError>,
) -> Result<Vec<Result<T, String>>, ModelsError> {
    let mut all = Vec::with_capacity(sources.len());
    let mut distinct: Vec<(&PictureSource, usize)> = Vec::new();
    for source in sources {
        match distinct.last_mut() {
            Some((last, times)) if last == source => *times += 1,
            _ => distinct.push((source, 1)),
        }
    }
    for group in distinct.chunks(BATCH) {
        let (mut data, mut read) = (Vec::new(), Vec::with_capacity(group.len()));
        for (source, _) in group {
            let values = pixel_values(source, preprocessor);
            read.push(values.map(|values| data.extend_from_slice(&values)));
        }
        let items = read.iter().filter(|read| read.is_ok()).count();
        let mut seen = Vec::new().into_iter();
        if items > 0 {
            seen =
                see(&Tensor::from_vec(data, &[items, 3, side, side], &Device::cpu())?)?.into_iter();
        }
        for ((_, times), read) in group.iter().zip(read) {
            let result =
                read.and_then(|()| seen.next().ok_or("the model gave no answer".to_owned()));
            all.extend(std::iter::repeat_n(result, *times));
        }
    }
    Ok(all)
}

/// Pixel values of one picture, turned as Data-Juicer loads it: by its EXIF orientation where it is
/// a file, as it is stored where the row carries its bytes.
fn pixel_values(source: &PictureSource, preprocessor: &Preprocessor) -> Result<Vec<f32>, String> {
    let orientation = match source {
        PictureSource::Bytes(_) => Orientation::Stored,
        _ => Orientation::Shown,
    };
    let picture = lagar_image::load(source, orientation).map_err(|error| chain(&error))?;
    preprocessor.pixel_values(&picture).map_err(|error| chain(&error))
}
