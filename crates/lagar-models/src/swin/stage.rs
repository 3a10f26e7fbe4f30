//! One stage: layers over windows, and the merging of patches behind them.

use lagar_nn::layers::{LayerNorm, Linear};
use lagar_nn::ops::{Activation, AttentionSettings};
use lagar_nn::weights::Scope;
use lagar_nn::{Device, NnError, Tensor};

use super::{EPSILON, window};
use crate::encoder::{EncoderLayer, LayerShape, SWIN};

/// How patches stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) height: usize,
    pub(super) width: usize,
}

/// The sizes of a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageShape {
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) depth: usize,
    pub(super) window: usize,
    pub(super) ratio: f64,
    pub(super) epsilon: f64,
    pub(super) activation: Activation,
    pub(super) has_qkv_bias: bool,
    pub(super) is_last: bool,
}

#[derive(Debug)]
pub(super) struct Stage {
    layers: Vec<(EncoderLayer, Tensor)>,
    merging: Option<(LayerNorm, Linear)>,
    window: usize,
}

impl Stage {
    pub(super) fn load(scope: &Scope<'_>, shape: &StageShape) -> Result<Self, NnError> {
        let &StageShape { width, heads, window, epsilon, activation, .. } = shape;
        let inner = (width as f64 * shape.ratio) as usize;
        let has_qkv_bias = shape.has_qkv_bias;
        let layer_shape = LayerShape { width, inner, heads, epsilon, activation, has_qkv_bias };
        let blocks = scope.at("blocks");
        let layer = |index: usize| {
            let scope = blocks.at(index);
            let layer = EncoderLayer::load(&scope, &SWIN, &layer_shape)?;
            let rows = (2 * window - 1).pow(2);
            let table = scope.at("attention.self");
            let table = table.tensor("relative_position_bias_table", &[rows, heads])?;
            Ok((layer, bias_of(&table, window)?))
        };
        let merging = (!shape.is_last).then(|| {
            let scope = scope.at("downsample");
            let norm = LayerNorm::load(&scope.at("norm"), 4 * width, EPSILON)?;
            let sizes = (4 * width, 2 * width);
            Ok((norm, Linear::load(&scope.at("reduction"), sizes, false)?))
        });
        Ok(Self {
            layers: (0..shape.depth).map(layer).collect::<Result<_, NnError>>()?,
            merging: merging.transpose()?,
            window,
        })
    }

    /// `[items, patches, width]` and how they stand, to what the next stage reads.
    pub(super) fn forward(&self, x: &Tensor, grid: Grid) -> Result<(Tensor, Grid), NnError> {
        let mut x = x.clone();
        for (index, (layer, bias)) in self.layers.iter().enumerate() {
            let shift = if index % 2 == 0 { 0 } else { self.window / 2 };
            x = self.layer(&x, grid, (layer, bias), shift)?;
        }
        match &self.merging {
            Some((norm, reduction)) => merge(&x, grid, norm, reduction),
            None => Ok((x, grid)),
        }
    }

    fn layer(
        &self,
        x: &Tensor,
        grid: Grid,
        (layer, bias): (&EncoderLayer, &Tensor),
        shift: usize,
    ) -> Result<Tensor, NnError> {
        let [items, patches, width] = x.sizes()?;
        let smaller = grid.height.min(grid.width);
        if smaller < self.window {
            let message = format!("windows of {} on a grid of {grid:?}", self.window);
            return Err(NnError::shape("swin", message));
        }
        // Where one window covers the grid there is nothing to move.
        let shift = if smaller == self.window { 0 } else { shift };
        let normed = layer.before(x)?.reshape(&[items, grid.height, grid.width, width])?;
        let (padded, whole) = pad(&normed, grid, self.window)?;
        let mut moved = padded;
        let mut masked = bias.clone();
        if shift > 0 {
            moved = moved.roll(-shift.cast_signed(), 1)?.roll(-shift.cast_signed(), 2)?;
            masked = bias.add(&window::mask(whole, self.window, shift)?)?;
        }
        let windows = window::cut(&moved, self.window)?;
        let settings = AttentionSettings { bias: Some(&masked), ..layer.every_token(width) };
        let seen = layer.attend(&windows, &settings)?;
        let mut back = window::join(&seen, self.window, whole)?;
        if shift > 0 {
            back = back.roll(shift.cast_signed(), 1)?.roll(shift.cast_signed(), 2)?;
        }
        let back = back.narrow(1, 0..grid.height)?.narrow(2, 0..grid.width)?;
        layer.behind(&x.add(&back.permute(&[0, 1, 2, 3])?.reshape(&[items, patches, width])?)?)
    }
}

/// The biases of all pairs of places in a window, `[1, heads, size * size, size * size]`.
fn bias_of(table: &Tensor, size: usize) -> Result<Tensor, NnError> {
    let heads = table.size(1)?;
    let data = table.to_vec()?;
    let places = window::relative_places(size);
    let of_head = |head: usize| places.iter().map(move |place| place * heads + head);
    let biases = (0..heads).flat_map(of_head).map(|index| data[index]).collect();
    let count = size * size;
    Tensor::from_vec(biases, &[1, heads, count, count], &Device::cpu())
}

/// Zeros at the right and the bottom, until windows fit.
fn pad(x: &Tensor, grid: Grid, size: usize) -> Result<(Tensor, Grid), NnError> {
    let up = |side: usize| side.next_multiple_of(size);
    let whole = Grid { height: up(grid.height), width: up(grid.width) };
    let mut x = x.clone();
    for (dimension, missing) in [(1, whole.height - grid.height), (2, whole.width - grid.width)] {
        if missing > 0 {
            let mut shape = x.shape().to_vec();
            shape[dimension] = missing;
            x = Tensor::cat(&[&x, &Tensor::zeros(&shape, &Device::cpu())?], dimension)?;
        }
    }
    Ok((x, whole))
}

/// Each square of four patches becomes one, twice as wide.
fn merge(
    x: &Tensor,
    grid: Grid,
    norm: &LayerNorm,
    reduction: &Linear,
) -> Result<(Tensor, Grid), NnError> {
    let [items, _, width] = x.sizes()?;
    let x = x.reshape(&[items, grid.height, grid.width, width])?;
    let (x, whole) = pad(&x, grid, 2)?;
    let half = Grid { height: whole.height / 2, width: whole.width / 2 };
    // [items, y, 2, x, 2, width] to [items, y, x, (2 across, 2 down), width]: the original takes
    // the left pair of each square first.
    let merged = x
        .reshape(&[items, half.height, 2, half.width, 2, width])?
        .permute(&[0, 1, 3, 4, 2, 5])?
        .reshape(&[items, half.height * half.width, 4 * width])?;
    Ok((reduction.forward(&norm.forward(&merged)?)?, half))
}
