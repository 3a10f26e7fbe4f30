//! TIFF: the first directory, which EXIF blocks have, too.
//!
//! Source: TIFF 6.0, section 2, and its 64-bit version `BigTIFF`.

#![expect(
    clippy::cast_possible_truncation,
    reason = "widths of at most 8 bytes, and fields of 2 bytes"
)]

use super::bytes::{Bytes, Lack};
use super::{Format, Found};
use crate::ImageError;

/// The most entries of a directory that are looked at.
const MOST_ENTRIES: u64 = 4_096;

/// The tags of the first directory that matter here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tags {
    width: Option<u32>,
    height: Option<u32>,
    /// What the values of a pixel mean, and how many there are.
    colours: Option<u32>,
    samples: Option<u32>,
    /// 0 for a value that is no number.
    pub(super) orientation: Option<u32>,
    /// Strips or tiles: where they start, and how long they are.
    offsets: Option<Entry>,
    lengths: Option<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: u16,
    count: u64,
    /// Where the value or its offset stands.
    place: u64,
}

/// Byte order and word size.
#[derive(Clone, Copy, Debug)]
struct Layout {
    big_endian: bool,
    /// 4 bytes per offset, or 8 in a `BigTIFF`.
    word: u64,
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, ImageError> {
    let tags = tags(bytes).map_err(|lack| lack.within(Format::Tiff))?;
    let (Some(width), Some(height)) = (tags.width, tags.height) else {
        // Where the directory is cut, the size may well stand behind the cut.
        return Err(ImageError::HeaderCut { format: Format::Tiff });
    };
    let end = layout(bytes).ok().and_then(|layout| data_end(bytes, layout, &tags));
    let lacking = end.is_some_and(|end| end > bytes.len()).then_some("its last strip");
    let orientation = tags.orientation.unwrap_or(1);
    Ok(Found { width, height, orientation, mode: tags.mode(), lacking })
}

impl Tags {
    /// The mode of the common kinds.
    fn mode(&self) -> &'static str {
        match (self.colours, self.samples.unwrap_or(1)) {
            (Some(0 | 1), 1) => "L",
            (Some(2), 3) => "RGB",
            (Some(2), 4) => "RGBA",
            (Some(3), 1) => "P",
            (Some(5), 4) => "CMYK",
            _ => "",
        }
    }
}

/// Reads the first directory; one that is cut short gives the tags before the cut.
pub(super) fn tags(bytes: &mut Bytes<'_>) -> Result<Tags, Lack> {
    let layout = layout(bytes)?;
    let mut tags = Tags::default();
    let (count, first) = if layout.word == 4 {
        let directory = layout.number(bytes, 4, 4)?;
        (layout.number(bytes, directory, 2)?, directory + 2)
    } else {
        let directory = layout.number(bytes, 8, 8)?;
        (layout.number(bytes, directory, 8)?, directory.saturating_add(8))
    };
    for number in 0..count.min(MOST_ENTRIES) {
        let place = first.saturating_add(number * (4 + 2 * layout.word));
        match note(bytes, layout, place, &mut tags) {
            Err(Lack::End) => break,
            other => other?,
        }
    }
    Ok(tags)
}

fn layout(bytes: &mut Bytes<'_>) -> Result<Layout, Lack> {
    match bytes.array::<4>(0)? {
        [b'I', b'I', b'*', _] | [b'I', b'I', _, b'*'] => Ok(Layout { big_endian: false, word: 4 }),
        [b'M', b'M', b'*', _] | [b'M', b'M', _, b'*'] => Ok(Layout { big_endian: true, word: 4 }),
        [b'I', b'I', b'+', 0] => Ok(Layout { big_endian: false, word: 8 }),
        [b'M', b'M', 0, b'+'] => Ok(Layout { big_endian: true, word: 8 }),
        _ => Err(Lack::End),
    }
}

fn note(bytes: &mut Bytes<'_>, layout: Layout, place: u64, tags: &mut Tags) -> Result<(), Lack> {
    // The whole entry must be there.
    bytes.slice(place, 4 + 2 * layout.word as usize)?;
    let tag = layout.number(bytes, place, 2)?;
    let kind = layout.number(bytes, place + 2, 2)? as u16;
    let count = layout.number(bytes, place + 4, layout.word as usize)?;
    let entry = Entry { kind, count, place: place + 4 + layout.word };
    if width_of(kind).is_none() || count == 0 {
        return Ok(());
    }
    let mut number = || -> Result<Option<u32>, Lack> {
        let value = element(bytes, layout, entry, 0)?;
        Ok(value.and_then(|value| u32::try_from(value).ok()))
    };
    match tag {
        0x100 => tags.width = number()?,
        0x101 => tags.height = number()?,
        0x106 => tags.colours = number()?,
        0x115 => tags.samples = number()?,
        0x112 => tags.orientation = Some(number()?.unwrap_or(0)),
        0x111 | 0x144 => tags.offsets = Some(entry),
        0x117 | 0x145 => tags.lengths = Some(entry),
        _ => {}
    }
    Ok(())
}

/// Bytes per value of a type; `None` for types that do not exist.
fn width_of(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16..=18 => Some(8),
        _ => None,
    }
}

/// One whole number of an entry's values; `None` for types that hold none (bytes are data to Pillow).
fn element(
    bytes: &mut Bytes<'_>,
    layout: Layout,
    entry: Entry,
    index: u64,
) -> Result<Option<u64>, Lack> {
    let whole = matches!(entry.kind, 3 | 4 | 6 | 8 | 9 | 16 | 17);
    let Some(width) = width_of(entry.kind).filter(|_| whole) else {
        return Ok(None);
    };
    let inline = entry.count.checked_mul(width).is_some_and(|size| size <= layout.word);
    let start = if inline {
        entry.place
    } else {
        layout.number(bytes, entry.place, layout.word as usize)?
    };
    layout.number(bytes, start.saturating_add(index * width), width as usize).map(Some)
}

/// Where the last strip or tile ends, in bytes.
fn data_end(bytes: &mut Bytes<'_>, layout: Layout, tags: &Tags) -> Option<u64> {
    let (offsets, lengths) = (tags.offsets?, tags.lengths?);
    let last = offsets.count.min(lengths.count) - 1;
    let offset = element(bytes, layout, offsets, last);
    let length = element(bytes, layout, lengths, last);
    match (offset, length) {
        (Ok(offset), Ok(length)) => offset?.checked_add(length?),
        // The lists themselves are cut off.
        _ => Some(u64::MAX),
    }
}

impl Layout {
    /// A number of 1, 2, 4 or 8 bytes.
    fn number(self, bytes: &mut Bytes<'_>, place: u64, width: usize) -> Result<u64, Lack> {
        let found = bytes.slice(place, width)?;
        let join = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
        Ok(if self.big_endian {
            found.iter().fold(0, join)
        } else {
            found.iter().rev().fold(0, join)
        })
    }
}
