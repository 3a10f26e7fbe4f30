//! GIF: the logical screen, grown by a first frame that does not fit it, as Pillow does.
//!
//! Source: the specification of 1989, version `89a`.

#![expect(clippy::cast_possible_truncation, reason = "a constant")]

use super::bytes::{Bytes, Lack};
use super::{Format, Found};
use crate::ImageError;

/// How far behind a missing trailer one is looked for: some writers append a few bytes.
const TAIL: u64 = 1 << 10;
const TRAILER: u8 = 0x3b;

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, ImageError> {
    let [w, w_high, h, h_high, flags] = bytes.array(6).map_err(gif)?;
    let number = |low, high| u32::from(u16::from_le_bytes([low, high]));
    let (mut width, mut height) = (number(w, w_high), number(h, h_high));
    if let Some([x, x_high, y, y_high, w, w_high, h, h_high]) = first_frame(bytes, flags)? {
        width = width.max(number(x, x_high) + number(w, w_high));
        height = height.max(number(y, y_high) + number(h, h_high));
    }
    let start = bytes.len().saturating_sub(TAIL).max(13);
    let tail = bytes.up_to(start, TAIL as usize).map_err(gif)?;
    let end = tail.iter().rposition(|byte| *byte != 0).map(|place| tail[place]);
    // The block terminator in front of the trailer makes it recognisable among other bytes.
    let whole = end == Some(TRAILER) || memchr::memmem::find(tail, &[0, TRAILER]).is_some();
    let lacking = (!whole).then_some("a trailer");
    Ok(Found { width, height, orientation: 1, mode: "P", lacking })
}

fn gif(lack: Lack) -> ImageError {
    lack.within(Format::Gif)
}

/// The position and size of the first frame, if there is one.
fn first_frame(bytes: &mut Bytes<'_>, flags: u8) -> Result<Option<[u8; 8]>, ImageError> {
    let colours = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut place = 13 + colours;
    loop {
        match bytes.array(place).map_err(gif)? {
            [b','] => return bytes.array(place + 1).map(Some).map_err(gif),
            [b'!'] => {
                place += 2;
                loop {
                    let [len] = bytes.array(place).map_err(gif)?;
                    place += 1 + u64::from(len);
                    if len == 0 {
                        break;
                    }
                }
            }
            [TRAILER] => return Ok(None),
            _ => place += 1,
        }
    }
}
