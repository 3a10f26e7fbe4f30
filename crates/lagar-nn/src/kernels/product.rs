//! The matrix product `x · Wᵀ` with a packed matrix, and what is done to its result at once.
//!
//! Blocking follows Goto and van de Geijn (2008): a block of inputs of one panel stays in the first
//! cache, a block of rows in the second. Where all inputs of the rows fit there, a panel is worked
//! through from end to end; with few rows that reads the matrix from memory exactly once and in order.
//! Threads share the work by panels, so that each output element is one thread's.
#![expect(
    unsafe_code,
    reason = "threads write disjoint columns of one matrix, at first not initialised"
)]

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::Level;
use crate::kernels::activation::Activation;
use crate::kernels::finish::{Finish, finish};
use crate::kernels::memory::{fresh, initialised};
use crate::kernels::operand::Operand;
use crate::kernels::packed::{LINES, PANEL, Packed};
use crate::kernels::tile::{Tile, most_rows, multiply};

/// Steps of a panel that are worked through before the next group of rows: 64 KiB.
const BLOCK_STEPS: usize = 512;
/// Groups of rows that share a block of a panel.
const BLOCK_GROUPS: usize = 22;
/// Bytes of the first operand that the second cache holds beside a block of a panel.
const SECOND_CACHE: usize = 640 << 10;
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

/// `x · Wᵀ` with its epilogue, `[rows, outputs]`, on all threads of the pool.
pub fn product(level: Level, x: Rows<'_>, w: &Packed, epilogue: &Epilogue<'_>) -> Vec<f32> {
    fresh(x.count * w.outputs(), |out| product_into(level, x, w, epilogue, out))
}

fn product_into(
    level: Level,
    x: Rows<'_>,
    w: &Packed,
    epilogue: &Epilogue<'_>,
    out: &mut [MaybeUninit<f32>],
) {
    let threads = rayon::current_num_threads();
    let is_small = x.count * w.inputs() * w.outputs() < SMALL;
    let block = BLOCK_GROUPS * most_rows(level);
    let blocks = x.count.div_ceil(block);
    let run = |(index, out): (usize, &mut [MaybeUninit<f32>])| {
        let rows = index * block..((index + 1) * block).min(x.count);
        let (x, epilogue) = part(x, w.outputs(), epilogue, rows);
        Operand::with(level, x, w, false, |operand| {
            Work::new(operand, w, &epilogue, out).run(0..w.panels());
        });
    };
    let size = (block * w.outputs()).max(1);
    if threads == 1 || is_small {
        out.chunks_mut(size).enumerate().for_each(run);
    } else if blocks >= threads * 4 {
        out.par_chunks_mut(size).enumerate().for_each(run);
    } else {
        Operand::with(level, x, w, true, |operand| {
            let work = Work::new(operand, w, epilogue, out);
            let panels = w.panels().div_ceil(threads * 4).max(1);
            (0..w.panels().div_ceil(panels)).into_par_iter().for_each(|task| {
                work.run(task * panels..((task + 1) * panels).min(w.panels()));
            });
        });
    }
}

/// Some rows of a product's operand, and of what is done to its result.
fn part<'a>(
    x: Rows<'a>,
    outputs: usize,
    epilogue: &Epilogue<'a>,
    rows: Range<usize>,
) -> (Rows<'a>, Epilogue<'a>) {
    let residual = epilogue.residual.get(rows.start * outputs..rows.end * outputs);
    let data = &x.data[(rows.start * x.stride).min(x.data.len())..];
    (
        Rows { data, count: rows.len(), ..x },
        Epilogue { residual: residual.unwrap_or(&[]), ..*epilogue },
    )
}

/// The same on the calling thread, without an epilogue.
pub(crate) fn product_here(level: Level, x: Rows<'_>, w: &Packed, out: &mut [f32]) {
    let out = initialised(out);
    Operand::with(level, x, w, false, |operand| {
        Work::new(operand, w, &Epilogue::default(), out).run(0..w.panels());
    });
}

/// A product, of which several threads do some panels each.
struct Work<'a> {
    operand: &'a Operand,
    w: &'a Packed,
    epilogue: &'a Epilogue<'a>,
    target: Target<'a>,
}

impl<'a> Work<'a> {
    fn new(
        operand: &'a Operand,
        w: &'a Packed,
        epilogue: &'a Epilogue<'a>,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Self {
        let rows = operand.rows();
        assert!(out.len() == rows * w.outputs(), "result of {rows} rows");
        let (bias, residual) = (epilogue.bias.len(), epilogue.residual.len());
        assert!(bias == 0 || bias == w.outputs(), "bias of {bias} elements");
        assert!(residual == 0 || residual == out.len(), "residual of {residual} elements");
        Self { operand, w, epilogue, target: Target::new(out, w.outputs()) }
    }

    /// Computes these panels, which must be the calling task's alone.
    fn run(&self, panels: Range<usize>) {
        let (steps, groups) = (self.operand.steps(), self.operand.groups());
        let rows_bytes = BLOCK_GROUPS.min(groups) * most_rows(self.operand.level()) * steps * 4;
        let span = if rows_bytes <= SECOND_CACHE || groups == 1 { steps } else { BLOCK_STEPS };
        for from in (0..steps.max(1)).step_by(span.max(1)) {
            let steps = from..(from + span).min(steps);
            for first in (0..groups).step_by(BLOCK_GROUPS) {
                let groups = first..(first + BLOCK_GROUPS).min(groups);
                for panel in panels.clone() {
                    self.run_panel(panel, groups.clone(), steps.clone());
                }
            }
        }
    }

    /// Some steps of a panel with some groups of rows; of a ragged panel all steps, at the end.
    fn run_panel(&self, panel: usize, groups: Range<usize>, steps: Range<usize>) {
        if (panel + 1) * PANEL > self.w.outputs() {
            if steps.end == self.operand.steps() {
                self.run_ragged(panel, groups);
            }
            return;
        }
        let block = if groups.len() == 1 { steps.len() } else { BLOCK_STEPS };
        let finish = self.finish(panel);
        let (height, stride) = (most_rows(self.operand.level()), self.target.stride);
        for from in (steps.start..steps.end.max(steps.start + 1)).step_by(block.max(1)) {
            let part = from..(from + block).min(steps.end);
            let is_last = part.end == self.operand.steps();
            for group in groups.clone() {
                let start = self.target.at(group * height * stride + panel * PANEL);
                let rows = self.operand.rows_of(group);
                // SAFETY: the panel is whole, so its columns are inside the rows of the target; no
                // other task has this panel.
                unsafe { self.tile(panel, group, part.clone(), (start, stride)) };
                if is_last && finish.has_work() {
                    // SAFETY: as above.
                    unsafe { finish.rows(group * height, rows, start, stride) };
                }
            }
        }
    }

    /// A panel with fewer than `PANEL` outputs: by way of a whole one.
    fn run_ragged(&self, panel: usize, groups: Range<usize>) {
        let height = most_rows(self.operand.level());
        let columns = panel * PANEL..self.w.outputs();
        let finish = self.finish(panel);
        for group in groups {
            let mut scratch = [0.0; PANEL * 12];
            let rows = self.operand.rows_of(group);
            let (start, steps) = (scratch.as_mut_ptr(), 0..self.operand.steps());
            // SAFETY: `scratch` has twelve rows of `PANEL`, the most that any level's tile has.
            unsafe { self.tile(panel, group, steps, (start, PANEL)) };
            // SAFETY: as above.
            unsafe { finish.rows(group * height, rows, start, PANEL) };
            for row in 0..rows {
                let row_start = (group * height + row) * self.target.stride;
                let out = self.target.at(row_start + columns.end - 1);
                let out = out.wrapping_sub(columns.len() - 1);
                // SAFETY: from the first to the last of these columns, both inside the matrix; the
                // ragged panel is this task's alone.
                unsafe {
                    out.copy_from_nonoverlapping(&raw const scratch[row * PANEL], columns.len());
                };
            }
        }
    }

    /// # Safety
    /// As [`multiply`], for the rows of `group`.
    unsafe fn tile(
        &self,
        panel: usize,
        group: usize,
        steps: Range<usize>,
        (out, stride): (*mut f32, usize),
    ) {
        let b = &self.w.panel(panel)[steps.start * LINES..steps.end * LINES];
        let (rows, a) = self.operand.group(group, steps.start, steps.end);
        let tile = Tile { rows, a, b, is_first: steps.start == 0 };
        // SAFETY: the caller's promise.
        unsafe { multiply(self.operand.level(), self.w.dtype(), &tile, out, stride) };
    }

    fn finish(&self, panel: usize) -> Finish<'_> {
        finish(self.operand, self.w, self.epilogue, panel)
    }
}

/// A matrix that several threads write, each its own columns.
struct Target<'a> {
    start: *mut f32,
    len: usize,
    stride: usize,
    matrix: PhantomData<&'a mut [MaybeUninit<f32>]>,
}

// SAFETY: the pointer is used through `at` alone, whose callers keep to their columns.
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    fn new(out: &'a mut [MaybeUninit<f32>], stride: usize) -> Self {
        Self { start: out.as_mut_ptr().cast(), len: out.len(), stride, matrix: PhantomData }
    }

    fn at(&self, offset: usize) -> *mut f32 {
        assert!(offset < self.len, "a tile behind the end of the matrix");
        self.start.wrapping_add(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dtype;
    use crate::kernels::quantise;

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
            Dtype::Int8 => unreachable!("integers have a test of their own"),
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
        let operand = Rows { data: &x, count: rows, stride: inputs };
        let got = product(level, operand, &matrix, &Epilogue::default());
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
    fn products_of_integers_are_exact_and_the_same_bits_at_every_level() {
        for (rows, outputs, inputs) in SHAPES {
            let mut x = noise(rows * inputs, 1);
            for x in &mut x {
                *x = *x * 3.0 + 1.0;
            }
            let w = noise(outputs * inputs, 2);
            let matrix = packed(&w, (outputs, inputs), Dtype::Int8);
            let operand = Rows { data: &x, count: rows, stride: inputs };
            let run = |level| product(level, operand, &matrix, &Epilogue::default());
            let expected = run(Level::Portable);
            for level in Level::available() {
                assert_eq!(run(level), expected, "{level}");
            }
            for (place, got) in expected.iter().enumerate() {
                let x = &x[place / outputs * inputs..][..inputs];
                let (sum, size) = sum_of_integers(x, &matrix, place % outputs);
                assert!((f64::from(*got) - sum).abs() <= 1e-6 * size.max(1e-30), "{got} {sum}");
            }
        }
    }

    /// The exact sum over what is left of `x` and a row of the matrix as integers, and of its sizes.
    fn sum_of_integers(x: &[f32], matrix: &Packed, output: usize) -> (f64, f64) {
        let mut w = vec![0.0; x.len()];
        matrix.read_row(output, &mut w);
        let (token, inverse) = quantise::token(x);
        let term = |(x, w): (&f32, &f32)| {
            let q = i32::from(quantise::activation(*x, token.zero, inverse));
            f64::from(q - token.zero) * f64::from(token.scale) * f64::from(*w)
        };
        let terms = x.iter().zip(&w).map(term);
        terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()))
    }

    #[test]
    fn integers_stay_within_the_error_of_their_rounding() {
        let (rows, outputs, inputs) = (14, 40, 300);
        let (x, w) = (noise(rows * inputs, 5), noise(outputs * inputs, 6));
        let matrix = packed(&w, (outputs, inputs), Dtype::Int8);
        let operand = Rows { data: &x, count: rows, stride: inputs };
        let got = product(Level::detect(), operand, &matrix, &Epilogue::default());
        for (place, got) in got.iter().enumerate() {
            let x = &x[place / outputs * inputs..][..inputs];
            let w = &w[place % outputs * inputs..][..inputs];
            let largest = |row: &[f32]| row.iter().fold(0.0_f64, |a, x| a.max(f64::from(x.abs())));
            let (x_step, w_step) = (largest(x) * 2.0 / 255.0, largest(w) / 127.0);
            let (mut sum, mut bound) = (0.0, 1e-4);
            for (x, w) in x.iter().zip(w) {
                let (x, w) = (f64::from(*x), f64::from(*w));
                sum += x * w;
                bound += x.abs() * w_step / 2.0 + w.abs() * x_step + x_step * w_step;
            }
            assert!((f64::from(*got) - sum).abs() <= bound, "{got} {sum} {bound}");
        }
    }

    #[test]
    fn a_row_is_the_same_bits_alone_and_in_company_and_for_any_number_of_threads() {
        let (rows, outputs, inputs) = (30, 200, 1500);
        let (x, w) = (noise(rows * inputs, 3), noise(outputs * inputs, 4));
        for level in Level::available() {
            for dtype in [Dtype::F32, Dtype::Bf16, Dtype::Int8] {
                let matrix = packed(&w, (outputs, inputs), dtype);
                let run = |threads: usize, from: usize, count: usize| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                    let data = &x[from * inputs..];
                    let operand = Rows { data, count, stride: inputs };
                    pool.unwrap().install(|| product(level, operand, &matrix, &Epilogue::default()))
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
    fn blocks_of_rows_that_threads_share_change_no_bit() {
        let (rows, outputs, inputs) = (2300, 40, 9);
        let (x, w, bias) = (noise(rows * inputs, 3), noise(outputs * inputs, 4), noise(outputs, 5));
        let residual = noise(rows * outputs, 6);
        let epilogue = Epilogue { bias: &bias, activation: Activation::Gelu, residual: &residual };
        for dtype in [Dtype::F32, Dtype::Int8] {
            let matrix = packed(&w, (outputs, inputs), dtype);
            let operand = Rows { data: &x, count: rows, stride: inputs };
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| product(Level::detect(), operand, &matrix, &epilogue))
            };
            let expected = run(1);
            assert_eq!(expected, run(2), "{dtype}");
            let tail = Rows { data: &x[2299 * inputs..], count: 1, stride: inputs };
            let residual = &residual[2299 * outputs..];
            let tail = product(Level::detect(), tail, &matrix, &Epilogue { residual, ..epilogue });
            assert_eq!(tail, expected[2299 * outputs..], "{dtype}");
        }
    }

    #[test]
    fn the_epilogue_adds_bias_then_activates_then_adds_the_residual() {
        let (x, w) = (noise(14 * 20, 5), noise(37 * 20, 6));
        let (bias, residual) = (noise(37, 7), noise(14 * 37, 8));
        for level in Level::available() {
            let matrix = packed(&w, (37, 20), Dtype::F32);
            let operand = Rows { data: &x, count: 14, stride: 20 };
            let plain = product(level, operand, &matrix, &Epilogue::default());
            let epilogue =
                Epilogue { bias: &bias, activation: Activation::Relu, residual: &residual };
            let got = product(level, operand, &matrix, &epilogue);
            for (i, got) in got.iter().enumerate() {
                let expected = (plain[i] + bias[i % 37]).max(0.0) + residual[i];
                assert_eq!(got.to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn infinities_and_nan_reach_the_result() {
        for level in Level::available() {
            for dtype in [Dtype::F32, Dtype::Bf16, Dtype::Int8] {
                let matrix = packed(&[1.0; 8], (2, 4), dtype);
                let x = [1.0, f32::INFINITY, 1.0, 1.0, 1.0, f32::NAN, 0.0, 0.0];
                let operand = Rows { data: &x, count: 2, stride: 4 };
                let out = product(level, operand, &matrix, &Epilogue::default());
                if dtype == Dtype::Int8 {
                    assert!(out.iter().all(|x| x.is_nan()), "{level}: {out:?}");
                    continue;
                }
                assert_eq!(out[..2], [f32::INFINITY; 2], "{level} {dtype}");
                assert!(out[2].is_nan() && out[3].is_nan(), "{level} {dtype}");
            }
        }
    }
}
