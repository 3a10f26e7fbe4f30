//! The first operand of a product, in the order in which tiles read it.

use rayon::prelude::*;

use crate::Dtype;
use crate::kernels::packed::{Packed, pair, per_step};
use crate::kernels::product::Rows;
use crate::kernels::quantise::{Token, activation, token};
use crate::kernels::tile::most_rows;
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

impl Operand {
    /// Packs `x` in the form of the matrix that it will be multiplied with.
    pub(crate) fn pack(level: Level, x: Rows<'_>, w: &Packed, in_parallel: bool) -> Self {
        let (steps, height) = (w.steps(), most_rows(level));
        let mut words = vec![0; x.count * steps];
        let mut tokens = vec![Token::default(); x.count];
        let pack = |(group, (words, tokens)): (usize, (&mut [u32], &mut [Token]))| {
            let rows = tokens.len();
            for (row, token) in tokens.iter_mut().enumerate() {
                let start = (group * height + row) * x.stride;
                let source = &x.data[start..start + w.inputs()];
                pack_row(level, w.dtype(), source, (&mut words[row..], rows), token);
            }
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

compiled_for_each_level! {
    fn pack_row(
        dtype: Dtype,
        row: &[f32],
        place: (&mut [u32], usize),
        read_as: &mut Token,
    ) = pack_row_body
}

/// By way of a short buffer: the conversion is vectors, the scattering is not.
#[inline(always)]
fn pack_row_body<const FUSED: bool>(
    dtype: Dtype,
    row: &[f32],
    (words, stride): (&mut [u32], usize),
    read_as: &mut Token,
) {
    const SHORT: usize = 64;
    let mut buffer = [0; SHORT];
    let mut inverse = 0.0;
    if dtype == Dtype::Int8 {
        (*read_as, inverse) = token(row);
    }
    let pieces = row.chunks(SHORT * per_step(dtype));
    for (piece, words) in pieces.zip(words.chunks_mut(SHORT * stride)) {
        match dtype {
            Dtype::F32 => {
                for (word, x) in buffer.iter_mut().zip(piece) {
                    *word = x.to_bits();
                }
            }
            Dtype::Bf16 => {
                let (pairs, rest) = piece.as_chunks::<2>();
                for (word, [low, high]) in buffer.iter_mut().zip(pairs) {
                    *word = pair(*low, *high);
                }
                if let [last] = rest {
                    buffer[pairs.len()] = pair(*last, 0.0);
                }
            }
            Dtype::Int8 => {
                let mut bytes = [[0; 4]; SHORT];
                for (byte, x) in bytes.as_flattened_mut().iter_mut().zip(piece) {
                    *byte = activation(*x, read_as.zero, inverse);
                }
                for (word, bytes) in buffer.iter_mut().zip(bytes) {
                    *word = u32::from_le_bytes(bytes);
                }
            }
        }
        for (word, packed) in words.iter_mut().step_by(stride).zip(&buffer) {
            *word = *packed;
        }
    }
}
