//! Matrices in the order in which the product reads them.
//!
//! A matrix of `outputs × inputs` is cut into panels of [`PANEL`] outputs. A panel is a run of steps,
//! and a step holds four bytes of each of its outputs, side by side: one `f32`, two neighbouring
//! bfloat16 or four 8-bit integers. All so have one layout, and a step of a panel is two registers of
//! AVX-512. Outputs and inputs that are lacking are zeros.

use rayon::prelude::*;

use crate::Dtype;
use crate::kernels::math::bf16_bits;
use crate::kernels::memory::Lines;
use crate::kernels::{level, quantise};

/// Outputs in a panel.
pub const PANEL: usize = 32;

/// Sixteen words, aligned to a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Line(pub(crate) [u32; 16]);

impl Line {
    pub(crate) const ZERO: Self = Self([0; 16]);
}

/// Lines in one step of a panel.
pub(crate) const LINES: usize = PANEL / 16;

/// A matrix `[outputs, inputs]`, packed for the product `x · Wᵀ`.
#[derive(Debug)]
pub struct Packed {
    outputs: usize,
    inputs: usize,
    dtype: Dtype,
    lines: Lines,
    /// Of 8-bit integers, panel by panel; else empty.
    channels: Vec<Channels>,
}

/// How a panel's integers are to be read.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    /// The size of a step of each output.
    pub(crate) scales: [f32; PANEL],
    /// The sum of each output's integers.
    pub(crate) sums: [i32; PANEL],
}

const UNREAD: Channels = Channels { scales: [0.0; PANEL], sums: [0; PANEL] };

impl Packed {
    /// Packs a matrix whose rows `read(row, buffer)` writes into a buffer of `inputs` elements. Rows
    /// are asked for in any order, by several threads at once. A matrix with more inputs than sums of
    /// 8-bit integers can hold ([`quantise::MOST_INPUTS`]) is kept in bfloat16 instead.
    ///
    /// # Errors
    /// The first error that `read` returns.
    pub fn from_rows<E: Send>(
        (outputs, inputs): (usize, usize),
        dtype: Dtype,
        read: impl Fn(usize, &mut [f32]) -> Result<(), E> + Sync,
    ) -> Result<Self, E> {
        let is_long = inputs > quantise::MOST_INPUTS;
        let dtype = if is_long && dtype == Dtype::Int8 { Dtype::Bf16 } else { dtype };
        let mut packed = Self::zeros((outputs, inputs), dtype);
        let size = packed.steps() * LINES;
        if size == 0 {
            return Ok(packed);
        }
        let fill = |buffer: &mut Vec<f32>, panel: usize, lines: &mut [Line]| {
            for column in 0..PANEL.min(outputs - panel * PANEL) {
                read(panel * PANEL + column, buffer)?;
                pack_column(dtype, lines, column, buffer);
            }
            Ok(())
        };
        if dtype != Dtype::Int8 {
            let panels = packed.lines.par_chunks_mut(size).enumerate();
            panels.try_for_each_init(
                || vec![0.0; inputs],
                |buffer, (panel, lines)| fill(buffer, panel, lines),
            )?;
            return Ok(packed);
        }
        let panels = packed.lines.par_chunks_mut(size).zip(&mut packed.channels).enumerate();
        panels.try_for_each_init(
            || (vec![0.0; inputs], vec![0; inputs]),
            |(buffer, whole), (panel, (lines, channels))| {
                for column in 0..PANEL.min(outputs - panel * PANEL) {
                    read(panel * PANEL + column, buffer)?;
                    quantise::weights(level(), buffer, whole, &mut channels.scales[column]);
                    channels.sums[column] = whole.iter().map(|q| i32::from(*q)).sum();
                    pack_integers(lines, column, whole);
                }
                Ok(())
            },
        )?;
        Ok(packed)
    }

    /// Packs the transpose of a matrix given as rows, `rows(input)` being `outputs` elements long:
    /// the second operand of `x · V`. On the calling thread, in `f32`.
    pub(crate) fn from_columns<'a>(
        (outputs, inputs): (usize, usize),
        rows: impl Fn(usize) -> &'a [f32],
    ) -> Self {
        let mut packed = Self::zeros((outputs, inputs), Dtype::F32);
        for input in 0..inputs {
            for (panel, part) in rows(input)[..outputs].chunks(PANEL).enumerate() {
                let first = (panel * inputs + input) * LINES;
                for (place, x) in part.iter().enumerate() {
                    packed.lines[first + place / 16].0[place % 16] = x.to_bits();
                }
            }
        }
        packed
    }

    /// Packs a matrix given as rows, on the calling thread, in `f32`.
    pub(crate) fn from_slices<'a>(
        (outputs, inputs): (usize, usize),
        rows: impl Fn(usize) -> &'a [f32],
    ) -> Self {
        let mut packed = Self::zeros((outputs, inputs), Dtype::F32);
        for (panel, lines) in packed.lines.chunks_mut((inputs * LINES).max(1)).enumerate() {
            for column in 0..PANEL.min(outputs - panel * PANEL) {
                pack_column(Dtype::F32, lines, column, rows(panel * PANEL + column));
            }
        }
        packed
    }

    fn zeros((outputs, inputs): (usize, usize), dtype: Dtype) -> Self {
        let steps = inputs.div_ceil(per_step(dtype));
        let panels = outputs.div_ceil(PANEL);
        let lines = Lines::zeros(panels * steps * LINES);
        let channels = vec![UNREAD; if dtype == Dtype::Int8 { panels } else { 0 }];
        Self { outputs, inputs, dtype, lines, channels }
    }

    /// Rows of the matrix: the width of a product's result.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of the matrix: the width of what is multiplied with it.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The form of its elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Memory taken, in bytes.
    pub fn bytes(&self) -> usize {
        self.lines.len() * size_of::<Line>() + self.channels.len() * size_of::<Channels>()
    }

    /// Writes one row of the matrix into `out`, which is `inputs` long.
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        let panel = self.panel(row / PANEL);
        let (line, place) = (row % PANEL / 16, row % 16);
        for (step, out) in out.chunks_mut(per_step(self.dtype)).enumerate() {
            let word = panel[step * LINES + line].0[place];
            match self.dtype {
                Dtype::F32 => out[0] = f32::from_bits(word),
                Dtype::Bf16 => {
                    let halves = [f32::from_bits(word << 16), f32::from_bits(word & 0xffff_0000)];
                    out.copy_from_slice(&halves[..out.len()]);
                }
                Dtype::Int8 => {
                    let scale = self.channels[row / PANEL].scales[row % PANEL];
                    for (out, byte) in out.iter_mut().zip(word.to_le_bytes()) {
                        *out = f32::from(byte.cast_signed()) * scale;
                    }
                }
            }
        }
    }

    pub(crate) fn panels(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    pub(crate) fn steps(&self) -> usize {
        self.inputs.div_ceil(per_step(self.dtype))
    }

    pub(crate) fn panel(&self, panel: usize) -> &[Line] {
        let size = self.steps() * LINES;
        &self.lines[panel * size..(panel + 1) * size]
    }

    /// How the integers of a panel are to be read, if they are integers.
    pub(crate) fn channels(&self, panel: usize) -> Option<&Channels> {
        self.channels.get(panel)
    }
}

/// Elements of one row in a step.
pub(crate) fn per_step(dtype: Dtype) -> usize {
    4 / dtype.bytes()
}

/// Two neighbouring elements as one word of bfloat16.
#[inline(always)]
pub(crate) fn pair(low: f32, high: f32) -> u32 {
    bf16_bits(low) | (bf16_bits(high) << 16)
}

fn pack_column(dtype: Dtype, lines: &mut [Line], column: usize, row: &[f32]) {
    let (line, place) = (column / 16, column % 16);
    let steps = lines.iter_mut().skip(line).step_by(LINES);
    match dtype {
        Dtype::F32 => {
            for (line, x) in steps.zip(row) {
                line.0[place] = x.to_bits();
            }
        }
        Dtype::Bf16 => {
            for (line, x) in steps.zip(row.chunks(2)) {
                line.0[place] = pair(x[0], x.get(1).copied().unwrap_or(0.0));
            }
        }
        Dtype::Int8 => unreachable!("integers have scales: `pack_integers`"),
    }
}

fn pack_integers(lines: &mut [Line], column: usize, row: &[i8]) {
    let (line, place) = (column / 16, column % 16);
    for (line, x) in lines.iter_mut().skip(line).step_by(LINES).zip(row.chunks(4)) {
        let mut bytes = [0; 4];
        for (byte, x) in bytes.iter_mut().zip(x) {
            *byte = x.cast_unsigned();
        }
        line.0[place] = u32::from_le_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(outputs: usize, inputs: usize, dtype: Dtype) -> Packed {
        let read = |row: usize, buffer: &mut [f32]| {
            for (column, x) in buffer.iter_mut().enumerate() {
                *x = (row * 100 + column) as f32;
            }
            Ok::<_, ()>(())
        };
        Packed::from_rows((outputs, inputs), dtype, read).unwrap()
    }

    #[test]
    fn a_packed_matrix_gives_its_rows_back() {
        for (outputs, inputs) in [(1, 1), (31, 7), (32, 8), (70, 33)] {
            let packed = matrix(outputs, inputs, Dtype::F32);
            let mut row = vec![0.0; inputs];
            for index in 0..outputs {
                packed.read_row(index, &mut row);
                let expected: Vec<f32> = (0..inputs).map(|c| (index * 100 + c) as f32).collect();
                assert_eq!(row, expected);
            }
        }
    }

    #[test]
    fn bfloat16_takes_half_the_memory_and_rounds_once() {
        let packed = matrix(40, 33, Dtype::Bf16);
        assert_eq!(packed.bytes(), 2 * 17 * LINES * 64);
        let mut row = [0.0; 33];
        packed.read_row(39, &mut row);
        for (column, x) in row.into_iter().enumerate() {
            let expected = half::bf16::from_f32((3900 + column) as f32).to_f32();
            assert_eq!(x.to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn integers_take_a_quarter_of_the_memory_and_are_within_half_a_step() {
        let packed = matrix(40, 33, Dtype::Int8);
        assert_eq!(packed.bytes(), 2 * (9 * LINES * 64 + size_of::<Channels>()));
        let mut row = [0.0; 33];
        packed.read_row(39, &mut row);
        for (column, x) in row.into_iter().enumerate() {
            assert!((x - (3900 + column) as f32).abs() <= 3932.0 / 254.0 * 1.001);
        }
        let long = quantise::MOST_INPUTS + 1;
        let read = |_: usize, row: &mut [f32]| {
            row.fill(1.0);
            Ok::<_, ()>(())
        };
        assert_eq!(Packed::from_rows((1, long), Dtype::Int8, read).unwrap().dtype(), Dtype::Bf16);
    }

    #[test]
    fn the_first_failure_to_read_is_the_failure_of_packing() {
        let read = |row: usize, _: &mut [f32]| if row == 3 { Err("row 3") } else { Ok(()) };
        assert_eq!(Packed::from_rows((9, 2), Dtype::F32, read).unwrap_err(), "row 3");
    }
}
