//! Cropping, turning and shrinking to fit.

use crate::{Filter, ImageError, Picture};

impl Picture {
    /// The part of `width` by `height` pixels whose upper left corner is `left`, `top`.
    ///
    /// # Errors
    /// When the part is empty or not within the picture.
    pub fn crop(&self, left: u32, top: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let fits = |start: u32, len: u32, side: u32| {
            len > 0 && start.checked_add(len).is_some_and(|end| end <= side)
        };
        if !fits(left, width, self.width()) || !fits(top, height, self.height()) {
            let message = format!(
                "{width}x{height} pixels from {left},{top} on are none or not within {}x{}",
                self.width(),
                self.height()
            );
            return Err(ImageError::Parameter { operation: "cropped", message });
        }
        let size = self.mode().channels();
        let (start, len) = (left as usize * size, width as usize * size);
        let rows = self.rows().skip(top as usize).take(height as usize);
        let pixels = rows.flat_map(|row| &row[start..start + len]).copied().collect();
        Ok(Self::of(width, height, self.mode(), pixels))
    }

    /// A copy with no side longer than `max_side` pixels, its proportions kept; for people to look at.
    ///
    /// Sizes are those of Pillow's `thumbnail`, the pixels those of its bicubic `resize` (Pillow
    /// reduces very large pictures in a cruder step first).
    ///
    /// # Errors
    /// When `max_side` is zero.
    pub fn thumbnail(&self, max_side: u32) -> Result<Self, ImageError> {
        let (width, height) = (self.width(), self.height());
        if max_side >= width && max_side >= height {
            return Ok(self.clone());
        }
        if max_side == 0 {
            return Err(ImageError::NoArea { width: 0, height: 0 });
        }
        let aspect = f64::from(width) / f64::from(height);
        let side = f64::from(max_side);
        let (width, height) = if aspect <= 1.0 {
            (nearest(side * aspect, |pixels| (aspect - pixels / side).abs()), max_side)
        } else {
            let distance =
                |pixels: f64| if pixels == 0.0 { 0.0 } else { (aspect - side / pixels).abs() };
            (max_side, nearest(side / aspect, distance))
        };
        self.resize(width, height, Filter::Bicubic)
    }

    /// The picture as an EXIF orientation (1 to 8) shows it; other values leave it as stored.
    #[must_use]
    pub fn turned(self, orientation: u32) -> Self {
        match orientation {
            2 => self.mirrored(),
            3 => self.reversed(),
            4 => self.reversed().mirrored(),
            5 => self.transposed(),
            6 => self.transposed().mirrored(),
            7 => self.reversed().transposed(),
            8 => self.mirrored().transposed(),
            _ => self,
        }
    }

    /// Left and right exchanged.
    fn mirrored(mut self) -> Self {
        let (stride, size) = (self.stride(), self.mode().channels());
        for row in self.pixels.chunks_exact_mut(stride) {
            reverse(row, size);
        }
        self
    }

    /// Turned upside down by half a turn.
    fn reversed(mut self) -> Self {
        let size = self.mode().channels();
        reverse(&mut self.pixels, size);
        self
    }

    /// Rows and columns exchanged.
    pub(crate) fn transposed(&self) -> Self {
        /// Pixels are moved in squares, so that both sides stay in the cache.
        const TILE: usize = 32;
        let (width, height) = (self.width() as usize, self.height() as usize);
        let size = self.mode().channels();
        let mut pixels = vec![0; self.pixels().len()];
        let tiles = |side| (0..side).step_by(TILE);
        for (top, left) in tiles(height).flat_map(|top| tiles(width).map(move |left| (top, left))) {
            for row in top..height.min(top + TILE) {
                for column in left..width.min(left + TILE) {
                    let from = (row * width + column) * size;
                    let to = (column * height + row) * size;
                    pixels[to..to + size].copy_from_slice(&self.pixels()[from..from + size]);
                }
            }
        }
        Self::of(self.height(), self.width(), self.mode(), pixels)
    }
}

/// Reverses the order of pixels of `size` bytes.
fn reverse(pixels: &mut [u8], size: usize) {
    pixels.reverse();
    for pixel in pixels.chunks_exact_mut(size) {
        pixel.reverse();
    }
}

/// Of the whole numbers beside `side` the one at the smaller distance; at least 1.
fn nearest(side: f64, distance: impl Fn(f64) -> f64) -> u32 {
    let (below, above) = (side.floor(), side.ceil());
    let side = if distance(above) < distance(below) { above } else { below };
    side.max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    /// Letters of two rows, turned as each orientation says.
    #[test]
    fn orientations_turn_and_mirror_as_exif_says() {
        let shown = |orientation| {
            let letters = Picture::new(3, 2, Mode::L, b"abcdef".to_vec()).unwrap();
            let turned = letters.turned(orientation);
            (turned.width(), String::from_utf8(turned.into_pixels()).unwrap())
        };
        let expected = [
            (1, 3, "abcdef"),
            (2, 3, "cbafed"),
            (3, 3, "fedcba"),
            (4, 3, "defabc"),
            (5, 2, "adbecf"),
            (6, 2, "daebfc"),
            (7, 2, "fcebda"),
            (8, 2, "cfbead"),
            (9, 3, "abcdef"),
        ];
        for (orientation, width, letters) in expected {
            assert_eq!(shown(orientation), (width, letters.to_owned()), "{orientation}");
        }
    }

    #[test]
    fn thumbnails_keep_proportions_and_never_vanish() {
        let size = |width, height, side| {
            let picture = Picture::new(width, height, Mode::L, vec![0; (width * height) as usize]);
            let small = picture.unwrap().thumbnail(side).unwrap();
            (small.width(), small.height())
        };
        assert_eq!(size(640, 480, 64), (64, 48));
        assert_eq!(size(75, 100, 33), (25, 33));
        assert_eq!(size(900, 2, 64), (64, 1));
        assert_eq!(size(10, 20, 64), (10, 20));
    }
}
