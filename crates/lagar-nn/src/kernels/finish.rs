//! What is done to a tile once its sums are complete, while it is in the first cache.
#![expect(unsafe_code, reason = "a tile is part of a matrix that several threads write")]

use crate::kernels::activation::{Activation, apply_body};
use crate::kernels::level::compiled_for_each_level;
use crate::kernels::operand::Operand;
use crate::kernels::packed::{Channels, PANEL, Packed};
use crate::kernels::product::Epilogue;
use crate::kernels::quantise::Token;

/// What is done to the elements of one panel.
pub(crate) struct Finish<'a> {
    operand: &'a Operand,
    channels: Option<&'a Channels>,
    bias: [f32; PANEL],
    has_bias: bool,
    activation: Activation,
    /// From the panel's first column on, rows `stride` apart.
    residual: &'a [f32],
    stride: usize,
    columns: usize,
}

/// What is done to the elements of a panel.
pub(crate) fn finish<'a>(
    operand: &'a Operand,
    w: &'a Packed,
    epilogue: &Epilogue<'a>,
    panel: usize,
) -> Finish<'a> {
    let first = panel * PANEL;
    let columns = PANEL.min(w.outputs() - first);
    let mut bias = [0.0; PANEL];
    if !epilogue.bias.is_empty() {
        bias[..columns].copy_from_slice(&epilogue.bias[first..first + columns]);
    }
    Finish {
        operand,
        channels: w.channels(panel),
        bias,
        has_bias: !epilogue.bias.is_empty(),
        activation: epilogue.activation,
        residual: epilogue.residual.get(first..).unwrap_or(&[]),
        stride: w.outputs(),
        columns,
    }
}

/// Sums of a tile: `PANEL` of each row, rows `stride` apart, the first one row `first` of the product.
struct Sums {
    start: *mut f32,
    stride: usize,
    first: usize,
}

impl Finish<'_> {
    /// Whether sums are not yet the result.
    pub(crate) fn has_work(&self) -> bool {
        self.channels.is_some()
            || self.has_bias
            || self.activation != Activation::Identity
            || !self.residual.is_empty()
    }

    /// Finishes rows `first..` of the product, whose sums stand at `start`.
    ///
    /// # Safety
    /// `PANEL` elements from `start`, and from every further multiple of `stride` below
    /// `rows * stride`, must be the caller's alone.
    pub(crate) unsafe fn rows(&self, first: usize, rows: usize, start: *mut f32, stride: usize) {
        let sums = Sums { start, stride, first };
        let tokens = self.operand.tokens(first, rows);
        finish_rows(self.operand.level(), self, &sums, tokens);
    }
}

compiled_for_each_level! {
    fn finish_rows(finish: &Finish<'_>, sums: &Sums, tokens: &[Token]) = finish_rows_body
}

#[inline(always)]
fn finish_rows_body<const FUSED: bool>(finish: &Finish<'_>, sums: &Sums, tokens: &[Token]) {
    for (row, Token { scale, zero }) in tokens.iter().enumerate() {
        let start = sums.start.wrapping_add(row * sums.stride).cast::<[f32; PANEL]>();
        // SAFETY: the caller of `rows` promised these elements.
        let mut x = unsafe { start.read_unaligned() };
        if let Some(channels) = finish.channels {
            for (column, x) in x.iter_mut().enumerate() {
                let sum = x.to_bits().cast_signed();
                let whole = sum.wrapping_sub(channels.sums[column].wrapping_mul(*zero));
                *x = whole as f32 * (scale * channels.scales[column]);
            }
        }
        if finish.has_bias {
            for (x, bias) in x.iter_mut().zip(&finish.bias) {
                *x += bias;
            }
        }
        apply_body::<FUSED>(finish.activation, &mut x);
        if !finish.residual.is_empty() {
            let residual = &finish.residual[(sums.first + row) * finish.stride..];
            for (x, residual) in x.iter_mut().zip(&residual[..finish.columns]) {
                *x += residual;
            }
        }
        // SAFETY: as above.
        unsafe { start.write_unaligned(x) };
    }
}
