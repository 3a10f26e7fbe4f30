//! Convolution of every channel by itself.

use crate::kernels::depthwise::{self as kernel, Extent};
use crate::kernels::level;
use crate::ops::composite;
use crate::{NnError, Tensor, cpu};

/// Slides one `size` by `size` kernel per channel over maps `[items, height, width, channels]`, with
/// zeros around them so that they keep their size. `weight` is `[size, size, channels]`, `size` being
/// odd, `bias` is `[channels]`.
///
/// # Errors
/// When the shapes do not go together.
pub fn depthwise(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, NnError> {
    let [_, height, width, channels] = x.sizes()?;
    let [size, across, kernels] = weight.sizes()?;
    if size != across || size % 2 == 0 || kernels != channels || bias.shape() != [channels] {
        let (x, weight, bias) = (x.shape(), weight.shape(), bias.shape());
        let message = format!("maps {x:?} with kernels {weight:?} and bias {bias:?}");
        return Err(NnError::shape("depthwise", message));
    }
    if !cpu::is_here(x) {
        return composite::depthwise(x, weight, bias);
    }
    let extent = Extent { height, width, channels };
    let out = cpu::read(weight, "depthwise", |weight| {
        cpu::read(bias, "depthwise", |bias| {
            cpu::read(x, "depthwise", |x| {
                kernel::depthwise(level(), (x, extent), (weight, size), bias)
            })
        })
    })???;
    cpu::tensor(out, x.shape(), "depthwise")
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

    #[test]
    fn the_kernel_agrees_with_the_composite() {
        for (shape, size) in [([2, 9, 5, 40], 7), ([1, 3, 4, 7], 3)] {
            let x = noise(&shape, 1);
            let (weight, bias) = (noise(&[size, size, shape[3]], 2), noise(&[shape[3]], 3));
            let got = depthwise(&x, &weight, &bias).unwrap();
            let expected = composite::depthwise(&x, &weight, &bias).unwrap();
            assert_eq!(got.shape(), expected.shape());
            for (got, expected) in got.to_vec().unwrap().iter().zip(expected.to_vec().unwrap()) {
                assert!((got - expected).abs() < 1e-5, "{got} {expected}");
            }
        }
    }

    #[test]
    fn kernels_for_other_maps_are_refused() {
        let x = noise(&[1, 4, 4, 3], 1);
        assert!(depthwise(&x, &noise(&[3, 3, 2], 2), &noise(&[3], 3)).is_err());
        assert!(depthwise(&x, &noise(&[2, 2, 3], 2), &noise(&[3], 3)).is_err());
    }
}
