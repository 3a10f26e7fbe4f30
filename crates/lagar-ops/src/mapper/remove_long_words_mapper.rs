//! `remove_long_words_mapper`: removes words by their length.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{edit_texts, is_special, keep_words};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes words shorter than `min_len` or longer than `max_len` characters.
///
/// Very long words are addresses, hashes, base64 and text without spaces. Words are what stands
/// between spaces, tabs and line feeds. A word that is too long stays if it is short enough without
/// the special characters at its ends; it then stays with them. The text is put together anew: runs
/// of spaces become one, and lines and columns left empty are gone.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_long_words_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveLongWordsMapper {
    /// The fewest characters of a word that stays.
    pub min_len: i64,
    /// The most characters of a word that stays.
    pub max_len: i64,
}

impl Default for RemoveLongWordsMapper {
    fn default() -> Self {
        Self { min_len: 1, max_len: i64::MAX }
    }
}

fn length(word: &str) -> i64 {
    word.chars().count() as i64
}

impl RemoveLongWordsMapper {
    fn keeps(&self, word: &str) -> bool {
        let passes = |length: i64| self.min_len <= length && length <= self.max_len;
        let whole = length(word);
        passes(whole) || (whole > self.max_len && passes(length(word.trim_matches(is_special))))
    }
}

impl Mapper for RemoveLongWordsMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, |text, new| {
            keep_words(text, new, |word| self.keeps(word));
            new != text
        }))
    }
}

register! {
    RemoveLongWordsMapper, Mapper,
    name: "remove_long_words_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_len: 2, max_len: 6}",
        texts: &["a dog  on a\tbeach", "((beach)) at img/0a1b2c3d.jpg", "\n\nx\n"],
        pictures: &[],
    }],
}
