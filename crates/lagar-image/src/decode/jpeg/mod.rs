//! JPEG as libjpeg-turbo decodes it for Pillow, to the last bit.
//!
//! Pure-Rust decoders differ from it by several levels (another inverse DCT, other chroma between
//! the samples), which is enough to move a caption or a hash; a binding would ask for a C compiler
//! and an assembler. So the whole of it is here: Huffman-coded baseline, extended and progressive
//! files, the accurate integer DCT (`idct`), "fancy" upsampling (`upsample`), colour conversion in
//! 16 bits of fixed point (`color`), and the same answers to damaged data: a bad code is a zero, and
//! what is missing behind a cut is grey.
//!
//! Not read, as they do not occur: arithmetic coding, lossless and 12-bit files. One step is left
//! out: the smoothing of blocks in a progressive file that is cut off.
//!
//! Source: ITU-T T.81; libjpeg-turbo 3 (`jdmarker.c`, `jdhuff.c`, `jdphuff.c`, `jdsample.c`).

mod bits;
mod color;
mod component;
mod frame;
mod huffman;
mod idct;
mod progressive;
mod scan;
mod segments;
mod sequential;
mod upsample;

use bits::Bits;
use frame::Frame;
use scan::Scan;
use segments::{Event, Segments};

use crate::{Format, ImageError, Picture};

/// Decodes a JPEG; one that is cut off is grey from there on.
///
/// Whether a cut is accepted has been decided by the caller: the end of data is the end of image.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut segments = Segments::new(bytes);
    let mut frame: Option<Frame> = None;
    loop {
        match segments.next(frame.as_ref())? {
            Event::Frame(found) => {
                if frame.is_some() {
                    return Err(damaged("two frames"));
                }
                frame = Some(found);
            }
            Event::Scan(scan) => {
                let Some(frame) = frame.as_mut() else {
                    return Err(damaged("a scan without a frame"));
                };
                let is_all = !frame.is_progressive && scan.parts.len() == frame.components.len();
                read_scan(&mut segments, frame, &scan, is_all)?;
                if is_all {
                    break;
                }
            }
            Event::End => break,
        }
    }
    let mut frame = frame.ok_or_else(|| damaged("no frame"))?;
    frame.finish(&segments);
    color::picture(&frame, &segments)
}

fn read_scan(
    segments: &mut Segments<'_>,
    frame: &mut Frame,
    scan: &Scan,
    is_all: bool,
) -> Result<(), ImageError> {
    frame.latch_quantization(segments, scan)?;
    let mut bits = Bits::new(segments.rest());
    if frame.is_progressive {
        progressive::read(&mut bits, frame, scan, segments)?;
    } else {
        sequential::read(&mut bits, frame, scan, segments, is_all)?;
    }
    segments.resume_at(bits.marker_place());
    Ok(())
}

fn damaged(message: impl Into<String>) -> ImageError {
    ImageError::undecodable(Format::Jpeg, message)
}

fn unsupported(message: impl Into<String>) -> ImageError {
    ImageError::unsupported(Format::Jpeg, message)
}
