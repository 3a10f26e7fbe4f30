//! JPEG.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;

use super::library;
use crate::{Format, ImageError, Picture};

pub(super) fn decode(bytes: &[u8], _accept_truncated: bool) -> Result<Picture, ImageError> {
    library::picture(Format::Jpeg, JpegDecoder::new(Cursor::new(bytes)))
}
