//! Words, sequences of words, and how varied they are.
//!
//! A word is a run of letters and digits with the apostrophes inside it, in lower case; a Chinese or
//! Japanese character is a word of its own. Special tokens are no words.

use serde::{Deserialize, Serialize};

use super::Example;

/// The words of a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// How many words all texts have together.
    pub tokens: u64,
    /// How many different ones.
    pub types: u64,
    /// How many occur only once.
    pub once: u64,
    /// Types over tokens. It falls as a set grows, because the frequent words come again and again
    /// while new ones become rare: never compare it between sets of different size.
    pub type_token_ratio: f64,
    /// HD-D (`McCarthy` & Jarvis 2007): the type-token ratio expected of 42 words drawn from all;
    /// independent of the size. None with fewer words than that.
    pub hdd: Option<f64>,
    /// MTLD (`McCarthy` & Jarvis 2010): how many words in a row keep the type-token ratio above 0.72,
    /// mean of both directions; independent of the size. None without words.
    pub mtld: Option<f64>,
    /// How many different words are expected in so many words drawn from all: the figures to compare
    /// sets of different size by, at the same number of tokens.
    pub growth: Vec<Growth>,
    /// The most frequent words.
    pub words: Vec<Counted>,
    /// The most frequent sequences of two and three words.
    pub ngrams: Vec<NGrams>,
    /// Phrases that say nothing about a picture: how very many texts begin or end, and what stock
    /// photo sites and shops leave behind.
    pub phrases: Vec<Phrase>,
}

impl Vocabulary {
    /// The type-token ratio expected of `tokens` words, where that was computed.
    pub fn ratio_at(&self, tokens: u64) -> Option<f64> {
        let found = self.growth.iter().find(|growth| growth.tokens == tokens)?;
        Some(found.types / tokens as f64)
    }
}

/// A word or a sequence of words with how often it occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The word or words.
    pub text: String,
    /// How often it occurs.
    pub count: u64,
}

/// How many different words are expected in a sample of some size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Words drawn, without putting back.
    pub tokens: u64,
    /// Different words expected among them.
    pub types: f64,
}

/// Sequences of some length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NGrams {
    /// How many words each has.
    pub n: u32,
    /// How many such sequences all texts have.
    pub tokens: u64,
    /// How many different ones; a lower bound if `missed` is not 0.
    pub types: u64,
    /// The share of sequences that repeat an earlier one: 1 − types / tokens.
    pub repetition: f64,
    /// By how much a count may be too low, because rare sequences were forgotten to save memory
    /// (lossy counting, Manku & Motwani 2002); 0 where all counts are exact.
    pub missed: u64,
    /// The most frequent ones.
    pub top: Vec<Counted>,
}

/// Where in a text a phrase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the beginning.
    Opening,
    /// At the end.
    Closing,
    /// Anywhere.
    Anywhere,
}

/// A phrase that many texts share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phrase {
    /// The words.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// In how many rows.
    pub rows: u64,
    /// In which share of the rows that have a text.
    pub share: f64,
    /// One of them.
    pub example: Option<Example>,
}
