//! A decoded picture: its size, what its bytes mean, and the bytes.

use std::fmt;

use crate::ImageError;

/// What the bytes of a pixel mean; the names are Pillow's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// `1`: black or white, one byte each, 0 or 255.
    Bit,
    /// `L`: grey.
    L,
    /// `LA`: grey and alpha.
    La,
    /// `I;16`: grey in 16 bits, the low byte first.
    I16,
    /// `RGB`.
    Rgb,
    /// `RGBA`: colour and alpha, not premultiplied.
    Rgba,
    /// `CMYK`, 0 being no ink.
    Cmyk,
}

impl Mode {
    /// How many bytes a pixel has.
    pub fn channels(self) -> usize {
        match self {
            Self::Bit | Self::L => 1,
            Self::La | Self::I16 => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bit => "1",
            Self::L => "L",
            Self::La => "LA",
            Self::I16 => "I;16",
            Self::Rgb => "RGB",
            Self::Rgba => "RGBA",
            Self::Cmyk => "CMYK",
        })
    }
}

/// A decoded picture. Both sides are at least one pixel, and there are as many bytes as they say.
///
/// Pictures with a palette are kept as the colours it names (`Rgb`, or `Rgba` if the palette has
/// alpha): every conversion from them gives what Pillow gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pub(crate) mode: Mode,
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    /// A picture of `pixels`, row by row from the top, channels of a pixel side by side.
    ///
    /// # Errors
    /// When a side is zero, or `pixels` has not `width * height * channels` bytes.
    pub fn new(width: u32, height: u32, mode: Mode, pixels: Vec<u8>) -> Result<Self, ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::NoArea { width, height });
        }
        let expected = u128::from(width) * u128::from(height) * mode.channels() as u128;
        if pixels.len() as u128 != expected {
            let found = pixels.len();
            let message = format!(
                "{width}x{height} pixels of mode {mode} are {expected} bytes, there are {found}"
            );
            return Err(ImageError::Parameter { operation: "made of these bytes", message });
        }
        Ok(Self { width, height, mode, pixels })
    }

    /// A picture whose sides and length are known to fit.
    pub(crate) fn of(width: u32, height: u32, mode: Mode, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(pixels.len(), width as usize * height as usize * mode.channels());
        Self { width, height, mode, pixels }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// What the bytes of a pixel mean.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// All pixels, row by row from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All pixels, row by row from the top.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// How many bytes a row has.
    pub(crate) fn stride(&self) -> usize {
        self.width as usize * self.mode.channels()
    }

    /// The rows from the top.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.stride())
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, mode, pixels: _ } = self;
        write!(formatter, "Picture({width}x{height} {mode})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_do_not_fit_the_size_are_refused() {
        let refused = Picture::new(2, 2, Mode::Rgb, vec![0; 11]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot be made of these bytes: 2x2 pixels of mode RGB are 12 bytes, there are 11"
        );
        assert!(Picture::new(0, 2, Mode::L, Vec::new()).is_err());
        assert!(Picture::new(u32::MAX, u32::MAX, Mode::Rgba, Vec::new()).is_err());
    }
}
