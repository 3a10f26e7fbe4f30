//! `remove_non_chinese_character_mapper`: keeps Chinese characters only.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes characters that are neither Chinese nor of a kind that is kept.
///
/// For corpora in Chinese. Chinese are U+4E00 to U+9FA5. The special tokens of pictures lose their
/// brackets and no longer count as tokens, as in Data-Juicer: `<__dj__image>` becomes `djimage`.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_non_chinese_character_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveNonChineseCharacterMapper {
    /// Whether the letters a to z and A to Z stay.
    pub keep_alphabet: bool,
    /// Whether the digits 0 to 9 stay.
    pub keep_number: bool,
    /// Whether spaces and 27 marks of punctuation stay.
    pub keep_punc: bool,
}

impl Default for RemoveNonChineseCharacterMapper {
    fn default() -> Self {
        Self { keep_alphabet: true, keep_number: true, keep_punc: true }
    }
}

impl RemoveNonChineseCharacterMapper {
    #[inline]
    fn removes(&self, character: char) -> bool {
        let kept = match character {
            '\u{4e00}'..='\u{9fa5}' => true,
            'A'..='Z' | 'a'..='z' => self.keep_alphabet,
            '0'..='9' => self.keep_number,
            '.' | '，' | ' ' | ',' | '-' | '。' | '%' | '《' | '*' | '》' | '/' | '•' | '、'
            | '&' | '＆' | '(' | '—' | ')' | '（' | '+' | '）' | '：' | '？' | '!' | '！' | '“'
            | '”' | '·' => self.keep_punc,
            _ => false,
        };
        !kept
    }
}

impl Mapper for RemoveNonChineseCharacterMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let removes = |character: char| self.removes(character);
        Ok(edit_texts(batch, |text, new| {
            if !text.contains(removes) {
                return false;
            }
            text.split(removes).for_each(|kept| new.push_str(kept));
            true
        }))
    }
}

register! {
    RemoveNonChineseCharacterMapper, Mapper,
    name: "remove_non_chinese_character_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["<__dj__image> 一只狗，在海滩上★", "été 2024!"],
            pictures: &[],
        },
        Example {
            parameters: "{keep_alphabet: false, keep_number: false, keep_punc: false}",
            texts: &["一只 dog，2 只猫。"],
            pictures: &[],
        },
    ],
}
