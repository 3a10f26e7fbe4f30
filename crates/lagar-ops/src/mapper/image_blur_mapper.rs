//! `image_blur_mapper`: blurs some of the pictures.

use std::path::{Path, PathBuf};

use arrow::array::{ListBuilder, StringViewBuilder};
use lagar_core::{Batch, Digest};
use lagar_image::{ImageError, Picture};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::picture::{PictureError, is_carried, picture_at, produced_path};
use crate::{Context, Example, Fault, Mapped, Mapper, OperatorError, Parity, register};

/// Blurs each picture with probability `p` and names the blurred copy in its place.
///
/// A model that has only seen sharp pictures fails on those of a shaking hand. The copy is written
/// beside the original, in `__dj__produced_data__/image_blur_mapper/`, or in `save_dir`; the original
/// stays as it is. `gaussian` and `box` blur over `radius` pixels as Pillow's filters of these names
/// do, `mean` is Pillow's `BLUR`, the mean of the border of a square of five pixels. JPEGs are
/// written with quality 75 and chroma of half the size, as Pillow does; PNG as PNG, and every other
/// format as PNG, too. Which pictures are blurred follows from the seed and the row's position, and
/// the name of a copy from the original's bytes and the parameters: the same run gives the same
/// files. A row that carries its pictures as bytes is put aside, as the copy could not replace them.
///
/// Parity: pixels exact. Data-Juicer draws without a seed and puts process and time into the names;
/// it writes WebP, GIF and others in their own formats, and into `image_bytes` pixels without a
/// format.
///
/// Source: Data-Juicer 1.6.1, `image_blur_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageBlurMapper {
    /// The share of pictures to blur, in [0, 1].
    pub p: f64,
    /// The kind of blur: `mean`, `box` or `gaussian`.
    pub blur_type: Blur,
    /// How far the blur reaches, in pixels; at least 0.
    #[serde(deserialize_with = "radius")]
    pub radius: f64,
    /// The folder for blurred copies, if not one beside the originals.
    pub save_dir: Option<PathBuf>,
}

/// Kinds of blur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Blur {
    /// A fixed kernel.
    Mean,
    /// The mean of a square.
    Box,
    /// A Gaussian.
    #[default]
    Gaussian,
}

impl Default for ImageBlurMapper {
    fn default() -> Self {
        Self { p: 0.2, blur_type: Blur::Gaussian, radius: 2.0, save_dir: None }
    }
}

fn radius<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let radius = f64::deserialize(deserializer)?;
    if radius >= 0.0 {
        return Ok(radius);
    }
    Err(serde::de::Error::custom("radius must be >= 0"))
}

const NAME: &str = "image_blur_mapper";

impl Mapper for ImageBlurMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let save_dir = match &self.save_dir {
            Some(folder) => {
                Some(std::path::absolute(folder).map_err(|error| OperatorError::Parameter {
                    operator: NAME.to_owned(),
                    parameter: "save_dir".to_owned(),
                    message: error.to_string(),
                })?)
            }
            None => None,
        };
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        let mut faults = Vec::new();
        let mut is_changed = false;
        for index in 0..batch.len() {
            let paths: Vec<&str> = batch.images_of(index).collect();
            let mapped = self.row(batch, context, index, save_dir.as_deref());
            let mapped = mapped.unwrap_or_else(|error| {
                faults.push(Fault { index, message: error.to_string() });
                paths.iter().map(|path| (*path).to_owned()).collect()
            });
            is_changed |= mapped != paths;
            for path in mapped {
                lists.values().append_value(path);
            }
            lists.append(arrow::array::Array::is_valid(&batch.images, index));
        }
        let images = is_changed.then(|| lists.finish());
        Ok(Mapped { images, faults, ..Mapped::default() })
    }
}

impl ImageBlurMapper {
    /// The paths of a row's pictures, blurred ones in place of theirs.
    fn row(
        &self,
        batch: &Batch,
        context: &Context<'_>,
        index: usize,
        save_dir: Option<&Path>,
    ) -> Result<Vec<String>, PictureError> {
        let mut mapped: Vec<String> = Vec::new();
        for (place, path) in batch.images_of(index).enumerate() {
            let same = batch.images_of(index).take(place).position(|earlier| earlier == path);
            if let Some(same) = same {
                mapped.push(mapped[same].clone());
                continue;
            }
            if self.p < draw(batch, context.seed, index, place) {
                mapped.push(path.to_owned());
                continue;
            }
            let fault = |fault| PictureError::new(path, fault);
            if is_carried(batch, index, place) {
                let message = "is carried in the row, where a blurred copy cannot replace it";
                return Err(fault(ImageError::Unreadable { message: message.to_owned() }));
            }
            let encoded = context.pictures.encoded(path)?;
            let picture = picture_at(batch, context.pictures, index, place)?;
            let digest = Digest::of_parts([encoded.as_slice(), self.words().as_bytes()]);
            let extension = extension_of(path);
            let produced = produced_path(path, NAME, save_dir, &extension, digest);
            let bytes = self.blurred(&picture).and_then(|picture| encode(&picture, &extension));
            context.pictures.keep(&produced, bytes.map_err(fault)?)?;
            mapped.push(produced);
        }
        Ok(mapped)
    }

    fn blurred(&self, picture: &Picture) -> Result<Picture, ImageError> {
        match self.blur_type {
            Blur::Mean => picture.mean_blur(),
            Blur::Box => picture.box_blur(self.radius as f32),
            Blur::Gaussian => picture.gaussian_blur(self.radius as f32),
        }
    }

    /// The parameters that decide the pixels.
    fn words(&self) -> String {
        format!("{:?} {}", self.blur_type, self.radius)
    }
}

/// A number in [0, 1) for a picture, from the seed and its place alone.
fn draw(batch: &Batch, seed: u64, index: usize, place: usize) -> f64 {
    let (row, part) = (batch.row.value(index), u64::from(batch.part.value(index)));
    let numbers = [seed, row, part, place as u64].map(u64::to_le_bytes);
    let digest = Digest::of_parts(
        std::iter::once(NAME.as_bytes()).chain(numbers.iter().map(<[u8; 8]>::as_slice)),
    );
    let word = digest.0[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    (word >> 11) as f64 / (1_u64 << 53) as f64
}

/// The extension of the copy: what the picture's name says, if it can be written.
fn extension_of(path: &str) -> String {
    let name = path.rsplit_once(",name=").map_or(path, |(_, name)| name);
    let extension = Path::new(name).extension().unwrap_or_default().to_string_lossy();
    match extension.to_lowercase().as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" | "png" => extension.into_owned(),
        _ => "png".to_owned(),
    }
}

fn encode(picture: &Picture, extension: &str) -> Result<Vec<u8>, ImageError> {
    if extension.eq_ignore_ascii_case("png") {
        return picture.encode_png();
    }
    picture.encode_jpeg(75)
}

register! {
    ImageBlurMapper, Mapper,
    name: "image_blur_mapper",
    version: 1,
    cost: Pixels,
    reads: &["images", "image_bytes"],
    writes: &["images"],
    thresholds: &[],
    parity: Parity::Differs("pixels exact; which pictures are drawn and their names, as the original draws without a seed"),
    examples: &[Example {
        parameters: "{p: 0.5, blur_type: box, radius: 3}",
        texts: &[],
        pictures: &[&[(64, 48)], &[(48, 64)], &[(32, 24), (32, 32)], &[]],
    }],
}
