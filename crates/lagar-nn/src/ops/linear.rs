//! The product with a frozen matrix, and functions of single elements and rows.

use crate::kernels::{Activation, activation, level, product, rows};
use crate::ops::composite;
use crate::weight::Store;
use crate::{NnError, Tensor, Weight, cpu};

/// `activation(x · Wᵀ + bias) + residual` over the last dimension of `x`, `[…, inputs]` to
/// `[…, outputs]`; `residual` has the result's shape.
///
/// # Errors
/// When the shapes do not go together.
pub fn linear(
    x: &Tensor,
    weight: &Weight,
    bias: Option<&Tensor>,
    activation: Activation,
    residual: Option<&Tensor>,
) -> Result<Tensor, NnError> {
    let mut shape = x.shape().to_vec();
    let width = shape.last_mut().filter(|width| **width == weight.inputs());
    let Some(width) = width else {
        let (outputs, inputs) = (weight.outputs(), weight.inputs());
        let message = format!("{:?} times a matrix [{outputs}, {inputs}]", x.shape());
        return Err(NnError::shape("linear", message));
    };
    *width = weight.outputs();
    check(bias, &[weight.outputs()], "bias of linear")?;
    check(residual, &shape, "residual of linear")?;
    let packed = match weight.store() {
        Store::Packed(packed) if cpu::is_here(x) => packed,
        Store::Packed(_) => return Err(NnError::shape("linear", "x is not where the matrix is")),
        Store::Dense(dense) => return composite::linear(x, dense, bias, activation, residual),
        Store::Declared => return Err(Weight::has_no_elements()),
    };
    let out = read_optional(bias, |bias| {
        read_optional(residual, |residual| {
            cpu::read(x, "linear", |data| {
                let count = data.len() / packed.inputs().max(1);
                let operand = product::Rows { data, count, stride: packed.inputs() };
                let epilogue = product::Epilogue { bias, activation, residual };
                product::product(level(), operand, packed, &epilogue)
            })
        })
    })???;
    cpu::tensor(out, &shape, "linear")
}

fn check(tensor: Option<&Tensor>, shape: &[usize], what: &'static str) -> Result<(), NnError> {
    match tensor {
        Some(tensor) if tensor.shape() != shape => {
            Err(NnError::shape(what, format!("expected {shape:?}, got {:?}", tensor.shape())))
        }
        _ => Ok(()),
    }
}

/// Calls `f` with the elements of a tensor, or with none.
pub(super) fn read_optional<R>(
    tensor: Option<&Tensor>,
    f: impl FnOnce(&[f32]) -> R,
) -> Result<R, NnError> {
    match tensor {
        Some(tensor) => cpu::read(tensor, "operand", f),
        None => Ok(f(&[])),
    }
}

/// Applies an activation to every element.
///
/// # Errors
/// When the device has no room.
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor, NnError> {
    if !cpu::is_here(x) {
        return composite::activate(x, activation);
    }
    let mut data = cpu::to_vec(x, "activation")?;
    activation::apply(level(), activation, &mut data);
    cpu::tensor(data, x.shape(), "activation")
}

/// Softmax over the last dimension.
///
/// # Errors
/// When `x` has no dimension.
pub fn softmax(x: &Tensor) -> Result<Tensor, NnError> {
    if !cpu::is_here(x) {
        return composite::softmax(x);
    }
    let Some(width) = x.shape().last().copied() else {
        return Err(NnError::shape("softmax", "a single number has no dimension"));
    };
    let mut data = cpu::to_vec(x, "softmax")?;
    rows::softmax(level(), &mut data, width);
    cpu::tensor(data, x.shape(), "softmax")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, Dtype};

    fn noise(shape: &[usize], seed: usize) -> Tensor {
        let len = shape.iter().product::<usize>();
        let data = (0..len).map(|i| ((i * 7919 + seed) % 211) as f32 / 100.0 - 1.0).collect();
        Tensor::from_vec(data, shape, &Device::cpu()).unwrap()
    }

    #[test]
    fn the_kernel_agrees_with_the_composite() {
        let (x, w) = (noise(&[2, 5, 40], 1), noise(&[70, 40], 2));
        let (bias, residual) = (noise(&[70], 3), noise(&[2, 5, 70], 4));
        let data = w.to_vec().unwrap();
        let packed = Weight::from_slice(&data, (70, 40), Dtype::F32, &Device::cpu()).unwrap();
        for activation in [Activation::Identity, Activation::Gelu, Activation::QuickGelu] {
            let got = linear(&x, &packed, Some(&bias), activation, Some(&residual)).unwrap();
            let expected =
                composite::linear(&x, &w, Some(&bias), activation, Some(&residual)).unwrap();
            assert_eq!(got.shape(), [2, 5, 70]);
            for (got, expected) in got.to_vec().unwrap().iter().zip(expected.to_vec().unwrap()) {
                assert!((got - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn every_activation_and_softmax_agree_with_the_composite() {
        use Activation::{Gelu, GeluTanh, Identity, QuickGelu, Relu, Sigmoid, Silu, Tanh};
        let x = noise(&[3, 50], 9).scale(4.0).unwrap();
        let close = |got: Tensor, expected: Tensor| {
            for (got, expected) in got.to_vec().unwrap().iter().zip(expected.to_vec().unwrap()) {
                assert!((got - expected).abs() < 3e-6, "{got} {expected}");
            }
        };
        for kind in [Gelu, GeluTanh, Identity, QuickGelu, Relu, Sigmoid, Silu, Tanh] {
            close(activate(&x, kind).unwrap(), composite::activate(&x, kind).unwrap());
        }
        close(softmax(&x).unwrap(), composite::softmax(&x).unwrap());
    }

    #[test]
    fn a_wrong_width_is_an_error_that_names_both_shapes() {
        let w = Weight::from_slice(&[0.0; 6], (2, 3), Dtype::F32, &Device::cpu()).unwrap();
        let error = linear(&noise(&[1, 4], 1), &w, None, Activation::Identity, None).unwrap_err();
        assert_eq!(error.to_string(), "linear: [1, 4] times a matrix [2, 3]");
    }
}
