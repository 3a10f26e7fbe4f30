//! PNG: its header chunk, the metadata before its pixels and, where they fit, behind them.
//!
//! Source: W3C PNG, third edition.

#![expect(clippy::cast_possible_truncation, reason = "constants and lengths of 32 bits")]

use std::io::Read as _;

use memchr::memmem;

use super::bytes::{Bytes, Lack};
use super::{Format, Found, metadata};
use crate::ImageError;

/// The last chunk without its checksum: all pixels stand before it.
const END: &[u8] = b"\0\0\0\0IEND";
/// How much of the end is searched for metadata.
const TAIL: u64 = 4 << 10;
/// The most bytes a compressed raw profile may unfold to.
const MOST_PROFILE: u64 = 1 << 20;

/// Orientations by the sources they came from.
#[derive(Debug, Default)]
struct Orientations {
    exif: Option<u32>,
    has_exif: bool,
    profile: Option<u32>,
    xmp: Option<u32>,
}

pub(super) fn read(bytes: &mut Bytes<'_>, oriented: bool) -> Result<Found, ImageError> {
    let header: [u8; 14] = bytes.array(12).map_err(png)?;
    if &header[..4] != b"IHDR" {
        return Err(ImageError::damaged(Format::Png, "the first chunk is not IHDR"));
    }
    let side = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let (width, height) = (side(4), side(8));
    let mode = match (header[13], header[12]) {
        (0, 1) => "1",
        (0, 16) => "I;16",
        (0, _) => "L",
        (2, _) => "RGB",
        (3, _) => "P",
        (4, 16) | (6, _) => "RGBA",
        (4, _) => "LA",
        _ => "",
    };
    let orientation = if oriented { orientation(bytes)? } else { 1 };
    let whole = bytes.last_of(END, 8).map_err(png)?.is_some();
    let lacking = (!whole).then_some("an IEND chunk");
    Ok(Found { width, height, orientation, mode, lacking })
}

fn png(lack: Lack) -> ImageError {
    lack.within(Format::Png)
}

fn orientation(bytes: &mut Bytes<'_>) -> Result<u32, ImageError> {
    let mut found = Orientations::default();
    let mut place = 8;
    loop {
        let head: [u8; 8] = bytes.array(place).map_err(png)?;
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let kind = [head[4], head[5], head[6], head[7]];
        if matches!(&kind, b"IDAT" | b"IEND") {
            break;
        }
        if matches!(&kind, b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt") {
            let content = bytes.slice(place + 8, len as usize).map_err(png)?;
            found.note(kind, content);
        }
        place += 12 + u64::from(len);
    }
    if !found.has_exif {
        let tail = bytes.len().saturating_sub(TAIL).max(place);
        let tail = bytes.up_to(tail, TAIL as usize).map_err(png)?;
        let starts = [b"eXIfII*\0", b"eXIfMM\0*"].map(|start| memmem::rfind(tail, start));
        if let Some(start) = starts.into_iter().flatten().max() {
            found.note(*b"eXIf", &tail[start + 4..]);
        }
    }
    Ok(found.decide())
}

impl Orientations {
    fn note(&mut self, kind: [u8; 4], content: &[u8]) {
        if &kind == b"eXIf" {
            self.has_exif = true;
            self.exif = metadata::orientation_of_exif(content);
            return;
        }
        let Some(end) = memchr::memchr(0, content) else {
            return;
        };
        let (key, rest) = (&content[..end], &content[end + 1..]);
        let text = match &kind {
            b"tEXt" => Some(rest.to_vec()),
            b"zTXt" => rest.strip_prefix(&[0]).and_then(inflate),
            _ => international(rest),
        };
        let Some(text) = text else { return };
        if key == b"XML:com.adobe.xmp" {
            self.xmp = metadata::orientation_of_xmp(&text);
        } else if key == b"Raw profile type exif" && &kind != b"iTXt" {
            self.profile = metadata::orientation_of_exif(&metadata::exif_of_raw_profile(&text));
        }
    }

    /// Pillow's order: an EXIF chunk, in its absence a raw profile, and XMP where neither has the tag.
    fn decide(self) -> u32 {
        let exif = if self.has_exif { self.exif } else { self.profile };
        exif.or(self.xmp).unwrap_or(1)
    }
}

/// The text of an `iTXt` chunk behind its key.
fn international(rest: &[u8]) -> Option<Vec<u8>> {
    let (&compressed, rest) = rest.split_first()?;
    let (&method, rest) = rest.split_first()?;
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let text = parts.nth(2)?;
    match (compressed, method) {
        (0, _) => Some(text.to_vec()),
        (_, 0) => inflate(text),
        _ => None,
    }
}

fn inflate(compressed: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let decoder = flate2::read::ZlibDecoder::new(compressed);
    decoder.take(MOST_PROFILE).read_to_end(&mut text).ok()?;
    Some(text)
}
