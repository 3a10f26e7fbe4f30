//! `remove_header_mapper`: cuts off what stands before the first heading of a LaTeX document.

use std::sync::LazyLock;

use lagar_core::Batch;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes what stands before the first heading of a LaTeX document.
///
/// Preambles are package lists and author blocks. Headings are `\chapter`, `\part`, `\section`,
/// `\subsection`, `\subsubsection`, `\paragraph` and `\subparagraph`, starred or not, with their
/// `{…}`. A text without any becomes empty, unless `drop_no_head` is off: do not use it on captions.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_header_mapper.py`; RedPajama.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveHeaderMapper {
    /// Whether a text without headings is emptied.
    pub drop_no_head: bool,
}

impl Default for RemoveHeaderMapper {
    fn default() -> Self {
        Self { drop_no_head: true }
    }
}

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    let names = "chapter|part|section|subsection|subsubsection|paragraph|subparagraph";
    let pattern = format!(r"(?s)\\(?:{names})\b\*?(?:\[.*?\])?\{{.*?\}}");
    Regex::new(&pattern).expect("the pattern is written above")
});

impl Mapper for RemoveHeaderMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, |text, new| {
            let heading = text.contains('\\').then(|| HEADING.find(text)).flatten();
            match heading {
                Some(heading) => {
                    new.push_str(&text[heading.start()..]);
                    heading.start() > 0
                }
                None => self.drop_no_head && !text.is_empty(),
            }
        }))
    }
}

register! {
    RemoveHeaderMapper, Mapper,
    name: "remove_header_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["\\title{A}\n\\section*{Intro}\nText", "a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{drop_no_head: false}",
            texts: &["a dog on a beach"],
            pictures: &[],
        },
    ],
}
