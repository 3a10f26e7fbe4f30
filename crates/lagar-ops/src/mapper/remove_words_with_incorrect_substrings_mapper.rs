//! `remove_words_with_incorrect_substrings_mapper`: removes words that contain parts of addresses.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{Tokenization, edit_texts, is_special, keep_words};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes words that contain one of `substrings`.
///
/// It takes addresses and remnants of HTML out of captions without any pattern. Words are what
/// stands between spaces, tabs and line feeds; special characters at their ends are ignored, so that
/// a word `//` is stripped to nothing and stays. The text is put together anew: runs of spaces
/// become one, and lines and columns left empty are gone.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_words_with_incorrect_substrings_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveWordsWithIncorrectSubstringsMapper {
    /// The language, used only with `tokenization`.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: Tokenization,
    /// The substrings; `http`, `www`, `.com`, `href` and `//` if not set.
    pub substrings: Option<Vec<String>>,
}

impl Default for RemoveWordsWithIncorrectSubstringsMapper {
    fn default() -> Self {
        let lang = "en".to_owned();
        Self { lang, tokenization: Tokenization::default(), substrings: None }
    }
}

const SUBSTRINGS: [&str; 5] = ["http", "www", ".com", "href", "//"];

impl Mapper for RemoveWordsWithIncorrectSubstringsMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let substrings = match &self.substrings {
            Some(given) => given.iter().map(String::as_str).collect(),
            None => SUBSTRINGS.to_vec(),
        };
        Ok(edit_texts(batch, |text, new| {
            keep_words(text, new, |word| {
                let word = word.trim_matches(is_special);
                !substrings.iter().any(|substring| word.contains(substring))
            });
            new != text
        }))
    }
}

register! {
    RemoveWordsWithIncorrectSubstringsMapper, Mapper,
    name: "remove_words_with_incorrect_substrings_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["a dog (https://a.b/c) on a beach", "see <a href=x>\tmore\n// www.a.com"],
            pictures: &[],
        },
        Example {
            parameters: "{substrings: [og]}",
            texts: &["a dog on a beach"],
            pictures: &[],
        },
    ],
}
