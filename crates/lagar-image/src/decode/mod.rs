//! From encoded bytes to pixels, one file per format.

mod bmp;
mod gif;
mod jpeg;
mod library;
mod png;
mod tiff;
mod webp;

use crate::header::{self, Bytes, Format, Found, Wish};
use crate::{ImageError, Picture};

/// The most pixels a picture may have: twice Pillow's `MAX_IMAGE_PIXELS`, beyond which it refuses.
pub const MOST_PIXELS: u64 = 2 * 89_478_485;

/// What becomes of the orientation that a picture's metadata states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// The pixels stay as they are stored, as Pillow's `open` has them.
    ///
    /// A TIFF is turned nevertheless: Pillow turns it while it opens it.
    #[default]
    Stored,
    /// The picture is turned as it is to be seen: Pillow's `exif_transpose`.
    Shown,
}

/// Decodes pictures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decoder {
    /// What becomes of the orientation that the metadata states.
    pub orientation: Orientation,
    /// Whether a JPEG or PNG whose data is cut off is decoded as far as it goes, as with Pillow's
    /// `LOAD_TRUNCATED_IMAGES`; otherwise, and in other formats, it is an error.
    pub accept_truncated: bool,
}

impl Decoder {
    /// The picture in `bytes`, the first frame if it moves.
    ///
    /// # Errors
    /// When the bytes are no picture, of a format whose pixels are not read (anything but JPEG, PNG,
    /// WebP, GIF, BMP and TIFF), damaged, cut off, or of more than [`MOST_PIXELS`] pixels.
    pub fn decode(self, bytes: &[u8]) -> Result<Picture, ImageError> {
        let wish = Wish {
            oriented: self.orientation == Orientation::Shown,
            accept_truncated: self.accept_truncated,
        };
        let (format, found) = header::look(&mut Bytes::of_memory(bytes), wish)?;
        check(format, found, self.accept_truncated)?;
        let picture = match format {
            Format::Jpeg => jpeg::decode(bytes),
            Format::Png => png::decode(bytes, self.accept_truncated),
            Format::Gif => gif::decode(bytes),
            Format::WebP => webp::decode(bytes),
            Format::Bmp => bmp::decode(bytes),
            Format::Tiff => tiff::decode(bytes),
            _ => {
                let message = "only its header is".to_owned();
                return Err(ImageError::Unsupported { format, message });
            }
        }?;
        Ok(picture.turned(found.orientation))
    }
}

/// The picture in `bytes` as it is stored; see [`Decoder`].
///
/// # Errors
/// As [`Decoder::decode`]; a picture that is cut off is an error.
pub fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    Decoder::default().decode(bytes)
}

/// The picture in `bytes` as it is to be seen: its EXIF orientation is applied.
///
/// # Errors
/// As [`Decoder::decode`]; a picture that is cut off is an error.
pub fn decode_oriented(bytes: &[u8]) -> Result<Picture, ImageError> {
    Decoder { orientation: Orientation::Shown, accept_truncated: false }.decode(bytes)
}

fn check(format: Format, found: Found, accept_truncated: bool) -> Result<(), ImageError> {
    let Found { width, height, lacking, .. } = found;
    if width == 0 || height == 0 {
        return Err(ImageError::NoArea { width, height });
    }
    if let Some(lacking) = lacking.filter(|_| !accept_truncated) {
        return Err(ImageError::Truncated { format, lacking });
    }
    check_size(width, height)
}

fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(ImageError::TooLarge { width, height, limit: MOST_PIXELS });
    }
    Ok(())
}
