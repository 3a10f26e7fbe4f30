//! Convolution of every channel by itself, over pictures whose channels stand side by side.

use rayon::prelude::*;

use crate::kernels::Level;
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::fma;

/// Channels that are summed at a time, in registers.
const BLOCK: usize = 32;

/// The shape of a picture, or of a map of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Rows.
    pub height: usize,
    /// Places in a row.
    pub width: usize,
    /// Numbers per place.
    pub channels: usize,
}

/// Slides `size` by `size` kernels, `[size, size, channels]`, over `x`, `[height, width, channels]`,
/// one step at a time, with zeros around it so that `out` has the shape of `x`; `size` is odd.
pub fn depthwise(
    level: Level,
    (x, extent): (&[f32], Extent),
    (weight, size): (&[f32], usize),
    bias: &[f32],
    out: &mut [f32],
) {
    let row = (extent.width * extent.channels).max(1);
    out.par_chunks_exact_mut(row).enumerate().for_each(|(y, out)| {
        depthwise_row(level, (x, extent), (weight, size), (bias, y), out);
    });
}

compiled_for_each_level! {
    fn depthwise_row(
        x: (&[f32], Extent),
        weight: (&[f32], usize),
        place: (&[f32], usize),
        out: &mut [f32],
    ) = depthwise_row_body
}

#[inline(always)]
fn depthwise_row_body<const FUSED: bool>(
    (x, extent): (&[f32], Extent),
    (weight, size): (&[f32], usize),
    (bias, y): (&[f32], usize),
    out: &mut [f32],
) {
    let Extent { height, width, channels } = extent;
    let reach = size / 2;
    let inside = |place: usize, tap: usize, end: usize| {
        (place + tap).checked_sub(reach).filter(|place| *place < end)
    };
    for (column, out) in out.chunks_exact_mut(channels).enumerate() {
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let from = block * BLOCK;
            let mut sums = [0.0_f32; BLOCK];
            let sums = &mut sums[..out.len()];
            sums.copy_from_slice(&bias[from..from + out.len()]);
            for tap in 0..size * size {
                let (Some(y), Some(column)) =
                    (inside(y, tap / size, height), inside(column, tap % size, width))
                else {
                    continue;
                };
                let start = (y * width + column) * channels + from;
                let x = &x[start..start + sums.len()];
                let weight = &weight[tap * channels + from..][..sums.len()];
                for ((sum, x), weight) in sums.iter_mut().zip(x).zip(weight) {
                    *sum = fma::<FUSED>(*x, *weight, *sum);
                }
            }
            out.copy_from_slice(sums);
        }
    }
}
