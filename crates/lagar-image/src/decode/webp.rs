//! WebP, through the crate `image-webp`.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;

use super::library;
use crate::{Format, ImageError, Picture};

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    let decoder = WebPDecoder::new(Cursor::new(bytes));
    library::picture(Format::WebP, decoder)
}
