//! From coefficients to samples: the accurate integer inverse DCT.
//!
//! As libjpeg-turbo's vector code does it, sums of coefficients wrap in 16 bits and results between
//! the passes saturate; it makes a difference for damaged data only.
//!
//! Source: libjpeg-turbo 3, `jidctint.c` and `jidctint-sse2.asm`; C. Loeffler, A. Ligtenberg and
//! G. Moschytz, "Practical Fast 1-D DCT Algorithms with 11 Multiplications" (1989).

use crate::wide::widely;

/// Bits behind the point of the constants.
const CONST_BITS: u32 = 13;
/// Bits behind the point that the first pass leaves.
const PASS_BITS: u32 = 2;

/// Eight rows of eight.
type Rows = [[i16; 8]; 8];

/// Writes the 8 by 8 samples of a block, rows `stride` apart.
pub(super) fn block(
    coefficients: &[i16; 64],
    quantization: &[u16; 64],
    samples: &mut [u8],
    stride: usize,
) {
    let rows = widely(
        #[inline(always)]
        || levels(coefficients, quantization),
    );
    for (row, out) in rows.iter().zip(samples.chunks_mut(stride)) {
        match out.first_chunk_mut::<8>() {
            Some(out) => *out = *row,
            None => out.iter_mut().zip(row).for_each(|(sample, level)| *sample = *level),
        }
    }
}

/// The samples of a block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn levels(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [[u8; 8]; 8] {
    let mut rows: Rows = [[0; 8]; 8];
    for (row, (values, steps)) in rows
        .iter_mut()
        .zip(coefficients.as_chunks::<8>().0.iter().zip(quantization.as_chunks::<8>().0))
    {
        for lane in 0..8 {
            row[lane] = values[lane].wrapping_mul(steps[lane] as i16);
        }
    }
    let rows = transposed(&pass::<{ CONST_BITS - PASS_BITS }>(&rows));
    let rows = transposed(&pass::<{ CONST_BITS + PASS_BITS + 3 }>(&rows));
    rows.map(|row| row.map(level))
}

/// The same for a block whose first coefficient is the only one that is not zero.
pub(super) fn flat(coefficient: i16, step: u16, samples: &mut [u8], stride: usize) {
    let value = i32::from(coefficient.wrapping_mul(step as i16));
    let value = i32::from(saturated(value << PASS_BITS));
    let level = level(saturated((value + (1 << (PASS_BITS + 2))) >> (PASS_BITS + 3)));
    for row in samples.chunks_mut(stride).take(8) {
        let len = row.len().min(8);
        row[..len].fill(level);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn level(value: i16) -> u8 {
    (value.clamp(-128, 127) + 128) as u8
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn saturated(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn transposed(rows: &Rows) -> Rows {
    let mut columns = [[0; 8]; 8];
    for (row, values) in rows.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            columns[column][row] = *value;
        }
    }
    columns
}

/// The one-dimensional transform down each column; results lose `SHIFT` bits.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn pass<const SHIFT: u32>(rows: &Rows) -> Rows {
    let mut out = [[0; 8]; 8];
    for lane in 0..8 {
        let wide = |row: usize| i32::from(rows[row][lane]);
        let sum = |a: usize, b: usize| i32::from(rows[a][lane].wrapping_add(rows[b][lane]));
        let difference = i32::from(rows[0][lane].wrapping_sub(rows[4][lane]));

        let both = (wide(2) + wide(6)) * 4_433;
        let (low, high) = (both - wide(6) * 15_137, both + wide(2) * 6_270);
        let (first, second) = (sum(0, 4) << CONST_BITS, difference << CONST_BITS);
        let even = [first + high, second + low, second - low, first - high];

        let (z3, z4) = (sum(7, 3), sum(5, 1));
        let z5 = (z3 + z4) * 9_633;
        let (z1, z2) = ((wide(7) + wide(1)) * -7_373, (wide(5) + wide(3)) * -20_995);
        let (z3, z4) = (z3 * -16_069 + z5, z4 * -3_196 + z5);
        let odd = [
            wide(1) * 12_299 + z1 + z4,
            wide(3) * 25_172 + z2 + z3,
            wide(5) * 16_819 + z2 + z4,
            wide(7) * 2_446 + z1 + z3,
        ];
        let half = 1 << (SHIFT - 1);
        for row in 0..4 {
            out[row][lane] =
                saturated((even[row].wrapping_add(odd[row]).wrapping_add(half)) >> SHIFT);
            out[7 - row][lane] =
                saturated((even[row].wrapping_sub(odd[row]).wrapping_add(half)) >> SHIFT);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_block_is_the_same_both_ways() {
        for coefficient in (-2_000..2_000).step_by(7) {
            let mut coefficients = [0; 64];
            coefficients[0] = coefficient;
            let (mut whole, mut short) = ([0; 64], [1; 64]);
            block(&coefficients, &[3; 64], &mut whole, 8);
            flat(coefficient, 3, &mut short, 8);
            assert_eq!(whole, short, "{coefficient}");
        }
    }
}
