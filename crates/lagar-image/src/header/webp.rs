//! WebP: the size of its first frame or canvas, and the metadata chunks of an extended file.
//!
//! Source: RFC 9649.

use super::bytes::{Bytes, Lack};
use super::{Format, Found, metadata};
use crate::ImageError;

const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
const HAS_ALPHA: u8 = 0x10;

pub(super) fn read(bytes: &mut Bytes<'_>, oriented: bool) -> Result<Found, ImageError> {
    let riff = u64::from(u32::from_le_bytes(bytes.array(4).map_err(webp)?)) + 8;
    let lacking = (bytes.len() < riff).then_some("the length its RIFF header states");
    let kind: [u8; 4] = bytes.array(12).map_err(webp)?;
    let mut orientation = 1;
    let mut alpha = false;
    let (width, height) = match &kind {
        b"VP8 " => {
            let [_, _, _, 0x9d, 0x01, 0x2a, w, w_high, h, h_high] =
                bytes.array(20).map_err(webp)?
            else {
                return Err(ImageError::damaged(Format::WebP, "no key frame"));
            };
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            (side(w, w_high), side(h, h_high))
        }
        b"VP8L" => {
            let [0x2f, bits @ ..]: [u8; 5] = bytes.array(20).map_err(webp)? else {
                return Err(ImageError::damaged(Format::WebP, "no lossless signature"));
            };
            let bits = u32::from_le_bytes(bits);
            alpha = bits & (1 << 28) != 0;
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => {
            let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = bytes.array(20).map_err(webp)?;
            alpha = flags & HAS_ALPHA != 0;
            if oriented && flags & (HAS_EXIF | HAS_XMP) != 0 && lacking.is_none() {
                orientation = metadata_of(bytes, flags)?;
            }
            (u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1)
        }
        _ => {
            let message = format!("unknown first chunk {}", kind.escape_ascii());
            return Err(ImageError::damaged(Format::WebP, message));
        }
    };
    let mode = if alpha { "RGBA" } else { "RGB" };
    Ok(Found { width, height, orientation, mode, lacking })
}

fn webp(lack: Lack) -> ImageError {
    lack.within(Format::WebP)
}

/// The orientation in the chunks behind the frames.
fn metadata_of(bytes: &mut Bytes<'_>, flags: u8) -> Result<u32, ImageError> {
    let (mut exif, mut xmp) = (None, None);
    let mut place = 12;
    while let Ok(head) = bytes.array::<8>(place) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let content = place + 8;
        match &head[..4] {
            b"EXIF" if flags & HAS_EXIF != 0 => {
                let block = bytes.up_to(content, len as usize).map_err(webp)?;
                exif = exif.or(metadata::orientation_of_exif(block));
            }
            b"XMP " if flags & HAS_XMP != 0 => {
                let packet = bytes.up_to(content, len as usize).map_err(webp)?;
                xmp = xmp.or(metadata::orientation_of_xmp(packet));
            }
            _ => {}
        }
        place = content + u64::from(len) + u64::from(len % 2);
    }
    Ok(exif.or(xmp).unwrap_or(1))
}
