//! From pixels to files.

mod fdct;
mod jpeg;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use crate::{Format, ImageError, Mode, Picture};

/// The longest side of a JPEG that libjpeg writes, in pixels.
const MOST_SIDE: u32 = 65_500;

impl Picture {
    /// A JPEG of this quality (1 to 100), the same bytes that Pillow's `save(quality=…)` writes.
    ///
    /// 75 is Pillow's default. Pictures that JPEG has no mode for become RGB first, those of four
    /// inks, too.
    ///
    /// # Errors
    /// When a side is longer than JPEG can say, or the quality is out of its range.
    pub fn encode_jpeg(&self, quality: u8) -> Result<Vec<u8>, ImageError> {
        let refused = |message| Err(ImageError::Parameter { operation: "made a JPEG", message });
        if !(1..=100).contains(&quality) {
            return refused(format!("the quality is {quality}, it must be between 1 and 100"));
        }
        if self.width() > MOST_SIDE || self.height() > MOST_SIDE {
            let (width, height) = (self.width(), self.height());
            return refused(format!("it has {width}x{height} pixels, {MOST_SIDE} a side at most"));
        }
        Ok(match self.mode() {
            Mode::Bit | Mode::L => jpeg::encode(&self.to_luma(), quality),
            _ => jpeg::encode(&self.to_rgb(), quality),
        })
    }

    /// A PNG with the same pixels; inks become RGB first.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn encode_png(&self) -> Result<Vec<u8>, ImageError> {
        let (picture, color) = match self.mode() {
            Mode::Bit | Mode::L => (self.clone(), ExtendedColorType::L8),
            Mode::La => (self.clone(), ExtendedColorType::La8),
            Mode::Rgb => (self.clone(), ExtendedColorType::Rgb8),
            Mode::Rgba => (self.clone(), ExtendedColorType::Rgba8),
            Mode::Cmyk => (self.to_rgb(), ExtendedColorType::Rgb8),
            Mode::I16 => {
                let mut turned = self.clone();
                for pair in turned.pixels.as_chunks_mut::<2>().0 {
                    *pair = u16::from_le_bytes(*pair).to_ne_bytes();
                }
                (turned, ExtendedColorType::L16)
            }
        };
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(picture.pixels(), picture.width(), picture.height(), color)
            .map_err(|error| ImageError::undecodable(Format::Png, error.to_string()))?;
        Ok(bytes)
    }
}
