//! What is wrong with a picture, and which one it is.

use lagar_image::ImageError;

/// A picture that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("picture `{picture}` {fault}")]
pub struct PictureError {
    /// The path or reference as the row has it.
    pub picture: String,
    /// What is wrong.
    pub fault: ImageError,
}

impl PictureError {
    /// `fault` of the picture that the row calls `picture`.
    pub(crate) fn new(picture: &str, fault: ImageError) -> Self {
        Self { picture: picture.to_owned(), fault }
    }
}
