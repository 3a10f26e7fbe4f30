//! Pillow's blurs: `BoxBlur`, `GaussianBlur` and the fixed kernel `BLUR`.
//!
//! The Gaussian is three box blurs whose radius need not be whole: the pixels at the two ends of
//! the box count in part.
//!
//! Source: Pillow 13, `libImaging/BoxBlur.c` and `Filter.c`; P. Gwosdek et al., "Theoretical
//! Foundations of Gaussian Convolution by Extended Box Filtering" (2011), equations 7, 11 and 14.

use crate::wide::widely;
use crate::{ImageError, Mode, Picture};

/// How many box blurs make a Gaussian one.
const PASSES: u16 = 3;
/// The largest radius: beyond it the sums of a box no longer fit.
const MOST_RADIUS: f32 = 16_384.0;

impl Picture {
    /// Pillow's `BoxBlur(radius)`.
    ///
    /// # Errors
    /// When `radius` is negative or no number, or the pixels are black and white or of 16 bits.
    pub fn box_blur(&self, radius: f32) -> Result<Self, ImageError> {
        self.check_radius(radius)?;
        Ok(self.boxes(radius, 1))
    }

    /// Pillow's `GaussianBlur(radius)`; `radius` is the standard deviation in pixels.
    ///
    /// # Errors
    /// When `radius` is negative or no number, or the pixels are black and white or of 16 bits.
    pub fn gaussian_blur(&self, radius: f32) -> Result<Self, ImageError> {
        self.check_radius(radius)?;
        Ok(self.boxes(box_radius(radius), PASSES))
    }

    /// Pillow's `BLUR`: the mean of the 16 pixels on the border of a square of five.
    ///
    /// Two pixels at each edge stay as they are, and pictures smaller than the square altogether.
    ///
    /// # Errors
    /// When the pixels are black and white or of 16 bits.
    pub fn mean_blur(&self) -> Result<Self, ImageError> {
        self.check_radius(0.0)?;
        let mut pixels = self.pixels().to_vec();
        let (stride, size) = (self.stride(), self.mode().channels());
        if self.width() < 5 || self.height() < 5 {
            return Ok(self.clone());
        }
        let rows: Vec<&[u8]> = self.rows().collect();
        for (window, out) in rows.windows(5).zip(pixels.chunks_exact_mut(stride).skip(2)) {
            for place in 2 * size..stride - 2 * size {
                let far = |row: &[u8], step: usize| {
                    u32::from(row[place - step * size]) + u32::from(row[place + step * size])
                };
                let line = |row: &[u8]| far(row, 2) + far(row, 1) + u32::from(row[place]);
                let sides: u32 = window[1..4].iter().map(|row| far(row, 2)).sum();
                let sum = line(window[0]) + sides + line(window[4]);
                out[place] = ((sum + 8) >> 4) as u8;
            }
        }
        Ok(Self::of(self.width(), self.height(), self.mode(), pixels))
    }

    fn check_radius(&self, radius: f32) -> Result<(), ImageError> {
        if matches!(self.mode(), Mode::Bit | Mode::I16) {
            return Err(ImageError::WrongMode { mode: self.mode(), operation: "blurred" });
        }
        if (0.0..=MOST_RADIUS).contains(&radius) {
            return Ok(());
        }
        let message = format!("the radius is {radius}, it must be between 0 and {MOST_RADIUS}");
        Err(ImageError::Parameter { operation: "blurred", message })
    }

    fn boxes(&self, radius: f32, passes: u16) -> Self {
        if radius == 0.0 {
            return self.clone();
        }
        // Along rows first. Columns are what can be worked on side by side, so rows become columns.
        let mut lines = self.transposed();
        blur_columns(&mut lines, radius, passes);
        let mut lines = lines.transposed();
        blur_columns(&mut lines, radius, passes);
        lines
    }
}

/// The radius of the box that, applied three times, blurs like a Gaussian.
fn box_radius(radius: f32) -> f32 {
    let variance = radius * radius / f32::from(PASSES);
    let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
    let whole = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
    let part = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance);
    whole + part / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)))
}

/// How many levels of a row are worked on at once: all rows of so many stay in the cache.
const STRIP: usize = 128;

type Strip = Vec<[u8; STRIP]>;

fn blur_columns(picture: &mut Picture, radius: f32, passes: u16) {
    let stride = picture.stride();
    let whole = radius as usize;
    let inner = (16_777_216.0 / (radius * 2.0 + 1.0)) as u32;
    let outer = ((1 << 24) - (whole as u32 * 2 + 1) * inner) / 2;
    let mut strip: Strip = vec![[0; STRIP]; picture.height() as usize];
    let mut blurred = strip.clone();
    for start in (0..stride).step_by(STRIP) {
        let len = STRIP.min(stride - start);
        for (line, row) in strip.iter_mut().zip(picture.rows()) {
            line[..len].copy_from_slice(&row[start..start + len]);
        }
        for _ in 0..passes {
            widely(
                #[inline(always)]
                || blur_strip(&strip, &mut blurred, whole, (inner, outer)),
            );
            std::mem::swap(&mut strip, &mut blurred);
        }
        for (line, row) in strip.iter().zip(picture.pixels.chunks_exact_mut(stride)) {
            row[start..start + len].copy_from_slice(&line[..len]);
        }
    }
}

/// One box down columns whose ends go on for ever.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn blur_strip(
    lines: &[[u8; STRIP]],
    out: &mut [[u8; STRIP]],
    radius: usize,
    (inner, outer): (u32, u32),
) {
    let last = lines.len() - 1;
    let mut sums = [0_u32; STRIP];
    // The box one place before the column: the first line, and those up to `radius - 1`.
    for place in 0..=2 * radius {
        let line = &lines[place.saturating_sub(radius + 1).min(last)];
        for (sum, level) in sums.iter_mut().zip(line) {
            *sum += u32::from(*level);
        }
    }
    for (place, out) in out.iter_mut().enumerate() {
        let left = &lines[place.saturating_sub(radius + 1)];
        let added = &lines[(place + radius).min(last)];
        let right = &lines[(place + radius + 1).min(last)];
        for lane in 0..STRIP {
            let sum =
                sums[lane].wrapping_add(u32::from(added[lane])).wrapping_sub(u32::from(left[lane]));
            sums[lane] = sum;
            let ends = u32::from(left[lane]) + u32::from(right[lane]);
            let bulk = sum.wrapping_mul(inner).wrapping_add(ends.wrapping_mul(outer));
            out[lane] = (bulk.wrapping_add(1 << 23) >> 24) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_radius_that_is_no_radius_is_refused() {
        let grey = Picture::new(3, 3, Mode::L, vec![9; 9]).unwrap();
        for radius in [-1.0, f32::NAN, f32::INFINITY] {
            assert!(grey.gaussian_blur(radius).is_err());
        }
        assert_eq!(grey.box_blur(500.5).unwrap(), grey);
    }
}
