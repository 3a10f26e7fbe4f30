//! What the scenes draw with: rectangles, polygons, discs, lines, words and noise on a picture.
//!
//! Only whole-number arithmetic, and sums and products of `f32`, which give the same bits on every
//! machine; nothing of the C mathematics library, whose last digits differ between systems.

use image::{Rgb, RgbImage};

use super::font;
use crate::random::mix;

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

/// Points on a side of the grid inside a pixel at which an outline is tested, to soften edges.
const SAMPLES: i32 = 3;

/// A picture under the brush.
#[derive(Debug)]
pub(crate) struct Canvas {
    pixels: RgbImage,
}

impl Canvas {
    /// A picture of `width` times `height` pixels, filled with `background`.
    pub(crate) fn new(width: u32, height: u32, background: Colour) -> Self {
        Self { pixels: RgbImage::from_pixel(width, height, Rgb(background)) }
    }

    /// Pixels from left to right.
    pub(crate) fn width(&self) -> i32 {
        self.pixels.width().cast_signed()
    }

    /// Pixels from top to bottom.
    pub(crate) fn height(&self) -> i32 {
        self.pixels.height().cast_signed()
    }

    /// The finished picture.
    pub(crate) fn into_pixels(self) -> RgbImage {
        self.pixels
    }

    /// Sets every pixel to what `paint` says of its column, row and present colour.
    pub(crate) fn each(&mut self, mut paint: impl FnMut(u32, u32, Colour) -> Colour) {
        for (x, y, pixel) in self.pixels.enumerate_pixels_mut() {
            pixel.0 = paint(x, y, pixel.0);
        }
    }

    /// Fills a rectangle; what lies outside the picture is cut off.
    pub(crate) fn rectangle(&mut self, left: i32, top: i32, size: (i32, i32), colour: Colour) {
        let columns = left.max(0)..(left + size.0).min(self.width());
        for y in top.max(0)..(top + size.1).min(self.height()) {
            for x in columns.clone() {
                self.blend(x, y, colour, SAMPLES * SAMPLES);
            }
        }
    }

    /// Fills what `inside` says belongs to an outline around `centre` of half-width `reach` pixels.
    ///
    /// `inside` is asked for points relative to the centre in thousandths of `reach`.
    pub(crate) fn outline(
        &mut self,
        centre: (i32, i32),
        reach: i32,
        colour: Colour,
        inside: impl Fn(i32, i32) -> bool,
    ) {
        let scaled = |offset: i32, step: i32| (offset * SAMPLES + step) * 1000 / (reach * SAMPLES);
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let steps = (0..SAMPLES).flat_map(|a| (0..SAMPLES).map(move |b| (a, b)));
                let hits = steps.filter(|&(a, b)| inside(scaled(dx, a), scaled(dy, b))).count();
                self.blend(centre.0 + dx, centre.1 + dy, colour, hits as i32);
            }
        }
    }

    /// Draws a line `thickness` pixels wide.
    pub(crate) fn line(
        &mut self,
        from: (i32, i32),
        to: (i32, i32),
        thickness: i32,
        colour: Colour,
    ) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        for step in 0..=steps {
            let x = from.0 + (to.0 - from.0) * step / steps;
            let y = from.1 + (to.1 - from.1) * step / steps;
            let (left, top) = (x - thickness / 2, y - thickness / 2);
            self.rectangle(left, top, (thickness, thickness), colour);
        }
    }

    /// Writes `words` centred on `centre`, each dot of the font `dot` pixels wide.
    pub(crate) fn words(&mut self, words: &str, centre: (i32, i32), dot: i32, colour: Colour) {
        let left = centre.0 - words_width(words, dot) / 2;
        let top = centre.1 - font::ROWS.cast_signed() * dot / 2;
        for (place, letter) in words.chars().enumerate() {
            let start = left + place as i32 * (font::COLUMNS.cast_signed() + 1) * dot;
            for (column, row) in font::dots(letter) {
                let corner = (start + column.cast_signed() * dot, top + row.cast_signed() * dot);
                self.rectangle(corner.0, corner.1, (dot, dot), colour);
            }
        }
    }

    /// Mixes `colour` into a pixel with a weight of `hits` of all sample points.
    fn blend(&mut self, x: i32, y: i32, colour: Colour, hits: i32) {
        let inside = (0..self.width()).contains(&x) && (0..self.height()).contains(&y);
        if !inside || hits == 0 {
            return;
        }
        let pixel = self.pixels.get_pixel_mut(x.cast_unsigned(), y.cast_unsigned());
        pixel.0 = mixed(pixel.0, colour, hits, SAMPLES * SAMPLES);
    }
}

/// The width in pixels of `words` written with dots of `dot` pixels.
pub(crate) fn words_width(words: &str, dot: i32) -> i32 {
    let columns = words.chars().count() as i32 * (font::COLUMNS.cast_signed() + 1) - 1;
    columns.max(0) * dot
}

/// The colour `part` of `whole` of the way from `from` to `to`.
pub(crate) fn mixed(from: Colour, to: Colour, part: i32, whole: i32) -> Colour {
    std::array::from_fn(|channel| {
        let (start, end) = (i32::from(from[channel]), i32::from(to[channel]));
        (start + (end - start) * part / whole).clamp(0, 255) as u8
    })
}

/// A colour made lighter or darker by `amount` (-255 to 255).
pub(crate) fn lightened(colour: Colour, amount: i32) -> Colour {
    colour.map(|channel| (i32::from(channel) + amount).clamp(0, 255) as u8)
}

/// Whether the point lies within the polygon (even-odd rule).
pub(crate) fn in_polygon(corners: &[(i32, i32)], x: i32, y: i32) -> bool {
    let mut inside = false;
    let mut previous = corners.len() - 1;
    for current in 0..corners.len() {
        let ((ax, ay), (bx, by)) = (corners[current], corners[previous]);
        if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
            inside = !inside;
        }
        previous = current;
    }
    inside
}

/// Smooth noise in [0, 1): random values on a grid of `cell` pixels with straight lines between.
pub(crate) fn noise(seed: u64, x: u32, y: u32, cell: u32) -> f32 {
    let at = |column: u32, row: u32| {
        let place = u64::from(column) << 32 | u64::from(row);
        (mix(seed ^ mix(place)) >> 40) as f32 / 16_777_216.0
    };
    let (column, row) = (x / cell, y / cell);
    let across = (x % cell) as f32 / cell as f32;
    let down = (y % cell) as f32 / cell as f32;
    let top = at(column, row) * (1.0 - across) + at(column + 1, row) * across;
    let bottom = at(column, row + 1) * (1.0 - across) + at(column + 1, row + 1) * across;
    top * (1.0 - down) + bottom * down
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_holds_its_middle_and_not_its_outside() {
        let square = [(-500, -500), (500, -500), (500, 500), (-500, 500)];
        assert!(in_polygon(&square, 0, 0));
        assert!(!in_polygon(&square, 600, 0));
    }

    #[test]
    fn what_is_drawn_past_the_edge_is_cut_off() {
        let mut canvas = Canvas::new(4, 4, [0; 3]);
        canvas.rectangle(-2, -2, (4, 4), [255; 3]);
        let white = canvas.into_pixels().pixels().filter(|pixel| pixel.0 == [255; 3]).count();
        assert_eq!(white, 4);
    }

    #[test]
    fn noise_is_smooth_and_repeats_itself() {
        let here = noise(9, 100, 100, 32);
        assert_eq!(here.to_bits(), noise(9, 100, 100, 32).to_bits());
        assert!((here - noise(9, 101, 100, 32)).abs() < 0.04);
    }
}
