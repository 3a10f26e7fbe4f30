//! From a picture to what both towers read.
//!
//! There is one resize of 8-bit levels, to the finer tower's size. CLIP's picture is made of its
//! normalised numbers, bilinearly and without smoothing. Source: `process_images` of MGM's
//! `mm_utils.py` and the data set of its `train.py`.

use std::path::Path;

use lagar_image::{Mode, Picture};
use lagar_nn::ops::bilinear;
use lagar_nn::{Device, Tensor};

use crate::ModelsError;
use crate::mgm::MgmConfig;
use crate::preprocess::{Defaults, Preprocessor};

/// What the towers read.
#[derive(Clone, Debug)]
pub struct Pixels {
    /// For CLIP, `[views, 3, side, side]`: the picture, or its parts row by row and then all of it.
    pub views: Tensor,
    /// For the finer tower, `[3, side, side]`.
    pub finer: Tensor,
}

/// How pictures become pixels.
#[derive(Clone, Debug)]
pub struct MgmPixels {
    preprocessor: Preprocessor,
    is_padded: bool,
    /// Height and width of the finer tower's pictures and of CLIP's.
    finer: usize,
    side: usize,
    grid: usize,
    has_whole: bool,
}

impl MgmPixels {
    /// As the configuration says; mean, spread and filter are those of the folder of CLIP's tower, if
    /// there is one. `side` is the size of CLIP's pictures.
    ///
    /// # Errors
    /// When a file is unreadable or asks for something that is not built.
    pub(super) fn new(
        config: &MgmConfig,
        tower: Option<&Path>,
        side: usize,
    ) -> Result<Self, ModelsError> {
        let finer = config.image_size_aux.unwrap_or(768);
        Ok(Self {
            preprocessor: Preprocessor::sized(tower, finer, &Defaults::CLIP)?,
            is_padded: config.image_aspect_ratio.as_deref() == Some("pad"),
            finer,
            side,
            grid: config.image_grid,
            has_whole: config.views() > config.image_grid.pow(2),
        })
    }

    /// The pixels of a picture.
    ///
    /// # Errors
    /// When the picture cannot be resized.
    pub fn of(&self, picture: &Picture) -> Result<Pixels, ModelsError> {
        let picture = picture.to_rgb();
        let resize = |picture: &Picture| self.preprocessor.pixel_values(picture);
        let values =
            if self.is_padded { resize(&self.squared(&picture)?) } else { resize(&picture) };
        let shape = [3, self.finer, self.finer];
        let finer = Tensor::from_vec(values?, &shape, &Device::cpu())?;
        let large = shrunk(&finer, self.side * self.grid)?;
        let (grid, side) = (self.grid, self.side);
        let tiles = large.reshape(&[3, grid, side, grid, side])?.permute(&[1, 3, 0, 2, 4])?;
        let mut views = tiles.reshape(&[grid * grid, 3, side, side])?;
        if self.has_whole {
            let whole = shrunk(&large, side)?.reshape(&[1, 3, side, side])?;
            views = Tensor::cat(&[&views, &whole], 0)?;
        }
        Ok(Pixels { views, finer })
    }

    /// A picture in the middle of a square of the mean colour.
    fn squared(&self, picture: &Picture) -> Result<Picture, ModelsError> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let side = width.max(height);
        if width == height {
            return Ok(picture.clone());
        }
        let colour = self.preprocessor.mean_levels();
        let mut pixels = colour.repeat(side * side);
        let (left, top) = ((side - width) / 2, (side - height) / 2);
        for (index, row) in picture.pixels().chunks_exact(3 * width).enumerate() {
            let start = 3 * ((top + index) * side + left);
            pixels[start..start + row.len()].copy_from_slice(row);
        }
        Ok(Picture::new(side as u32, side as u32, Mode::Rgb, pixels)?)
    }
}

/// `[3, height, width]` made `side` by `side`.
fn shrunk(planes: &Tensor, side: usize) -> Result<Tensor, ModelsError> {
    let places = planes.permute(&[1, 2, 0])?;
    Ok(bilinear(&[&places], (side, side), 0..side)?.permute(&[2, 0, 1])?)
}
