//! Layers that normalise.

use crate::ops;
use crate::weights::Scope;
use crate::{NnError, Tensor};

/// Layer normalisation over the last dimension.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Option<Tensor>,
    epsilon: f64,
}

impl LayerNorm {
    /// Loads `weight` and `bias`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, width: usize, epsilon: f64) -> Result<Self, NnError> {
        let weight = scope.tensor("weight", &[width])?;
        Ok(Self { weight, bias: Some(scope.tensor("bias", &[width])?), epsilon })
    }

    /// One that only normalises, for configurations without weights here.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn plain(scope: &Scope<'_>, width: usize, epsilon: f64) -> Result<Self, NnError> {
        Ok(Self { weight: scope.filled(1.0, &[width])?, bias: None, epsilon })
    }

    /// `x` normalised.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::layer_norm(x, &self.weight, self.bias.as_ref(), self.epsilon)
    }
}

/// Normalisation by the root mean square over the last dimension.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: Tensor,
    shift: f64,
    epsilon: f64,
}

impl RmsNorm {
    /// Loads `weight`; `shift` is what the stored weights lack (1 in Gemma, else 0).
    ///
    /// # Errors
    /// When the tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        width: usize,
        shift: f64,
        epsilon: f64,
    ) -> Result<Self, NnError> {
        Ok(Self { weight: scope.tensor("weight", &[width])?, shift, epsilon })
    }

    /// `x` normalised.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::rms_norm(x, &self.weight, self.shift, self.epsilon)
    }
}
