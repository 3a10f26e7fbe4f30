//! TIFF, through the crate `tiff`.

use std::io::Cursor;

use image::codecs::tiff::TiffDecoder;

use super::library;
use crate::{Format, ImageError, Picture};

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    library::picture(Format::Tiff, TiffDecoder::new(Cursor::new(bytes)))
}
