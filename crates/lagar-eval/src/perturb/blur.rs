//! `blur:R`: Pillow's `GaussianBlur` with a radius of R pixels, as a camera out of focus.

use lagar_image::{ImageError, Picture};

pub(super) fn blurred(picture: &Picture, radius: u32) -> Result<Picture, ImageError> {
    picture.gaussian_blur(radius as f32)
}
