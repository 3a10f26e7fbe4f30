//! `punctuation_normalization_mapper`: writes the punctuation of other scripts as that of English.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces 34 marks of punctuation, Chinese ones and typographic ones, by those of ASCII.
///
/// The same sentence with `，` and with `,` has other words, other tokens and another hash. Two of
/// the original's replacements look like slips and are kept: the full-width digit `１` becomes a
/// quotation mark, and `’` becomes an apostrophe while `‘` stays. `—` becomes ` - ` and `．`
/// becomes `. `, with the spaces.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `punctuation_normalization_mapper.py`; bigscience data-preparation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PunctuationNormalizationMapper {}

#[inline]
fn in_english(character: char) -> Option<&'static str> {
    Some(match character {
        '，' | '、' => ",",
        '。' => ".",
        '„' | '”' | '“' | '«' | '»' | '１' | '」' | '「' | '《' | '》' => "\"",
        '´' | '’' => "'",
        '∶' | '：' => ":",
        '？' => "?",
        '！' => "!",
        '（' => "(",
        '）' => ")",
        '；' => ";",
        '–' | '━' | '►' => "-",
        '—' => " - ",
        '．' => ". ",
        '～' => "~",
        '…' => "...",
        '〈' => "<",
        '〉' => ">",
        '【' => "[",
        '】' => "]",
        '％' => "%",
        _ => return None,
    })
}

fn normalize(text: &str, new: &mut String) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut copied = 0;
    for (place, character) in text.char_indices() {
        if let Some(english) = in_english(character) {
            new.push_str(&text[copied..place]);
            new.push_str(english);
            copied = place + character.len_utf8();
        }
    }
    new.push_str(&text[copied..]);
    copied > 0
}

impl Mapper for PunctuationNormalizationMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, normalize))
    }
}

register! {
    PunctuationNormalizationMapper, Mapper,
    name: "punctuation_normalization_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["“a dog” – on a beach…", "一只狗，在海滩上。", "plain, already"],
        pictures: &[],
    }],
}
