//! From a picture to pixel values, as `BlipImageProcessor` with Pillow does it.
//!
//! The resize is to the exact size (the aspect is not kept) in 8 bits; only then do the levels become
//! floating point. Source: `image_processing_blip.py` of transformers.

use std::path::Path;

use lagar_image::{Filter, ImageError, Mode, Picture};
use serde::{Deserialize, Deserializer};

use crate::ModelsError;
use crate::folder::{config_error, read_if_there};

/// The steps that `preprocessor_config.json` asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Preprocessor {
    do_resize: bool,
    do_rescale: bool,
    do_normalize: bool,
    rescale_factor: f64,
    image_mean: [f64; 3],
    image_std: [f64; 3],
    resample: u32,
    #[serde(deserialize_with = "side")]
    size: Option<(usize, usize)>,
}

#[derive(Deserialize)]
struct ProcessorConfig {
    image_processor: Option<Preprocessor>,
}

impl Default for Preprocessor {
    fn default() -> Self {
        Self {
            do_resize: true,
            do_rescale: true,
            do_normalize: true,
            rescale_factor: 1.0 / 255.0,
            image_mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            image_std: [0.268_629_54, 0.261_302_58, 0.275_777_11],
            resample: 3,
            size: None,
        }
    }
}

/// Height and width, from a number or a mapping.
fn side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(usize, usize)>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = |value: &serde_json::Value| value.as_u64().map(|side| side as usize);
    let both = match &value {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::Object(map) => {
            map.get("height").and_then(number).zip(map.get("width").and_then(number))
        }
        single => number(single).map(|side| (side, side)),
    };
    let wrong = || format!("`size`: expected a number or `height` and `width`, got {value}");
    both.map(Some).ok_or_else(|| serde::de::Error::custom(wrong()))
}

impl Preprocessor {
    /// Reads `preprocessor_config.json`, or the picture's part of `processor_config.json`; what they
    /// leave out is as BLIP-2 has it, with pictures of the vision tower's size.
    ///
    /// # Errors
    /// When a file is unreadable, or asks for something that is not built or does not fit the tower.
    pub fn read(folder: &Path, image_size: usize) -> Result<Self, ModelsError> {
        let mut path = folder.join("preprocessor_config.json");
        let mut found: Option<Self> = read_if_there(&path)?;
        if found.is_none() {
            path = folder.join("processor_config.json");
            let processor: Option<ProcessorConfig> = read_if_there(&path)?;
            found = processor.and_then(|processor| processor.image_processor);
        }
        let mut preprocessor = found.unwrap_or_default();
        let size = *preprocessor.size.get_or_insert((image_size, image_size));
        if size != (image_size, image_size) {
            let (height, width) = size;
            let message = format!(
                "`size`: the vision tower takes pictures of {image_size} by {image_size} pixels, \
                 not {height} by {width}"
            );
            return Err(config_error(&path, message));
        }
        if preprocessor.filter().is_none() {
            let message =
                format!("`resample`: {} is not a filter of Pillow", preprocessor.resample);
            return Err(config_error(&path, message));
        }
        Ok(preprocessor)
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
        if let (true, Some(filter), Some((height, width))) =
            (self.do_resize, self.filter(), self.size)
        {
            picture = picture.resize(width as u32, height as u32, filter)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_picture_becomes_its_normalised_level() {
        let preprocessor = Preprocessor { size: Some((2, 3)), ..Preprocessor::default() };
        let picture = Picture::new(5, 7, Mode::L, vec![51; 35]).unwrap();
        let values = preprocessor.pixel_values(&picture).unwrap();
        assert_eq!(values.len(), 3 * 2 * 3);
        for (channel, values) in values.chunks(6).enumerate() {
            let (mean, std) = (preprocessor.image_mean[channel], preprocessor.image_std[channel]);
            let expected = ((0.2 - mean) / std) as f32;
            assert!(values.iter().all(|value| (value - expected).abs() < 1e-6));
        }
    }

    #[test]
    fn sizes_come_as_a_number_or_a_mapping() {
        let size = |text: &str| {
            serde_json::from_str::<Preprocessor>(text).map(|preprocessor| preprocessor.size)
        };
        assert_eq!(size(r#"{"size": 224}"#).unwrap(), Some((224, 224)));
        assert_eq!(size(r#"{"size": {"height": 2, "width": 3}}"#).unwrap(), Some((2, 3)));
        assert_eq!(size("{}").unwrap(), None);
        assert!(size(r#"{"size": {"shortest_edge": 224}}"#).is_err());
    }
}
