//! The two passes: every row, then every column.

use super::weights::{PRECISION, Weights};
use super::{Area, Filter};
use crate::Picture;

const HALF: i32 = 1 << (PRECISION - 1);

pub(super) fn resize(
    picture: &Picture,
    area: Area,
    (width, height): (u32, u32),
    filter: Filter,
) -> Picture {
    let (old_width, old_height) = (picture.width(), picture.height());
    let whole = (f64::from(old_width), f64::from(old_height));
    let is_wide = width != old_width || (area.left, area.right) != (0.0, whole.0);
    let is_high = height != old_height || (area.top, area.bottom) != (0.0, whole.1);
    let channels = picture.mode().channels();
    let rows = Weights::new(filter, (area.left, area.right), old_width, width);
    let columns = Weights::new(filter, (area.top, area.bottom), old_height, height);
    let (old_stride, stride) = (picture.stride(), width as usize * channels);
    let pixels = match (is_wide, is_high) {
        (true, true) if is_columns_first((old_width, old_height), (width, height)) => {
            let pixels = along_columns(picture.pixels(), old_stride, 0, &columns);
            along_rows(&pixels, channels, old_stride, &rows)
        }
        (true, true) => {
            let (top, bottom) = columns.reach();
            let used = &picture.pixels()[top * old_stride..bottom * old_stride];
            let pixels = along_rows(used, channels, old_stride, &rows);
            along_columns(&pixels, stride, top, &columns)
        }
        (true, false) => along_rows(picture.pixels(), channels, old_stride, &rows),
        (false, true) => along_columns(picture.pixels(), stride, 0, &columns),
        (false, false) => picture.pixels().to_vec(),
    };
    Picture::of(width, height, picture.mode(), pixels)
}

/// Whether columns come before rows: where many more rows than columns go away (Pillow 13; earlier
/// versions always take rows first). Found by experiment, on 5,455 pairs of sizes.
fn is_columns_first(old: (u32, u32), new: (u32, u32)) -> bool {
    let lost = |old: u32, new: u32| i64::from(old) - i64::from(new);
    new.1 < old.1 && lost(old.1, new.1) > 2 * lost(old.0, new.0)
}

fn along_rows(pixels: &[u8], channels: usize, stride: usize, weights: &Weights) -> Vec<u8> {
    match channels {
        1 => along_rows_of::<1>(pixels, stride, weights),
        2 => along_rows_of::<2>(pixels, stride, weights),
        3 => along_rows_of::<3>(pixels, stride, weights),
        _ => along_rows_of::<4>(pixels, stride, weights),
    }
}

fn along_rows_of<const N: usize>(pixels: &[u8], stride: usize, weights: &Weights) -> Vec<u8> {
    let rows = pixels.chunks_exact(stride);
    let width = weights.iter().len() * N;
    let mut out = vec![0; rows.len() * width];
    for (row, out) in rows.zip(out.chunks_exact_mut(width)) {
        let (row, _) = row.as_chunks::<N>();
        for ((first, weights), out) in weights.iter().zip(out.as_chunks_mut::<N>().0) {
            let mut sums = [HALF; N];
            for (pixel, weight) in row[first..].iter().zip(weights) {
                for (sum, level) in sums.iter_mut().zip(pixel) {
                    *sum = sum.wrapping_add(i32::from(*level).wrapping_mul(*weight));
                }
            }
            *out = sums.map(level);
        }
    }
    out
}

/// `top` is how many rows of the picture are left out of `pixels`.
fn along_columns(pixels: &[u8], stride: usize, top: usize, weights: &Weights) -> Vec<u8> {
    let mut out = vec![0; weights.iter().len() * stride];
    let mut sums = vec![HALF; stride];
    for ((first, weights), out) in weights.iter().zip(out.chunks_exact_mut(stride)) {
        sums.fill(HALF);
        let rows = pixels[(first - top) * stride..].chunks_exact(stride);
        for (row, weight) in rows.zip(weights) {
            for (sum, level) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i32::from(*level).wrapping_mul(*weight));
            }
        }
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out = level(*sum);
        }
    }
    out
}

fn level(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}
