//! Pictures drawn by program, and the bytes of their files.
//!
//! Sample and benchmark data need real files that nobody's licence covers. A [`scene::Scene`] knows
//! both how it looks and how a caption would describe it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "coordinates are below 65,536 and channels below 256, far within every type used"
)]

pub(crate) mod canvas;
mod font;
mod landscape;
pub(crate) mod scene;
pub(crate) mod shape;
pub(crate) mod truth;

use anyhow::Context as _;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

/// The bytes of a JPEG file; `quality` is 1 to 100.
///
/// # Errors
/// When the encoder refuses the picture (a side above 65,535 pixels).
pub(crate) fn jpeg(pixels: &RgbImage, quality: u8) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(pixels)
        .context("encode a JPEG")?;
    Ok(bytes)
}

/// The bytes of a PNG file.
///
/// # Errors
/// When the encoder refuses the picture.
pub(crate) fn png(pixels: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(pixels.as_raw(), pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
        .context("encode a PNG")?;
    Ok(bytes)
}

/// A JPEG that is stored lying on its side and says so: Exif orientation 6, "turn right to view".
///
/// Cameras write this for a picture taken upright; a reader that ignores the tag swaps width and height.
///
/// # Errors
/// When the encoder refuses the picture.
pub(crate) fn sideways_jpeg(upright: &RgbImage, quality: u8) -> anyhow::Result<Vec<u8>> {
    let stored = image::imageops::rotate270(upright);
    let plain = jpeg(&stored, quality)?;
    let (start_of_image, rest) = plain.split_at(2);
    Ok([start_of_image, &orientation_segment(6), rest].concat())
}

/// The APP1 segment of a JPEG that holds one Exif field, the orientation.
///
/// Layout: CIPA DC-008 (Exif 2.32) sections 4.5 to 4.7; the TIFF part is little-endian.
fn orientation_segment(orientation: u8) -> [u8; 36] {
    const LENGTH: u8 = 34; // of what follows the marker, these two bytes included
    #[rustfmt::skip]
    let segment = [
        0xFF, 0xE1, 0, LENGTH,
        b'E', b'x', b'i', b'f', 0, 0,
        b'I', b'I', 42, 0, 8, 0, 0, 0,      // little-endian TIFF, first directory at byte 8
        1, 0,                               // one field
        0x12, 0x01, 3, 0, 1, 0, 0, 0,       // tag 0x0112 orientation, type SHORT, one value
        orientation, 0, 0, 0,
        0, 0, 0, 0,                         // no further directory
    ];
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sideways_jpeg_is_stored_turned_and_still_decodes() {
        let upright = RgbImage::new(30, 20);
        let bytes = sideways_jpeg(&upright, 80).unwrap();
        let stored = image::load_from_memory(&bytes).unwrap();
        assert_eq!((stored.width(), stored.height()), (20, 30));
        assert_eq!(usize::from(bytes[5]), orientation_segment(6).len() - 2);
        assert!(bytes.windows(6).any(|window| window == b"Exif\0\0"));
    }

    #[test]
    fn a_png_keeps_every_pixel() {
        let pixels = RgbImage::from_fn(5, 3, |x, y| image::Rgb([x as u8, y as u8, 7]));
        let read = image::load_from_memory(&png(&pixels).unwrap()).unwrap().into_rgb8();
        assert_eq!(read, pixels);
    }
}
