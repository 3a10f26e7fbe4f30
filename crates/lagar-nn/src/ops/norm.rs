//! Normalisation over the last dimension.

use crate::kernels::{level, rows};
use crate::ops::composite;
use crate::ops::linear::read_optional;
use crate::{NnError, Tensor, cpu};

/// Layer normalisation; `weight` and `bias` are as wide as the last dimension of `x`.
///
/// # Errors
/// When the widths differ.
pub fn layer_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    epsilon: f64,
) -> Result<Tensor, NnError> {
    check("layer norm", x, weight)?;
    if !cpu::is_here(x) {
        return composite::layer_norm(x, weight, bias, epsilon);
    }
    let mut data = cpu::to_vec(x, "layer norm")?;
    read_optional(bias, |bias| {
        cpu::read(weight, "layer norm", |weight| {
            rows::layer_norm(level(), &mut data, weight, bias, epsilon as f32);
        })
    })??;
    cpu::tensor(data, x.shape(), "layer norm")
}

/// Normalisation by the root mean square, scaled by `weight + shift`.
///
/// # Errors
/// When the widths differ.
pub fn rms_norm(x: &Tensor, weight: &Tensor, shift: f64, epsilon: f64) -> Result<Tensor, NnError> {
    check("rms norm", x, weight)?;
    if !cpu::is_here(x) {
        return composite::rms_norm(x, weight, shift, epsilon);
    }
    let mut data = cpu::to_vec(x, "rms norm")?;
    cpu::read(weight, "rms norm", |weight| {
        rows::rms_norm(level(), &mut data, weight, shift as f32, epsilon as f32);
    })?;
    cpu::tensor(data, x.shape(), "rms norm")
}

fn check(operation: &'static str, x: &Tensor, weight: &Tensor) -> Result<(), NnError> {
    if x.shape().last() == weight.shape().last() {
        return Ok(());
    }
    let message = format!("{:?} with weights {:?}", x.shape(), weight.shape());
    Err(NnError::shape(operation, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    fn noise(shape: &[usize], seed: usize) -> Tensor {
        let len = shape.iter().product::<usize>();
        let data = (0..len).map(|i| ((i * 7919 + seed) % 211) as f32 / 100.0 - 1.0).collect();
        Tensor::from_vec(data, shape, &Device::cpu()).unwrap()
    }

    fn assert_close(got: &Tensor, expected: &Tensor) {
        for (got, expected) in got.to_vec().unwrap().iter().zip(expected.to_vec().unwrap()) {
            assert!((got - expected).abs() < 1e-5, "{got} {expected}");
        }
    }

    #[test]
    fn norms_agree_with_the_composite() {
        let (x, weight, bias) = (noise(&[2, 3, 48], 1), noise(&[48], 2), noise(&[48], 3));
        for bias in [None, Some(&bias)] {
            let got = layer_norm(&x, &weight, bias, 1e-6).unwrap();
            assert_close(&got, &composite::layer_norm(&x, &weight, bias, 1e-6).unwrap());
        }
        let got = rms_norm(&x, &weight, 1.0, 1e-6).unwrap();
        assert_close(&got, &composite::rms_norm(&x, &weight, 1.0, 1e-6).unwrap());
        assert!(layer_norm(&x, &noise(&[47], 1), None, 1e-6).is_err());
    }
}
