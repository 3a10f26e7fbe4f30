//! BMP: Windows and OS/2 headers.

use super::bytes::{Bytes, Lack};
use super::{Format, Found};
use crate::ImageError;

/// Length of the OS/2 header, whose sides have 16 bits.
const CORE_HEADER: u32 = 12;

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, ImageError> {
    let number = |four: [u8; 4]| u32::from_le_bytes(four);
    let stated_len = number(bytes.array(2).map_err(bmp)?);
    let data = number(bytes.array(10).map_err(bmp)?);
    let header = number(bytes.array(14).map_err(bmp)?);
    let (width, height, depth, compression) = if header == CORE_HEADER {
        let [w, w_high, h, h_high, _, _, depth, _]: [u8; 8] = bytes.array(18).map_err(bmp)?;
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        (side(w, w_high), side(h, h_high), depth, 0)
    } else if (16..=256).contains(&header) {
        let width = number(bytes.array(18).map_err(bmp)?);
        let height = i32::from_le_bytes(bytes.array(22).map_err(bmp)?);
        let [depth] = bytes.array(28).map_err(bmp)?;
        let compression = if header >= 40 { number(bytes.array(30).map_err(bmp)?) } else { 0 };
        // A negative height means that rows run from top to bottom.
        (width, height.unsigned_abs(), depth, compression)
    } else {
        let message = format!("header of {header} bytes");
        return Err(ImageError::damaged(Format::Bmp, message));
    };
    // Plain and bit-field rows have a known length; others end where the file header says.
    let end = if matches!(compression, 0 | 3) {
        let row = (u64::from(width) * u64::from(depth)).div_ceil(32) * 4;
        u64::from(data).saturating_add(row.saturating_mul(u64::from(height)))
    } else {
        u64::from(stated_len)
    };
    let lacking = (end > bytes.len()).then_some("its last rows");
    let mode = match depth {
        1 => "1",
        2..=8 => "P",
        16 | 24 | 32 => "RGB",
        _ => "",
    };
    Ok(Found { width, height, orientation: 1, mode, lacking })
}

fn bmp(lack: Lack) -> ImageError {
    lack.within(Format::Bmp)
}
