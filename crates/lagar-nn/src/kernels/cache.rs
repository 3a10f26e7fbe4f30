//! Keys and values of the tokens a decoder has seen, and attention over them.
//!
//! A cache belongs to one sequence. It grows by blocks of [`BLOCK`] tokens that a copy shares until
//! one of the two writes: several captions of one picture, or the beams of a search, share what they
//! have in common, and a copy costs next to nothing. Sequences of different lengths need no padding,
//! so a sequence's numbers cannot depend on its neighbours.

use std::sync::Arc;

use rayon::prelude::*;

use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math::{dot, fma};
use crate::kernels::rows::softmax_body;

/// Tokens in a block.
pub const BLOCK: usize = 16;

/// The cache of one sequence, all layers.
#[derive(Clone, Debug, Default)]
pub struct KvCache {
    layers: Vec<Layer>,
}

#[derive(Clone, Debug, Default)]
struct Layer {
    tokens: usize,
    blocks: Vec<Arc<Block>>,
}

/// `[heads, BLOCK, width]` each.
#[derive(Clone, Debug)]
struct Block {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// Heads of a decoder's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Heads of the queries.
    pub queries: usize,
    /// Heads of keys and values; `queries` is a multiple of it.
    pub keys: usize,
    /// Width of a head.
    pub width: usize,
}

impl KvCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tokens seen.
    pub fn tokens(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.tokens)
    }

    /// Appends tokens to a layer; `keys` and `values` are `[tokens, heads * width]`.
    pub fn append(&mut self, layer: usize, heads: Heads, keys: &[f32], values: &[f32]) {
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, Layer::default);
        }
        let row = (heads.keys * heads.width).max(1);
        let layer = &mut self.layers[layer];
        for (keys, values) in keys.chunks_exact(row).zip(values.chunks_exact(row)) {
            let place = layer.tokens % BLOCK;
            if place == 0 {
                let empty = vec![0.0; row * BLOCK];
                layer.blocks.push(Arc::new(Block { keys: empty.clone(), values: empty }));
            }
            let last = layer.blocks.len() - 1;
            let block = Arc::make_mut(&mut layer.blocks[last]);
            for head in 0..heads.keys {
                let from = head * heads.width..(head + 1) * heads.width;
                let start = (head * BLOCK + place) * heads.width;
                let to = start..start + heads.width;
                block.keys[to.clone()].copy_from_slice(&keys[from.clone()]);
                block.values[to].copy_from_slice(&values[from]);
            }
            layer.tokens += 1;
        }
    }
}

/// A sequence's share of a batch: its cache, and how many of the batch's rows are its newest tokens.
#[derive(Debug)]
pub struct Span<'a> {
    /// The cache, which holds these tokens already.
    pub cache: &'a KvCache,
    /// How many rows.
    pub tokens: usize,
}

/// Causal attention of the newest tokens of several sequences over their caches. `queries` and `out`
/// are `[tokens, heads * width]`, the sequences' rows one after the other.
pub fn attend(
    level: crate::kernels::Level,
    spans: &[Span<'_>],
    (layer, heads, scale): (usize, Heads, f32),
    queries: &[f32],
    out: &mut [f32],
) {
    let row = heads.queries * heads.width;
    let mut places = Vec::with_capacity(queries.len() / row.max(1));
    for span in spans {
        places.extend((0..span.tokens).map(|token| (span, token)));
    }
    out.par_chunks_exact_mut(row.max(1))
        .zip(queries.par_chunks_exact(row.max(1)))
        .zip(places)
        .for_each(|((out, query), (span, token))| {
            let Some(layer) = span.cache.layers.get(layer) else { return };
            let seen = layer.tokens - span.tokens + token + 1;
            attend_token(level, (layer, seen), heads, scale, (query, out));
        });
}

compiled_for_each_level! {
    fn attend_token(
        cache: (&Layer, usize),
        heads: Heads,
        scale: f32,
        rows: (&[f32], &mut [f32]),
    ) = attend_token_body
}

#[inline(always)]
fn attend_token_body<const FUSED: bool>(
    (layer, seen): (&Layer, usize),
    heads: Heads,
    scale: f32,
    (query, out): (&[f32], &mut [f32]),
) {
    let width = heads.width;
    let mut scaled = vec![0.0; width];
    let mut weights = vec![0.0; seen];
    for head in 0..heads.queries {
        let start = (head * heads.keys / heads.queries) * BLOCK * width;
        let part = head * width..(head + 1) * width;
        for (scaled, x) in scaled.iter_mut().zip(&query[part.clone()]) {
            *scaled = x * scale;
        }
        for (block, weights) in layer.blocks.iter().zip(weights.chunks_mut(BLOCK)) {
            let keys = block.keys[start..start + BLOCK * width].chunks_exact(width);
            for (weight, key) in weights.iter_mut().zip(keys) {
                *weight = dot::<FUSED>(&scaled, key);
            }
        }
        softmax_body::<FUSED>(&mut weights);
        let out = &mut out[part];
        out.fill(0.0);
        for (block, weights) in layer.blocks.iter().zip(weights.chunks(BLOCK)) {
            let values = block.values[start..start + BLOCK * width].chunks_exact(width);
            for (weight, value) in weights.iter().zip(values) {
                for (out, x) in out.iter_mut().zip(value) {
                    *out = fma::<FUSED>(*weight, *x, *out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;
    use crate::kernels::attention::{Operand, Scores, attention};

    const HEADS: Heads = Heads { queries: 4, keys: 2, width: 9 };

    fn noise(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 700.0 - 1.4).collect()
    }

    #[test]
    fn token_by_token_equals_the_whole_sequence() {
        let (tokens, row, kv_row) = (37, 36, 18);
        let (query, key) = (noise(tokens * row, 1), noise(tokens * kv_row, 2));
        let value = noise(tokens * kv_row, 3);
        for level in Level::available() {
            let mut expected = vec![0.0; tokens * row];
            let operand = |data, row| Operand { data, tokens, item_stride: 0, token_stride: row };
            let scores = Scores {
                heads: 4,
                kv_heads: 2,
                width: 9,
                scale: 0.3,
                is_causal: true,
                key_lengths: &[],
                bias: &[],
            };
            let operands = (operand(&query, row), operand(&key, kv_row), operand(&value, kv_row));
            attention(level, operands, &scores, &mut expected);
            let mut cache = KvCache::new();
            let mut got = vec![0.0; tokens * row];
            for (from, to) in [(0, 20), (20, 21), (21, 22), (22, 37)] {
                let kv = from * kv_row..to * kv_row;
                cache.append(0, HEADS, &key[kv.clone()], &value[kv]);
                let spans = [Span { cache: &cache, tokens: to - from }];
                let rows = from * row..to * row;
                attend(level, &spans, (0, HEADS, 0.3), &query[rows.clone()], &mut got[rows]);
            }
            assert_eq!(cache.tokens(), tokens);
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_copy_shares_the_past_and_goes_its_own_way() {
        let mut one = KvCache::new();
        one.append(0, HEADS, &noise(20 * 18, 1), &noise(20 * 18, 2));
        let mut other = one.clone();
        other.append(0, HEADS, &noise(18, 3), &noise(18, 4));
        assert_eq!((one.tokens(), other.tokens()), (20, 21));
        assert!(Arc::ptr_eq(&one.layers[0].blocks[0], &other.layers[0].blocks[0]));
        assert!(!Arc::ptr_eq(&one.layers[0].blocks[1], &other.layers[0].blocks[1]));
        let query = noise(36, 5);
        let read = |cache: &KvCache| {
            let mut out = vec![0.0; 36];
            attend(
                Level::Portable,
                &[Span { cache, tokens: 1 }],
                (0, HEADS, 1.0),
                &query,
                &mut out,
            );
            out
        };
        let before = read(&one);
        one.clone().append(0, HEADS, &noise(18, 6), &noise(18, 7));
        assert_eq!(before, read(&one));
    }
}
