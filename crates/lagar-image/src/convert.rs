//! Pillow's `convert`: to `RGB`, to grey, and to and from premultiplied alpha.
//!
//! Source: Pillow 13, `libImaging/Convert.c`.

use crate::{Mode, Picture};

impl Picture {
    /// Pillow's `convert("RGB")`: alpha is dropped, 16 bits are clipped to 8, inks are mixed.
    #[must_use]
    pub fn to_rgb(&self) -> Self {
        let pixels = match self.mode() {
            Mode::Rgb => self.pixels().to_vec(),
            Mode::Bit | Mode::L => self.pixels().iter().flat_map(|grey| [*grey; 3]).collect(),
            Mode::La => pairs(self).flat_map(|[grey, _alpha]| [grey; 3]).collect(),
            Mode::I16 => pairs(self).flat_map(|pair| [clip(pair); 3]).collect(),
            Mode::Rgba => {
                quads(self).flat_map(|[red, green, blue, _alpha]| [red, green, blue]).collect()
            }
            Mode::Cmyk => quads(self).flat_map(mix).collect(),
        };
        Self::of(self.width(), self.height(), Mode::Rgb, pixels)
    }

    /// [`Self::to_rgb`], without a copy where the pixels are RGB already.
    #[must_use]
    pub fn into_rgb(self) -> Self {
        if self.mode() == Mode::Rgb { self } else { self.to_rgb() }
    }

    /// Pillow's `convert("L")`: grey by ITU-R 601-2 in 16 bits of fixed point.
    #[must_use]
    pub fn to_luma(&self) -> Self {
        let pixels = match self.mode() {
            Mode::Bit | Mode::L => self.pixels().to_vec(),
            Mode::La => pairs(self).map(|[grey, _alpha]| grey).collect(),
            Mode::I16 => pairs(self).map(clip).collect(),
            Mode::Rgb => self.pixels().as_chunks().0.iter().copied().map(luma).collect(),
            Mode::Rgba => {
                quads(self).map(|[red, green, blue, _]| luma([red, green, blue])).collect()
            }
            Mode::Cmyk => quads(self).map(|inks| luma(mix(inks))).collect(),
        };
        Self::of(self.width(), self.height(), Mode::L, pixels)
    }

    /// Colours multiplied by alpha, as Pillow has them while it resizes; other modes as they are.
    pub(crate) fn premultiplied(mut self) -> Self {
        match self.mode {
            Mode::La => {
                for [grey, alpha] in self.pixels.as_chunks_mut().0 {
                    *grey = times(*grey, *alpha);
                }
            }
            Mode::Rgba => {
                for [red, green, blue, alpha] in self.pixels.as_chunks_mut().0 {
                    (*red, *green, *blue) =
                        (times(*red, *alpha), times(*green, *alpha), times(*blue, *alpha));
                }
            }
            _ => {}
        }
        self
    }

    /// The reverse of [`Self::premultiplied`].
    pub(crate) fn divided_by_alpha(mut self) -> Self {
        match self.mode {
            Mode::La => {
                for [grey, alpha] in self.pixels.as_chunks_mut().0 {
                    *grey = over(*grey, *alpha);
                }
            }
            Mode::Rgba => {
                for [red, green, blue, alpha] in self.pixels.as_chunks_mut().0 {
                    (*red, *green, *blue) =
                        (over(*red, *alpha), over(*green, *alpha), over(*blue, *alpha));
                }
            }
            _ => {}
        }
        self
    }
}

fn pairs(picture: &Picture) -> impl Iterator<Item = [u8; 2]> {
    picture.pixels().as_chunks().0.iter().copied()
}

fn quads(picture: &Picture) -> impl Iterator<Item = [u8; 4]> {
    picture.pixels().as_chunks().0.iter().copied()
}

/// Grey of a colour.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    ((sum + 0x8000) >> 16) as u8
}

/// 16 bits, the low byte first, clipped to 8.
fn clip([low, high]: [u8; 2]) -> u8 {
    if high == 0 { low } else { 255 }
}

/// The colour of four inks.
fn mix([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let white = 255 - black;
    [cyan, magenta, yellow].map(|ink| white - times(ink, white))
}

/// `a * b / 255`, rounded.
fn times(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    (((product >> 8) + product) >> 8) as u8
}

/// `255 * a / b`, as far as a byte goes.
fn over(a: u8, b: u8) -> u8 {
    match b {
        0 | 255 => a,
        _ => (255 * u32::from(a) / u32::from(b)).min(255) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_becomes_rgb_as_in_pillow() {
        let rgb = |mode, pixels: &[u8]| {
            let picture = Picture::new(1, 1, mode, pixels.to_vec()).unwrap();
            (picture.to_rgb().into_pixels(), picture.to_luma().into_pixels())
        };
        assert_eq!(rgb(Mode::L, &[7]), (vec![7, 7, 7], vec![7]));
        assert_eq!(rgb(Mode::La, &[7, 0]), (vec![7, 7, 7], vec![7]));
        assert_eq!(rgb(Mode::I16, &[7, 0]), (vec![7, 7, 7], vec![7]));
        assert_eq!(rgb(Mode::I16, &[7, 1]), (vec![255; 3], vec![255]));
        assert_eq!(rgb(Mode::Rgba, &[1, 2, 3, 0]), (vec![1, 2, 3], vec![2]));
        assert_eq!(rgb(Mode::Cmyk, &[10, 200, 0, 50]), (vec![197, 44, 205], vec![108]));
    }
}
