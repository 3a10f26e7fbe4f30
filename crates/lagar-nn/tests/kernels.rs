//! Kernels on random shapes and unusual numbers, against sums in double precision, at every level that
//! this machine has.

use std::convert::Infallible;

use lagar_nn::Dtype;
use lagar_nn::kernels::depthwise::{Extent, depthwise};
use lagar_nn::kernels::packed::Packed;
use lagar_nn::kernels::product::{Epilogue, Rows, product};
use lagar_nn::kernels::{Activation, Level};
use proptest::prelude::*;

/// Numbers that follow from a seed: some of each size, zeros and denormals among them.
fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let number = |_| {
        let (kind, value) = (next() % 16, (next() as f32 / (1_u64 << 30) as f32) - 1.0);
        match kind {
            0 => 0.0,
            1 => value * 1e-41,
            2 => value * 1e6,
            _ => value,
        }
    };
    (0..len).map(number).collect()
}

fn pack(w: &[f32], (outputs, inputs): (usize, usize), dtype: Dtype) -> Packed {
    let read = |row: usize, out: &mut [f32]| {
        out.copy_from_slice(&w[row * inputs..(row + 1) * inputs]);
        Ok::<_, Infallible>(())
    };
    Packed::from_rows((outputs, inputs), dtype, read).unwrap()
}

fn rounded(x: f32, dtype: Dtype) -> f64 {
    if dtype == Dtype::Bf16 { half::bf16::from_f32(x).to_f64() } else { f64::from(x) }
}

/// What one output may differ by: rounding of the sum, and of the factors where they are integers.
fn bound(x: &[f32], w: &[f32], dtype: Dtype) -> f64 {
    let size: f64 = x.iter().zip(w).map(|(x, w)| (f64::from(*x) * f64::from(*w)).abs()).sum();
    let sum = (x.len() + 4) as f64 * f64::from(f32::EPSILON) * size + 1e-36;
    if dtype != Dtype::Int8 {
        return sum;
    }
    let largest = |row: &[f32]| row.iter().fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
    let (x_step, w_step) = (2.0 * largest(x) / 255.0, largest(w) / 127.0);
    let factor = |(x, w): (&f32, &f32)| {
        let (x, w) = (f64::from(x.abs()), f64::from(w.abs()));
        x * w_step / 2.0 + w * x_step + x_step * w_step
    };
    sum + x.iter().zip(w).map(factor).sum::<f64>() * 1.001
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn products_of_any_shape_agree_with_double_precision(
        rows in 0_usize..40,
        outputs in 0_usize..100,
        inputs in 0_usize..700,
        dtype in prop::sample::select(vec![Dtype::F32, Dtype::Bf16, Dtype::Int8]),
        seed in any::<u64>(),
    ) {
        let (x, w) = (numbers(rows * inputs, seed), numbers(outputs * inputs, seed ^ 0x4d));
        let matrix = pack(&w, (outputs, inputs), dtype);
        let operand = Rows { data: &x, count: rows, stride: inputs };
        for level in Level::available() {
            let got = product(level, operand, &matrix, &Epilogue::default());
            prop_assert_eq!(got.len(), rows * outputs);
            for (place, got) in got.iter().enumerate() {
                let x = &x[place / outputs * inputs..][..inputs];
                let w = &w[place % outputs * inputs..][..inputs];
                let terms = x.iter().zip(w).map(|(x, w)| rounded(*x, dtype) * rounded(*w, dtype));
                let error = (f64::from(*got) - terms.sum::<f64>()).abs();
                prop_assert!(error <= bound(x, w, dtype), "{} {} {}: {}", level, dtype, place, error);
            }
        }
    }

    #[test]
    fn a_row_is_the_same_bits_alone_and_in_company(
        rows in 1_usize..30,
        outputs in 1_usize..70,
        inputs in 1_usize..300,
        dtype in prop::sample::select(vec![Dtype::F32, Dtype::Bf16, Dtype::Int8]),
        seed in any::<u64>(),
    ) {
        let (x, w) = (numbers(rows * inputs, seed), numbers(outputs * inputs, seed ^ 5));
        let (bias, residual) = (numbers(outputs, seed ^ 6), numbers(rows * outputs, seed ^ 7));
        let matrix = pack(&w, (outputs, inputs), dtype);
        let epilogue = Epilogue { bias: &bias, activation: Activation::Gelu, residual: &residual };
        let row = seed as usize % rows;
        for level in Level::available() {
            let operand = Rows { data: &x, count: rows, stride: inputs };
            let all = product(level, operand, &matrix, &epilogue);
            let operand = Rows { data: &x[row * inputs..], count: 1, stride: inputs };
            let residual = &residual[row * outputs..(row + 1) * outputs];
            let alone = product(level, operand, &matrix, &Epilogue { residual, ..epilogue });
            let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&alone), bits(&all[row * outputs..(row + 1) * outputs]));
        }
    }

    #[test]
    fn depthwise_convolutions_of_any_shape_agree_between_levels(
        height in 0_usize..12,
        width in 0_usize..26,
        channels in 0_usize..90,
        seed in any::<u64>(),
    ) {
        let extent = Extent { height, width, channels };
        let (x, weight) = (numbers(height * width * channels, seed), numbers(49 * channels, seed ^ 3));
        let bias = numbers(channels, seed ^ 4);
        let expected = depthwise(Level::Portable, (&x, extent), (&weight, 7), &bias);
        for level in Level::available() {
            let got = depthwise(level, (&x, extent), (&weight, 7), &bias);
            for (got, expected) in got.iter().zip(&expected) {
                // Products of up to 1e12, 49 of them, rounded once more or once less.
                prop_assert!((got - expected).abs() <= 1e-4 * expected.abs().max(1e8));
            }
        }
    }
}
