//! Hashes of what a picture shows, equal to those of the package imagededup.
//!
//! Source: imagededup 0.3.3, `methods/hashing.py`.

mod cosine;

use lagar_image::{Filter, ImageError, Picture};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a picture becomes 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum HashMethod {
    /// Which low frequencies of 32 by 32 pixels are above their median.
    #[default]
    Phash,
    /// Which of 9 by 8 pixels are darker than their right neighbours.
    Dhash,
    /// Which coarse wavelet coefficients of 256 by 256 pixels are above their median.
    Whash,
    /// Which of 8 by 8 pixels are above their mean.
    Ahash,
}

impl HashMethod {
    /// The hash of a picture as 16 hexadecimal digits.
    ///
    /// # Errors
    /// When the picture cannot be resized.
    pub fn hash(self, picture: &Picture) -> Result<String, ImageError> {
        let grey = |width, height| {
            let small = picture.resize(width, height, Filter::Lanczos)?;
            Ok::<_, ImageError>(small.to_luma().into_pixels())
        };
        let bits = match self {
            Self::Phash => frequencies(&grey(32, 32)?),
            Self::Dhash => slopes(&grey(9, 8)?),
            Self::Whash => wavelets(&grey(256, 256)?),
            Self::Ahash => levels(&grey(8, 8)?),
        };
        let word = bits.into_iter().fold(0_u64, |word, bit| word << 1 | u64::from(bit));
        Ok(format!("{word:016x}"))
    }
}

/// 32 by 32 pixels; the median leaves the mean of the picture out.
fn frequencies(pixels: &[u8]) -> Vec<bool> {
    let mut values: Vec<f64> = pixels.iter().map(|level| f64::from(*level)).collect();
    for column in 0..32 {
        let mut line: [f64; 32] = std::array::from_fn(|row| values[row * 32 + column]);
        cosine::transform(&mut line);
        for (row, value) in line.into_iter().enumerate() {
            values[row * 32 + column] = value;
        }
    }
    for row in values.as_chunks_mut::<32>().0 {
        cosine::transform(row);
    }
    let low: Vec<f64> =
        values.chunks_exact(32).take(8).flat_map(|row| &row[..8]).copied().collect();
    let median = median(&low[1..]);
    low.into_iter().map(|value| value >= median).collect()
}

/// 9 by 8 pixels.
fn slopes(pixels: &[u8]) -> Vec<bool> {
    let rows = pixels.chunks_exact(9);
    rows.flat_map(|row| row.windows(2)).map(|pair| pair[1] > pair[0]).collect()
}

/// 8 by 8 pixels.
fn levels(pixels: &[u8]) -> Vec<bool> {
    let sum: u32 = pixels.iter().map(|level| u32::from(*level)).sum();
    pixels.iter().map(|level| u32::from(*level) * pixels.len() as u32 >= sum).collect()
}

/// 256 by 256 pixels: Haar's wavelet five times over, columns before rows as in `PyWavelets`.
fn wavelets(pixels: &[u8]) -> Vec<bool> {
    let mut values: Vec<f64> = pixels.iter().map(|level| f64::from(*level) / 255.0).collect();
    let mut side = 256;
    let low = |later: f64, earlier: f64| {
        std::f64::consts::FRAC_1_SQRT_2 * later + std::f64::consts::FRAC_1_SQRT_2 * earlier
    };
    while side > 8 {
        let half = side / 2;
        let columns: Vec<f64> = values
            .chunks_exact(2 * side)
            .flat_map(|rows| {
                let (upper, lower) = rows.split_at(side);
                upper.iter().zip(lower).map(|(upper, lower)| low(*lower, *upper))
            })
            .collect();
        values = columns.as_chunks().0.iter().map(|[left, right]| low(*right, *left)).collect();
        side = half;
    }
    let median = median(&values);
    values.into_iter().map(|value| value >= median).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return sorted[middle];
    }
    f64::midpoint(sorted[middle - 1], sorted[middle])
}
