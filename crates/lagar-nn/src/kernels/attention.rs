//! Scaled dot-product attention over whole sequences: of a picture's patches, of a text, or across.
//!
//! One head of one item at a time: its keys and values are packed as the second operands of two
//! matrix products, with a softmax between them. Queries go in blocks, so that the scores of a long
//! sequence never stand whole.

use rayon::prelude::*;

use crate::kernels::packed::Packed;
use crate::kernels::product::{Rows, product_here};
use crate::kernels::rows::softmax_row;
use crate::kernels::{Level, level::compiled_for_each_level};

/// Queries whose scores are in memory at once.
const BLOCK: usize = 192;

/// One operand: `[batch, tokens, heads * width]`, possibly a part of wider rows.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// The elements, from the first that belongs to the operand.
    pub data: &'a [f32],
    /// Tokens of each item.
    pub tokens: usize,
    /// How far apart items start.
    pub item_stride: usize,
    /// How far apart tokens start.
    pub token_stride: usize,
}

impl<'a> Operand<'a> {
    fn slice(&self, item: usize, token: usize, from: usize, width: usize) -> &'a [f32] {
        let start = item * self.item_stride + token * self.token_stride + from;
        &self.data[start..start + width]
    }
}

/// Which keys a query sees, and how scores are made.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a> {
    /// Heads of the queries.
    pub heads: usize,
    /// Heads of keys and values; `heads` is a multiple of it.
    pub kv_heads: usize,
    /// Width of a head.
    pub width: usize,
    /// What a query is multiplied with before it meets the keys.
    pub scale: f32,
    /// Whether a query sees no key behind its own position, the last query being at the last key.
    pub is_causal: bool,
    /// How many keys of each item are not padding; empty for all.
    pub key_lengths: &'a [usize],
    /// Added to the scores, `[n, heads, queries, keys]`, item `i` taking part `i % n`; empty for
    /// nothing.
    pub bias: &'a [f32],
}

/// Attention of `items` sequences; writes `[items, queries, heads * width]`. A query that sees no key
/// gets zeros.
pub fn attention(
    level: Level,
    (query, key, value): (Operand<'_>, Operand<'_>, Operand<'_>),
    scores: &Scores<'_>,
    out: &mut [f32],
) {
    let (heads, width, queries) = (scores.heads, scores.width, query.tokens);
    let row = heads * width;
    let mut by_head = vec![0.0; out.len()];
    by_head.par_chunks_mut((queries * width).max(1)).enumerate().for_each(|(index, out)| {
        let head = Head { level, scores, item: index / heads, number: index % heads };
        head.run(query, key, value, out);
    });
    out.par_chunks_mut((row * queries).max(1)).enumerate().for_each(|(item, out)| {
        for (token, out) in out.chunks_exact_mut(row).enumerate() {
            for (head, out) in out.chunks_exact_mut(width).enumerate() {
                let start = ((item * heads + head) * queries + token) * width;
                out.copy_from_slice(&by_head[start..start + width]);
            }
        }
    });
}

struct Head<'a> {
    level: Level,
    scores: &'a Scores<'a>,
    item: usize,
    number: usize,
}

impl Head<'_> {
    fn run(&self, query: Operand<'_>, key: Operand<'_>, value: Operand<'_>, out: &mut [f32]) {
        let (width, scores) = (self.scores.width, self.scores);
        let keys =
            scores.key_lengths.get(self.item).map_or(key.tokens, |len| *len.min(&key.tokens));
        let shared = self.number * scores.kv_heads / scores.heads;
        let (from, kv_from) = (self.number * width, shared * width);
        let pack_keys = |token| key.slice(self.item, token, kv_from, width);
        let packed_keys = Packed::from_slices((keys, width), pack_keys);
        let pack_values = |token| value.slice(self.item, token, kv_from, width);
        let packed_values = Packed::from_columns((width, keys), pack_values);
        for first in (0..query.tokens).step_by(BLOCK) {
            let count = BLOCK.min(query.tokens - first);
            let mut block = vec![0.0; count * width];
            for (place, block) in block.chunks_exact_mut(width).enumerate() {
                let source = query.slice(self.item, first + place, from, width);
                scaled_copy(self.level, source, scores.scale, block);
            }
            let mut weights = vec![0.0; count * keys];
            let rows = Rows { data: &block, count, stride: width };
            product_here(self.level, rows, &packed_keys, &mut weights);
            self.normalise(&mut weights, (first, query.tokens), (keys, key.tokens));
            let rows = Rows { data: &weights, count, stride: keys };
            let out = &mut out[first * width..(first + count) * width];
            product_here(self.level, rows, &packed_values, out);
        }
    }

    fn normalise(
        &self,
        weights: &mut [f32],
        (first, queries): (usize, usize),
        (keys, all_keys): (usize, usize),
    ) {
        if keys == 0 {
            return;
        }
        for (place, row) in weights.chunks_exact_mut(keys).enumerate() {
            let query = first + place;
            if !self.scores.bias.is_empty() {
                let parts = self.scores.bias.len() / (self.scores.heads * queries * all_keys);
                let part = (self.item % parts) * self.scores.heads + self.number;
                let bias = &self.scores.bias[(part * queries + query) * all_keys..];
                row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
            }
            let seen = if self.scores.is_causal {
                (query + 1 + keys).saturating_sub(queries).min(keys)
            } else {
                keys
            };
            let (row, hidden) = row.split_at_mut(seen);
            softmax_row(self.level, row);
            hidden.fill(0.0);
        }
    }
}

compiled_for_each_level! {
    fn scaled_copy(source: &[f32], scale: f32, out: &mut [f32]) = scaled_copy_body
}

#[inline(always)]
fn scaled_copy_body<const FUSED: bool>(source: &[f32], scale: f32, out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(source) {
        *out = x * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 700.0 - 1.4).collect()
    }

    struct Case {
        items: usize,
        queries: usize,
        keys: usize,
        heads: usize,
        kv_heads: usize,
        width: usize,
        is_causal: bool,
        key_lengths: Vec<usize>,
        bias_parts: usize,
    }

    impl Case {
        fn check(&self, level: Level) {
            let (row, kv_row) = (self.heads * self.width, self.kv_heads * self.width);
            let query = noise(self.items * self.queries * row, 1);
            let key = noise(self.items * self.keys * kv_row, 2);
            let value = noise(self.items * self.keys * kv_row, 3);
            let bias = noise(self.bias_parts * self.heads * self.queries * self.keys, 4);
            let operand = |data, tokens, row| Operand {
                data,
                tokens,
                item_stride: tokens * row,
                token_stride: row,
            };
            let scores = Scores {
                heads: self.heads,
                kv_heads: self.kv_heads,
                width: self.width,
                scale: 0.4,
                is_causal: self.is_causal,
                key_lengths: &self.key_lengths,
                bias: &bias,
            };
            let mut got = vec![f32::NAN; query.len()];
            let operands = (
                operand(query.as_slice(), self.queries, row),
                operand(key.as_slice(), self.keys, kv_row),
                operand(value.as_slice(), self.keys, kv_row),
            );
            attention(level, operands, &scores, &mut got);
            for (place, got) in got.chunks_exact(self.width).enumerate() {
                let (token, head) = (place / self.heads, place % self.heads);
                let place = (token / self.queries, token % self.queries, head);
                let expected = self.expected((&query, &key, &value, &bias), place);
                for (got, expected) in got.iter().zip(expected) {
                    assert!((f64::from(*got) - expected).abs() < 1e-5);
                }
            }
        }

        fn expected(
            &self,
            (query, key, value, bias): (&[f32], &[f32], &[f32], &[f32]),
            (item, token, head): (usize, usize, usize),
        ) -> Vec<f64> {
            let (row, kv_row) = (self.heads * self.width, self.kv_heads * self.width);
            let shared = head / (self.heads / self.kv_heads);
            let all = self.key_lengths.get(item).copied().unwrap_or(self.keys);
            let seen = if self.is_causal { token + 1 + all - self.queries } else { all };
            let kv = |j: usize| (item * self.keys + j) * kv_row + shared * self.width;
            let score = |j: usize| {
                let q = (item * self.queries + token) * row + head * self.width;
                let dot: f64 = (0..self.width)
                    .map(|i| f64::from(query[q + i]) * f64::from(key[kv(j) + i]))
                    .sum();
                let part = if self.bias_parts == 0 { 0 } else { item % self.bias_parts };
                let place = ((part * self.heads + head) * self.queries + token) * self.keys + j;
                (dot * 0.4 + bias.get(place).copied().map_or(0.0, f64::from)).exp()
            };
            let weights: Vec<f64> = (0..seen).map(score).collect();
            let total: f64 = weights.iter().sum();
            let mix = |i: usize| {
                (0..seen).map(|j| weights[j] / total * f64::from(value[kv(j) + i])).sum()
            };
            (0..self.width).map(mix).collect()
        }
    }

    #[test]
    fn attention_agrees_with_double_precision_in_all_its_forms() {
        let plain = || Case {
            items: 2,
            queries: 5,
            keys: 5,
            heads: 3,
            kv_heads: 3,
            width: 11,
            is_causal: false,
            key_lengths: vec![],
            bias_parts: 0,
        };
        for level in Level::available() {
            plain().check(level);
            Case { is_causal: true, ..plain() }.check(level);
            Case { keys: 40, ..plain() }.check(level);
            Case { keys: 9, is_causal: true, ..plain() }.check(level);
            Case { keys: 9, key_lengths: vec![4, 9], ..plain() }.check(level);
            Case { heads: 4, kv_heads: 1, is_causal: true, ..plain() }.check(level);
            Case { heads: 6, kv_heads: 2, ..plain() }.check(level);
            Case { items: 4, bias_parts: 2, ..plain() }.check(level);
            Case { queries: 200, keys: 210, width: 33, ..plain() }.check(level);
        }
    }
}
