//! JPEG: the walk over its segments up to the first scan.
//!
//! As Pillow walks: junk between segments is skipped, the last frame header before the scan gives the
//! size, and orientation comes from the first EXIF segment or else the last XMP segment.
//! Source: ITU-T T.81, annex B.

use super::bytes::{Bytes, Lack};
use super::{Format, Found, metadata};
use crate::ImageError;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const END_OF_IMAGE: &[u8] = &[0xff, 0xd9];

/// Where in the file a segment's content is.
#[derive(Clone, Copy, Debug)]
struct Segment {
    offset: u64,
    len: usize,
}

#[derive(Debug, Default)]
struct Segments {
    /// Width and height.
    size: Option<(u32, u32)>,
    mode: &'static str,
    exif: Option<Segment>,
    xmp: Option<Segment>,
}

pub(super) fn read(bytes: &mut Bytes<'_>, oriented: bool) -> Result<Found, ImageError> {
    let mut segments = Segments::default();
    let scan = walk(bytes, &mut segments)?;
    let Some((width, height)) = segments.size else {
        return Err(ImageError::damaged(Format::Jpeg, "no frame header before the scan"));
    };
    let orientation = if oriented { orientation(bytes, &segments)? } else { 1 };
    let tail = bytes.slice(bytes.len() - 2, 2).map_err(jpeg)?;
    let whole = tail == END_OF_IMAGE || bytes.last_of(END_OF_IMAGE, scan).map_err(jpeg)?.is_some();
    let lacking = (!whole).then_some("an end marker");
    Ok(Found { width, height, orientation, mode: segments.mode, lacking })
}

fn jpeg(lack: Lack) -> ImageError {
    lack.within(Format::Jpeg)
}

/// Goes from segment to segment; returns where the first scan starts.
fn walk(bytes: &mut Bytes<'_>, segments: &mut Segments) -> Result<u64, ImageError> {
    let mut place = 2;
    loop {
        let [first, marker] = bytes.array(place).map_err(jpeg)?;
        match (first, marker) {
            (0xff, 0xff) | (..0xff, _) => place += 1,
            // Stuffing, and markers that stand alone.
            (_, 0x00 | 0x01 | 0xd0..=0xd9) => place += 2,
            (_, 0xda) => return Ok(place),
            (_, 0x02..=0xbf) => {
                let message = format!("byte {marker:#04x} at {place} is no marker");
                return Err(ImageError::damaged(Format::Jpeg, message));
            }
            _ => {
                let len = u16::from_be_bytes(bytes.array(place + 2).map_err(jpeg)?);
                let Some(len) = len.checked_sub(2) else {
                    let message = format!("segment at {place} has length {len}");
                    return Err(ImageError::damaged(Format::Jpeg, message));
                };
                let segment = Segment { offset: place + 4, len: usize::from(len) };
                note(bytes, marker, segment, segments)?;
                place = segment.offset + u64::from(len);
            }
        }
    }
}

fn note(
    bytes: &mut Bytes<'_>,
    marker: u8,
    segment: Segment,
    segments: &mut Segments,
) -> Result<(), ImageError> {
    match marker {
        // Huffman tables, an extension and arithmetic conditioning stand between the frames.
        0xc4 | 0xc8 | 0xcc => {}
        0xc0..=0xcf | 0xde => {
            let [_precision, h, h_low, w, w_low] = bytes.array(segment.offset).map_err(jpeg)?;
            let size = |high, low| u32::from(u16::from_be_bytes([high, low]));
            segments.size = Some((size(w, w_low), size(h, h_low)));
            segments.mode = match bytes.array(segment.offset + 5) {
                Ok([1]) => "L",
                Ok([3]) => "RGB",
                Ok([4]) => "CMYK",
                _ => "",
            };
        }
        0xe1 => {
            let start = bytes.up_to(segment.offset, XMP.len().min(segment.len)).map_err(jpeg)?;
            if start.starts_with(EXIF) {
                segments.exif.get_or_insert(segment);
            } else if start == XMP {
                segments.xmp = Some(segment);
            }
        }
        _ => {}
    }
    Ok(())
}

fn orientation(bytes: &mut Bytes<'_>, segments: &Segments) -> Result<u32, ImageError> {
    if let Some(Segment { offset, len }) = segments.exif {
        // The tag stands near the start; the thumbnail behind it is read only if it does not.
        let found = match metadata::orientation_of_exif(bytes.at_hand(offset, len)) {
            Some(found) => Some(found),
            None => metadata::orientation_of_exif(bytes.up_to(offset, len).map_err(jpeg)?),
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    if let Some(Segment { offset, len }) = segments.xmp {
        let packet = bytes.up_to(offset, len).map_err(jpeg)?;
        return Ok(metadata::orientation_of_xmp(packet).unwrap_or(1));
    }
    Ok(1)
}
