//! Attention of a decoder: new tokens over all that the cache has seen.

use crate::kernels::cache::{self, Heads, KvCache};
use crate::kernels::level;
use crate::{NnError, Tensor, cpu};

/// A sequence's share of a batch.
#[derive(Debug)]
pub struct Span<'a> {
    /// What the sequence has seen; its new tokens are appended.
    pub cache: &'a mut KvCache,
    /// How many rows of the batch are its new tokens.
    pub tokens: usize,
}

/// The form of a decoder's attention in one layer.
#[derive(Clone, Copy, Debug)]
pub struct DecoderAttention {
    /// Which layer of the cache.
    pub layer: usize,
    /// Its heads.
    pub heads: Heads,
    /// What a query is multiplied with before it meets the keys.
    pub scale: f32,
}

/// Appends the new tokens' keys and values to the caches and attends, each token to its own past.
/// The rows of all sequences stand one after the other, without padding: `query` is
/// `[tokens, heads * width]`, `key` and `value` are `[tokens, kv_heads * width]`, the result has the
/// shape of `query`. Parts of wider tensors will do.
///
/// The cache is in main memory; on another device rows travel there and back.
///
/// # Errors
/// When the shapes do not go together.
pub fn cached_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    spans: &mut [Span<'_>],
    form: DecoderAttention,
) -> Result<Tensor, NnError> {
    let tokens: usize = spans.iter().map(|span| span.tokens).sum();
    let DecoderAttention { layer, heads, scale } = form;
    let (row, kv_row) = (heads.queries * heads.width, heads.keys * heads.width);
    let fits = query.shape() == [tokens, row]
        && key.shape() == [tokens, kv_row]
        && value.shape() == [tokens, kv_row];
    if !fits {
        let (query, key, value) = (query.shape(), key.shape(), value.shape());
        let message = format!("{query:?}, {key:?}, {value:?} for {tokens} tokens of {heads:?}");
        return Err(NnError::shape("cached attention", message));
    }
    let (keys, values) = (key.to_vec()?, value.to_vec()?);
    let mut from = 0;
    for span in spans.iter_mut() {
        let rows = from * kv_row..(from + span.tokens) * kv_row;
        span.cache.append(layer, heads, &keys[rows.clone()], &values[rows]);
        from += span.tokens;
    }
    let read: Vec<_> =
        spans.iter().map(|span| cache::Span { cache: span.cache, tokens: span.tokens }).collect();
    let mut out = vec![0.0; tokens * row];
    let queries = query.to_vec()?;
    cache::attend(level(), &read, (layer, heads, scale), &queries, &mut out);
    let out = cpu::tensor(out, &[tokens, row], "cached attention")?;
    if cpu::is_here(query) {
        return Ok(out);
    }
    let moved = out.0.to_device(query.0.device()).and_then(|out| out.to_dtype(query.0.dtype()));
    moved.map(Tensor).map_err(crate::error::framework("cached attention"))
}
