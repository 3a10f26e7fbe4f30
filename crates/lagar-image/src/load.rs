//! Decoding a picture from wherever it is.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use lagar_core::models::PictureSource;

use crate::{Decoder, ImageError, Orientation, Picture};

/// The longest file that is read into memory, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Reads and decodes the picture at `source`.
///
/// # Errors
/// When it is missing or unreadable, no picture, damaged, cut off, or too large.
pub fn load(source: &PictureSource, orientation: Orientation) -> Result<Picture, ImageError> {
    let decoder = Decoder { orientation, ..Decoder::default() };
    match source {
        PictureSource::Bytes(bytes) => decoder.decode(bytes),
        _ => decoder.decode(&read_source(source)?),
    }
}

/// The encoded bytes of the picture at `source`.
///
/// # Errors
/// When it is missing or unreadable, lies outside its container, or is longer than a gibibyte.
pub fn read_source(source: &PictureSource) -> Result<Vec<u8>, ImageError> {
    match source {
        PictureSource::Bytes(bytes) => Ok(bytes.clone()),
        PictureSource::File(path) => {
            let (file, len) = open(path)?;
            read(file, len)
        }
        PictureSource::Part { file: path, offset, len } => {
            let (mut file, whole) = open(path)?;
            let end = offset.saturating_add(*len);
            if end > whole {
                return Err(ImageError::OutsideContainer { start: *offset, end, len: whole });
            }
            file.seek(SeekFrom::Start(*offset)).map_err(|error| ImageError::unreadable(&error))?;
            read(file, *len)
        }
    }
}

fn open(path: &Path) -> Result<(File, u64), ImageError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            ImageError::Missing { path: path.display().to_string() }
        }
        _ => ImageError::unreadable(&error),
    })?;
    let about = file.metadata().map_err(|error| ImageError::unreadable(&error))?;
    if !about.is_file() {
        return Err(ImageError::Unreadable { message: "it is not a file".to_owned() });
    }
    Ok((file, about.len()))
}

fn read(file: File, len: u64) -> Result<Vec<u8>, ImageError> {
    if len > MOST_BYTES {
        let message = format!("it has {len} bytes, more than {MOST_BYTES}");
        return Err(ImageError::Unreadable { message });
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(len).read_to_end(&mut bytes).map_err(|error| ImageError::unreadable(&error))?;
    Ok(bytes)
}
