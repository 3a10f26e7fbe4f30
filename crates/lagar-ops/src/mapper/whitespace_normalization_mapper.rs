//! `whitespace_normalization_mapper`: makes every kind of space the plain one.

use arrow::array::{Array as _, StringViewArray, StringViewBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::strip;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Changes 23 kinds of white space in the text into plain spaces, after stripping its ends.
///
/// No-break, thin, zero-width and ideographic spaces look alike and count as different words and
/// characters everywhere else. Each becomes one space: runs are not joined, and line feeds and
/// carriage returns inside the text stay, although Data-Juicer's manual says otherwise.
///
/// Source: Data-Juicer 1.6.1, `whitespace_normalization_mapper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WhitespaceNormalizationMapper {}

/// Whether a space is written in place of the character; the plain space itself is left out.
fn becomes_space(character: char) -> bool {
    matches!(
        character,
        '\t' | '\u{84}' | '\u{a0}' | '\u{2000}'
            ..='\u{200d}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{fffc}'
    )
}

impl Mapper for WhitespaceNormalizationMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let changes = |text: &str| strip(text).len() != text.len() || text.contains(becomes_space);
        let text = batch.text.iter().flatten().any(changes).then(|| normalized(&batch.text));
        Ok(Mapped { text, ..Mapped::default() })
    }
}

fn normalized(texts: &StringViewArray) -> StringViewArray {
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    let mut buffer = String::new();
    for text in texts {
        let stripped = text.map(strip);
        match stripped {
            Some(stripped) if stripped.contains(becomes_space) => {
                buffer.clear();
                let plain = |character| {
                    if becomes_space(character) { ' ' } else { character }
                };
                buffer.extend(stripped.chars().map(plain));
                builder.append_value(&buffer);
            }
            unchanged => builder.append_option(unchanged),
        }
    }
    builder.finish()
}

register! {
    WhitespaceNormalizationMapper, Mapper,
    name: "whitespace_normalization_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["  a dog\u{a0}on\ta beach\n", "two  spaces\nand a line", "全角\u{3000}空格"],
        pictures: &[],
    }],
}
