//! What is seen of the pictures of one row.

use std::path::Path;

use lagar_core::Batch;
use lagar_core::models::PictureSource;
use lagar_image::{Format, Picture};
use lagar_ops::picture::{HashMethod, PartReference, PictureFault, Pictures, sources_of_row};

use super::hash::key_of;

/// One use of a picture in a row.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Stands for the picture: the same path from the same folder, or the same bytes.
    pub(crate) key: u64,
    /// The path as the row has it.
    pub(crate) path: String,
    /// Whether the row carries its bytes.
    pub(crate) carried: bool,
    /// What was seen, or the kind of defect and the reason.
    pub(crate) seen: Result<Seen, (&'static str, String)>,
    /// The format its name promises, where its bytes are of another.
    pub(crate) misnamed: Option<String>,
}

/// What a picture's header says, and its pixels if they were looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: u64,
    pub(crate) format: Format,
    pub(crate) mode: &'static str,
    pub(crate) pixels: Option<Pixels>,
}

/// What pixels say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pixels {
    /// The variance of the Laplacian of the grey picture.
    pub(crate) sharpness: f64,
    /// The mean grey level, in [0, 255].
    pub(crate) brightness: f64,
    /// The standard deviation of grey levels.
    pub(crate) contrast: f64,
    /// The perceptual hash that `image_deduplicator` compares by default.
    pub(crate) hash: u64,
}

/// Looks at the pictures of row `index`; a path that occurs twice is listed once.
pub(crate) fn look(batch: &Batch, pictures: &Pictures, index: usize, pixels: bool) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    if batch.image_bytes.is_none() {
        for path in batch.images_of(index) {
            if looks.iter().all(|look| look.path != path) {
                looks.push(look_at(pictures, path, None, pixels));
            }
        }
        return looks;
    }
    for (path, source) in sources_of_row(batch, pictures, index) {
        if looks.iter().any(|look| look.path == path && !look.carried) {
            continue;
        }
        let bytes =
            if let PictureSource::Bytes(bytes) = &source { Some(bytes.as_slice()) } else { None };
        looks.push(look_at(pictures, path, bytes, pixels));
    }
    looks
}

fn look_at(pictures: &Pictures, path: &str, bytes: Option<&[u8]>, pixels: bool) -> Look {
    let header = match bytes {
        Some(bytes) => pictures.header_of_bytes(bytes),
        None => pictures.header(path),
    };
    let key = match bytes {
        Some(bytes) => key_of([b"bytes".as_slice(), bytes]),
        None => key_of([pictures.base().as_os_str().as_encoded_bytes(), path.as_bytes()]),
    };
    let seen = header.map_err(|error| told(&error.fault)).and_then(|header| {
        let pixels = pixels.then(|| {
            let picture = match bytes {
                Some(bytes) => pictures.rgb_of_bytes(bytes),
                None => pictures.rgb(path),
            };
            let picture = picture.map_err(|error| told(&error.fault))?;
            pixels_of(&picture).map_err(|fault| told(&fault))
        });
        Ok(Seen {
            width: header.width,
            height: header.height,
            bytes: header.bytes,
            format: header.format,
            mode: header.mode,
            pixels: pixels.transpose()?,
        })
    });
    let misnamed = seen.as_ref().ok().and_then(|seen| promised(path, seen.format));
    Look { key, path: path.to_owned(), carried: bytes.is_some(), seen, misnamed }
}

/// The kind of defect a fault is, and the reason in words.
fn told(fault: &PictureFault) -> (&'static str, String) {
    let kind = match fault {
        PictureFault::Missing { .. } => "picture_missing",
        PictureFault::Empty => "picture_empty",
        PictureFault::HeaderCut { .. }
        | PictureFault::Truncated { .. }
        | PictureFault::OutsideContainer { .. } => "picture_truncated",
        _ => "picture_unreadable",
    };
    (kind, fault.to_string())
}

/// The ending of a name that promises another format than the bytes have.
fn promised(path: &str, format: Format) -> Option<String> {
    let name = PartReference::parse(path).and_then(|part| part.name);
    let name = name.as_deref().unwrap_or(path);
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    let known = match ending.as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" => Format::Jpeg,
        "png" => Format::Png,
        "gif" => Format::Gif,
        "webp" => Format::WebP,
        "bmp" => Format::Bmp,
        "tif" | "tiff" => Format::Tiff,
        "avif" => Format::Avif,
        _ => return None,
    };
    (known != format).then(|| format!("is {format} data under the name of {known}"))
}

fn pixels_of(picture: &Picture) -> Result<Pixels, PictureFault> {
    let hash = HashMethod::Phash.hash(picture)?;
    let grey = picture.to_luma();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let levels = grey.pixels();
    let count = levels.len() as f64;
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for level in levels {
        sum += u64::from(*level);
        squares += u64::from(*level) * u64::from(*level);
    }
    let brightness = sum as f64 / count;
    let variance = squares as f64 / count - brightness * brightness;
    Ok(Pixels {
        sharpness: laplacian_variance(levels, width, height),
        brightness,
        contrast: variance.max(0.0).sqrt(),
        hash: u64::from_str_radix(&hash, 16).unwrap_or_default(),
    })
}

/// The variance of the Laplacian (four neighbours; the border is mirrored without its edge, as
/// `OpenCV` does by default). Source: Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
fn laplacian_variance(levels: &[u8], width: usize, height: usize) -> f64 {
    let mirrored = |place: isize, side: usize| -> usize {
        let last = side as isize - 1;
        if last == 0 {
            return 0;
        }
        (if place < 0 {
            -place
        } else if place > last {
            2 * last - place
        } else {
            place
        }) as usize
    };
    let at = |row: usize, column: usize| i64::from(levels[row * width + column]);
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for row in 0..height {
        let above = mirrored(row as isize - 1, height);
        let below = mirrored(row as isize + 1, height);
        for column in 0..width {
            let left = mirrored(column as isize - 1, width);
            let right = mirrored(column as isize + 1, width);
            let value = at(above, column) + at(below, column) + at(row, left) + at(row, right)
                - 4 * at(row, column);
            sum += value;
            squares += value * value;
        }
    }
    let count = (width * height) as f64;
    let mean = sum as f64 / count;
    squares as f64 / count - mean * mean
}
