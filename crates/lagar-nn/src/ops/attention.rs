//! Attention over whole sequences.

use crate::kernels::attention::{Operand, Scores, attention as kernel};
use crate::kernels::level;
use crate::ops::composite;
use crate::ops::linear::read_optional;
use crate::{NnError, Tensor, cpu};

/// How queries, keys and values meet.
#[derive(Clone, Debug)]
pub struct AttentionSettings<'a> {
    /// Heads of the queries.
    pub heads: usize,
    /// Heads of keys and values; `heads` is a multiple of it.
    pub kv_heads: usize,
    /// What a query is multiplied with before it meets the keys.
    pub scale: f32,
    /// Whether a query sees no key behind its own position, the last query being at the last key.
    pub is_causal: bool,
    /// How many keys of each item are not padding; empty for all.
    pub key_lengths: &'a [usize],
    /// Added to the scores, `[n, heads, queries, keys]`, item `i` taking part `i % n`.
    pub bias: Option<&'a Tensor>,
}

impl AttentionSettings<'_> {
    /// Every query sees every key; queries are scaled by one over the square root of a head's width.
    pub fn full(heads: usize, width: usize) -> Self {
        Self {
            heads,
            kv_heads: heads,
            scale: 1.0 / (width as f32).sqrt(),
            is_causal: false,
            key_lengths: &[],
            bias: None,
        }
    }
}

/// Scaled dot-product attention. `query` is `[items, queries, heads * width]`, `key` and `value` are
/// `[items, keys, kv_heads * width]`; the result has the shape of `query`. Parts of wider tensors
/// (the thirds of a fused projection) are read where they are.
///
/// # Errors
/// When the shapes do not go together.
pub fn attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    settings: &AttentionSettings<'_>,
) -> Result<Tensor, NnError> {
    let [items, queries, row] = query.sizes()?;
    let [_, keys, kv_row] = key.sizes()?;
    let width = row / settings.heads.max(1);
    let fits = settings.heads * width == row
        && settings.kv_heads * width == kv_row
        && settings.heads.is_multiple_of(settings.kv_heads.max(1))
        && key.shape() == value.shape()
        && key.shape()[0] == items;
    let bias = settings.bias.map_or(&[] as &[usize], Tensor::shape);
    let bias_fits = bias.is_empty() || bias[1..] == [settings.heads, queries, keys];
    if !fits || !bias_fits {
        let (query, key, value) = (query.shape(), key.shape(), value.shape());
        let heads = (settings.heads, settings.kv_heads);
        let message = format!("{query:?}, {key:?}, {value:?} in {heads:?} heads, bias {bias:?}");
        return Err(NnError::shape("attention", message));
    }
    if !cpu::is_here(query) {
        return composite::attention((query, key, value), settings);
    }
    let mut out = vec![0.0; items * queries * row];
    read_optional(settings.bias, |bias| {
        let scores = Scores {
            heads: settings.heads,
            kv_heads: settings.kv_heads,
            width,
            scale: settings.scale,
            is_causal: settings.is_causal,
            key_lengths: settings.key_lengths,
            bias,
        };
        with_operand(query, |query| {
            with_operand(key, |key| {
                with_operand(value, |value| {
                    kernel(level(), (query, key, value), &scores, &mut out);
                })
            })
        })
    })????;
    cpu::tensor(out, query.shape(), "attention")
}

/// Calls `f` with a tensor `[items, tokens, row]` whose rows are contiguous, wherever they are.
fn with_operand<R>(tensor: &Tensor, f: impl FnOnce(Operand<'_>) -> R) -> Result<R, NnError> {
    let [_, tokens, _] = tensor.sizes()?;
    if tensor.0.stride()[2] != 1 {
        return with_operand(&tensor.permute(&[0, 1, 2])?, f);
    }
    cpu::read_layout(tensor, "attention", |data, layout| {
        let data = data.get(layout.start_offset()..).unwrap_or(&[]);
        let (item_stride, token_stride) = (layout.stride()[0], layout.stride()[1]);
        f(Operand { data, tokens, item_stride, token_stride })
    })
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

    fn check(parts: (&Tensor, &Tensor, &Tensor), settings: &AttentionSettings<'_>) {
        let got = attention(parts.0, parts.1, parts.2, settings).unwrap();
        let expected = composite::attention(parts, settings).unwrap();
        assert_eq!(got.shape(), expected.shape());
        for (got, expected) in got.to_vec().unwrap().iter().zip(expected.to_vec().unwrap()) {
            assert!((got - expected).abs() < 1e-5, "{got} {expected}");
        }
    }

    #[test]
    fn the_thirds_of_a_fused_projection_agree_with_the_composite() {
        let fused = noise(&[2, 7, 3 * 24], 5);
        let part = |i: usize| fused.narrow(2, i * 24..(i + 1) * 24).unwrap();
        let (query, key, value) = (part(0), part(1), part(2));
        let full = AttentionSettings::full(4, 6);
        check((&query, &key, &value), &full);
        check((&query, &key, &value), &AttentionSettings { is_causal: true, ..full.clone() });
        let lengths = [3, 7];
        check((&query, &key, &value), &AttentionSettings { key_lengths: &lengths, ..full.clone() });
        let bias = noise(&[1, 4, 7, 7], 8);
        check((&query, &key, &value), &AttentionSettings { bias: Some(&bias), ..full });
    }

    #[test]
    fn one_head_of_keys_serves_many_of_queries() {
        let (query, key, value) =
            (noise(&[1, 5, 24], 1), noise(&[1, 9, 6], 2), noise(&[1, 9, 6], 3));
        let settings = AttentionSettings { kv_heads: 1, ..AttentionSettings::full(4, 6) };
        check((&query, &key, &value), &settings);
        assert!(attention(&query, &key, &value, &AttentionSettings::full(4, 6)).is_err());
    }
}
