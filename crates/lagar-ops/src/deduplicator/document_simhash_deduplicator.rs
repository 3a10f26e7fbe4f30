//! `document_simhash_deduplicator`: keeps the first of rows whose texts have nearly the same `SimHash`.

use arrow::array::StringBuilder;
use lagar_core::Batch;
use md5::{Digest as _, Md5};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{OptionalPattern, ShortText, of_characters, of_pieces, prepared};
use crate::{
    Caution, Context, Deduplicator, Example, Grouping, OperatorError, Parity, Signatures, register,
};

/// What the shingles of `document_simhash_deduplicator` are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SimhashTokens {
    /// Words between spaces.
    #[default]
    Space,
    /// Pieces between punctuation marks.
    Punctuation,
    /// Characters.
    Character,
}

/// Removes rows whose text is near that of a row before them, by comparing hashes of 64 bits.
///
/// Every sequence of `window_size` words votes on 64 bits, and texts that share most sequences agree
/// in most bits. Rows whose hashes differ in at most `hamming_distance` bits are one group, as are
/// those connected through others; all such pairs are found. The first row of a group stays.
///
/// A text of fewer than `window_size` words has no sequence and the hash 0, so that Data-Juicer takes
/// all such texts for duplicates of each other. `short_text` decides: `merge` does the same and
/// warns, `exact` compares them by the whole text, `keep` lets all of them pass.
///
/// `num_blocks` only has to be larger than `hamming_distance`: it steers Data-Juicer's search and
/// changes no result.
///
/// Source: Data-Juicer 1.6.1, `document_simhash_deduplicator.py`; Charikar 2002; Manku et al. 2007.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentSimhashDeduplicator {
    /// What the sequences are made of.
    pub tokenization: SimhashTokens,
    /// How many words make a sequence.
    pub window_size: std::num::NonZeroUsize,
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
    /// A regular expression for what is left out of the comparison.
    pub ignore_pattern: OptionalPattern,
    /// The blocks of Data-Juicer's search.
    pub num_blocks: std::num::NonZeroU32,
    /// The most bits in which hashes of duplicates differ.
    pub hamming_distance: std::num::NonZeroU32,
    /// What to do with texts that are too short for a sequence.
    pub short_text: ShortText,
}

impl Default for DocumentSimhashDeduplicator {
    fn default() -> Self {
        let number =
            |number| std::num::NonZeroU32::new(number).unwrap_or(std::num::NonZeroU32::MIN);
        Self {
            tokenization: SimhashTokens::default(),
            window_size: std::num::NonZeroUsize::MIN.saturating_add(5),
            lowercase: true,
            ignore_pattern: OptionalPattern::default(),
            num_blocks: number(6),
            hamming_distance: number(4),
            short_text: ShortText::default(),
        }
    }
}

/// Counts, per bit, how many more hashes have it than have it not.
struct Votes([i32; 64]);

impl Votes {
    fn add(&mut self, shingle: &[u8]) {
        let sum = Md5::digest(shingle);
        let hash = sum[..8].iter().fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        for (bit, votes) in self.0.iter_mut().enumerate() {
            *votes += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }

    /// A bit is set where more than half of the hashes have it.
    fn hash(&self) -> u64 {
        let bits = self.0.iter().enumerate().filter(|(_, votes)| **votes > 0);
        bits.fold(0, |hash, (bit, _)| hash | 1 << bit)
    }
}

impl DocumentSimhashDeduplicator {
    fn hash(&self, text: &str) -> Option<u64> {
        let mut votes = Votes([0; 64]);
        let mut shingles = 0_usize;
        let take = |shingle: &str| {
            shingles += 1;
            votes.add(shingle.as_bytes());
        };
        let size = self.window_size.get();
        match self.tokenization {
            SimhashTokens::Character => of_characters(text, size, take),
            SimhashTokens::Punctuation => {
                of_pieces(text.split(crate::text::is_punctuation), " ", size, take);
            }
            SimhashTokens::Space => {
                of_pieces(text.split(' ').filter(|word| !word.is_empty()), " ", size, take);
            }
        }
        if shingles == 0 {
            match self.short_text {
                ShortText::Merge => {}
                ShortText::Exact => votes.add(text.as_bytes()),
                ShortText::Keep => return None,
            }
        }
        Some(votes.hash())
    }
}

impl Deduplicator for DocumentSimhashDeduplicator {
    fn signatures(
        &self,
        batch: &Batch,
        _context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        let (blocks, distance) = (self.num_blocks, self.hamming_distance);
        if blocks <= distance || blocks.get() > 64 {
            return Err(OperatorError::Parameter {
                operator: "document_simhash_deduplicator".to_owned(),
                parameter: "num_blocks".to_owned(),
                message: format!(
                    "{blocks} is not above `hamming_distance` ({distance}) and at most 64"
                ),
            });
        }
        let mut values = StringBuilder::with_capacity(batch.len(), batch.len() * 20);
        let mut buffer = String::new();
        for text in &batch.text {
            let hash = text.and_then(|text| {
                self.hash(&prepared(text, self.lowercase, &self.ignore_pattern, &mut buffer))
            });
            values.append_option(hash.map(|hash| hash.to_string()));
        }
        Ok(Signatures::new(values.finish()))
    }

    fn hash_key(&self) -> &'static str {
        "__dj__simhash"
    }

    fn grouping(&self) -> Grouping {
        Grouping::Hamming { distance: self.hamming_distance.get() }
    }

    fn caution(&self) -> Option<Caution> {
        let message = format!(
            "have fewer than {} tokens and count as duplicates of each other, as in Data-Juicer; \
             `short_text: exact` compares them as they are",
            self.window_size
        );
        let merges = self.short_text == ShortText::Merge;
        merges.then(|| Caution { signature: b"0".to_vec(), message })
    }
}

register! {
    DocumentSimhashDeduplicator, Deduplicator,
    name: "document_simhash_deduplicator",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["__dj__simhash"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{tokenization: character, window_size: 3, hamming_distance: 5}",
        texts: &[
            "a small brown dog runs along the beach",
            "a small brown dog runs along a beach",
            "a boat on the lake",
        ],
        pictures: &[],
    }],
}
