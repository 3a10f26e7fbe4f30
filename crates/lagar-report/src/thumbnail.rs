//! Pictures inside the page: made small, as JPEG, in a data URI.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lagar_core::models::PictureSource;
use lagar_image::{Orientation, load};

use crate::ReportError;

/// A picture that is part of the page.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    uri: String,
    alt: String,
    width: u32,
    height: u32,
}

/// Small enough that hundreds fit into a page, and sharp enough to read a shop sign.
const QUALITY: u8 = 80;

impl Thumbnail {
    /// The picture in `path`, upright, at most `max_side` pixels wide and high.
    ///
    /// # Errors
    /// When the file cannot be read or is no picture.
    pub fn of_file(path: &Path, max_side: u32) -> Result<Self, ReportError> {
        let alt = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::of(&PictureSource::File(path.to_owned()), &alt, max_side)
    }

    /// A picture from wherever it is; `alt` names it for those who cannot see it.
    ///
    /// # Errors
    /// When it cannot be read or is no picture.
    pub fn of(source: &PictureSource, alt: &str, max_side: u32) -> Result<Self, ReportError> {
        let wrong = |error: lagar_image::ImageError| ReportError::Picture {
            path: PathBuf::from(alt),
            message: error.to_string(),
        };
        let picture = load(source, Orientation::Shown).map_err(wrong)?.to_rgb();
        let small = picture.thumbnail(max_side).map_err(wrong)?;
        let jpeg = small.encode_jpeg(QUALITY).map_err(wrong)?;
        Ok(Self {
            uri: format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)),
            alt: alt.to_owned(),
            width: small.width(),
            height: small.height(),
        })
    }

    /// The picture as a data URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Its name.
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// Its width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Its height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
}
