//! Pillow's `resize`: convolution in two passes, in fixed point of 22 bits.
//!
//! Rows and columns in turn, each rounded to 8 bits; weights are computed in double precision and
//! rounded once. The result equals Pillow's in every bit.
//!
//! Source: Pillow 13, `libImaging/Resample.c` and `Geometry.c`.

mod nearest;
mod passes;
mod weights;

pub use weights::Filter;

use crate::{ImageError, Mode, Picture};

/// The most pixels a resized picture may have.
const MOST_PIXELS: u64 = crate::MOST_PIXELS;

/// A part of a picture, in pixels from its upper left corner; edges may lie within pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The left edge.
    pub left: f64,
    /// The upper edge.
    pub top: f64,
    /// The right edge.
    pub right: f64,
    /// The lower edge.
    pub bottom: f64,
}

impl Picture {
    /// Pillow's `resize((width, height), filter)`.
    ///
    /// As there, pictures of black and white are resized by [`Filter::Nearest`] always, and colours
    /// are multiplied by their alpha meanwhile.
    ///
    /// # Errors
    /// When a side is zero or there would be too many pixels.
    pub fn resize(&self, width: u32, height: u32, filter: Filter) -> Result<Self, ImageError> {
        self.resize_area(self.area(), width, height, filter)
    }

    /// Pillow's `resize((width, height), filter, box)`: the same for a part of the picture.
    ///
    /// # Errors
    /// When a side is zero, there would be too many pixels, or the part is not within the picture.
    pub fn resize_area(
        &self,
        area: Area,
        width: u32,
        height: u32,
        filter: Filter,
    ) -> Result<Self, ImageError> {
        self.check_resize(area, width, height)?;
        if (width, height) == (self.width(), self.height()) && area == self.area() {
            return Ok(self.clone());
        }
        if filter == Filter::Nearest || self.mode() == Mode::Bit {
            return Ok(nearest::resize(self, area, width, height));
        }
        match self.mode() {
            Mode::I16 => {
                Err(ImageError::WrongMode { mode: self.mode(), operation: "resized smoothly" })
            }
            Mode::La | Mode::Rgba => {
                let colours = self.clone().premultiplied();
                Ok(passes::resize(&colours, area, (width, height), filter).divided_by_alpha())
            }
            _ => Ok(passes::resize(self, area, (width, height), filter)),
        }
    }

    /// The whole picture.
    fn area(&self) -> Area {
        Area {
            left: 0.0,
            top: 0.0,
            right: f64::from(self.width()),
            bottom: f64::from(self.height()),
        }
    }

    fn check_resize(&self, area: Area, width: u32, height: u32) -> Result<(), ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::NoArea { width, height });
        }
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(ImageError::TooLarge { width, height, limit: MOST_PIXELS });
        }
        let whole = self.area();
        let within = area.left >= 0.0
            && area.top >= 0.0
            && area.left < area.right
            && area.top < area.bottom
            && area.right <= whole.right
            && area.bottom <= whole.bottom;
        if within {
            return Ok(());
        }
        let message = format!(
            "the area {area:?} is empty or not within {}x{} pixels",
            self.width(),
            self.height()
        );
        Err(ImageError::Parameter { operation: "resized", message })
    }
}
