//! `expand_macro_mapper`: writes out the macros of LaTeX documents.

use std::sync::LazyLock;

use lagar_core::Batch;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces the macros without arguments that a LaTeX document defines by what they stand for.
///
/// Known are `\newcommand{\name}{value}`, with or without a star, and `\def\name{value}`, each at the
/// end of its line. A macro is expanded where neither letter nor digit follows, in its own
/// definition, too; of two that follow each other directly only the first is, as in Data-Juicer.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `expand_macro_mapper.py`; RedPajama.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExpandMacroMapper {}

static DEFINITIONS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    let patterns = [
        r"(?m)\\newcommand\b\*?\{(\\[a-zA-Z0-9]+?)\}\{(.*?)\}$",
        r"(?m)\\def\s*(\\[a-zA-Z0-9]+?)\s*\{(.*?)\}$",
    ];
    patterns.map(|pattern| Regex::new(pattern).expect("the patterns are written above"))
});

/// The macros in the order in which their names first occur; a later definition counts.
fn macros_of(text: &str) -> Vec<(String, String)> {
    let mut macros: Vec<(String, String)> = Vec::new();
    let starts = ["\\newcommand", "\\def"];
    for (definition, start) in DEFINITIONS.iter().zip(starts) {
        if !text.contains(start) {
            continue;
        }
        for captures in definition.captures_iter(text) {
            let (_, [name, value]) = captures.extract();
            match macros.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => value.clone_into(known),
                None => macros.push((name.to_owned(), value.to_owned())),
            }
        }
    }
    macros
}

fn expand(text: &str, name: &str, value: &str, new: &mut String) {
    let mut rest = text;
    while let Some(place) = rest.find(name) {
        let behind = &rest[place + name.len()..];
        match behind.chars().next() {
            Some(next) if !next.is_ascii_alphanumeric() => {
                new.push_str(&rest[..place]);
                new.push_str(value);
                new.push(next);
                rest = &behind[next.len_utf8()..];
            }
            _ => {
                new.push_str(&rest[..=place]);
                rest = &rest[place + 1..];
            }
        }
    }
    new.push_str(rest);
}

impl Mapper for ExpandMacroMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let mut before = String::new();
        Ok(edit_texts(batch, |text, new| {
            if !text.contains('\\') {
                return false;
            }
            let macros = macros_of(text);
            new.push_str(text);
            for (name, value) in &macros {
                std::mem::swap(&mut before, new);
                new.clear();
                expand(&before, name, value, new);
            }
            new != text
        }))
    }
}

register! {
    ExpandMacroMapper, Mapper,
    name: "expand_macro_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["\\newcommand{\\R}{\\mathbb{R}}\n\\def\\eps{e}\nx in \\R, \\Rn, \\eps.", "a \\R b"],
        pictures: &[],
    }],
}
