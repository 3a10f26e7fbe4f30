//! Every check of `../data/expected.json`, which Pillow 13 wrote, against what comes out here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;

use lagar_image::{Area, Decoder, Filter, Orientation, Picture};
use md5::{Digest as _, Md5};
use serde::Deserialize;

use crate::data;

/// One thing done to one picture, and what Pillow made of it.
#[derive(Debug, Deserialize)]
struct Check {
    file: String,
    does: String,
    #[serde(default)]
    truncated: bool,
    #[serde(default)]
    filter: String,
    r#box: Option<[f64; 4]>,
    #[serde(default)]
    radius: f32,
    #[serde(default)]
    quality: u8,
    mode: String,
    size: [u32; 2],
    md5: String,
}

impl Check {
    fn run(&self) -> Result<Picture, lagar_image::ImageError> {
        let bytes = fs::read(data().join(&self.file)).unwrap();
        let orientation =
            if self.does == "shown" { Orientation::Shown } else { Orientation::Stored };
        let decoder = Decoder { orientation, accept_truncated: self.truncated };
        let picture = decoder.decode(&bytes)?;
        let [width, height] = self.size;
        match self.does.as_str() {
            "rgb" | "shown" => Ok(picture.to_rgb()),
            "luma" => Ok(picture.to_rgb().to_luma()),
            "jpeg" if self.mode == "L" => Ok(picture.to_luma()),
            "jpeg" => Ok(picture),
            "mean" => picture.mean_blur(),
            "box" => picture.box_blur(self.radius),
            "gaussian" => picture.gaussian_blur(self.radius),
            "crop" => {
                let [left, top, _, _] = self.r#box.unwrap().map(|side| side as u32);
                picture.crop(left, top, width, height)
            }
            "resize" => match self.r#box {
                None => picture.resize(width, height, filter(&self.filter)),
                Some([left, top, right, bottom]) => {
                    let area = Area { left, top, right, bottom };
                    picture.resize_area(area, width, height, filter(&self.filter))
                }
            },
            other => panic!("no such check: {other}"),
        }
    }

    fn difference(&self) -> Option<String> {
        let picture = match self.run() {
            Ok(picture) => picture,
            Err(error) => return Some(format!("{self:?}: it {error}")),
        };
        let sum = if self.does == "jpeg" {
            Md5::digest(picture.encode_jpeg(self.quality).unwrap())
        } else {
            Md5::digest(picture.pixels())
        };
        let found = (picture.mode().to_string(), [picture.width(), picture.height()], hex(&sum));
        (found != (self.mode.clone(), self.size, self.md5.clone()))
            .then(|| format!("{self:?}: got {found:?}"))
    }
}

fn filter(name: &str) -> Filter {
    match name {
        "nearest" => Filter::Nearest,
        "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" => Filter::Bicubic,
        "lanczos" => Filter::Lanczos,
        other => panic!("no such filter: {other}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Runs the checks that `wanted` picks; at least so many of them must be there.
fn equal(at_least: usize, wanted: impl Fn(&Check) -> bool) {
    let checks = fs::read_to_string(data().join("expected.json")).unwrap();
    let checks: Vec<Check> = serde_json::from_str(&checks).unwrap();
    let checks: Vec<Check> = checks.into_iter().filter(wanted).collect();
    assert!(checks.len() >= at_least, "only {} checks", checks.len());
    let different: Vec<String> = checks.iter().filter_map(Check::difference).collect();
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        checks.len(),
        different.join("\n")
    );
}

fn is_decoding(check: &Check) -> bool {
    matches!(check.does.as_str(), "rgb" | "luma" | "shown")
}

fn has_extension(check: &Check, extension: &str) -> bool {
    Path::new(&check.file).extension().is_some_and(|found| found == extension)
}

#[test]
fn jpegs_decode_to_pillows_pixels() {
    equal(45, |check| is_decoding(check) && has_extension(check, "jpg"));
}

#[test]
fn pngs_decode_to_pillows_pixels() {
    equal(30, |check| is_decoding(check) && has_extension(check, "png"));
}

#[test]
fn gifs_decode_to_pillows_pixels() {
    equal(8, |check| is_decoding(check) && has_extension(check, "gif"));
}

#[test]
fn bitmaps_decode_to_pillows_pixels() {
    equal(6, |check| is_decoding(check) && has_extension(check, "bmp"));
}

#[test]
fn tiffs_decode_to_pillows_pixels() {
    equal(12, |check| is_decoding(check) && has_extension(check, "tif"));
}

#[test]
fn webps_decode_to_pillows_pixels() {
    equal(12, |check| is_decoding(check) && has_extension(check, "webp"));
}

#[test]
fn resized_pictures_are_pillows() {
    equal(230, |check| check.does == "resize");
}

#[test]
fn cropped_pictures_are_pillows() {
    equal(3, |check| check.does == "crop");
}

#[test]
fn blurred_pictures_are_pillows() {
    equal(60, |check| matches!(check.does.as_str(), "mean" | "box" | "gaussian"));
}

#[test]
fn jpegs_are_written_as_pillow_writes_them() {
    equal(100, |check| check.does == "jpeg");
}
