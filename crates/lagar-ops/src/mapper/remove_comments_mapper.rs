//! `remove_comments_mapper`: removes the comments of LaTeX documents.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes `%` comments of LaTeX documents.
///
/// `inline` removes from a `%` that no backslash precedes to the end of its line, *together with
/// the character before it*, be it a letter or the line feed of the line above, as in Data-Juicer.
/// `multiline` then removes lines that begin with `%`. Percent signs of ordinary prose go as well:
/// `50% off` becomes `5`.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_comments_mapper.py`; RedPajama.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveCommentsMapper {
    /// The kind of document; only `tex` is known, and nothing depends on it.
    pub doc_type: DocumentType,
    /// Whether comments behind other text are removed.
    pub inline: bool,
    /// Whether lines that are comments are removed.
    pub multiline: bool,
}

/// One kind of document or several.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum DocumentType {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for RemoveCommentsMapper {
    fn default() -> Self {
        let doc_type = DocumentType::One("tex".to_owned());
        Self { doc_type, inline: true, multiline: true }
    }
}

/// `[^\\]%.+$` with nothing in its place, `$` at the end of each line.
fn without_inline(text: &str, new: &mut String) {
    let bytes = text.as_bytes();
    // Nothing before `copied` can begin a match any more.
    let mut copied = 0;
    let mut place = 0;
    while let Some(found) = memchr::memchr(b'%', &bytes[place..]) {
        let percent = place + found;
        place = percent + 1;
        let Some(before) = text[copied..percent].chars().next_back() else { continue };
        let has_comment = bytes.get(percent + 1).is_some_and(|byte| *byte != b'\n');
        if before == '\\' || !has_comment {
            continue;
        }
        new.push_str(&text[copied..percent - before.len_utf8()]);
        let end = memchr::memchr(b'\n', &bytes[percent..]);
        copied = end.map_or(bytes.len(), |end| percent + end);
        place = copied;
    }
    new.push_str(&text[copied..]);
}

impl Mapper for RemoveCommentsMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let mut uncommented = String::new();
        Ok(edit_texts(batch, |text, new| {
            if !text.contains('%') {
                return false;
            }
            uncommented.clear();
            if self.inline {
                without_inline(text, &mut uncommented);
            } else {
                uncommented.push_str(text);
            }
            let lines = uncommented.split_inclusive('\n');
            new.extend(lines.filter(|line| !(self.multiline && line.starts_with('%'))));
            new != text
        }))
    }
}

register! {
    RemoveCommentsMapper, Mapper,
    name: "remove_comments_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["% head\nText. % why\n5\\% more\n%\nend", "50% off"],
            pictures: &[],
        },
        Example {
            parameters: "{inline: false}",
            texts: &["% head\nText. % why\n"],
            pictures: &[],
        },
    ],
}
