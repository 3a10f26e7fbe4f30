//! `replace_content_mapper`: replaces what patterns find.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::pattern::{PatternText, Template};
use crate::text::try_edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces what one or several patterns find in the text, one pattern after another.
///
/// Patterns are those of Python's module `regex`, with `.` matching line feeds as well, and may be
/// wrapped as `r'…'`; replacements may name groups (`\1`, `\g<name>`). Without a pattern nothing
/// changes. With a list of replacements each pattern has its own; one replacement serves all.
///
/// Parity: exact for patterns that backtracking engines have in common, look-behind, possessive
/// quantifiers, recursion and properties among them. Refused by name are fuzzy matching, named lists
/// (`\L<…>`), `\X`, and the set operations of `(?V1)`. Sets with `İ` or `ı` may differ if case is
/// ignored, and so may characters that are newer than Unicode 16. A text on which a pattern takes
/// more than 20 million steps is put aside; Python would go on.
///
/// Source: Data-Juicer 1.6.1, `replace_content_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReplaceContentMapper {
    /// What is replaced: one pattern or a list.
    pub pattern: Option<OneOrMany<PatternText>>,
    /// What is put in its place: one replacement for all, or as many as there are patterns.
    pub repl: OneOrMany<String>,
}

/// One thing or a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Default for ReplaceContentMapper {
    fn default() -> Self {
        Self { pattern: None, repl: OneOrMany::One(String::new()) }
    }
}

impl ReplaceContentMapper {
    /// Each pattern with its replacement.
    fn templates(&self) -> Result<Vec<(&PatternText, Template)>, OperatorError> {
        let unusable = |message: String| {
            let (operator, parameter) = ("replace_content_mapper".to_owned(), "repl".to_owned());
            OperatorError::Parameter { operator, parameter, message }
        };
        let patterns = self.pattern.as_ref().map_or(&[][..], OneOrMany::as_slice);
        let mut templates = Vec::with_capacity(patterns.len());
        for (index, pattern) in patterns.iter().enumerate() {
            let replacement = match &self.repl {
                OneOrMany::One(replacement) => replacement,
                OneOrMany::Many(replacements) => replacements.get(index).ok_or_else(|| {
                    unusable(format!(
                        "pattern length: {} must be equal to repl length: {}",
                        patterns.len(),
                        replacements.len()
                    ))
                })?,
            };
            let template = Template::new(replacement, pattern.pattern()).map_err(unusable)?;
            templates.push((pattern, template));
        }
        Ok(templates)
    }
}

impl Mapper for ReplaceContentMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let templates = self.templates()?;
        let mut before = String::new();
        Ok(try_edit_texts(batch, |text, new| {
            let mut edited = false;
            for (pattern, template) in &templates {
                let pattern = pattern.pattern();
                if !edited {
                    edited = pattern.replace(text, template, new)?;
                    continue;
                }
                std::mem::swap(&mut before, new);
                new.clear();
                if !pattern.replace(&before, template, new)? {
                    std::mem::swap(&mut before, new);
                }
            }
            Ok(edited)
        }))
    }
}

register! {
    ReplaceContentMapper, Mapper,
    name: "replace_content_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{pattern: '●■', repl: '<SPEC>'}",
            texts: &["a ●■ dog", "a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{pattern: ['(\\w+) (\\w+)', 'dog$'], repl: ['\\2 \\1', 'cat']}",
            texts: &["a dog", "beach a on dog"],
            pictures: &[],
        },
    ],
}
