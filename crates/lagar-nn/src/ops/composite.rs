//! The operations composed of candle's own: for devices other than the CPU, and as the measure that
//! the kernels are tested against.

use candle_core::{D, Tensor as Inner};

use crate::error::framework;
use crate::kernels::Activation;
use crate::ops::AttentionSettings;
use crate::{NnError, Tensor};

type Computed = candle_core::Result<Inner>;

fn named(operation: &'static str, result: Computed) -> Result<Tensor, NnError> {
    result.map(|tensor| Tensor(tensor.detach())).map_err(framework(operation))
}

pub(super) fn linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    activation: Activation,
    residual: Option<&Tensor>,
) -> Result<Tensor, NnError> {
    let compute = || -> Computed {
        let (x, weight) = (x.0.detach(), weight.0.detach().t()?);
        let mut y = x.contiguous()?.broadcast_matmul(&weight)?;
        if let Some(bias) = bias {
            y = y.broadcast_add(&bias.0.to_dtype(y.dtype())?)?;
        }
        y = activated(&y, activation)?;
        match residual {
            Some(residual) => y + &residual.0,
            None => Ok(y),
        }
    };
    named("linear", compute())
}

pub(super) fn activate(x: &Tensor, activation: Activation) -> Result<Tensor, NnError> {
    named("activation", activated(&x.0, activation))
}

fn activated(x: &Inner, activation: Activation) -> Computed {
    let sigmoid = |x: &Inner| (x.neg()?.exp()? + 1.0)?.recip();
    match activation {
        Activation::Identity => Ok(x.clone()),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::QuickGelu => x * sigmoid(&(x * 1.702)?)?,
        Activation::Relu => x.relu(),
        Activation::Silu => x.silu(),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid(x),
    }
}

pub(super) fn softmax(x: &Tensor) -> Result<Tensor, NnError> {
    named("softmax", softmax_inner(&x.0))
}

fn softmax_inner(x: &Inner) -> Computed {
    let powers = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

pub(super) fn layer_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    epsilon: f64,
) -> Result<Tensor, NnError> {
    let compute = || -> Computed {
        let dtype = x.0.dtype();
        let wide = x.0.to_dtype(candle_core::DType::F32)?;
        let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normal = centred.broadcast_div(&(variance + epsilon)?.sqrt()?)?.to_dtype(dtype)?;
        let scaled = normal.broadcast_mul(&weight.0.to_dtype(dtype)?)?;
        match bias {
            Some(bias) => scaled.broadcast_add(&bias.0.to_dtype(dtype)?),
            None => Ok(scaled),
        }
    };
    named("layer norm", compute())
}

pub(super) fn rms_norm(
    x: &Tensor,
    weight: &Tensor,
    shift: f64,
    epsilon: f64,
) -> Result<Tensor, NnError> {
    let compute = || -> Computed {
        let wide = x.0.to_dtype(candle_core::DType::F32)?;
        let square = wide.sqr()?.mean_keepdim(D::Minus1)?;
        let normal = wide.broadcast_div(&(square + epsilon)?.sqrt()?)?;
        let weight = (weight.0.to_dtype(candle_core::DType::F32)? + shift)?;
        normal.broadcast_mul(&weight)?.to_dtype(x.0.dtype())
    };
    named("rms norm", compute())
}

/// See [`crate::ops::depthwise`].
pub(super) fn depthwise(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, NnError> {
    let compute = || -> Computed {
        let (size, channels) = (weight.0.dim(0)?, weight.0.dim(2)?);
        let maps = x.0.detach().permute((0, 3, 1, 2))?.contiguous()?;
        let kernels = weight.0.detach().permute((2, 0, 1))?.contiguous()?.unsqueeze(1)?;
        let kernels = kernels.to_dtype(maps.dtype())?;
        let mixed = maps.conv2d(&kernels, size / 2, 1, 1, channels)?.permute((0, 2, 3, 1))?;
        mixed.contiguous()?.broadcast_add(&bias.0.to_dtype(x.0.dtype())?)
    };
    named("depthwise", compute())
}

/// `[items, tokens, heads * width]` each; see [`crate::ops::attention`].
pub(super) fn attention(
    (query, key, value): (&Tensor, &Tensor, &Tensor),
    settings: &AttentionSettings<'_>,
) -> Result<Tensor, NnError> {
    let compute = || -> Computed {
        let split = |x: &Tensor, heads: usize| -> Computed {
            let (items, tokens, row) = x.0.dims3()?;
            let parts = x.0.detach().reshape((items, tokens, heads, row / heads))?;
            let parts = parts.transpose(1, 2)?.contiguous()?;
            let times = settings.heads / heads;
            let parts = parts.unsqueeze(2)?.expand((items, heads, times, tokens, row / heads))?;
            parts.reshape((items, settings.heads, tokens, row / heads))
        };
        let query = (split(query, settings.heads)? * f64::from(settings.scale))?;
        let (key, value) = (split(key, settings.kv_heads)?, split(value, settings.kv_heads)?);
        let mut scores = query.matmul(&key.transpose(2, 3)?.contiguous()?)?;
        let (items, _, queries, keys) = scores.dims4()?;
        if let Some(bias) = settings.bias {
            let parts = bias.0.dim(0)?;
            let times = vec![&bias.0; items.div_ceil(parts.max(1))];
            let all = Inner::cat(&times, 0)?.narrow(0, 0, items)?;
            scores = (scores + all.to_dtype(query.dtype())?)?;
        }
        let mask = mask(settings, (items, queries, keys));
        let mask = Inner::from_vec(mask, (items, 1, queries, keys), scores.device())?;
        let scores = scores.broadcast_add(&mask.to_dtype(scores.dtype())?)?;
        let mixed = softmax_inner(&scores)?.matmul(&value)?;
        let (items, heads, queries, width) = mixed.dims4()?;
        mixed.transpose(1, 2)?.contiguous()?.reshape((items, queries, heads * width))
    };
    named("attention", compute())
}

/// 0 where a query sees a key, a very low number where it does not.
fn mask(
    settings: &AttentionSettings<'_>,
    (items, queries, keys): (usize, usize, usize),
) -> Vec<f32> {
    let mut mask = Vec::with_capacity(items * queries * keys);
    for item in 0..items {
        let filled = settings.key_lengths.get(item).copied().unwrap_or(keys);
        for query in 0..queries {
            let seen = if settings.is_causal {
                (query + 1 + filled).saturating_sub(queries)
            } else {
                filled
            };
            mask.extend((0..keys).map(|key| if key < seen { 0.0 } else { -1e9 }));
        }
    }
    mask
}
