//! Kernels on any shapes and any numbers, at every level of the machine.
//!
//! What must hold: nothing panics or leaves its memory (the sanitizer watches), every level gives the
//! same integers, and a row's result does not depend on its neighbours.

#![no_main]

use arbitrary::Arbitrary;
use lagar_nn::Dtype;
use lagar_nn::kernels::depthwise::{Extent, depthwise};
use lagar_nn::kernels::packed::Packed;
use lagar_nn::kernels::product::{Epilogue, Rows, product};
use lagar_nn::kernels::{Activation, Level};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Case {
    rows: u8,
    outputs: u8,
    inputs: u16,
    dtype: u8,
    activation: u8,
    has_bias: bool,
    has_residual: bool,
    map: (u8, u8, u8),
    numbers: Vec<f32>,
}

fuzz_target!(|case: Case| {
    multiply(&case);
    convolve(&case);
});

fn fill(numbers: &[f32], len: usize) -> Vec<f32> {
    (0..len).map(|i| numbers.get(i % numbers.len().max(1)).copied().unwrap_or(i as f32)).collect()
}

fn bits(x: &[f32]) -> Vec<u32> {
    // Which NaN comes out is nobody's promise.
    x.iter().map(|x| if x.is_nan() { u32::MAX } else { x.to_bits() }).collect()
}

fn multiply(case: &Case) {
    let (rows, outputs) = (usize::from(case.rows % 40), usize::from(case.outputs));
    let inputs = usize::from(case.inputs % 1200);
    let dtype = [Dtype::F32, Dtype::Bf16, Dtype::Int8][usize::from(case.dtype % 3)];
    let x = fill(&case.numbers, rows * inputs);
    let read = |row: usize, out: &mut [f32]| {
        out.iter_mut().enumerate().for_each(|(i, out)| *out = (row * 7 + i) as f32 / 99.0 - 3.0);
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(matrix) = Packed::from_rows((outputs, inputs), dtype, read);
    let bias = fill(&case.numbers, if case.has_bias { outputs } else { 0 });
    let residual = fill(&case.numbers, if case.has_residual { rows * outputs } else { 0 });
    let activation =
        [Activation::Identity, Activation::Relu, Activation::Gelu][usize::from(case.activation % 3)];
    let epilogue = Epilogue { bias: &bias, activation, residual: &residual };
    let operand = Rows { data: &x, count: rows, stride: inputs };
    let mut first: Option<Vec<u32>> = None;
    for level in Level::available() {
        let all = product(level, operand, &matrix, &epilogue);
        if dtype == Dtype::Int8 && activation != Activation::Gelu {
            let all = bits(&all);
            assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{level}");
        }
        if let Some(last) = rows.checked_sub(1) {
            let alone = Rows { data: &x[last * inputs..], count: 1, stride: inputs };
            let residual = residual.get(last * outputs..).unwrap_or(&[]);
            let alone = product(level, alone, &matrix, &Epilogue { residual, ..epilogue });
            assert_eq!(bits(&alone), bits(&all[last * outputs..]), "{level}");
        }
    }
}

fn convolve(case: &Case) {
    let (height, width, channels) = case.map;
    let extent = Extent {
        height: usize::from(height % 12),
        width: usize::from(width % 24),
        channels: usize::from(channels % 80),
    };
    let x = fill(&case.numbers, extent.height * extent.width * extent.channels);
    let (weight, bias) = (fill(&case.numbers, 49 * extent.channels), vec![0.5; extent.channels]);
    for level in Level::available() {
        assert_eq!(depthwise(level, (&x, extent), (&weight, 7), &bias).len(), x.len());
    }
}
