//! From samples to coefficients: the accurate integer forward DCT, and quantization.
//!
//! Source: libjpeg-turbo 3, `jfdctint.c` and `jcdctmgr.c`.

use crate::wide::widely;

const CONST_BITS: u32 = 13;
const PASS_BITS: u32 = 2;

/// Eight rows of eight.
type Rows = [[i32; 8]; 8];

/// The coefficients of 64 levels around 0, eight times as large as they are.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn transform(levels: &Rows) -> Rows {
    let rows = transposed(&pass::<{ CONST_BITS - PASS_BITS }, false>(&transposed(levels)));
    pass::<{ CONST_BITS + PASS_BITS }, true>(&rows)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn transposed(rows: &Rows) -> Rows {
    std::array::from_fn(|row| std::array::from_fn(|column| rows[column][row]))
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn descaled(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

/// The one-dimensional transform down each column; what is no sum of levels loses `SHIFT` bits, and
/// sums lose those of the first pass in the second.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn pass<const SHIFT: u32, const IS_SECOND: bool>(d: &Rows) -> Rows {
    let mut out = [[0; 8]; 8];
    for lane in 0..8 {
        let sum = |a: usize, b: usize| d[a][lane] + d[b][lane];
        let difference = |a: usize, b: usize| d[a][lane] - d[b][lane];
        let whole = |sum: i32| {
            if IS_SECOND { descaled(sum, PASS_BITS) } else { sum << PASS_BITS }
        };
        let (t0, t1, t2, t3) = (sum(0, 7), sum(1, 6), sum(2, 5), sum(3, 4));
        let (t7, t6) = (difference(0, 7), difference(1, 6));
        let (t5, t4) = (difference(2, 5), difference(3, 4));
        let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
        let even = (t12 + t13) * 4_433;
        let z5 = (t4 + t6 + t5 + t7) * 9_633;
        let (z1, z2) = ((t4 + t7) * -7_373, (t5 + t6) * -20_995);
        let (z3, z4) = ((t4 + t6) * -16_069 + z5, (t5 + t7) * -3_196 + z5);
        out[0][lane] = whole(t10 + t11);
        out[1][lane] = descaled(t7 * 12_299 + z1 + z4, SHIFT);
        out[2][lane] = descaled(even + t13 * 6_270, SHIFT);
        out[3][lane] = descaled(t6 * 25_172 + z2 + z3, SHIFT);
        out[4][lane] = whole(t10 - t11);
        out[5][lane] = descaled(t5 * 16_819 + z2 + z4, SHIFT);
        out[6][lane] = descaled(even - t12 * 15_137, SHIFT);
        out[7][lane] = descaled(t4 * 2_446 + z1 + z3, SHIFT);
    }
    out
}

/// The quantized coefficients of 64 samples, row by row.
pub(super) fn block(samples: &[[u8; 8]; 8], quantization: &[u8; 64]) -> [i32; 64] {
    let mut coefficients = [0; 64];
    widely(
        #[inline(always)]
        || {
            let levels = samples.map(|row| row.map(|sample| i32::from(sample) - 128));
            let rows = transform(&levels);
            let values = coefficients.iter_mut().zip(rows.as_flattened());
            for ((out, value), step) in values.zip(quantization) {
                let step = i32::from(*step) << 3;
                let size = value.abs() + (step >> 1);
                // Below 2^24 and with so small a step, the quotient of floats is cut to the exact one.
                let size = (size as f32 / step as f32) as i32;
                *out = if *value < 0 { -size } else { size };
            }
        },
    );
    coefficients
}
