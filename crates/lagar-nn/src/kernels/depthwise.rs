//! Convolution of every channel by itself, over pictures whose channels stand side by side.
//!
//! A strip of eight places in a row is summed at a time, for as many channels as a register holds: a
//! number of the input is loaded once for all the places of the strip that it touches. Places outside
//! are left out, so that edges cost no more than the middle. Every sum goes through the kernel row by
//! row, whatever the size of strips and registers.
#![expect(unsafe_code, reason = "vector loads and stores, functions compiled for a CPU feature")]

use std::mem::MaybeUninit;

use rayon::prelude::*;

use crate::kernels::Level;
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::fma;
use crate::kernels::memory::fresh;

/// Places of a row that are summed at a time.
const STRIP: usize = 8;
/// Channels that are worked through before the next strip.
const TILE: usize = 64;
/// The size of kernel that has code of its own.
const SEVEN: usize = 7;

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

/// Slides `size` by `size` kernels, `[size, size, channels]`, over maps `x`, each
/// `[height, width, channels]`, one step at a time, with zeros around them so that the result has the
/// shape of `x`; `size` is odd.
///
/// # Panics
/// When the slices do not have the sizes that `extent` and `size` say.
pub fn depthwise(
    level: Level,
    (x, extent): (&[f32], Extent),
    (weight, size): (&[f32], usize),
    bias: &[f32],
) -> Vec<f32> {
    let Extent { height, width, channels } = extent;
    let (row, map) = (width * channels, height * width * channels);
    assert!(map == 0 || x.len().is_multiple_of(map), "{} elements of maps {extent:?}", x.len());
    assert!(weight.len() == size * size * channels, "{} elements of kernels", weight.len());
    assert!(bias.len() == channels, "{} elements of a bias", bias.len());
    fresh(x.len(), |out| {
        out.par_chunks_mut(row.max(1)).enumerate().for_each(|(y, out)| {
            let x = &x[y / height * map..(y / height + 1) * map];
            let maps = Maps { x, extent, weight, size, bias, y: y % height };
            let done = strips(level, &maps, out);
            if done < channels {
                one_by_one(level, &maps, done, out);
            }
        });
    })
}

/// What one row of the result is computed from.
struct Maps<'a> {
    x: &'a [f32],
    extent: Extent,
    weight: &'a [f32],
    size: usize,
    bias: &'a [f32],
    /// The row.
    y: usize,
}

/// Computes what strips can, and returns how many channels that were.
fn strips(level: Level, maps: &Maps<'_>, out: &mut [MaybeUninit<f32>]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if maps.size == SEVEN {
        let Extent { height, width, channels } = maps.extent;
        assert!(maps.bias.len() == channels && out.len() == width * channels, "a row");
        assert!(maps.x.len() == height * width * channels, "elements of a map");
        assert!(maps.weight.len() == SEVEN * SEVEN * channels, "elements of the kernels");
        let level = level.min(Level::detect());
        if level >= Level::Avx512 {
            // SAFETY: `detect` has seen the feature; the sizes have just been checked.
            return unsafe { sixteen::row(maps, out) };
        }
        if level >= Level::Avx2 {
            // SAFETY: as above.
            return unsafe { eight::row(maps, out) };
        }
    }
    let _ = (level, maps, out);
    0
}

#[cfg(target_arch = "x86_64")]
macro_rules! strips {
    ($name:ident, $features:literal, $lanes:literal, $vector:ident, $load:ident, $store:ident, $fma:ident) => {
        mod $name {
            use std::arch::x86_64::{$fma, $load, $store, $vector};

            use super::{Extent, Maps, MaybeUninit, SEVEN, STRIP, TILE};

            const REACH: usize = SEVEN / 2;

            /// # Safety
            /// The CPU must have the features, and the slices the sizes that `extent` says.
            #[target_feature(enable = $features)]
            pub(super) unsafe fn row(maps: &Maps<'_>, out: &mut [MaybeUninit<f32>]) -> usize {
                let Extent { width, channels, .. } = maps.extent;
                let whole = channels - channels % $lanes;
                for tile in (0..whole).step_by(TILE) {
                    for column in (0..width).step_by(STRIP) {
                        for from in (tile..(tile + TILE).min(whole)).step_by($lanes) {
                            let is_inside = column >= REACH && column + STRIP + REACH <= width;
                            // SAFETY: the channels from `from` on are there, and what `INSIDE` says has
                            // just been checked; the rest is the caller's promise.
                            unsafe {
                                if is_inside {
                                    strip::<true>(maps, column, from, out);
                                } else {
                                    strip::<false>(maps, column, from, out);
                                }
                            }
                        }
                    }
                }
                whole
            }

            /// Some channels of up to `STRIP` places from `column` on; `INSIDE` says that all the
            /// places they touch in a row are there.
            ///
            /// # Safety
            /// As [`row`]; the channels from `from` on and the places of `INSIDE` must be there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn strip<const INSIDE: bool>(
                maps: &Maps<'_>,
                column: usize,
                from: usize,
                out: &mut [MaybeUninit<f32>],
            ) {
                let Extent { height, width, channels } = maps.extent;
                // SAFETY: the channels from `from` on are there.
                let mut sums = [unsafe { $load(maps.bias.as_ptr().add(from)) }; STRIP];
                for down in 0..SEVEN {
                    let y = (maps.y + down).wrapping_sub(REACH);
                    if y >= height {
                        continue;
                    }
                    let tap = |across: usize| {
                        let start = (down * SEVEN + across) * channels + from;
                        // SAFETY: one of 49 taps, each of `channels` elements.
                        unsafe { $load(maps.weight.as_ptr().add(start)) }
                    };
                    let taps: [$vector; SEVEN] =
                        [tap(0), tap(1), tap(2), tap(3), tap(4), tap(5), tap(6)];
                    let row = maps.x.as_ptr().wrapping_add((y * width + column) * channels + from);
                    let row = row.wrapping_sub(REACH * channels);
                    // The input at `column + place - REACH` meets tap `across` of output
                    // `place - across`. Written out, so that sums stay in registers.
                    macro_rules! at {
                        ($place:literal) => {
                            if INSIDE || (column + $place).wrapping_sub(REACH) < width {
                                // SAFETY: this place is inside the row.
                                let x = unsafe { $load(row.wrapping_add($place * channels)) };
                                for (across, tap) in taps.iter().enumerate() {
                                    let output = usize::wrapping_sub($place, across);
                                    if let Some(sum) = sums.get_mut(output) {
                                        *sum = $fma(x, *tap, *sum);
                                    }
                                }
                            }
                        };
                    }
                    at!(0);
                    at!(1);
                    at!(2);
                    at!(3);
                    at!(4);
                    at!(5);
                    at!(6);
                    at!(7);
                    at!(8);
                    at!(9);
                    at!(10);
                    at!(11);
                    at!(12);
                    at!(13);
                }
                for (place, sum) in sums.into_iter().enumerate().take(width - column) {
                    let start = (column + place) * channels + from;
                    let out = &mut out[start..start + $lanes];
                    // SAFETY: as many elements as a register has.
                    unsafe { $store(out.as_mut_ptr().cast(), sum) };
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
strips!(
    sixteen,
    "avx512f,avx512vl,fma",
    16,
    __m512,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_fmadd_ps
);
#[cfg(target_arch = "x86_64")]
strips!(eight, "avx2,fma", 8, __m256, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps);

compiled_for_each_level! {
    fn one_by_one(maps: &Maps<'_>, from: usize, out: &mut [MaybeUninit<f32>]) = one_by_one_body
}

/// Channels from `from` on, place by place.
#[inline(always)]
fn one_by_one_body<const FUSED: bool>(maps: &Maps<'_>, from: usize, out: &mut [MaybeUninit<f32>]) {
    let Extent { height, width, channels } = maps.extent;
    let reach = maps.size / 2;
    let inside = |place: usize, tap: usize, end: usize| {
        (place + tap).checked_sub(reach).filter(|place| *place < end)
    };
    for (column, out) in out.chunks_exact_mut(channels.max(1)).enumerate() {
        let out = out[from..].write_copy_of_slice(&maps.bias[from..]);
        for tap in 0..maps.size * maps.size {
            let (down, across) = (tap / maps.size, tap % maps.size);
            let place = inside(maps.y, down, height).zip(inside(column, across, width));
            let Some((y, column)) = place else { continue };
            let start = (y * width + column) * channels + from;
            let taps = &maps.weight[tap * channels + from..(tap + 1) * channels];
            for ((sum, x), tap) in out.iter_mut().zip(&maps.x[start..]).zip(taps) {
                *sum = fma::<FUSED>(*x, *tap, *sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 700.0 - 1.4).collect()
    }

    fn expected(
        (x, extent): (&[f32], Extent),
        (weight, size): (&[f32], usize),
        bias: &[f32],
        place: usize,
    ) -> f64 {
        let Extent { height, width, channels } = extent;
        let channel = place % channels;
        let (y, column) = (place / channels / width, place / channels % width);
        let mut sum = f64::from(bias[channel]);
        for tap in 0..size * size {
            let (row, place) = (y + tap / size, column + tap % size);
            let inside = row >= size / 2 && row - size / 2 < height;
            if inside && place >= size / 2 && place - size / 2 < width {
                let start = ((row - size / 2) * width + place - size / 2) * channels + channel;
                sum += f64::from(x[start]) * f64::from(weight[tap * channels + channel]);
            }
        }
        sum
    }

    #[test]
    fn every_size_and_edge_agrees_with_double_precision_at_every_level() {
        let shapes = [
            (9, 5, 40, 7),
            (3, 21, 16, 7),
            (1, 1, 3, 7),
            (8, 16, 83, 7),
            (4, 6, 20, 3),
            (2, 9, 8, 9),
        ];
        for (height, width, channels, size) in shapes {
            let extent = Extent { height, width, channels };
            let map = height * width * channels;
            let x = noise(2 * map, 1);
            let (weight, bias) = (noise(size * size * channels, 2), noise(channels, 3));
            for level in Level::available() {
                let got = depthwise(level, (&x, extent), (&weight, size), &bias);
                for (place, got) in got.iter().enumerate() {
                    let x = &x[place / map * map..];
                    let exact = expected((x, extent), (&weight, size), &bias, place % map);
                    assert!((f64::from(*got) - exact).abs() < 3e-5, "{level} {extent:?} {place}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_within_its_reach_and_channel() {
        let extent = Extent { height: 10, width: 20, channels: 32 };
        let mut x = noise(10 * 20 * 32, 1);
        x[(4 * 20 + 9) * 32 + 5] = f32::NAN;
        let weight = noise(49 * 32, 2);
        for level in Level::available() {
            let got = depthwise(level, (&x, extent), (&weight, 7), &[0.0; 32]);
            for (place, got) in got.iter().enumerate() {
                let (y, column) = (place / 32 / 20, place / 32 % 20);
                let reached = y.abs_diff(4) <= 3 && column.abs_diff(9) <= 3 && place % 32 == 5;
                assert_eq!(got.is_nan(), reached, "{level} {y} {column}");
            }
        }
    }
}
