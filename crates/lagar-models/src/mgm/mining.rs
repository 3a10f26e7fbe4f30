//! Patch info mining: each of CLIP's patches asks the finer map's places that lie under it.
//!
//! The finer map is never in memory as a whole: its maps are made equally large row by row of patches.
//! Source: section 3.2 of the paper, and `unified_resampler` of MGM's `mgm_arch.py`.

use lagar_nn::layers::{LayerNorm, Linear};
use lagar_nn::ops::{AttentionSettings, attention, bilinear};
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

const EPSILON: f64 = 1e-5;

/// A part of the finer map, the whole by default: `1 / grid` of its height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it, made `grid` times coarser.
    Whole {
        /// How many times.
        grid: usize,
    },
    /// One of `grid * grid` parts.
    Tile {
        /// Its row and column.
        place: (usize, usize),
        /// Parts side by side.
        grid: usize,
    },
}

/// The three projections that are searched with.
#[derive(Debug)]
pub struct Mining {
    query: (LayerNorm, Linear),
    key: (LayerNorm, Linear),
    value: (LayerNorm, Linear),
    width: usize,
}

impl Mining {
    /// Loads `vlm_uni_query_projector`, `vlm_uni_aux_projector` and `vlm_uni_val_projector`, for patches
    /// and finer maps of these widths.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>, (width, finer): (usize, usize)) -> Result<Self, NnError> {
        let load = |name: &str, inputs| {
            let scope = scope.at(name);
            let norm = LayerNorm::load(&scope.at(0), inputs, EPSILON)?;
            Ok::<_, NnError>((norm, Linear::load(&scope.at(1), (inputs, width), true)?))
        };
        Ok(Self {
            query: load("vlm_uni_query_projector", width)?,
            key: load("vlm_uni_aux_projector", finer)?,
            value: load("vlm_uni_val_projector", finer)?,
            width,
        })
    }

    /// What patches `[patches, width]` find in maps `[height, width, channels]`, the finest first:
    /// `[patches, width]`. The patches are a square, row by row.
    ///
    /// # Errors
    /// When the finer map cannot be cut into as many blocks as there are patches.
    pub fn forward(
        &self,
        patches: &Tensor,
        maps: &[Tensor],
        part: Part,
    ) -> Result<Tensor, NnError> {
        let count = patches.size(0)?;
        let side = count.isqrt();
        let finer = FinerMap::new(maps, part)?;
        let step = finer.side / side.max(1);
        if side * side != count || step == 0 || step * side != finer.side {
            let message = format!("{count} patches over a map of {} places a side", finer.side);
            return Err(NnError::shape("patch info mining", message));
        }
        let queries = project(&self.query, patches)?;
        let settings = AttentionSettings::full(1, self.width);
        let mut found = Vec::with_capacity(side);
        for row in 0..side {
            let places = finer.blocks(row, step)?;
            let key = project(&self.key, &places)?;
            let value = project(&self.value, &places)?;
            let query = queries.narrow(0, row * side..(row + 1) * side)?;
            let query = query.reshape(&[side, 1, self.width])?;
            found.push(attention(&query, &key, &value, &settings)?);
        }
        let found = Tensor::cat(&found.iter().collect::<Vec<_>>(), 0)?;
        found.reshape(&[count, self.width])
    }
}

fn project((norm, linear): &(LayerNorm, Linear), x: &Tensor) -> Result<Tensor, NnError> {
    linear.forward(&norm.forward(x)?)
}

/// The part of the finer map that a view sees, as rows that are made when they are asked for.
struct FinerMap<'a> {
    maps: &'a [Tensor],
    /// Places of the whole finer map in a row.
    whole: usize,
    /// Places of this part in a row.
    side: usize,
    part: Part,
}

impl<'a> FinerMap<'a> {
    fn new(maps: &'a [Tensor], part: Part) -> Result<Self, NnError> {
        let whole = maps.first().map_or(Ok(0), |map| map.size(0))?;
        let (Part::Whole { grid } | Part::Tile { grid, .. }) = part;
        Ok(Self { maps, whole, side: whole / grid.max(1), part })
    }

    /// The blocks under one row of patches, `[patches, step * step, channels]`.
    fn blocks(&self, row: usize, step: usize) -> Result<Tensor, NnError> {
        let maps: Vec<&Tensor> = self.maps.iter().collect();
        let rows = row * step..(row + 1) * step;
        let size = (self.whole, self.whole);
        let rows = match self.part {
            Part::Whole { grid: 1 } => bilinear(&maps, size, rows)?,
            Part::Whole { grid } => {
                // the rows that the coarser ones are made of, with none beyond the map's edge
                let fine = rows.start * grid..rows.end * grid;
                let fine = bilinear(&maps, size, fine)?;
                bilinear(&[&fine], (rows.len(), self.side), 0..rows.len())?
            }
            Part::Tile { place: (down, across), .. } => {
                let rows = down * self.side + rows.start..down * self.side + rows.end;
                let columns = across * self.side..(across + 1) * self.side;
                bilinear(&maps, size, rows)?.narrow(1, columns)?
            }
        };
        let [_, width, channels] = rows.sizes()?;
        let patches = width / step;
        let blocks = rows.reshape(&[step, patches, step, channels])?.permute(&[1, 0, 2, 3])?;
        blocks.reshape(&[patches, step * step, channels])
    }
}
