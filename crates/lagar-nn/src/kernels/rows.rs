//! Norms and softmax: functions of one row at a time.

use rayon::prelude::*;

use crate::kernels::Level;
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::{exp, lane_max, lane_sum};

/// Rows are dealt to threads in pieces of at least this many elements.
const PIECE: usize = 1 << 14;

fn for_rows(x: &mut [f32], width: usize, work: impl Fn(&mut [f32]) + Send + Sync) {
    let rows = (PIECE / width.max(1)).max(1);
    if x.len() <= PIECE {
        x.chunks_exact_mut(width.max(1)).for_each(work);
    } else {
        x.par_chunks_mut(rows * width)
            .for_each(|piece| piece.chunks_exact_mut(width).for_each(&work));
    }
}

/// Layer normalisation of every row of `x` (`[rows, width]`), in place; `bias` may be empty.
///
/// Source: Ba et al. 2016; mean and variance in two passes, as PyTorch's to the last bits or so.
pub fn layer_norm(level: Level, x: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    for_rows(x, weight.len(), |row| layer_norm_row(level, row, weight, bias, epsilon));
}

compiled_for_each_level! {
    fn layer_norm_row(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) = layer_norm_body
}

#[inline(always)]
fn layer_norm_body<const FUSED: bool>(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let width = row.len();
    let mean = lane_sum(width, |i| row[i]) / width as f32;
    let variance = lane_sum(width, |i| (row[i] - mean) * (row[i] - mean)) / width as f32;
    let scale = 1.0 / (variance + epsilon).sqrt();
    if bias.is_empty() {
        for (x, w) in row.iter_mut().zip(weight) {
            *x = (*x - mean) * scale * w;
        }
    } else {
        for ((x, w), b) in row.iter_mut().zip(weight).zip(bias) {
            *x = (*x - mean) * scale * w + b;
        }
    }
}

/// Normalisation by the root mean square of every row of `x` (`[rows, width]`), in place, scaled by
/// `weight + shift` (Gemma stores its weights less 1).
///
/// Source: Zhang and Sennrich 2019.
pub fn rms_norm(level: Level, x: &mut [f32], weight: &[f32], shift: f32, epsilon: f32) {
    for_rows(x, weight.len(), |row| rms_norm_row(level, row, weight, shift, epsilon));
}

compiled_for_each_level! {
    fn rms_norm_row(row: &mut [f32], weight: &[f32], shift: f32, epsilon: f32) = rms_norm_body
}

#[inline(always)]
fn rms_norm_body<const FUSED: bool>(row: &mut [f32], weight: &[f32], shift: f32, epsilon: f32) {
    let width = row.len();
    let square = lane_sum(width, |i| row[i] * row[i]) / width as f32;
    let scale = 1.0 / (square + epsilon).sqrt();
    for (x, w) in row.iter_mut().zip(weight) {
        *x = *x * scale * (w + shift);
    }
}

/// Softmax of every row of `x` (`[rows, width]`), in place.
pub fn softmax(level: Level, x: &mut [f32], width: usize) {
    for_rows(x, width, |row| softmax_row(level, row));
}

compiled_for_each_level! {
    /// Softmax of one row, in place. A row without elements, or with none above negative infinity,
    /// becomes zeros and NaN respectively, as in PyTorch.
    pub(crate) fn softmax_row(row: &mut [f32]) = softmax_body
}

#[inline(always)]
pub(crate) fn softmax_body<const FUSED: bool>(row: &mut [f32]) {
    let top = lane_max(row);
    for x in row.iter_mut() {
        *x = exp::<FUSED>(*x - top);
    }
    let scale = 1.0 / lane_sum(row.len(), |i| row[i]);
    for x in row.iter_mut() {
        *x *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + 13) % 1009) as f32 / 300.0 - 1.5).collect()
    }

    #[test]
    fn layer_norm_agrees_with_double_precision_at_every_level() {
        let width = 83;
        let (weight, bias) = (noise(width), noise(width + 1)[1..].to_vec());
        for level in Level::available() {
            let x = noise(width * 300);
            let mut got = x.clone();
            layer_norm(level, &mut got, &weight, &bias, 1e-5);
            for (row, got) in x.chunks(width).zip(got.chunks(width)) {
                let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / width as f64;
                let square = |x: &f32| (f64::from(*x) - mean).powi(2);
                let variance = row.iter().map(square).sum::<f64>() / width as f64;
                for i in 0..width {
                    let normal = (f64::from(row[i]) - mean) / (variance + 1e-5).sqrt();
                    let expected = normal * f64::from(weight[i]) + f64::from(bias[i]);
                    assert!((f64::from(got[i]) - expected).abs() < 2e-6);
                }
            }
        }
    }

    #[test]
    fn a_softmax_sums_to_one_and_keeps_the_order() {
        for level in Level::available() {
            let x = noise(50 * 41);
            let mut got = x.clone();
            softmax(level, &mut got, 41);
            for (row, got) in x.chunks(41).zip(got.chunks(41)) {
                assert!((got.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                let total: f64 = row.iter().map(|x| f64::from(*x).exp()).sum();
                for (x, got) in row.iter().zip(got) {
                    let expected = f64::from(*x).exp() / total;
                    assert!((f64::from(*got) - expected).abs() < 1e-6);
                }
            }
            let mut one = [3.0];
            softmax_row(level, &mut one);
            assert!((one[0] - 1.0).abs() < f32::EPSILON);
        }
    }

    #[test]
    fn rms_norm_scales_to_unit_mean_square() {
        for level in Level::available() {
            let mut x = noise(64);
            rms_norm(level, &mut x, &[0.0; 64], 1.0, 0.0);
            let square: f32 = x.iter().map(|x| x * x).sum::<f32>() / 64.0;
            assert!((square - 1.0).abs() < 1e-5);
        }
    }
}
