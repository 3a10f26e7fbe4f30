//! What the first bytes of a picture say: format, size, orientation; and whether the rest is there.

mod bmp;
mod bytes;
mod gif;
mod jpeg;
mod metadata;
mod other;
mod png;
mod tiff;
mod webp;

use std::fmt;

pub use bytes::Bytes;

use crate::ImageError;

/// Formats of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Jpeg,
    Png,
    Gif,
    WebP,
    Bmp,
    Tiff,
    Avif,
    Heif,
    Ico,
    JpegXl,
    Pnm,
    Psd,
    Qoi,
}

impl Format {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Avif => "AVIF",
            Self::Heif => "HEIF",
            Self::Ico => "ICO",
            Self::JpegXl => "JPEG XL",
            Self::Pnm => "PNM",
            Self::Psd => "PSD",
            Self::Qoi => "QOI",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A picture's size, format and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Width in pixels, as shown: the orientation is applied.
    pub width: u32,
    /// Height in pixels, as shown.
    pub height: u32,
    /// The format its bytes are in, whatever its name says.
    pub format: Format,
    /// The length of the encoded picture in bytes.
    pub bytes: u64,
    /// The mode Pillow would open it in (`RGB`, `L`, `P`, `CMYK`); empty where the header does not say.
    pub mode: &'static str,
}

/// What a reader of one format found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// EXIF orientation, 1 to 8; anything else means "as stored".
    pub(crate) orientation: u32,
    /// Pillow's name of the mode, or empty.
    pub(crate) mode: &'static str,
    /// What is missing of a whole file, if something is.
    pub(crate) lacking: Option<&'static str>,
}

/// How much of the header's meaning the caller wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// Whether the EXIF orientation turns the picture.
    pub oriented: bool,
    /// Whether a picture that is cut off in its data passes.
    pub accept_truncated: bool,
}

/// Reads the header of a picture.
///
/// # Errors
/// When the bytes are no picture, or contradict themselves, or are cut off and that is not wished.
pub fn read(bytes: &mut Bytes<'_>, wish: Wish) -> Result<Header, ImageError> {
    let (format, found) = look(bytes, wish)?;
    finish(format, found, bytes.len(), wish)
}

/// Format, EXIF orientation (1 to 8; anything else means "as stored") and stored size.
pub(crate) fn look(bytes: &mut Bytes<'_>, wish: Wish) -> Result<(Format, Found), ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    // The first look decides how much the first read takes; see `Bytes`.
    let mut start = [0; 16];
    match bytes.up_to(0, start.len()) {
        Ok(found) => start[..found.len()].copy_from_slice(found),
        Err(lack) => return Err(lack.within(Format::Jpeg)),
    }
    let (format, found) = match &start {
        [0xff, 0xd8, 0xff, ..] => (Format::Jpeg, jpeg::read(bytes, wish.oriented)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            (Format::Png, png::read(bytes, wish.oriented)?)
        }
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (Format::Gif, gif::read(bytes)?),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            (Format::WebP, webp::read(bytes, wish.oriented)?)
        }
        [b'B', b'M', ..] => (Format::Bmp, bmp::read(bytes)?),
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => {
            (Format::Tiff, tiff::read(bytes)?)
        }
        _ => other::read(bytes, &start)?,
    };
    Ok((format, found))
}

fn finish(format: Format, found: Found, len: u64, wish: Wish) -> Result<Header, ImageError> {
    let Found { width, height, orientation, mode, lacking } = found;
    if width == 0 || height == 0 {
        return Err(ImageError::NoArea { width, height });
    }
    if let Some(lacking) = lacking.filter(|_| !wish.accept_truncated) {
        return Err(ImageError::Truncated { format, lacking });
    }
    // Pillow turns a TIFF while it opens it, so there is no way to have one unturned.
    let turned = (5..=8).contains(&orientation) && (wish.oriented || format == Format::Tiff);
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Ok(Header { width, height, format, bytes: len, mode })
}
