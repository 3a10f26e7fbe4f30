//! `remove_specific_chars_mapper`: removes characters from a list.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes every character that `chars_to_remove` names.
///
/// Bullets and arrows of web pages survive in texts whose lists are gone. An empty list changes
/// nothing.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_specific_chars_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveSpecificCharsMapper {
    /// The characters, as one string or as a list of strings.
    pub chars_to_remove: Characters,
}

/// Characters in one string or in several.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Characters {
    /// All in one.
    One(String),
    /// One or more in each.
    Many(Vec<String>),
}

impl Default for RemoveSpecificCharsMapper {
    fn default() -> Self {
        Self {
            chars_to_remove: Characters::One("◆●■►▼▲▴∆▻▷❖♡□".to_owned())
        }
    }
}

impl Characters {
    fn sorted(&self) -> Vec<char> {
        let mut characters: Vec<char> = match self {
            Self::One(text) => text.chars().collect(),
            Self::Many(texts) => texts.iter().flat_map(|text| text.chars()).collect(),
        };
        characters.sort_unstable();
        characters.dedup();
        characters
    }
}

impl Mapper for RemoveSpecificCharsMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let removed = self.chars_to_remove.sorted();
        let of_ascii = removed.iter().any(char::is_ascii);
        let goes = |character: char| removed.binary_search(&character).is_ok();
        Ok(edit_texts(batch, |text, new| {
            if removed.is_empty() || (!of_ascii && text.is_ascii()) || !text.contains(goes) {
                return false;
            }
            text.split(goes).for_each(|kept| new.push_str(kept));
            true
        }))
    }
}

register! {
    RemoveSpecificCharsMapper, Mapper,
    name: "remove_specific_chars_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["● a dog\n■ a beach", "a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{chars_to_remove: ['-', '*^']}",
            texts: &["- a *dog* on-a-beach ^^", "● a dog"],
            pictures: &[],
        },
    ],
}
