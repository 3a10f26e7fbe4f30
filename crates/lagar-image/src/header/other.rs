//! Rarer formats: their sizes by the crate `imagesize`, without a look at orientation or end.

use std::io::{BufReader, Seek as _};

use imagesize::{Compression, ImageType};

use super::bytes::{Bytes, Reader};
use super::{Format, Found};
use crate::ImageError;

pub(super) fn read(bytes: &mut Bytes<'_>, start: &[u8]) -> Result<(Format, Found), ImageError> {
    let unknown = || {
        let start: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        ImageError::UnknownFormat { start: start.join(" ") }
    };
    let mut reader = BufReader::new(Reader { bytes, place: 0 });
    let kind = imagesize::reader_type(&mut reader).map_err(|_unknown| unknown())?;
    let format = format_of(kind).ok_or_else(unknown)?;
    reader.rewind().map_err(|error| ImageError::unreadable(&error))?;
    let size = imagesize::reader_size(&mut reader).map_err(|error| match error {
        imagesize::ImageError::IoError(_) => ImageError::HeaderCut { format },
        _ => ImageError::damaged(format, error.to_string()),
    })?;
    let side = |pixels: usize| {
        u32::try_from(pixels)
            .map_err(|_too_large| ImageError::damaged(format, format!("a side of {pixels} pixels")))
    };
    let (width, height) = (side(size.width)?, side(size.height)?);
    Ok((format, Found { width, height, orientation: 1, mode: "", lacking: None }))
}

/// Formats whose first bytes cannot be mistaken for something else.
fn format_of(kind: ImageType) -> Option<Format> {
    match kind {
        ImageType::Heif(Compression::Av1) => Some(Format::Avif),
        ImageType::Heif(_) => Some(Format::Heif),
        ImageType::Ico => Some(Format::Ico),
        ImageType::Jxl => Some(Format::JpegXl),
        ImageType::Pnm => Some(Format::Pnm),
        ImageType::Psd => Some(Format::Psd),
        ImageType::Qoi => Some(Format::Qoi),
        _ => None,
    }
}
