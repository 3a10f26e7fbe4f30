//! `remove_words_with_incorrect_substrings_mapper`: removes words that contain parts of addresses.

use std::path::Path;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{PieceModel, edit_texts, is_special, keep_words, pieces_of};
use crate::{Context, Example, FileWish, Mapped, Mapper, OperatorError, Parity, register};

/// Removes words that contain one of `substrings`.
///
/// It takes addresses and remnants of HTML out of captions without any pattern. Words are what
/// stands between spaces, tabs and line feeds; special characters at their ends are ignored, so that
/// a word `//` is stripped to nothing and stays. The text is put together anew: runs of spaces
/// become one, and lines and columns left empty are gone.
///
/// If `tokenization` is on, the pieces of a sentencepiece model are words; as in Data-Juicer, a text that
/// loses one is put together without any spaces.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_words_with_incorrect_substrings_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveWordsWithIncorrectSubstringsMapper {
    /// The language, which chooses a file where the model is named by its folder.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: bool,
    /// The substrings; `http`, `www`, `.com`, `href` and `//` if not set.
    pub substrings: Option<Vec<String>>,
    /// The sentencepiece model, or the folder with `LANG.sp.model`; needed with `tokenization`.
    pub tokenizer_model: Option<String>,
}

impl Default for RemoveWordsWithIncorrectSubstringsMapper {
    fn default() -> Self {
        let lang = "en".to_owned();
        Self { lang, tokenization: false, tokenizer_model: None, substrings: None }
    }
}

const NAME: &str = "remove_words_with_incorrect_substrings_mapper";

const SUBSTRINGS: [&str; 5] = ["http", "www", ".com", "href", "//"];

impl RemoveWordsWithIncorrectSubstringsMapper {
    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: NAME, lang, path }
    }
}

impl Mapper for RemoveWordsWithIncorrectSubstringsMapper {
    fn files(&self) -> Vec<FileWish> {
        self.pieces().files(self.tokenization)
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.tokenizer_model = Some(path.to_string_lossy().into_owned());
    }

    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let substrings = match &self.substrings {
            Some(given) => given.iter().map(String::as_str).collect(),
            None => SUBSTRINGS.to_vec(),
        };
        let model = self.pieces().open_if(self.tokenization)?;
        let is_kept = |word: &str| {
            let word = word.trim_matches(is_special);
            !substrings.iter().any(|substring| word.contains(substring))
        };
        Ok(edit_texts(batch, |text, new| {
            let Some(model) = &model else {
                keep_words(text, new, is_kept);
                return new != text;
            };
            let pieces = pieces_of(context, model, text);
            let words: Vec<String> =
                pieces.iter().map(|piece| piece.replace('\u{2581}', "")).collect();
            let kept: Vec<&String> = words.iter().filter(|word| is_kept(word)).collect();
            if kept.len() == words.len() {
                new.push_str(text);
            } else {
                new.extend(kept.into_iter().map(String::as_str));
            }
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
