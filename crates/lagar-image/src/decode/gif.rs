//! GIF, through the crate `gif`: the first frame on its canvas, in the colours of its palette.
//!
//! As in Pillow, what the frame does not cover is the transparent colour if there is one, else the
//! palette's first; and transparency itself is only a colour.

use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};

use crate::{Format, ImageError, Mode, Picture};

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    if let Some(limit) = NonZeroU64::new(super::MOST_PIXELS) {
        options.set_memory_limit(MemoryLimit::Bytes(limit));
    }
    let mut decoder = options.read_info(bytes).map_err(|error| fault(&error))?;
    let (canvas_width, canvas_height) = (decoder.width(), decoder.height());
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let Some(frame) = decoder.read_next_frame().map_err(|error| fault(&error))? else {
        return Err(ImageError::undecodable(Format::Gif, "it has no frame"));
    };
    // A frame that reaches over the edge widens the canvas.
    let width = (u32::from(frame.left) + u32::from(frame.width)).max(u32::from(canvas_width));
    let height = (u32::from(frame.top) + u32::from(frame.height)).max(u32::from(canvas_height));
    super::check_size(width, height)?;
    let mut canvas = vec![frame.transparent.unwrap_or(0); width as usize * height as usize];
    let (left, frame_width) = (usize::from(frame.left), usize::from(frame.width).max(1));
    let rows = canvas.chunks_exact_mut(width as usize).skip(usize::from(frame.top));
    for (row, pixels) in rows.zip(frame.buffer.chunks_exact(frame_width)) {
        row[left..left + frame_width].copy_from_slice(pixels);
    }
    match frame.palette.as_ref().or(global.as_ref()) {
        None => Picture::new(width, height, Mode::L, canvas),
        Some(palette) => {
            let colours = canvas.iter().flat_map(|index| colour(palette, *index));
            Picture::new(width, height, Mode::Rgb, colours.collect())
        }
    }
}

/// The colour of an index; one behind the palette is black.
fn colour(palette: &[u8], index: u8) -> [u8; 3] {
    palette.as_chunks().0.get(usize::from(index)).copied().unwrap_or([0; 3])
}

fn fault(error: &DecodingError) -> ImageError {
    match error {
        DecodingError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { format: Format::Gif, lacking: "the whole of its first frame" }
        }
        error => ImageError::undecodable(Format::Gif, error.to_string()),
    }
}
