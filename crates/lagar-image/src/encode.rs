//! From pixels to files.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use crate::{Format, ImageError, Mode, Picture};

impl Picture {
    /// A JPEG of this quality (1 to 100; 75 is Pillow's default), its chroma halved on both sides.
    ///
    /// Pictures that JPEG has no mode for become RGB first.
    ///
    /// # Errors
    /// When a side is longer than JPEG can say, or the quality is out of its range.
    pub fn encode_jpeg(&self, quality: u8) -> Result<Vec<u8>, ImageError> {
        if !(1..=100).contains(&quality) {
            let message = format!("the quality is {quality}, it must be between 1 and 100");
            return Err(ImageError::Parameter { operation: "made a JPEG", message });
        }
        let picture = match self.mode() {
            Mode::Bit | Mode::L => self.to_luma(),
            _ => self.to_rgb(),
        };
        let color = match picture.mode() {
            Mode::L => ExtendedColorType::L8,
            _ => ExtendedColorType::Rgb8,
        };
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .write_image(picture.pixels(), picture.width(), picture.height(), color)
            .map_err(|error| ImageError::undecodable(Format::Jpeg, error.to_string()))?;
        Ok(bytes)
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
