//! Numbers as 8-bit integers: weights symmetric per output, activations per token with a zero point.
//!
//! A token's numbers span `[min, max]`, zero included, in 255 steps: `x ≈ (q − zero) · scale` with `q`
//! in 0..=255, so that numbers which are never negative (behind `ReLU`) have all the steps to themselves.
//! A weight is `q · scale` with `q` in −127..=127. The sum over `(q − zero) · w` is exact: it is
//! `Σ q·w − zero · Σ w` in 32-bit integers, which hold it for up to [`MOST_INPUTS`] inputs.
//!
//! Rounding is to the nearest, ties to even, the same at every level. A token or an output with an
//! infinite or not-a-number element becomes NaN as a whole.

use crate::kernels::level::compiled_for_each_level;

/// Inputs up to which a sum of products of 8-bit integers fits 32 bits.
pub const MOST_INPUTS: usize = (i32::MAX / (255 * 127)) as usize;

/// 1.5 · 2²³: added to a small number it leaves the nearest integer in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// Steps smaller than this have no inverse; such numbers count as zeros.
const LEAST_STEP: f32 = 1e-37;
const INFINITE: u32 = 0x7f80_0000;
const LANES: usize = 16;

/// How a row of integers is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Token {
    /// The size of a step.
    pub(crate) scale: f32,
    /// The integer that stands for 0.
    pub(crate) zero: i32,
}

#[inline(always)]
fn nearest(x: f32) -> i32 {
    (x + ROUNDER).to_bits().cast_signed().wrapping_sub(ROUNDER.to_bits().cast_signed())
}

/// Least and greatest element, not above and below zero, and whether all are finite.
#[inline(always)]
fn span(row: &[f32]) -> (f32, f32, bool) {
    let (mut low, mut high, mut size) = ([0.0_f32; LANES], [0.0_f32; LANES], [0_u32; LANES]);
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let x = chunk[lane];
            low[lane] = if x < low[lane] { x } else { low[lane] };
            high[lane] = if x > high[lane] { x } else { high[lane] };
            size[lane] = size[lane].max(x.to_bits() & !(1 << 31));
        }
    }
    for (lane, x) in rest.iter().enumerate() {
        low[lane] = low[lane].min(*x);
        high[lane] = high[lane].max(*x);
        size[lane] = size[lane].max(x.to_bits() & !(1 << 31));
    }
    let low = low.into_iter().fold(0.0, f32::min);
    let high = high.into_iter().fold(0.0, f32::max);
    (low, high, size.into_iter().max() < Some(INFINITE))
}

/// What a row's integers will mean, and what its elements are to be multiplied with.
#[inline(always)]
pub(crate) fn token(row: &[f32]) -> (Token, f32) {
    let (low, high, is_finite) = span(row);
    if !is_finite {
        return (Token { scale: f32::NAN, zero: 0 }, 0.0);
    }
    let scale = high / 255.0 - low / 255.0;
    if scale < LEAST_STEP {
        return (Token::default(), 0.0);
    }
    let inverse = 1.0 / scale;
    (Token { scale, zero: nearest(-low * inverse) }, inverse)
}

/// One element of a token.
#[inline(always)]
pub(crate) fn activation(x: f32, zero: i32, inverse: f32) -> u8 {
    let whole = nearest(x * inverse).wrapping_add(zero);
    let low = if whole < 0 { 0 } else { whole };
    (if low > 255 { 255 } else { low }) as u8
}

compiled_for_each_level! {
    /// The integers of a row of weights; `scale` becomes the size of a step, 0 for a row of zeros.
    pub(crate) fn weights(row: &[f32], out: &mut [i8], scale: &mut f32) = weights_body
}

#[inline(always)]
fn weights_body<const FUSED: bool>(row: &[f32], out: &mut [i8], scale: &mut f32) {
    let (low, high, is_finite) = span(row);
    *scale = if is_finite { high.max(-low) / 127.0 } else { f32::NAN };
    let inverse = if *scale >= LEAST_STEP { 1.0 / *scale } else { 0.0 };
    if *scale < LEAST_STEP {
        *scale = 0.0;
    }
    for (out, x) in out.iter_mut().zip(row) {
        let whole = nearest(if is_finite { x * inverse } else { 0.0 });
        let low = if whole < -127 { -127 } else { whole };
        *out = (if low > 127 { 127 } else { low }) as i8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;

    #[test]
    fn a_token_is_within_half_a_step_and_zero_is_exact() {
        let row: Vec<f32> = (0..100).map(|i| (i as f32 - 20.0) * 0.037).collect();
        let (token, inverse) = token(&row);
        for x in &row {
            let whole = i32::from(activation(*x, token.zero, inverse)) - token.zero;
            assert!((whole as f32 * token.scale - x).abs() <= token.scale * 0.5001, "{x}");
        }
        assert_eq!(i32::from(activation(0.0, token.zero, inverse)), token.zero);
    }

    #[test]
    fn rows_of_zeros_denormals_and_extremes_have_a_scale_that_is_usable() {
        assert_eq!(token(&[0.0; 5]), (Token::default(), 0.0));
        assert_eq!(token(&[1e-40, -1e-39]).0, Token::default());
        let (wide, inverse) = token(&[f32::MAX, -f32::MAX]);
        assert!(wide.scale.is_finite() && inverse > 0.0);
        assert_eq!(activation(f32::MAX, wide.zero, inverse), 255);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut row = [1.0; 40];
            row[33] = bad;
            assert!(token(&row).0.scale.is_nan());
        }
    }

    #[test]
    fn weights_are_the_same_integers_at_every_level() {
        let row: Vec<f32> = (0..77).map(|i| ((i * 7919) % 1009) as f32 - 504.0).collect();
        let run = |level| {
            let (mut out, mut scale) = (vec![0; row.len()], 0.0);
            weights(level, &row, &mut out, &mut scale);
            (out, scale.to_bits())
        };
        let expected = run(Level::Portable);
        assert!(expected.0.iter().all(|q| *q >= -127));
        assert!(expected.0.contains(&127) || expected.0.contains(&-127));
        for level in Level::available() {
            assert_eq!(run(level), expected, "{level}");
        }
        let (mut out, mut scale) = ([1; 3], 1.0);
        weights(Level::Portable, &[0.0, 1.0, f32::NAN], &mut out, &mut scale);
        assert_eq!((out, scale.is_nan()), ([0; 3], true));
    }
}
