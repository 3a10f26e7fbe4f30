//! What an operator or a benchmark may ask of a model, in the words of the task and never of tensors.
//!
//! `lagar-ops` and `lagar-eval` receive these as trait objects that `lagar-cli` wires in, so that
//! neither depends on the crate that runs models, and a test can stand in for one.

use std::fmt::Debug;
use std::path::PathBuf;

/// Where the bytes of a picture are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureSource {
    /// A file; its EXIF orientation is applied, as Data-Juicer does for pictures loaded by path.
    File(PathBuf),
    /// A part of a container file (a member of a tar shard).
    Part {
        /// The container.
        file: PathBuf,
        /// Where the picture starts, in bytes.
        offset: u64,
        /// How long it is, in bytes.
        len: u64,
    },
    /// Encoded bytes carried in the row (`image_bytes`); the EXIF orientation is *not* applied, as
    /// Data-Juicer opens these with Pillow alone.
    Bytes(Vec<u8>),
}

/// A model's failure on one request, in words a user can act on.
#[derive(Debug, thiserror::Error)]
#[error("{model}: {message}")]
pub struct ModelError {
    /// The model's name or folder.
    pub model: String,
    /// What went wrong, naming picture, tensor or prompt.
    pub message: String,
}

/// Writes captions for pictures (BLIP-2 behind `image_captioning_mapper`).
pub trait Captioner: Debug + Send + Sync {
    /// A digest of weights and settings: part of the key under which results are reused.
    fn digest(&self) -> crate::Digest;

    /// One caption per picture, in order; `prompts` is empty or as long as `pictures`.
    ///
    /// # Errors
    /// When the model as a whole fails; a single bad picture is an `Err` in its place.
    fn caption(
        &self,
        pictures: &[PictureSource],
        prompts: &[String],
        seed: u64,
    ) -> Result<Vec<Result<String, String>>, ModelError>;
}

/// Scores how well a text fits a picture (CLIP, BLIP-ITM).
pub trait ImageTextScorer: Debug + Send + Sync {
    /// A digest of weights and settings.
    fn digest(&self) -> crate::Digest;

    /// One score per pair, in order; the scale is the model's own.
    ///
    /// # Errors
    /// When the model as a whole fails; a single bad pair is an `Err` in its place.
    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError>;
}

/// Gives class probabilities for pictures (watermark, NSFW).
pub trait ImageClassifier: Debug + Send + Sync {
    /// A digest of weights and settings.
    fn digest(&self) -> crate::Digest;

    /// The names of the classes, in the order of the probabilities.
    fn labels(&self) -> &[String];

    /// Per picture one probability per class.
    ///
    /// # Errors
    /// When the model as a whole fails; a single bad picture is an `Err` in its place.
    fn classify(
        &self,
        pictures: &[PictureSource],
    ) -> Result<Vec<Result<Vec<f32>, String>>, ModelError>;
}

/// Answers a question about pictures (a local model, a remote service, a file of answers).
pub trait Answerer: Debug + Send + Sync {
    /// A digest of everything that decides an answer.
    fn digest(&self) -> crate::Digest;

    /// One answer per question, in order.
    ///
    /// # Errors
    /// When the model as a whole fails; a single bad question is an `Err` in its place.
    fn answer(
        &self,
        questions: &[(Vec<PictureSource>, String)],
    ) -> Result<Vec<Result<String, String>>, ModelError>;
}
