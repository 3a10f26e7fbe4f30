//! Bilinear resampling of maps of features, without smoothing where they shrink.
//!
//! Source: `torch.nn.functional.interpolate` with `mode="bilinear", align_corners=False`; places are
//! computed in `f32` as there.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::Level;
use crate::kernels::depthwise::Extent;
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::fma;

/// The two neighbours that a place is mixed of, and the share of the second.
type Mix = (usize, usize, f32);

fn mixes(from: usize, to: usize) -> Vec<Mix> {
    let scale = from as f32 / to as f32;
    let mix = |place: usize| {
        let source = (scale * (place as f32 + 0.5) - 0.5).max(0.0);
        let low = (source as usize).min(from.saturating_sub(1));
        let high = (low + 1).min(from.saturating_sub(1));
        (low, high, (source - low as f32).clamp(0.0, 1.0))
    };
    (0..to).map(mix).collect()
}

/// The rows `rows` of `x`, `[height, width, channels]`, made `size` (height and width) large; `out` is
/// `[rows, width, channels]`, each place `stride` numbers behind the one before.
pub fn bilinear(
    level: Level,
    (x, extent): (&[f32], Extent),
    size: (usize, usize),
    rows: Range<usize>,
    (out, stride): (&mut [f32], usize),
) {
    let (down, across) = (mixes(extent.height, size.0), mixes(extent.width, size.1));
    let row = (size.1 * stride).max(1);
    out.par_chunks_mut(row).zip(&down[rows]).for_each(|(out, down)| {
        bilinear_row(level, (x, extent), (*down, &across), out, stride);
    });
}

compiled_for_each_level! {
    fn bilinear_row(
        x: (&[f32], Extent),
        mixes: (Mix, &[Mix]),
        out: &mut [f32],
        stride: usize,
    ) = bilinear_row_body
}

#[inline(always)]
fn bilinear_row_body<const FUSED: bool>(
    (x, extent): (&[f32], Extent),
    ((top, bottom, down), across): (Mix, &[Mix]),
    out: &mut [f32],
    stride: usize,
) {
    let Extent { width, channels, .. } = extent;
    let place = |y: usize, x: usize| (y * width + x) * channels..(y * width + x + 1) * channels;
    for ((left, right, along), out) in across.iter().zip(out.chunks_mut(stride)) {
        let corners = [(top, *left), (top, *right), (bottom, *left), (bottom, *right)];
        let [a, b, c, d] = corners.map(|(row, column)| &x[place(row, column)]);
        let rest = 1.0 - along;
        for (index, out) in out[..channels].iter_mut().enumerate() {
            let upper = fma::<FUSED>(rest, a[index], along * b[index]);
            let lower = fma::<FUSED>(rest, c[index], along * d[index]);
            *out = fma::<FUSED>(1.0 - down, upper, down * lower);
        }
    }
}
