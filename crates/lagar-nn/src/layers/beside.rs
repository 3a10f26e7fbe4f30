//! The share of an adapter in a layer's product, computed beside it.

use crate::ops::{self, Activation};
use crate::weights::Share;
use crate::{Device, Dtype, NnError, Tensor, Weight};

/// What is added to `x · Wᵀ`: `s · B(Ax)`, and with DoRA what the sum is multiplied by.
///
/// The factors of layers behind each other are one pair: the A of all above each other, and the B of
/// all as blocks along a diagonal.
#[derive(Debug)]
pub(super) struct Beside {
    /// `[sum of ranks, inputs]`.
    down: Weight,
    /// `[outputs, sum of ranks]`, times the scale.
    up: Weight,
    /// `[outputs]`.
    gains: Option<Tensor>,
}

impl Beside {
    /// The shares of layers of one shape `(outputs, inputs)`; `None` if there are none.
    ///
    /// # Errors
    /// When the device has no room.
    pub(super) fn new(
        shares: &[Option<Share>],
        (outputs, inputs): (usize, usize),
        (device, dtype): (&Device, Dtype),
    ) -> Result<Option<Self>, NnError> {
        if shares.iter().all(Option::is_none) {
            return Ok(None);
        }
        // on the CPU activations are f32, and so are the factors
        let dtype = if device.is_cpu() { Dtype::F32 } else { dtype };
        let ranks: usize = shares.iter().flatten().map(|share| share.factors.rank()).sum();
        let height = shares.len() * outputs;
        let (mut down, mut up) = (Vec::with_capacity(ranks * inputs), vec![0.0; height * ranks]);
        let mut gains = vec![1.0; height];
        let mut first = 0;
        for (place, share) in shares.iter().enumerate() {
            let Some(Share { factors, gains: own }) = share else { continue };
            down.extend_from_slice(factors.down());
            for output in 0..outputs {
                let row = (place * outputs + output) * ranks + first;
                for (up, value) in up[row..].iter_mut().zip(factors.up(output)) {
                    *up = value;
                }
            }
            if let Some(own) = own {
                gains[place * outputs..(place + 1) * outputs].copy_from_slice(own);
            }
            first += factors.rank();
        }
        let has_gains = shares.iter().flatten().any(|share| share.gains.is_some());
        let gains = has_gains
            .then(|| {
                let gains = Tensor::from_vec(gains, &[height], &Device::cpu())?;
                gains.to_dtype(device.activations(dtype))?.to_device(device)
            })
            .transpose()?;
        let down = Weight::from_slice(&down, (ranks, inputs), dtype, device)?;
        let up = Weight::from_slice(&up, (height, ranks), dtype, device)?;
        Ok(Some(Self { down, up, gains }))
    }

    /// `activation(gain · (x · Wᵀ + s · B(Ax)) + bias) + residual`.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub(super) fn run(
        &self,
        x: &Tensor,
        weight: &Weight,
        bias: Option<&Tensor>,
        activation: Activation,
        residual: Option<&Tensor>,
    ) -> Result<Tensor, NnError> {
        let identity = Activation::Identity;
        let narrow = ops::linear(x, &self.down, None, identity, None)?;
        let inner = if self.gains.is_none() && activation == identity { residual } else { None };
        let share = ops::linear(&narrow, &self.up, None, identity, inner)?;
        let Some(gains) = &self.gains else {
            let sum = ops::linear(x, weight, bias, identity, Some(&share))?;
            if activation == identity {
                return Ok(sum);
            }
            let y = ops::activate(&sum, activation)?;
            return residual.map_or(Ok(y.clone()), |residual| y.add(residual));
        };
        let scaled = ops::linear(x, weight, None, identity, Some(&share))?.mul(gains)?;
        let sum = bias.map_or(Ok(scaled.clone()), |bias| scaled.add(bias))?;
        let y = ops::activate(&sum, activation)?;
        residual.map_or(Ok(y.clone()), |residual| y.add(residual))
    }
}
