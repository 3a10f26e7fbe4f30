//! The product of two narrow matrices, added to a wide one: what an adapter changes.

use std::ops::Range;

use crate::kernels::Level;
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::fma;

/// Columns that are worked on at once.
const COLUMNS: usize = 32;
/// Rows that share what has been read of `right`.
const ROWS: usize = 4;

/// The two factors of an update and what it is multiplied by: `scale · left · right`.
#[derive(Clone, Copy, Debug)]
pub struct LowRankUpdate<'a> {
    /// Columns of `left` and rows of `right`.
    pub rank: usize,
    /// `[rows, rank]`.
    pub left: &'a [f32],
    /// `[rank, columns]`.
    pub right: &'a [f32],
    /// What the product is multiplied by.
    pub scale: f32,
}

/// Adds an update to `out`, `[rows, columns]`, on the calling thread. Each element's sum goes over
/// the rank in order, is scaled, and only then added, whatever the number of rows.
pub fn add_low_rank(level: Level, update: LowRankUpdate<'_>, out: &mut [f32]) {
    if update.rank > 0 && !out.is_empty() {
        add_for_level(level, update, out);
    }
}

compiled_for_each_level! {
    fn add_for_level(update: LowRankUpdate<'_>, out: &mut [f32]) = add_body
}

#[inline(always)]
fn add_body<const FUSED: bool>(update: LowRankUpdate<'_>, out: &mut [f32]) {
    let LowRankUpdate { rank, left, right, scale } = update;
    let columns = right.len() / rank;
    let groups = out.chunks_mut(ROWS * columns).zip(left.chunks(ROWS * rank));
    for (out, left) in groups {
        for from in (0..columns).step_by(COLUMNS) {
            let width = COLUMNS.min(columns - from);
            let sums = block::<FUSED>((rank, columns), left, right, from..from + width);
            for (out, sums) in out.chunks_exact_mut(columns).zip(&sums) {
                for (out, sum) in out[from..from + width].iter_mut().zip(sums) {
                    *out += scale * sum;
                }
            }
        }
    }
}

/// `left · right` for a few rows and columns.
#[inline(always)]
fn block<const FUSED: bool>(
    (rank, columns): (usize, usize),
    left: &[f32],
    right: &[f32],
    wanted: Range<usize>,
) -> [[f32; COLUMNS]; ROWS] {
    let mut sums = [[0.0; COLUMNS]; ROWS];
    for (k, right) in right.chunks_exact(columns).enumerate() {
        let mut part = [0.0; COLUMNS];
        part[..wanted.len()].copy_from_slice(&right[wanted.clone()]);
        for (sums, left) in sums.iter_mut().zip(left.chunks_exact(rank)) {
            for (sum, right) in sums.iter_mut().zip(part) {
                *sum = fma::<FUSED>(left[k], right, *sum);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 31) % 211) as f32 / 100.0 - 1.0).collect()
    }

    #[test]
    fn every_level_adds_what_the_definition_says() {
        for (rows, columns, rank) in [(1, 1, 1), (5, 33, 3), (9, 100, 8), (4, 32, 0)] {
            let (left, right) = (noise(rows * rank, 1), noise(rank * columns, 2));
            let base = noise(rows * columns, 3);
            for level in Level::available() {
                let mut out = base.clone();
                let update = LowRankUpdate { rank, left: &left, right: &right, scale: 0.5 };
                add_low_rank(level, update, &mut out);
                for (place, (got, base)) in out.iter().zip(&base).enumerate() {
                    let (row, column) = (place / columns, place % columns);
                    let sum: f32 =
                        (0..rank).map(|k| left[row * rank + k] * right[k * columns + column]).sum();
                    assert!((got - (base + 0.5 * sum)).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_alone_and_in_company() {
        let (rank, columns) = (5, 70);
        let (left, right) = (noise(6 * rank, 4), noise(rank * columns, 5));
        for level in Level::available() {
            let update = LowRankUpdate { rank, left: &left, right: &right, scale: 2.0 };
            let mut together = vec![1.0; 6 * columns];
            add_low_rank(level, update, &mut together);
            for row in 0..6 {
                let mut alone = vec![1.0; columns];
                let left = &left[row * rank..(row + 1) * rank];
                add_low_rank(level, LowRankUpdate { left, ..update }, &mut alone);
                assert_eq!(alone, together[row * columns..(row + 1) * columns]);
            }
        }
    }
}
