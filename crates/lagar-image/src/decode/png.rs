//! PNG, through the crate `png`; the modes are Pillow's.
//!
//! 16-bit colour keeps its high bytes, 16-bit grey stays as it is, and a colour that stands for
//! transparency is a colour, not alpha (unless it is in a palette).

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, DecodingError, Limits, Transformations};

use crate::{Format, ImageError, Mode, Picture};

/// The most memory the decoder takes beside the pixels, in bytes.
const MOST_MEMORY: usize = 1 << 30;

pub(super) fn decode(bytes: &[u8], accept_truncated: bool) -> Result<Picture, ImageError> {
    let mut decoder =
        png::Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MOST_MEMORY });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|error| fault(&error))?;
    let (stored, stored_depth) = (reader.info().color_type, reader.info().bit_depth);
    let (width, height) = (reader.info().width, reader.info().height);
    let (color, depth) = reader.output_color_type();
    let Some(len) = reader.output_buffer_size() else {
        return Err(ImageError::TooLarge { width, height, limit: super::MOST_PIXELS });
    };
    let mut pixels = vec![0; len];
    match reader.next_frame(&mut pixels) {
        Ok(_whole) => {}
        Err(DecodingError::IoError(error))
            if accept_truncated && error.kind() == ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(fault(&error)),
    }
    let pixels = match depth {
        BitDepth::Sixteen if color != ColorType::Grayscale && stored != ColorType::Grayscale => {
            pixels.as_chunks().0.iter().map(|[high, _low]: &[u8; 2]| *high).collect()
        }
        _ => pixels,
    };
    let (mode, pixels) = shape(stored, stored_depth, color, pixels);
    Picture::new(width, height, mode, pixels)
}

fn shape(
    stored: ColorType,
    stored_depth: BitDepth,
    color: ColorType,
    pixels: Vec<u8>,
) -> (Mode, Vec<u8>) {
    let has_alpha = matches!(color, ColorType::GrayscaleAlpha | ColorType::Rgba);
    match (stored, stored_depth) {
        (ColorType::Grayscale, BitDepth::Sixteen) => {
            let step = if has_alpha { 4 } else { 2 };
            (Mode::I16, pixels.chunks_exact(step).flat_map(|pixel| [pixel[1], pixel[0]]).collect())
        }
        (ColorType::Grayscale, depth) => {
            let mode = if depth == BitDepth::One { Mode::Bit } else { Mode::L };
            (mode, if has_alpha { pixels.into_iter().step_by(2).collect() } else { pixels })
        }
        (ColorType::Rgb, _) if has_alpha => {
            let colours = pixels.as_chunks().0.iter();
            (Mode::Rgb, colours.flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect())
        }
        (ColorType::Rgb, _) => (Mode::Rgb, pixels),
        (ColorType::Indexed, _) => (if has_alpha { Mode::Rgba } else { Mode::Rgb }, pixels),
        (ColorType::GrayscaleAlpha, _) => (Mode::La, pixels),
        (ColorType::Rgba, _) => (Mode::Rgba, pixels),
    }
}

fn fault(error: &DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            ImageError::Truncated { format: Format::Png, lacking: "all of its rows" }
        }
        error => ImageError::undecodable(Format::Png, error.to_string()),
    }
}
