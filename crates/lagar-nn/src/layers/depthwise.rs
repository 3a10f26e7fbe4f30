//! A layer that convolves every channel by itself.

use crate::ops;
use crate::weights::Scope;
use crate::{NnError, Tensor};

/// A depthwise convolution that keeps the size of its maps.
#[derive(Clone, Debug)]
pub struct Depthwise {
    weight: Tensor,
    bias: Tensor,
}

impl Depthwise {
    /// Loads `weight`, `[channels, 1, size, size]`, and `bias`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, channels: usize, size: usize) -> Result<Self, NnError> {
        let weight = scope.tensor("weight", &[channels, 1, size, size])?;
        let weight = weight.reshape(&[channels, size, size])?.permute(&[1, 2, 0])?;
        Ok(Self { weight, bias: scope.tensor("bias", &[channels])? })
    }

    /// `[items, height, width, channels]` to the same shape.
    ///
    /// # Errors
    /// When `x` has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::depthwise(x, &self.weight, &self.bias)
    }
}
