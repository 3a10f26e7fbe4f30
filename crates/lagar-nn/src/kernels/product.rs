//! The matrix product `x · Wᵀ` with a packed matrix, and what is done to its result at once.
//!
//! Blocking follows Goto and van de Geijn (2008): a block of inputs of one panel stays in the first
//! cache, a block of rows in the second. Threads share the work by panels, so that each output
//! element is one thread's.
#![expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use crate::Dtype;
use crate::kernels::activation::{self, Activation};
use crate::kernels::packed::{LINES, PANEL, Packed, pair, per_step};
use crate::kernels::tile::{Tile, most_rows, multiply};
use crate::kernels::{Level, level::compiled_for_each_level};

/// Steps of a panel that are worked through before the next panel: 64 KiB.
const BLOCK_STEPS: usize = 512;
/// Groups of rows that share a block of a panel.
const BLOCK_GROUPS: usize = 22;
/// Below so many multiplications a product stays on the calling thread.
const SMALL: usize = 1 << 17;

/// What happens to a product before it is stored: `activation(x · Wᵀ + bias) + residual`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Added to every row, `[outputs]`; empty for none.
    pub bias: &'a [f32],
    /// Applied to every element.
    pub activation: Activation,
    /// Added at the end, `[rows, outputs]`; empty for none.
    pub residual: &'a [f32],
}

/// A block of rows of the first operand: row `r` starts at `data[r * stride]`.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// How many rows.
    pub count: usize,
    /// How far apart they start.
    pub stride: usize,
}

/// Writes `x · Wᵀ` and its epilogue into `out`, `[rows, outputs]`, on all threads of the pool.
pub fn product(level: Level, x: Rows<'_>, w: &Packed, epilogue: &Epilogue<'_>, out: &mut [f32]) {
    let operand = Operand::pack(level, x, w, true);
    let threads = rayon::current_num_threads();
    if threads == 1 || x.count * w.inputs() * w.outputs() < SMALL {
        return operand.run(w, epilogue, out);
    }
    let panels = w.panels().div_ceil(threads * 4).max(1);
    let target = Target::new(out, w.outputs());
    (0..w.panels().div_ceil(panels)).into_par_iter().for_each(|task| {
        let end = ((task + 1) * panels).min(w.panels());
        operand.run_panels(w, task * panels..end, epilogue, &target);
    });
}

/// The same on the calling thread, without an epilogue.
pub(crate) fn product_here(level: Level, x: Rows<'_>, w: &Packed, out: &mut [f32]) {
    Operand::pack(level, x, w, false).run(w, &Epilogue::default(), out);
}

/// The first operand in the order in which tiles read it: groups of rows, `[steps, rows]` each.
struct Operand {
    level: Level,
    rows: usize,
    steps: usize,
    words: Vec<u32>,
}

impl Operand {
    fn pack(level: Level, x: Rows<'_>, w: &Packed, in_parallel: bool) -> Self {
        let (steps, height) = (w.steps(), most_rows(level));
        let mut words = vec![0; x.count * steps];
        let pack = |(group, words): (usize, &mut [u32])| {
            let rows = height.min(x.count - group * height);
            for row in 0..rows {
                let start = (group * height + row) * x.stride;
                let source = &x.data[start..start + w.inputs()];
                pack_row(level, w.dtype(), source, &mut words[row..], rows);
            }
        };
        let size = (steps * height).max(1);
        if in_parallel && words.len() > SMALL {
            words.par_chunks_mut(size).enumerate().for_each(pack);
        } else {
            words.chunks_mut(size).enumerate().for_each(pack);
        }
        Self { level, rows: x.count, steps, words }
    }

    fn run(&self, w: &Packed, epilogue: &Epilogue<'_>, out: &mut [f32]) {
        self.run_panels(w, 0..w.panels(), epilogue, &Target::new(out, w.outputs()));
    }

    /// Rows of a group, and the words of its steps `from..to`.
    fn group(&self, group: usize, from: usize, to: usize) -> (usize, &[u32]) {
        let height = most_rows(self.level);
        let rows = height.min(self.rows - group * height);
        let start = group * height * self.steps;
        (rows, &self.words[start + from * rows..start + to * rows])
    }

    fn run_panels(
        &self,
        w: &Packed,
        panels: Range<usize>,
        epilogue: &Epilogue<'_>,
        target: &Target<'_>,
    ) {
        let groups = self.rows.div_ceil(most_rows(self.level));
        let whole = panels.start..panels.end.min(w.outputs() / PANEL);
        for from in (0..self.steps).step_by(BLOCK_STEPS) {
            let steps = from..(from + BLOCK_STEPS).min(self.steps);
            for first in (0..groups).step_by(BLOCK_GROUPS) {
                let groups = first..(first + BLOCK_GROUPS).min(groups);
                for panel in whole.clone() {
                    self.run_block(w, panel, groups.clone(), steps.clone(), target);
                }
            }
        }
        if self.steps == 0 {
            for row in 0..self.rows {
                // SAFETY: these columns are this task's, and nothing else refers to them now.
                unsafe { target.row(row, whole.start * PANEL..whole.end * PANEL) }.fill(0.0);
            }
        }
        if panels.end > whole.end {
            self.run_ragged(w, target);
        }
        let columns = panels.start * PANEL..(panels.end * PANEL).min(w.outputs());
        for row in 0..self.rows {
            // SAFETY: these columns are this task's, and nothing else refers to them now.
            let out = unsafe { target.row(row, columns.clone()) };
            let residual = epilogue.residual.get(row * target.stride + columns.start..);
            finish_row(self.level, epilogue, columns.start, residual.unwrap_or(&[]), out);
        }
    }

    /// Some steps of a whole panel, which must be the calling task's, with some groups of rows.
    fn run_block(
        &self,
        w: &Packed,
        panel: usize,
        groups: Range<usize>,
        steps: Range<usize>,
        target: &Target<'_>,
    ) {
        let b = &w.panel(panel)[steps.start * LINES..steps.end * LINES];
        for group in groups {
            let (rows, a) = self.group(group, steps.start, steps.end);
            let tile = Tile { rows, a, b, is_first: steps.start == 0 };
            let start = group * most_rows(self.level) * target.stride + panel * PANEL;
            // SAFETY: the panel is whole, so its columns are inside the rows of the target; no other
            // task has this panel.
            unsafe { multiply(self.level, w.dtype(), &tile, target.at(start), target.stride) };
        }
    }

    /// The last panel, if it has fewer than `PANEL` outputs: by way of a whole one.
    fn run_ragged(&self, w: &Packed, target: &Target<'_>) {
        let (last, height) = (w.panels() - 1, most_rows(self.level));
        let columns = last * PANEL..w.outputs();
        for group in 0..self.rows.div_ceil(height) {
            let mut scratch = [0.0; PANEL * 12];
            let (rows, a) = self.group(group, 0, self.steps);
            let tile = Tile { rows, a, b: w.panel(last), is_first: true };
            // SAFETY: `scratch` has twelve rows of `PANEL`, the most that any level's tile has.
            unsafe { multiply(self.level, w.dtype(), &tile, scratch.as_mut_ptr(), PANEL) };
            for row in 0..rows {
                // SAFETY: the ragged panel is this task's alone.
                let out = unsafe { target.row(group * height + row, columns.clone()) };
                out.copy_from_slice(&scratch[row * PANEL..row * PANEL + out.len()]);
            }
        }
    }
}

compiled_for_each_level! {
    fn pack_row(dtype: Dtype, row: &[f32], words: &mut [u32], stride: usize) = pack_row_body
}

/// By way of a short buffer: the conversion is vectors, the scattering is not.
#[inline(always)]
fn pack_row_body<const FUSED: bool>(dtype: Dtype, row: &[f32], words: &mut [u32], stride: usize) {
    const SHORT: usize = 64;
    let mut buffer = [0; SHORT];
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
        }
        for (word, packed) in words.iter_mut().step_by(stride).zip(&buffer) {
            *word = *packed;
        }
    }
}

/// Columns `from..` of one row of the result; `residual` starts at the same column.
fn finish_row(
    level: Level,
    epilogue: &Epilogue<'_>,
    from: usize,
    residual: &[f32],
    out: &mut [f32],
) {
    if !epilogue.bias.is_empty() {
        let bias = &epilogue.bias[from..from + out.len()];
        out.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
    }
    if epilogue.activation != Activation::Identity {
        activation::apply(level, epilogue.activation, out);
    }
    out.iter_mut().zip(residual).for_each(|(x, residual)| *x += residual);
}

/// A matrix that several threads write, each its own columns.
struct Target<'a> {
    start: *mut f32,
    len: usize,
    stride: usize,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: the pointer is used through `at` and `row` alone, whose callers keep to their columns.
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    fn new(out: &'a mut [f32], stride: usize) -> Self {
        Self { start: out.as_mut_ptr(), len: out.len(), stride, matrix: PhantomData }
    }

    fn at(&self, offset: usize) -> *mut f32 {
        assert!(offset < self.len, "a tile behind the end of the matrix");
        self.start.wrapping_add(offset)
    }

    /// Some columns of a row.
    ///
    /// # Safety
    /// Nobody else may refer to these elements while the slice lives.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that slices do not overlap")]
    unsafe fn row(&self, row: usize, columns: Range<usize>) -> &mut [f32] {
        let start = row * self.stride + columns.start;
        assert!(start + columns.len() <= self.len, "columns behind the end of the matrix");
        // SAFETY: inside the matrix, as just checked, and not shared, as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), columns.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
    }

    fn packed(w: &[f32], shape: (usize, usize), dtype: Dtype) -> Packed {
        let read = |row: usize, buffer: &mut [f32]| {
            buffer.copy_from_slice(&w[row * shape.1..(row + 1) * shape.1]);
            Ok::<_, ()>(())
        };
        Packed::from_rows(shape, dtype, read).unwrap()
    }

    fn rounded(x: &[f32], dtype: Dtype) -> Vec<f64> {
        let round = |x: f32| match dtype {
            Dtype::F32 => f64::from(x),
            Dtype::Bf16 => half::bf16::from_f32(x).to_f64(),
        };
        x.iter().map(|x| round(*x)).collect()
    }

    /// Rows, outputs, inputs: whole and ragged panels, groups and blocks.
    const SHAPES: [(usize, usize, usize); 9] = [
        (1, 1, 1),
        (1, 32, 4),
        (3, 33, 7),
        (12, 64, 130),
        (13, 65, 129),
        (25, 96, 31),
        (5, 40, 1100),
        (280, 70, 600),
        (2, 5, 0),
    ];

    #[test]
    fn products_agree_with_double_precision_on_ragged_shapes() {
        for level in Level::available() {
            for shape in SHAPES {
                compare(level, Dtype::F32, shape);
                compare(level, Dtype::Bf16, shape);
            }
        }
    }

    fn compare(level: Level, dtype: Dtype, (rows, outputs, inputs): (usize, usize, usize)) {
        let (x, w) = (noise(rows * inputs, 1), noise(outputs * inputs, 2));
        let matrix = packed(&w, (outputs, inputs), dtype);
        let mut got = vec![f32::NAN; rows * outputs];
        let operand = Rows { data: &x, count: rows, stride: inputs };
        product(level, operand, &matrix, &Epilogue::default(), &mut got);
        let (x, w) = (rounded(&x, dtype), rounded(&w, dtype));
        for (place, got) in got.into_iter().enumerate() {
            let (row, output) = (place / outputs, place % outputs);
            let terms = (0..inputs).map(|i| x[row * inputs + i] * w[output * inputs + i]);
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
            let error = (f64::from(got) - sum).abs();
            let shape = (rows, outputs, inputs);
            // What a sum of that many terms may lose, whatever their order (Higham 2002, section 4.2).
            let bound = (inputs + 2) as f64 * f64::from(f32::EPSILON) / 2.0;
            assert!(error <= bound * size, "{level} {dtype} {shape:?}: {error} of {size}");
        }
    }

    #[test]
    fn a_row_is_the_same_bits_alone_and_in_company_and_for_any_number_of_threads() {
        let (rows, outputs, inputs) = (30, 200, 1500);
        let (x, w) = (noise(rows * inputs, 3), noise(outputs * inputs, 4));
        for level in Level::available() {
            for dtype in [Dtype::F32, Dtype::Bf16] {
                let matrix = packed(&w, (outputs, inputs), dtype);
                let run = |threads: usize, from: usize, count: usize| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                    let data = &x[from * inputs..];
                    let mut out = vec![0.0; count * outputs];
                    let operand = Rows { data, count, stride: inputs };
                    let epilogue = Epilogue::default();
                    pool.unwrap().install(|| product(level, operand, &matrix, &epilogue, &mut out));
                    out
                };
                let together = run(1, 0, rows);
                assert_eq!(together, run(3, 0, rows), "{level} {dtype}");
                for row in [0, 11, 29] {
                    let alone = run(2, row, 1);
                    assert_eq!(alone, together[row * outputs..(row + 1) * outputs], "{level}");
                }
            }
        }
    }

    #[test]
    fn the_epilogue_adds_bias_then_activates_then_adds_the_residual() {
        let (x, w) = (noise(14 * 20, 5), noise(37 * 20, 6));
        let (bias, residual) = (noise(37, 7), noise(14 * 37, 8));
        for level in Level::available() {
            let matrix = packed(&w, (37, 20), Dtype::F32);
            let operand = Rows { data: &x, count: 14, stride: 20 };
            let (mut plain, mut got) = (vec![0.0; 14 * 37], vec![0.0; 14 * 37]);
            product(level, operand, &matrix, &Epilogue::default(), &mut plain);
            let epilogue =
                Epilogue { bias: &bias, activation: Activation::Relu, residual: &residual };
            product(level, operand, &matrix, &epilogue, &mut got);
            for (i, got) in got.iter().enumerate() {
                let expected = (plain[i] + bias[i % 37]).max(0.0) + residual[i];
                assert_eq!(got.to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn infinities_and_nan_reach_the_result() {
        for level in Level::available() {
            for dtype in [Dtype::F32, Dtype::Bf16] {
                let matrix = packed(&[1.0; 8], (2, 4), dtype);
                let x = [1.0, f32::INFINITY, 1.0, 1.0, 1.0, f32::NAN, 0.0, 0.0];
                let mut out = [0.0; 4];
                let operand = Rows { data: &x, count: 2, stride: 4 };
                product(level, operand, &matrix, &Epilogue::default(), &mut out);
                assert_eq!(out[..2], [f32::INFINITY; 2], "{level} {dtype}");
                assert!(out[2].is_nan() && out[3].is_nan(), "{level} {dtype}");
            }
        }
    }
}
