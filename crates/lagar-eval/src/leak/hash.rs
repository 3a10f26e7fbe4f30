//! Perceptual hashes: 64 bits of a picture's gradients and 64 of its lowest frequencies.
//!
//! Both are those of `imagehash` 4.3.2 (`dhash`, `phash`), bit 63 first: grey by Pillow's `convert("L")`,
//! Lanczos to 9x8 and 32x32, differences of neighbours, and the sign of the DCT-II's lowest 8x8
//! coefficients against their median. A hash does not see colours, so an 8x8 thumbnail has a veto.

use std::f64::consts::PI;

use lagar_image::{Filter, ImageError, Picture};

/// The most that thumbnails may differ, as a mean over their bytes.
const MOST_COLOUR: u32 = 12;
/// Fewer set (or unset) bits than this are no structure that could be told from another.
const LEAST_STRUCTURE: u32 = 4;

/// What is remembered of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureHash {
    /// `imagehash.dhash`.
    pub difference: u64,
    /// `imagehash.phash`.
    pub perceptual: u64,
    thumbnail: Vec<u8>,
}

impl PictureHash {
    /// Hashes a picture.
    ///
    /// # Errors
    /// When it cannot be resized.
    pub fn of(picture: &Picture) -> Result<Self, ImageError> {
        let rgb = picture.to_rgb();
        let grey = rgb.to_luma();
        Ok(Self {
            difference: difference(&grey)?,
            perceptual: perceptual(&grey)?,
            thumbnail: rgb.resize(8, 8, Filter::Box)?.into_pixels(),
        })
    }

    /// The larger of the two hashes' distances, in bits of 64; `None` where the colours say that the
    /// pictures differ, or where there is nothing in a picture that could be compared.
    pub fn distance(&self, other: &Self) -> Option<u32> {
        let ones = self.difference.count_ones();
        if !(LEAST_STRUCTURE..=64 - LEAST_STRUCTURE).contains(&ones) {
            return None;
        }
        let pairs = self.thumbnail.iter().zip(&other.thumbnail);
        let colour: u32 = pairs.map(|(one, two)| u32::from(one.abs_diff(*two))).sum();
        let difference = (self.difference ^ other.difference).count_ones();
        let perceptual = (self.perceptual ^ other.perceptual).count_ones();
        let same_colours = colour <= MOST_COLOUR * self.thumbnail.len() as u32;
        same_colours.then_some(difference.max(perceptual))
    }
}

fn difference(grey: &Picture) -> Result<u64, ImageError> {
    let small = grey.resize(9, 8, Filter::Lanczos)?;
    let rows = small.pixels().chunks(9);
    let bits = rows.flat_map(|row| row.windows(2).map(|pair| pair[1] > pair[0]));
    Ok(packed(bits))
}

fn perceptual(grey: &Picture) -> Result<u64, ImageError> {
    let small = grey.resize(32, 32, Filter::Lanczos)?;
    let pixels = small.pixels();
    // The lowest 8 of 32 frequencies; the scale is left out, since only the order counts.
    let wave = |frequency: usize, place: usize| {
        (PI * frequency as f64 * (2 * place + 1) as f64 / 64.0).cos()
    };
    let columns: Vec<f64> = (0..8 * 32)
        .map(|place| {
            let (frequency, column) = (place / 32, place % 32);
            (0..32)
                .map(|row| f64::from(pixels[row * 32 + column]) * wave(frequency, row))
                .sum::<f64>()
        })
        .collect();
    let low: Vec<f64> = (0..64)
        .map(|place| {
            let (down, across) = (place / 8, place % 8);
            (0..32).map(|column| columns[down * 32 + column] * wave(across, column)).sum()
        })
        .collect();
    let mut sorted = low.clone();
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[31], sorted[32]);
    Ok(packed(low.into_iter().map(|value| value > median)))
}

fn packed(bits: impl Iterator<Item = bool>) -> u64 {
    bits.fold(0, |hash, bit| hash << 1 | u64::from(bit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Name below `examples/sample/images/000`, `dhash`, `phash`: imagehash 4.3.2 with Pillow 13.0.0.
    const REFERENCE: [(&str, u64, u64); 8] = [
        ("000000000.jpg", 0x08e6_8666_6665_5555, 0xeec0_d31e_957a_c425),
        ("000000001.jpg", 0x1777_d4c1_c7c6_d8f0, 0x803c_9dee_ea19_e465),
        ("000000007.jpg", 0x4c8e_3369_6933_864c, 0xfac4_a58f_9678_9831),
        ("000000015.jpg", 0xc020_2835_9999_2608, 0xfeff_6701_8084_41f9),
        ("000000022.jpg", 0x65b2_b654_65a3_8a8a, 0x858e_794a_3793_c2f2),
        ("000000031.jpg", 0x8251_4537_4549_4d8c, 0xbf1d_c0d1_3db5_48c2),
        ("000000039.png", 0x4ddd_9a69_632e_cd51, 0xb7b1_e066_4f92_b429),
        ("000000075.jpg", 0x6070_8891_1448_0b3c, 0xd1c8_1f45_2c69_57e9),
    ];

    fn hash(name: &str) -> PictureHash {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sample/images/000");
        let bytes = std::fs::read(folder.join(name)).unwrap();
        PictureHash::of(&lagar_image::decode(&bytes).unwrap()).unwrap()
    }

    #[test]
    fn hashes_are_those_of_imagehash() {
        for (name, difference, perceptual) in REFERENCE {
            let hash = hash(name);
            assert_eq!(hash.difference, difference, "dhash of {name}");
            assert_eq!(hash.perceptual, perceptual, "phash of {name}");
        }
    }

    #[test]
    fn different_pictures_are_far_apart_and_equal_ones_at_0() {
        let hashes: Vec<PictureHash> = REFERENCE.iter().map(|known| hash(known.0)).collect();
        for (place, one) in hashes.iter().enumerate() {
            assert_eq!(one.distance(one), Some(0));
            let near = |other: &&PictureHash| one.distance(other).is_some_and(|far| far < 12);
            assert_eq!(hashes[place + 1..].iter().find(near), None);
        }
    }

    #[test]
    fn a_plain_picture_is_like_no_other() {
        let plain = Picture::new(20, 20, lagar_image::Mode::L, vec![90; 400]).unwrap();
        let hash = PictureHash::of(&plain).unwrap();
        assert_eq!(hash.distance(&hash), None);
    }
}
