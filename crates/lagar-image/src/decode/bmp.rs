//! BMP, through the crate `image`.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;

use super::library;
use crate::{Format, ImageError, Picture};

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    library::picture(Format::Bmp, BmpDecoder::new(Cursor::new(bytes)))
}
