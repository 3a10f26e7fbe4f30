//! Layers that are one matrix.

use std::sync::Arc;

use super::beside::Beside;
use crate::ops::{self, Activation};
use crate::weights::Scope;
use crate::{NnError, Tensor, Weight};

/// `x · Wᵀ + b`, with what an adapter changes in it.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Weight,
    bias: Option<Tensor>,
    beside: Option<Arc<Beside>>,
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
        let (weight, shares) = Scope::stacked_with_adapters(scopes, "weight", (outputs, inputs))?;
        let beside = match scopes.first() {
            Some(scope) => Beside::new(&shares, (outputs, inputs), scope.home())?.map(Arc::new),
            None => None,
        };
        let bias = load_bias(scopes, outputs, has_bias)?;
        Ok(Self { weight, bias, beside })
    }

    /// A layer of a matrix that is there already (an embedding used as output layer).
    pub fn new(weight: Weight, bias: Option<Tensor>) -> Self {
        Self { weight, bias, beside: None }
    }

    /// The result for `x`, `[…, inputs]` to `[…, outputs]`.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.run(x, Activation::Identity, None)
    }

    /// The result with an activation applied.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn activated(&self, x: &Tensor, activation: Activation) -> Result<Tensor, NnError> {
        self.run(x, activation, None)
    }

    /// The result plus `residual`, which has the same shape.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn plus(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, NnError> {
        self.run(x, Activation::Identity, Some(residual))
    }

    fn run(
        &self,
        x: &Tensor,
        activation: Activation,
        residual: Option<&Tensor>,
    ) -> Result<Tensor, NnError> {
        let (weight, bias) = (&self.weight, self.bias.as_ref());
        match &self.beside {
            None => ops::linear(x, weight, bias, activation, residual),
            Some(beside) => beside.run(x, weight, bias, activation, residual),
        }
    }
}

/// The biases of layers behind each other, with what an adapter adds to them.
fn load_bias(
    scopes: &[Scope<'_>],
    outputs: usize,
    has_bias: bool,
) -> Result<Option<Tensor>, NnError> {
    let mut biases = Vec::new();
    for scope in scopes {
        let loaded = has_bias.then(|| scope.tensor("bias", &[outputs])).transpose()?;
        let bias = match (loaded, scope.adapter_bias("weight")?) {
            (loaded, None) => loaded,
            (None, Some(added)) => Some(scope.place(added, &[outputs])?),
            (Some(bias), Some(added)) => {
                let mut sum = bias.to_vec()?;
                sum.iter_mut().zip(added).for_each(|(sum, added)| *sum += added);
                Some(scope.place(sum, &[outputs])?)
            }
        };
        biases.push(bias);
    }
    if biases.iter().all(Option::is_none) {
        return Ok(None);
    }
    let zeros = |scope: &Scope<'_>| scope.place(vec![0.0; outputs], &[outputs]);
    let whole =
        biases.into_iter().zip(scopes).map(|(bias, scope)| bias.map_or_else(|| zeros(scope), Ok));
    let whole = whole.collect::<Result<Vec<_>, _>>()?;
    Tensor::cat(&whole.iter().collect::<Vec<_>>(), 0).map(Some)
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
        Ok(Self(scope.table("weight", (entries, width))?))
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
