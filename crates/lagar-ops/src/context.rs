//! What a run lends its operators: field names, special tokens, the seed, and a reader of pictures.

use lagar_core::RowKeys;

use crate::picture::Pictures;
use crate::text::CutTexts;

/// The special tokens inside texts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tokens {
    /// Stands for one picture (`<__dj__image>`).
    pub image: String,
    /// Stands for one audio file (`<__dj__audio>`).
    pub audio: String,
    /// Stands for one video (`<__dj__video>`).
    pub video: String,
    /// Ends a chunk of text and pictures that belong together (`<|__dj__eoc|>`).
    pub end_of_chunk: String,
}

impl Tokens {
    /// All of them, in Data-Juicer's order.
    pub fn all(&self) -> [&str; 4] {
        [&self.image, &self.audio, &self.video, &self.end_of_chunk]
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            image: "<__dj__image>".to_owned(),
            audio: "<__dj__audio>".to_owned(),
            video: "<__dj__video>".to_owned(),
            end_of_chunk: "<|__dj__eoc|>".to_owned(),
        }
    }
}

/// What an operator may use beside its batch.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Names of the fields.
    pub keys: &'a RowKeys,
    /// Special tokens.
    pub tokens: &'a Tokens,
    /// The run's seed; an operator mixes it with the row's position, never with a clock.
    pub seed: u64,
    /// Reads pictures, once each.
    pub pictures: &'a Pictures,
    /// Cuts texts into the pieces of a model, once each.
    pub cuts: &'a CutTexts,
    /// The ending of the file the rows are from, with its dot (`.jsonl`); empty where there is none.
    pub suffix: &'a str,
}
