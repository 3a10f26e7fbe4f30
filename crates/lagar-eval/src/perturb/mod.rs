//! Disturbances with a name, a strength and a seed: how much of a score hangs on clean input.
//!
//! One file each. A disturbance changes either the pictures or the prompt of a question; what it draws
//! follows from the run's seed and the question's id, so that a question is disturbed in the same way
//! whoever asks it, and whenever.

mod blur;
mod crop;
mod drop;
mod jpeg;
mod ocr_drop;
mod random;
mod typo;

use std::fmt;

use lagar_core::Digest;
use lagar_core::models::PictureSource;
use lagar_image::{ImageError, Orientation, Picture};

pub use drop::{Drop, drops};

use crate::{EvalError, Question};

/// What is done to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// The pictures are JPEGs of that quality, 1 to 100.
    Jpeg,
    /// The pictures are blurred by Pillow's `GaussianBlur` with that radius in pixels.
    Blur,
    /// The pictures keep that many percent of both sides, at a place drawn by lot.
    Crop,
    /// That many percent of the question's longer words are mistyped, at least one.
    Typo,
    /// That many percent of the OCR tokens in the prompt are lost.
    OcrDrop,
}

/// Name, what is done, the strength where none is given, its least and its most, and its meaning.
type Known = (&'static str, Disturbance, u32, (u32, u32), &'static str);

#[rustfmt::skip]
const KNOWN: [Known; 5] = [
    ("jpeg", Disturbance::Jpeg, 20, (1, 100), "the quality the pictures are compressed with"),
    ("blur", Disturbance::Blur, 2, (1, 100), "the radius of a Gaussian blur, in pixels"),
    ("crop", Disturbance::Crop, 80, (1, 100), "the percentage of each side that is kept"),
    ("typo", Disturbance::Typo, 20, (1, 100), "the percentage of longer words that are mistyped"),
    ("ocr-drop", Disturbance::OcrDrop, 50, (1, 100), "the percentage of OCR tokens that are lost"),
];

/// Raised when the same disturbance gives other pictures.
const VERSION: u32 = 1;

/// A disturbance of a strength: `blur:2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perturbation {
    /// What is done.
    pub disturbance: Disturbance,
    /// How strongly, in the disturbance's own unit.
    pub strength: u32,
}

impl Perturbation {
    /// Reads `blur` or `blur:3`.
    ///
    /// # Errors
    /// When there is no such disturbance, or not of that strength.
    pub fn parse(text: &str) -> Result<Self, EvalError> {
        let (name, strength) = match text.split_once(':') {
            Some((name, strength)) => (name.trim(), Some(strength.trim())),
            None => (text.trim(), None),
        };
        let wrong = |expected: String| EvalError::Setting {
            setting: "perturb",
            value: text.to_owned(),
            expected,
        };
        let Some((_, disturbance, usual, (least, most), unit)) =
            KNOWN.iter().find(|known| known.0 == name)
        else {
            let names: Vec<String> = KNOWN.iter().map(|known| format!("`{}`", known.0)).collect();
            return Err(wrong(format!("one of {}", names.join(", "))));
        };
        let strength = match strength {
            None => *usual,
            Some(text) => {
                text.parse().ok().filter(|number| (least..=most).contains(&number)).ok_or_else(
                    || wrong(format!("`{name}:N` with N from {least} to {most}, {unit}")),
                )?
            }
        };
        Ok(Self { disturbance: *disturbance, strength })
    }

    /// Its name, as users give it.
    pub fn name(self) -> &'static str {
        KNOWN.iter().find(|known| known.1 == self.disturbance).map_or("", |known| known.0)
    }

    /// A name for its folder: `blur-2`.
    pub fn folder_name(self) -> String {
        format!("{}-{}", self.name(), self.strength)
    }

    /// Whether it changes pictures; else it changes prompts.
    pub fn is_about_pictures(self) -> bool {
        matches!(self.disturbance, Disturbance::Jpeg | Disturbance::Blur | Disturbance::Crop)
    }

    /// The seed of one question.
    pub(crate) fn seed_of(self, seed: u64, id: &str) -> u64 {
        let parts = [&seed.to_le_bytes(), self.name().as_bytes(), id.as_bytes()];
        let Digest(bytes) = Digest::of_parts(parts);
        u64::from_le_bytes(std::array::from_fn(|place| bytes[place]))
    }

    /// What tells disturbed pictures apart in the key of an answer.
    pub(crate) fn label(self, seed: u64) -> String {
        let drawn = if self.disturbance == Disturbance::Crop { seed } else { 0 };
        format!("{self} v{VERSION} {drawn:016x}")
    }

    /// The prompt of `question` after the disturbance; `None` where it stays as it is.
    pub(crate) fn prompt(self, question: &Question, seed: u64) -> Option<String> {
        match self.disturbance {
            Disturbance::Typo => typo::prompt(question, self.strength, seed),
            Disturbance::OcrDrop => ocr_drop::prompt(&question.prompt, self.strength, seed),
            _ => None,
        }
    }

    /// The bytes of a disturbed picture: a JPEG for `jpeg`, else a PNG, so that nothing else is lost.
    pub(crate) fn picture(self, source: &PictureSource, seed: u64) -> Result<Vec<u8>, ImageError> {
        let orientation = match source {
            PictureSource::Bytes(_) => Orientation::Stored,
            _ => Orientation::Shown,
        };
        let picture = lagar_image::load(source, orientation)?.into_rgb();
        match self.disturbance {
            Disturbance::Jpeg => jpeg::compressed(&picture, self.strength),
            Disturbance::Blur => blur::blurred(&picture, self.strength)?.encode_png(),
            Disturbance::Crop => crop::cropped(&picture, self.strength, seed)?.encode_png(),
            Disturbance::Typo | Disturbance::OcrDrop => Picture::encode_png(&picture),
        }
    }
}

impl fmt::Display for Perturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.strength)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_a_strength() {
        let parsed = |text| Perturbation::parse(text).map(|found| found.to_string());
        assert_eq!(parsed("jpeg").unwrap(), "jpeg:20");
        assert_eq!(parsed("ocr-drop:75").unwrap(), "ocr-drop:75");
        let error = parsed("noise").unwrap_err().to_string();
        assert!(error.contains("`jpeg`, `blur`, `crop`, `typo`, `ocr-drop`"), "{error}");
        for wrong in ["jpeg:0", "jpeg:101", "blur:x", "blur:-1"] {
            let error = parsed(wrong).unwrap_err().to_string();
            assert!(error.contains("with N from 1 to 100"), "{error}");
        }
    }

    #[test]
    fn a_question_has_its_own_seed_and_always_the_same() {
        let crop = Perturbation::parse("crop").unwrap();
        assert_eq!(crop.seed_of(1, "a"), crop.seed_of(1, "a"));
        assert_ne!(crop.seed_of(1, "a"), crop.seed_of(1, "b"));
        assert_ne!(crop.seed_of(1, "a"), crop.seed_of(2, "a"));
        let blur = Perturbation::parse("blur").unwrap();
        assert_eq!(blur.label(1), blur.label(2), "nothing is drawn for a blur");
        assert_ne!(crop.label(1), crop.label(2));
    }
}
