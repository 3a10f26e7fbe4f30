//! `ConvNeXt`, the finer vision tower: a stem and four stages, each half as fine as the one before.
//!
//! How deep and wide the stages are is read off the tensors, so that towers of other sizes load.
//! Channels stand side by side, as the perceptrons want them. Source: Liu et al. 2022 and `convnext.py`
//! of timm (linear perceptrons, exact GELU, a learnt scale per block), whose names the tensors have.

use lagar_nn::layers::{Depthwise, LayerNorm, Linear, PatchEmbedding};
use lagar_nn::ops::Activation;
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

const EPSILON: f64 = 1e-6;
/// Height and width of the kernels of a block.
const KERNEL: usize = 7;
/// Pixels of a picture per place of the first map, and places of a map per place of the next.
const STEM: usize = 4;
const STEP: usize = 2;
/// Rows of a perceptron's inside that are in memory at a time.
const ROWS: usize = 1 << 13;

/// The tower.
#[derive(Debug)]
pub struct ConvNext {
    stem: (PatchEmbedding, LayerNorm),
    stages: Vec<Stage>,
    widths: Vec<usize>,
}

#[derive(Debug)]
struct Stage {
    downsample: Option<(LayerNorm, PatchEmbedding)>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    depthwise: Depthwise,
    norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    gamma: Tensor,
}

impl ConvNext {
    /// Loads `vision_stem` and `vision_stages`.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn load(scope: &Scope<'_>) -> Result<Self, NnError> {
        let (stem, all) = (scope.at("vision_stem"), scope.at("vision_stages"));
        let found = |stage: usize| {
            let stage = all.at(stage);
            stage.shape("blocks.0.gamma").and_then(|shape| shape.first().copied())
        };
        let count = (0..usize::MAX).take_while(|stage| found(*stage).is_some()).count().max(1);
        let widths: Vec<usize> = (0..count).map(|stage| found(stage).unwrap_or(1)).collect();
        let mut stages = Vec::with_capacity(count);
        for (index, width) in widths.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| widths.get(before).copied());
            stages.push(Stage::load(&all.at(index), *width, before)?);
        }
        let patches = PatchEmbedding::load(&stem.at(0), (3, STEM, widths[0]), true)?;
        let norm = LayerNorm::load(&stem.at(1), widths[0], EPSILON)?;
        Ok(Self { stem: (patches, norm), stages, widths })
    }

    /// Channels of all stages together.
    pub fn width(&self) -> usize {
        self.widths.iter().sum()
    }

    /// What each stage makes of a picture, pixels `[3, side, side]` to maps `[height, width,
    /// channels]`, the finest first.
    ///
    /// # Errors
    /// When the picture is too small.
    pub fn forward(&self, pixels: &Tensor) -> Result<Vec<Tensor>, NnError> {
        let [channels, height, width] = pixels.sizes()?;
        let (patches, norm) = &self.stem;
        let x = patches.forward(&pixels.reshape(&[1, channels, height, width])?)?;
        let x = norm.forward(&x.reshape(&[height / STEM, width / STEM, x.size(2)?])?)?;
        let mut maps: Vec<Tensor> = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let map = stage.forward(maps.last().unwrap_or(&x))?;
            maps.push(map);
        }
        Ok(maps)
    }
}

impl Stage {
    fn load(scope: &Scope<'_>, width: usize, before: Option<usize>) -> Result<Self, NnError> {
        let downsample = scope.at("downsample");
        let load = |before| {
            let norm = LayerNorm::load(&downsample.at(0), before, EPSILON)?;
            let patches = PatchEmbedding::load(&downsample.at(1), (before, STEP, width), true)?;
            Ok::<_, NnError>((norm, patches))
        };
        let blocks = scope.at("blocks");
        let is_there = |index: &usize| blocks.at(index).shape("gamma").is_some();
        let count = (0..usize::MAX).take_while(is_there).count().max(1);
        let block = |index| Block::load(&blocks.at(index), width);
        Ok(Self {
            downsample: before.map(load).transpose()?,
            blocks: (0..count).map(block).collect::<Result<_, _>>()?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let mut x = x.clone();
        if let Some((norm, patches)) = &self.downsample {
            let [height, width, channels] = x.sizes()?;
            let planes = norm.forward(&x)?.permute(&[2, 0, 1])?;
            let small = patches.forward(&planes.reshape(&[1, channels, height, width])?)?;
            x = small.reshape(&[height / STEP, width / STEP, small.size(2)?])?;
        }
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        Ok(x)
    }
}

impl Block {
    fn load(scope: &Scope<'_>, width: usize) -> Result<Self, NnError> {
        let perceptron = scope.at("mlp");
        let inner = perceptron.shape("fc1.weight").and_then(|shape| shape.first().copied());
        let inner = inner.unwrap_or(4 * width);
        Ok(Self {
            depthwise: Depthwise::load(&scope.at("conv_dw"), width, KERNEL)?,
            norm: LayerNorm::load(&scope.at("norm"), width, EPSILON)?,
            inner: Linear::load(&perceptron.at("fc1"), (width, inner), true)?,
            outer: Linear::load(&perceptron.at("fc2"), (inner, width), true)?,
            gamma: scope.tensor("gamma", &[width])?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let mixed = self.norm.forward(&self.depthwise.forward(&x.reshape(&four(x)?)?)?)?;
        let [_, height, width, channels] = mixed.sizes()?;
        let (rows, count) = (mixed.reshape(&[height * width, channels])?, height * width);
        let mut parts = Vec::with_capacity(count.div_ceil(ROWS));
        for start in (0..count).step_by(ROWS) {
            let part = rows.narrow(0, start..(start + ROWS).min(count))?;
            let inner = self.inner.activated(&part, Activation::Gelu)?;
            parts.push(self.outer.forward(&inner)?.mul(&self.gamma)?);
        }
        let outer = Tensor::cat(&parts.iter().collect::<Vec<_>>(), 0)?;
        x.add(&outer.reshape(&[height, width, channels])?)
    }
}

/// The shape of one map among several.
fn four(x: &Tensor) -> Result<[usize; 4], NnError> {
    let [height, width, channels] = x.sizes()?;
    Ok([1, height, width, channels])
}
