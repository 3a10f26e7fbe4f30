//! `clean_copyright_mapper`: removes copyright notices at the head of source code.

use std::sync::LazyLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes the copyright notice at the head of source code.
///
/// Licence texts repeat in every file. If the text has a comment `/* … */`, the first such comment
/// is removed if it says "copyright" in any case, and nothing else happens. Otherwise the lines at
/// the start that are empty or begin with `//`, `#` or `--` are removed; so a heading in Markdown at
/// the start of a text is, too.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `clean_copyright_mapper.py`; RedPajama.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanCopyrightMapper {}

/// In Python's `regex` the dotted capital I is a case of i.
static COPYRIGHT: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new("(?i)copyr[i\u{130}]ght").expect("the pattern is written here")
});

fn clean(text: &str, new: &mut String) -> bool {
    let comment = text.find("/*").and_then(|start| {
        let len = text[start + 2..].find("*/")?;
        Some(start..start + 2 + len + 2)
    });
    if let Some(comment) = comment {
        if !COPYRIGHT.is_match(&text[comment.clone()]) {
            return false;
        }
        new.push_str(&text[..comment.start]);
        new.push_str(&text[comment.end..]);
        return true;
    }
    let skipped = |line: &&str| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.is_empty() || ["//", "#", "--"].iter().any(|start| line.starts_with(start))
    };
    let head: usize = text.split_inclusive('\n').take_while(skipped).map(str::len).sum();
    new.push_str(&text[head..]);
    head > 0
}

impl Mapper for CleanCopyrightMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, clean))
    }
}

register! {
    CleanCopyrightMapper, Mapper,
    name: "clean_copyright_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["/* Copyright 2024 */\nint x;", "# licence\n\n-- more\nint x; # kept", "/* plain */"],
        pictures: &[],
    }],
}
