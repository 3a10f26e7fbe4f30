//! What the decoders of the crate `image` give, as pictures.

use image::error::ImageError as LibraryError;
use image::{ColorType, ImageDecoder, Limits};

use crate::{Format, ImageError, Mode, Picture};

/// The most memory a decoder takes, in bytes.
const MOST_MEMORY: u64 = 2 << 30;

pub(super) fn picture<D: ImageDecoder>(
    format: Format,
    decoder: Result<D, LibraryError>,
) -> Result<Picture, ImageError> {
    let mut decoder = decoder.map_err(|error| fault(format, &error))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    decoder.set_limits(limits).map_err(|error| fault(format, &error))?;
    let (width, height) = decoder.dimensions();
    super::check_size(width, height)?;
    let color = decoder.color_type();
    let mut pixels = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut pixels).map_err(|error| fault(format, &error))?;
    let (mode, pixels) = match color {
        ColorType::L8 => (Mode::L, pixels),
        ColorType::La8 => (Mode::La, pixels),
        ColorType::Rgb8 => (Mode::Rgb, pixels),
        ColorType::Rgba8 => (Mode::Rgba, pixels),
        ColorType::L16 => (Mode::I16, in_order(&pixels)),
        ColorType::La16 => (Mode::La, high(&pixels)),
        ColorType::Rgb16 => (Mode::Rgb, high(&pixels)),
        ColorType::Rgba16 => (Mode::Rgba, high(&pixels)),
        other => return Err(ImageError::unsupported(format, format!("pixels of {other:?}"))),
    };
    Picture::new(width, height, mode, pixels)
}

/// Pairs of bytes from the machine's order to: the low byte first.
fn in_order(pixels: &[u8]) -> Vec<u8> {
    let pairs = pixels.as_chunks().0.iter();
    pairs.flat_map(|bytes| u16::from_ne_bytes(*bytes).to_le_bytes()).collect()
}

/// The high bytes of 16-bit levels.
fn high(pixels: &[u8]) -> Vec<u8> {
    pixels.as_chunks().0.iter().map(|bytes| (u16::from_ne_bytes(*bytes) >> 8) as u8).collect()
}

fn fault(format: Format, error: &LibraryError) -> ImageError {
    match error {
        LibraryError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { format, lacking: "all of its pixels" }
        }
        LibraryError::Unsupported(error) => ImageError::unsupported(format, error.to_string()),
        error => ImageError::undecodable(format, error.to_string()),
    }
}
