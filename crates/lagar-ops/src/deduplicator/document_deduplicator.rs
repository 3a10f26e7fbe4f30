//! `document_deduplicator`: keeps the first of rows with the same text.

use arrow::array::StringBuilder;
use lagar_core::Batch;
use md5::{Digest as _, Md5};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{hex, is_decimal, lower_into, strip};
use crate::{
    Context, Deduplicator, Example, Grouping, OperatorError, Parity, Signatures, register,
};

/// Removes rows whose text another row before them has, too.
///
/// Web captions repeat by the thousand ("image not available"), and what occurs often is learned by
/// heart. Texts are equal when the MD5 sums of their characters without white space at the ends are;
/// `lowercase` and `ignore_non_character` make more of them equal. The first row of each group
/// stays, the order is kept, and rows without any text are duplicates of each other. The special
/// tokens are part of the text; the pictures are not looked at.
///
/// Source: Data-Juicer 1.6.1, `document_deduplicator.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentDeduplicator {
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
    /// Whether white space, digits and ASCII punctuation are left out of the comparison.
    pub ignore_non_character: bool,
}

impl Deduplicator for DocumentDeduplicator {
    fn signatures(
        &self,
        batch: &Batch,
        _context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        let mut values = StringBuilder::with_capacity(batch.len(), batch.len() * 32);
        let (mut lower, mut letters) = (String::new(), String::new());
        for text in &batch.text {
            let Some(mut text) = text else {
                values.append_null();
                continue;
            };
            if self.lowercase {
                lower_into(text, &mut lower);
                text = &lower;
            }
            if self.ignore_non_character {
                letters.clear();
                letters.extend(text.chars().filter(|character| !is_ignored(*character)));
                text = &letters;
            }
            values.append_value(hex(Md5::digest(strip(text).as_bytes()).into()).as_str());
        }
        Ok(Signatures::new(values.finish()))
    }

    fn hash_key(&self) -> &'static str {
        "__dj__hash"
    }

    fn grouping(&self) -> Grouping {
        Grouping::Exact
    }
}

/// What `\s`, `\d` and `string.punctuation` match in Python's `regex`.
fn is_ignored(character: char) -> bool {
    character.is_ascii_punctuation() || character.is_whitespace() || is_decimal(character)
}

register! {
    DocumentDeduplicator, Deduplicator,
    name: "document_deduplicator",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["__dj__hash"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["a dog", "a cat", " a dog\n", "A dog."],
            pictures: &[],
        },
        Example {
            parameters: "{lowercase: true, ignore_non_character: true}",
            texts: &["a dog", "a cat", " a dog\n", "A dog. 2"],
            pictures: &[],
        },
    ],
}
