//! From a picture to pixel values, as the image processors of transformers with Pillow do it.
//!
//! Resizing and cropping are in 8 bits; only then do the levels become floating point. BLIP, ViT and
//! Swin resize to an exact size (the aspect is not kept), CLIP by the shortest edge with a crop of
//! the middle. Source: `image_processing_blip.py`, `image_processing_clip.py` and
//! `image_processing_vit.py` of transformers.

use std::path::Path;

use lagar_image::{Filter, ImageError, Mode, Picture};
use serde::Deserialize;
use serde_json::Value;

use crate::ModelsError;
use crate::folder::{config_error, read_if_there, with_defaults};

/// The steps that `preprocessor_config.json` asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Preprocessor {
    do_resize: bool,
    do_rescale: bool,
    do_normalize: bool,
    rescale_factor: f64,
    image_mean: [f64; 3],
    image_std: [f64; 3],
    resample: u32,
    size: Option<Size>,
    do_center_crop: bool,
    crop_size: Option<Size>,
}

/// What a picture is resized or cropped to, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Size {
    /// Height and width.
    Exact { height: usize, width: usize },
    /// The shorter side; the longer one follows.
    Shortest { shortest_edge: usize },
    /// One number, as old files have it: a square, or the shorter side where a crop follows.
    Side(usize),
}

/// What `preprocessor_config.json` means where it says nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    pub(crate) resample: u32,
    pub(crate) mean: [f64; 3],
    pub(crate) std: [f64; 3],
    pub(crate) is_cropped: bool,
}

impl Defaults {
    /// `BlipImageProcessor`.
    pub(crate) const BLIP: Self =
        Self { resample: 3, mean: CLIP_MEAN, std: CLIP_STD, is_cropped: false };
    /// `CLIPImageProcessor`.
    pub(crate) const CLIP: Self = Self { is_cropped: true, ..Self::BLIP };
    /// `ViTImageProcessor`.
    pub(crate) const VIT: Self =
        Self { resample: 2, mean: [0.5; 3], std: [0.5; 3], is_cropped: false };

    fn preprocessor(&self) -> Value {
        serde_json::json!({
            "do_resize": true, "do_rescale": true, "do_normalize": true,
            "rescale_factor": 1.0 / 255.0, "image_mean": self.mean, "image_std": self.std,
            "resample": self.resample, "do_center_crop": self.is_cropped,
        })
    }
}

const CLIP_MEAN: [f64; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f64; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];

impl Preprocessor {
    /// Reads `preprocessor_config.json`, or the picture's part of `processor_config.json`; what they
    /// leave out is as `defaults` say, with pictures of the vision tower's size.
    ///
    /// # Errors
    /// When a file is unreadable, or asks for something that is not built or does not fit the tower.
    pub(crate) fn read(
        folder: &Path,
        image_size: usize,
        defaults: &Defaults,
    ) -> Result<Self, ModelsError> {
        let mut path = folder.join("preprocessor_config.json");
        let mut found: Option<Value> = read_if_there(&path)?;
        if found.is_none() {
            path = folder.join("processor_config.json");
            let processor: Option<Value> = read_if_there(&path)?;
            found = processor.and_then(|processor| processor.get("image_processor").cloned());
        }
        let settings = with_defaults(defaults.preprocessor(), found);
        let mut preprocessor: Self = serde_json::from_value(settings)
            .map_err(|error| config_error(&path, error.to_string()))?;
        preprocessor.settle(image_size).map_err(|message| config_error(&path, message))?;
        Ok(preprocessor)
    }

    /// As [`Self::read`], for a model that takes squares of `side` whatever size the file names; without
    /// a folder all is as `defaults` say.
    ///
    /// # Errors
    /// When the file is unreadable, or asks for something that is not built.
    pub(crate) fn sized(
        folder: Option<&Path>,
        side: usize,
        defaults: &Defaults,
    ) -> Result<Self, ModelsError> {
        let path = folder.map(|folder| folder.join("preprocessor_config.json")).unwrap_or_default();
        let mut found: Option<Value> = read_if_there(&path)?;
        if let Some(found) = found.as_mut().and_then(Value::as_object_mut) {
            found.retain(|key, _| key != "size" && key != "crop_size");
        }
        let settings = with_defaults(defaults.preprocessor(), found);
        let mut preprocessor: Self = serde_json::from_value(settings)
            .map_err(|error| config_error(&path, error.to_string()))?;
        preprocessor.settle(side).map_err(|message| config_error(&path, message))?;
        Ok(preprocessor)
    }

    /// The mean colour in 8 bits, cut off behind the point.
    pub(crate) fn mean_levels(&self) -> [u8; 3] {
        self.image_mean.map(|mean| (mean * 255.0) as u8)
    }

    /// Fills in sizes, and says what does not fit a tower that takes squares of `image_size`.
    fn settle(&mut self, image_size: usize) -> Result<(), String> {
        if self.filter().is_none() {
            return Err(format!("`resample`: {} is not a filter of Pillow", self.resample));
        }
        let square = Size::Exact { height: image_size, width: image_size };
        let exact = |size| match size {
            Size::Side(side) => Size::Exact { height: side, width: side },
            other => other,
        };
        let (name, last) = if self.do_center_crop {
            let side = Size::Shortest { shortest_edge: image_size };
            self.size = Some(match self.size.unwrap_or(side) {
                Size::Side(side) => Size::Shortest { shortest_edge: side },
                other => other,
            });
            ("crop_size", self.crop_size.insert(exact(self.crop_size.unwrap_or(square))))
        } else {
            ("size", self.size.insert(exact(self.size.unwrap_or(square))))
        };
        match *last {
            last if last == square => Ok(()),
            Size::Exact { height, width } => Err(format!(
                "`{name}`: the vision tower takes pictures of {image_size} by {image_size} pixels, \
                 not {height} by {width}"
            )),
            _ => Err(format!("`{name}`: expected a number or `height` and `width`")),
        }
    }

    /// Pillow's numbers for its filters.
    fn filter(&self) -> Option<Filter> {
        Some(match self.resample {
            0 => Filter::Nearest,
            1 => Filter::Lanczos,
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            4 => Filter::Box,
            5 => Filter::Hamming,
            _ => return None,
        })
    }

    /// Pixel values of a picture, `[3, height, width]` in row-major order.
    ///
    /// # Errors
    /// When the picture cannot be resized.
    pub fn pixel_values(&self, picture: &Picture) -> Result<Vec<f32>, ImageError> {
        let mut picture = picture.to_rgb();
        debug_assert_eq!(picture.mode(), Mode::Rgb, "colours after conversion");
        if let (true, Some(filter), Some(size)) = (self.do_resize, self.filter(), self.size) {
            let (width, height) = size.of(picture.width(), picture.height());
            picture = picture.resize(width, height, filter)?;
        }
        if let (true, Some(Size::Exact { height, width })) = (self.do_center_crop, self.crop_size) {
            picture = middle(&picture, (width as u32, height as u32))?;
        }
        let tables: Vec<_> = (0..3).map(|channel| self.levels(channel)).collect();
        let mut values = Vec::with_capacity(picture.pixels().len());
        for (channel, table) in tables.iter().enumerate() {
            let levels = picture.pixels().iter().skip(channel).step_by(3);
            values.extend(levels.map(|level| table[usize::from(*level)]));
        }
        Ok(values)
    }

    /// What becomes of each of the 256 levels of a channel.
    fn levels(&self, channel: usize) -> Vec<f32> {
        let (mean, std) = (self.image_mean[channel] as f32, self.image_std[channel] as f32);
        let value = |level: u8| {
            let mut value = f64::from(level);
            if self.do_rescale {
                value *= self.rescale_factor;
            }
            let value = value as f32;
            if self.do_normalize { (value - mean) / std } else { value }
        };
        (0..=u8::MAX).map(value).collect()
    }
}

impl Size {
    /// Width and height of a picture of `width` by `height` pixels after resizing.
    fn of(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::Exact { height, width } => (width as u32, height as u32),
            Self::Side(side) => (side as u32, side as u32),
            Self::Shortest { shortest_edge } => {
                let edge = shortest_edge as u64;
                // transformers divides in floating point and cuts off what is behind the point.
                let long = |long: u32, short: u32| {
                    ((edge * u64::from(long)) as f64 / f64::from(short)) as u32
                };
                if width <= height {
                    (edge as u32, long(height, width))
                } else {
                    (long(width, height), edge as u32)
                }
            }
        }
    }
}

/// The middle of a picture; where it is smaller, black is added, as transformers does.
fn middle(picture: &Picture, (width, height): (u32, u32)) -> Result<Picture, ImageError> {
    let inside = (width.min(picture.width()), height.min(picture.height()));
    let place = |whole: u32, part: u32| (whole - part) / 2;
    let (left, top) = (place(picture.width(), inside.0), place(picture.height(), inside.1));
    let part = picture.crop(left, top, inside.0, inside.1)?;
    if inside == (width, height) {
        return Ok(part);
    }
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let (left, top) = ((width - inside.0).div_ceil(2), (height - inside.1).div_ceil(2));
    let row = inside.0 as usize * 3;
    for (index, source) in part.pixels().chunks_exact(row).enumerate() {
        let start = ((top as usize + index) * width as usize + left as usize) * 3;
        pixels[start..start + row].copy_from_slice(source);
    }
    Picture::new(width, height, Mode::Rgb, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preprocessor(text: &str, defaults: &Defaults, image_size: usize) -> Preprocessor {
        let found = serde_json::from_str(text).unwrap();
        let settings = with_defaults(defaults.preprocessor(), Some(found));
        let mut preprocessor: Preprocessor = serde_json::from_value(settings).unwrap();
        preprocessor.settle(image_size).unwrap();
        preprocessor
    }

    #[test]
    fn an_even_picture_becomes_its_normalised_level() {
        let preprocessor = preprocessor(r#"{"size": 3}"#, &Defaults::BLIP, 3);
        let picture = Picture::new(5, 7, Mode::L, vec![51; 35]).unwrap();
        let values = preprocessor.pixel_values(&picture).unwrap();
        assert_eq!(values.len(), 3 * 3 * 3);
        for (channel, values) in values.chunks(9).enumerate() {
            let (mean, std) = (preprocessor.image_mean[channel], preprocessor.image_std[channel]);
            let expected = ((0.2 - mean) / std) as f32;
            assert!(values.iter().all(|value| (value - expected).abs() < 1e-6));
        }
    }

    #[test]
    fn sizes_come_as_a_number_or_a_mapping() {
        let square = Size::Exact { height: 224, width: 224 };
        for text in ["{}", r#"{"size": 224}"#, r#"{"size": {"height": 224, "width": 224}}"#] {
            assert_eq!(preprocessor(text, &Defaults::BLIP, 224).size, Some(square), "{text}");
            if text != r#"{"size": {"height": 224, "width": 224}}"# {
                let clip = preprocessor(text, &Defaults::CLIP, 224);
                assert_eq!(clip.size, Some(Size::Shortest { shortest_edge: 224 }));
                assert_eq!(clip.crop_size, Some(square));
            }
        }
        assert_eq!(Size::Shortest { shortest_edge: 224 }.of(640, 427), (335, 224));
        assert_eq!(Size::Shortest { shortest_edge: 224 }.of(33, 50), (224, 339));
    }

    #[test]
    fn a_size_that_does_not_fit_the_tower_is_refused() {
        let mut wrong = preprocessor("{}", &Defaults::BLIP, 224);
        wrong.size = Some(Size::Side(336));
        assert!(wrong.settle(224).unwrap_err().contains("not 336 by 336"));
        wrong.size = Some(Size::Shortest { shortest_edge: 224 });
        assert!(wrong.settle(224).unwrap_err().contains("expected a number"));
    }

    #[test]
    fn a_picture_smaller_than_the_crop_stands_in_black() {
        let picture = Picture::new(1, 2, Mode::Rgb, vec![9; 6]).unwrap();
        let middle = middle(&picture, (3, 2)).unwrap();
        let red: Vec<u8> = middle.pixels().iter().copied().step_by(3).collect();
        assert_eq!(red, [0, 9, 0, 0, 9, 0]);
    }
}
