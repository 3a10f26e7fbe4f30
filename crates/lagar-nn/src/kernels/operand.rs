//! The first operand of a product, in the order in which tiles read it.

use std::cell::Cell;

use rayon::prelude::*;

use crate::Dtype;
use crate::kernels::packed::{Packed, pair, per_step};
use crate::kernels::product::Rows;
use crate::kernels::quantise::{Token, activation, token};
use crate::kernels::tile::{MOST_ROWS, most_rows};
use crate::kernels::{Level, level::compiled_for_each_level};

/// From so many words on threads share the packing.
const LARGE: usize = 1 << 17;

/// Groups of rows, `[steps, rows]` each.
pub(crate) struct Operand {
    level: Level,
    rows: usize,
    steps: usize,
    words: Vec<u32>,
    /// How the rows' integers are to be read, where they are integers.
    tokens: Vec<Token>,
}

thread_local! {
    /// Memory of the last operand, for the next one: fresh pages cost more than the packing.
    static SPARE: Cell<(Vec<u32>, Vec<Token>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// Words above which memory is given back.
const KEPT: usize = 4 << 20;

impl Operand {
    /// Calls `f` with `x` packed in the form of the matrix that it will be multiplied with.
    pub(crate) fn with<R>(
        level: Level,
        x: Rows<'_>,
        w: &Packed,
        in_parallel: bool,
        f: impl FnOnce(&Self) -> R,
    ) -> R {
        let operand = Self::pack(level, x, w, in_parallel);
        let result = f(&operand);
        if operand.words.len() <= KEPT {
            SPARE.set((operand.words, operand.tokens));
        }
        result
    }

    fn pack(level: Level, x: Rows<'_>, w: &Packed, in_parallel: bool) -> Self {
        let (steps, height) = (w.steps(), most_rows(level));
        let (mut words, mut tokens) = SPARE.take();
        words.resize(x.count * steps, 0);
        tokens.clear();
        tokens.resize(x.count, Token::default());
        let pack = |(group, (words, tokens)): (usize, (&mut [u32], &mut [Token]))| {
            let data = &x.data[group * height * x.stride..];
            let rows = Group { data, stride: x.stride, width: w.inputs() };
            pack_group(level, w.dtype(), rows, words, tokens);
        };
        let size = steps * height;
        if size == 0 {
        } else if in_parallel && words.len() > LARGE {
            let groups = words.par_chunks_mut(size).zip(tokens.par_chunks_mut(height));
            groups.enumerate().for_each(pack);
        } else {
            let groups = words.chunks_mut(size).zip(tokens.chunks_mut(height));
            groups.enumerate().for_each(pack);
        }
        Self { level, rows: x.count, steps, words, tokens }
    }

    pub(crate) fn level(&self) -> Level {
        self.level
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    pub(crate) fn groups(&self) -> usize {
        self.rows.div_ceil(most_rows(self.level))
    }

    /// How many rows a group has.
    pub(crate) fn rows_of(&self, group: usize) -> usize {
        let height = most_rows(self.level);
        height.min(self.rows - group * height)
    }

    /// Rows of a group, and the words of its steps `from..to`.
    pub(crate) fn group(&self, group: usize, from: usize, to: usize) -> (usize, &[u32]) {
        let rows = self.rows_of(group);
        let start = group * most_rows(self.level) * self.steps;
        (rows, &self.words[start + from * rows..start + to * rows])
    }

    /// How the integers of these rows are to be read.
    pub(crate) fn tokens(&self, first: usize, count: usize) -> &[Token] {
        &self.tokens[first..first + count]
    }
}

/// Rows that one tile takes.
#[derive(Clone, Copy)]
struct Group<'a> {
    data: &'a [f32],
    stride: usize,
    width: usize,
}

compiled_for_each_level! {
    fn pack_group(
        dtype: Dtype,
        rows: Group<'_>,
        words: &mut [u32],
        tokens: &mut [Token],
    ) = pack_group_body
}

/// Words of a row that are converted at once.
const SHORT: usize = 64;

/// Piece by piece, and all rows of a piece at once: what they are scattered into stays in the first
/// cache.
#[inline(always)]
fn pack_group_body<const FUSED: bool>(
    dtype: Dtype,
    rows: Group<'_>,
    words: &mut [u32],
    tokens: &mut [Token],
) {
    let count = tokens.len();
    let mut inverses = [0.0; MOST_ROWS];
    if dtype == Dtype::Int8 {
        for (row, (read_as, inverse)) in tokens.iter_mut().zip(&mut inverses).enumerate() {
            let start = row * rows.stride;
            (*read_as, *inverse) = token(&rows.data[start..start + rows.width]);
        }
    }
    let piece = SHORT * per_step(dtype);
    for (index, words) in words.chunks_mut(SHORT * count).enumerate() {
        for row in 0..count {
            let from = row * rows.stride + index * piece;
            let source = &rows.data[from..from + piece.min(rows.width - index * piece)];
            let mut buffer = [0; SHORT];
            match dtype {
                Dtype::F32 => singles(source, &mut buffer),
                Dtype::Bf16 => pairs(source, &mut buffer),
                Dtype::Int8 => bytes(source, (tokens[row].zero, inverses[row]), &mut buffer),
            }
            for (word, packed) in words[row..].iter_mut().step_by(count).zip(&buffer) {
                *word = *packed;
            }
        }
    }
}

#[inline(always)]
fn singles(source: &[f32], buffer: &mut [u32; SHORT]) {
    for (word, x) in buffer.iter_mut().zip(source) {
        *word = x.to_bits();
    }
}

#[inline(always)]
fn pairs(source: &[f32], buffer: &mut [u32; SHORT]) {
    let (pairs, rest) = source.as_chunks::<2>();
    for (word, [low, high]) in buffer.iter_mut().zip(pairs) {
        *word = pair(*low, *high);
    }
    if let [last] = rest {
        buffer[pairs.len()] = pair(*last, 0.0);
    }
}

#[inline(always)]
fn bytes(source: &[f32], (zero, inverse): (i32, f32), buffer: &mut [u32; SHORT]) {
    let mut bytes = [[0; 4]; SHORT];
    for (byte, x) in bytes.as_flattened_mut().iter_mut().zip(source) {
        *byte = activation(*x, zero, inverse);
    }
    for (word, bytes) in buffer.iter_mut().zip(bytes) {
        *word = u32::from_le_bytes(bytes);
    }
}
