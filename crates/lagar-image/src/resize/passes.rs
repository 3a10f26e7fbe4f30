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
    let whole = (f64::from(picture.width()), f64::from(picture.height()));
    let is_wide = width != picture.width() || (area.left, area.right) != (0.0, whole.0);
    let is_high = height != picture.height() || (area.top, area.bottom) != (0.0, whole.1);
    let columns = Weights::new(filter, (area.top, area.bottom), picture.height(), height);
    let (top, bottom) = if is_high { columns.reach() } else { (0, picture.height() as usize) };
    let stride = picture.stride();
    let mut pixels = picture.pixels()[top * stride..bottom * stride].to_vec();
    let channels = picture.mode().channels();
    if is_wide {
        let weights = Weights::new(filter, (area.left, area.right), picture.width(), width);
        pixels = match channels {
            1 => along_rows::<1>(&pixels, stride, &weights),
            2 => along_rows::<2>(&pixels, stride, &weights),
            3 => along_rows::<3>(&pixels, stride, &weights),
            _ => along_rows::<4>(&pixels, stride, &weights),
        };
    }
    if is_high {
        pixels = along_columns(&pixels, width as usize * channels, top, &columns);
    }
    Picture::of(width, height, picture.mode(), pixels)
}

fn along_rows<const N: usize>(pixels: &[u8], stride: usize, weights: &Weights) -> Vec<u8> {
    let rows = pixels.chunks_exact(stride);
    let mut out = Vec::with_capacity(rows.len() * weights.iter().len() * N);
    for row in rows {
        let (row, _) = row.as_chunks::<N>();
        for (first, weights) in weights.iter() {
            let mut sums = [HALF; N];
            for (pixel, weight) in row[first..].iter().zip(weights) {
                for (sum, level) in sums.iter_mut().zip(pixel) {
                    *sum = sum.wrapping_add(i32::from(*level).wrapping_mul(*weight));
                }
            }
            out.extend(sums.map(level));
        }
    }
    out
}

/// `top` is how many rows of the picture are left out of `pixels`.
fn along_columns(pixels: &[u8], stride: usize, top: usize, weights: &Weights) -> Vec<u8> {
    let mut out = Vec::with_capacity(weights.iter().len() * stride);
    let mut sums = vec![HALF; stride];
    for (first, weights) in weights.iter() {
        sums.fill(HALF);
        let rows = pixels[(first - top) * stride..].chunks_exact(stride);
        for (row, weight) in rows.zip(weights) {
            for (sum, level) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i32::from(*level).wrapping_mul(*weight));
            }
        }
        out.extend(sums.iter().map(|sum| level(*sum)));
    }
    out
}

fn level(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}
