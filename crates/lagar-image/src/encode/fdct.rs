//! From samples to coefficients: the accurate integer forward DCT, and quantization.
//!
//! Source: libjpeg-turbo 3, `jfdctint.c` and `jcdctmgr.c`.

const CONST_BITS: u32 = 13;
const PASS_BITS: u32 = 2;

/// The coefficients of 64 levels around 0, eight times as large as they are.
fn transform(levels: &mut [i32; 64]) {
    for row in levels.as_chunks_mut::<8>().0 {
        *row = line::<{ CONST_BITS - PASS_BITS }>(*row, |sum| sum << PASS_BITS);
    }
    for column in 0..8 {
        let values: [i32; 8] = std::array::from_fn(|row| levels[row * 8 + column]);
        let values = line::<{ CONST_BITS + PASS_BITS }>(values, |sum| descaled(sum, PASS_BITS));
        for (row, value) in values.into_iter().enumerate() {
            levels[row * 8 + column] = value;
        }
    }
}

fn descaled(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

fn line<const SHIFT: u32>(d: [i32; 8], whole: impl Fn(i32) -> i32) -> [i32; 8] {
    let sum = |a: usize, b: usize| d[a] + d[b];
    let difference = |a: usize, b: usize| d[a] - d[b];
    let (t0, t1, t2, t3) = (sum(0, 7), sum(1, 6), sum(2, 5), sum(3, 4));
    let (t7, t6, t5, t4) = (difference(0, 7), difference(1, 6), difference(2, 5), difference(3, 4));
    let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
    let even = (t12 + t13) * 4_433;
    let z5 = (t4 + t6 + t5 + t7) * 9_633;
    let (z1, z2) = ((t4 + t7) * -7_373, (t5 + t6) * -20_995);
    let (z3, z4) = ((t4 + t6) * -16_069 + z5, (t5 + t7) * -3_196 + z5);
    [
        whole(t10 + t11),
        descaled(t7 * 12_299 + z1 + z4, SHIFT),
        descaled(even + t13 * 6_270, SHIFT),
        descaled(t6 * 25_172 + z2 + z3, SHIFT),
        whole(t10 - t11),
        descaled(t5 * 16_819 + z2 + z4, SHIFT),
        descaled(even - t12 * 15_137, SHIFT),
        descaled(t4 * 2_446 + z1 + z3, SHIFT),
    ]
}

/// The quantized coefficients of 64 samples, row by row.
pub(super) fn block(samples: [u8; 64], quantization: &[u8; 64]) -> [i32; 64] {
    let mut levels = samples.map(|sample| i32::from(sample) - 128);
    transform(&mut levels);
    for (value, step) in levels.iter_mut().zip(quantization) {
        let step = i32::from(*step) << 3;
        let size = (value.abs() + (step >> 1)) / step;
        *value = if *value < 0 { -size } else { size };
    }
    levels
}
