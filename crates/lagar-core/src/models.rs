//! What an operator or a benchmark may ask of a model, in the words of the task and never of tensors.
//!
//! `lagar-ops` and `lagar-eval` receive these as trait objects that `lagar-cli` wires in, so that
//! neither depends on the crate that runs models, and a test can stand in for one.

use std::fmt::Debug;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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

/// How a text is generated; the names are those of `transformers`' `generate`.
///
/// The default is greedy with 20 new tokens, which is what `generate` does when nothing is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GenerationSettings {
    /// The most tokens that are generated.
    pub max_new_tokens: usize,
    /// Tokens before which the text may not end.
    pub min_new_tokens: usize,
    /// Beams of a beam search; 1 is greedy (or sampling).
    pub num_beams: usize,
    /// Exponent of the length by which a beam's log-probability is divided.
    pub length_penalty: f64,
    /// Draw tokens at random instead of taking the likeliest.
    pub do_sample: bool,
    /// Sampling: logits are divided by this; above 0.
    pub temperature: f64,
    /// Sampling: only so many likeliest tokens are drawn from; 0 is all.
    pub top_k: usize,
    /// Sampling: only the likeliest tokens that together reach this share are drawn from.
    pub top_p: f64,
    /// Texts per request: the best beams, or as many draws. At most `num_beams` without sampling.
    pub num_return_sequences: usize,
}

impl Default for GenerationSettings {
    fn default() -> Self {
        Self {
            max_new_tokens: 20,
            min_new_tokens: 0,
            num_beams: 1,
            length_penalty: 1.0,
            do_sample: false,
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
            num_return_sequences: 1,
        }
    }
}

/// A picture to be captioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionRequest {
    /// The picture.
    pub picture: PictureSource,
    /// What the caption continues; `None` captions freely.
    pub prompt: Option<String>,
    /// The seed of this request alone, so that a draw depends neither on its neighbours nor on where
    /// a run was resumed. Without sampling it is not used.
    pub seed: u64,
}

/// A text that a captioner wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    /// The text without special tokens, as the model wrote it: not trimmed.
    pub text: String,
    /// The new tokens, the one that ends the text included; empty where a service does not say.
    pub token_ids: Vec<u32>,
    /// The sum of the new tokens' natural log-probabilities; `None` where a service does not say.
    pub logprob: Option<f64>,
    /// Wall time from opening the picture to the last token, neighbours in the batch included. For
    /// people: never part of a result that is kept.
    pub seconds: f64,
}

/// Takes the captions of the request at a place.
pub type CaptionSink<'a> = dyn FnMut(usize, Result<Vec<Caption>, String>) + Send + 'a;

/// Writes captions for pictures (BLIP-2 behind `image_captioning_mapper`).
pub trait Captioner: Debug + Send + Sync {
    /// A digest of weights and everything else that decides a caption, generation settings and
    /// request aside: part of the key under which results are reused.
    fn digest(&self) -> crate::Digest;

    /// Per request `settings.num_return_sequences` captions, best first where they are ranked.
    ///
    /// # Errors
    /// When the model as a whole fails or the settings contradict each other; a single bad picture
    /// is an `Err` in its place.
    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError>;

    /// As [`Captioner::caption`], handing over each request's captions under its place as soon as
    /// they are there, in whatever order: what was handed over survives a kill in the middle.
    ///
    /// # Errors
    /// As [`Captioner::caption`]; what was handed over before stays good.
    fn caption_each(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
        ready: &mut CaptionSink<'_>,
    ) -> Result<(), ModelError> {
        for (place, captions) in self.caption(requests, settings)?.into_iter().enumerate() {
            ready(place, captions);
        }
        Ok(())
    }
}

/// Scores how well a text fits a picture (CLIP, BLIP-ITM).
pub trait ImageTextScorer: Debug + Send + Sync {
    /// A digest of weights and settings.
    fn digest(&self) -> crate::Digest;

    /// One score per pair, in order: the cosine of picture and text times the model's scale over 100
    /// (CLIP, as Data-Juicer reads its logits), or the probability that they match (BLIP-ITM).
    ///
    /// # Errors
    /// When the model as a whole fails; a single bad pair is an `Err` in its place.
    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError>;
}

/// Gives class probabilities for pictures (watermark, NSFW), or one raw score (aesthetics).
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
