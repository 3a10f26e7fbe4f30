//! Layers that are one matrix.

use crate::ops::{self, Activation};
use crate::weights::Scope;
use crate::{NnError, Tensor, Weight};

/// `x · Wᵀ + b`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Weight,
    bias: Option<Tensor>,
}

impl Linear {
    /// Loads `weight`, and `bias` if there should be one.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        (inputs, outputs): (usize, usize),
        has_bias: bool,
    ) -> Result<Self, NnError> {
        Self::load_stacked(std::slice::from_ref(scope), (inputs, outputs), has_bias)
    }

    /// Loads several layers of one shape as one: their outputs stand behind each other.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load_stacked(
        scopes: &[Scope<'_>],
        (inputs, outputs): (usize, usize),
        has_bias: bool,
    ) -> Result<Self, NnError> {
        let weight = Scope::stacked_matrix(scopes, "weight", (outputs, inputs))?;
        if !has_bias {
            return Ok(Self { weight, bias: None });
        }
        let biases = scopes.iter().map(|scope| scope.tensor("bias", &[outputs]));
        let biases = biases.collect::<Result<Vec<_>, _>>()?;
        let bias = Tensor::cat(&biases.iter().collect::<Vec<_>>(), 0)?;
        Ok(Self { weight, bias: Some(bias) })
    }

    /// A layer of a matrix that is there already (an embedding used as output layer).
    pub fn new(weight: Weight, bias: Option<Tensor>) -> Self {
        Self { weight, bias }
    }

    /// The result for `x`, `[…, inputs]` to `[…, outputs]`.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::linear(x, &self.weight, self.bias.as_ref(), Activation::Identity, None)
    }

    /// The result with an activation applied.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn activated(&self, x: &Tensor, activation: Activation) -> Result<Tensor, NnError> {
        ops::linear(x, &self.weight, self.bias.as_ref(), activation, None)
    }

    /// The result plus `residual`, which has the same shape.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn plus(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, NnError> {
        ops::linear(x, &self.weight, self.bias.as_ref(), Activation::Identity, Some(residual))
    }
}

/// A table of vectors, one per token.
#[derive(Clone, Debug)]
pub struct Embedding(Weight);

impl Embedding {
    /// Loads `weight`, `[entries, width]`.
    ///
    /// # Errors
    /// When the tensor cannot be read.
    pub fn load(scope: &Scope<'_>, (entries, width): (usize, usize)) -> Result<Self, NnError> {
        Ok(Self(scope.matrix("weight", (entries, width))?))
    }

    /// The vectors of these entries, `[ids, width]`.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn forward(&self, ids: &[u32]) -> Result<Tensor, NnError> {
        self.0.rows(ids)
    }

    /// The table as a matrix: for output layers tied to it.
    pub fn weight(&self) -> &Weight {
        &self.0
    }
}

/// A convolution with kernels as wide as their stride.
#[derive(Clone, Debug)]
pub struct PatchEmbedding {
    size: usize,
    projection: Linear,
}

impl PatchEmbedding {
    /// Loads `weight`, `[outputs, channels, size, size]`, and `bias` if there should be one.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(
        scope: &Scope<'_>,
        (channels, size, outputs): (usize, usize, usize),
        has_bias: bool,
    ) -> Result<Self, NnError> {
        let weight = scope.kernel("weight", &[outputs, channels, size, size])?;
        let bias = if has_bias { Some(scope.tensor("bias", &[outputs])?) } else { None };
        Ok(Self { size, projection: Linear::new(weight, bias) })
    }

    /// `[items, channels, height, width]` to `[items, patches, outputs]`.
    ///
    /// # Errors
    /// When the pictures are smaller than a patch or have another number of channels.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor, NnError> {
        self.projection.forward(&ops::patches(pixels, self.size)?)
    }
}
