//! `clean_links_mapper`: replaces links by something else or nothing.

use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::pattern::{PatternText, replace_texts};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces links: `http://…`, `ftp://…`, `mailto:…`, `www.…`, `name.tld/…`.
///
/// Captions of web pictures carry the address of the shop; a model that learns them makes up
/// addresses. Anything of the form `word:letter` counts as a link, too (`note:this`), as in
/// Data-Juicer. Texts on which the original's pattern runs for minutes take no longer than others.
/// `repl` may name groups of the pattern as in Python.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `clean_links_mapper.py`; the pattern is J. Gruber's.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanLinksMapper {
    /// What is replaced, a pattern of Python's module `regex`; links if not set.
    pub pattern: Option<PatternText>,
    /// What is put in its place.
    pub repl: String,
}

const PATTERN: &str = concat!(
    r#"(?i)\b((?:[a-z][\w-]+:(?:\/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}\/)"#,
    r#"(?:[^\s()<>]+|\(([^\s()<>]+|(\([^\s()<>]+\)))*\))+(?:\(([^\s()<>]+|(\([^\s()<>]+\)"#,
    r#"))*\)|[^\s`!()\[\]{};:\'\".,<>?«»“”‘’]))"#
);

/// Whether one of the pattern's three beginnings can be in the text: all need a colon or a full stop.
fn may_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_www = || bytes.windows(3).any(|window| window.eq_ignore_ascii_case(b"www"));
    memchr::memchr(b':', bytes).is_some()
        || (memchr::memchr(b'.', bytes).is_some()
            && (memchr::memchr(b'/', bytes).is_some() || has_www()))
}

impl Mapper for CleanLinksMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        static DEFAULT: OnceLock<Result<PatternText, String>> = OnceLock::new();
        if let Some(pattern) = &self.pattern {
            return replace_texts("clean_links_mapper", pattern, &self.repl, batch, |_| true);
        }
        match DEFAULT.get_or_init(|| PatternText::new(PATTERN)) {
            Ok(pattern) => {
                replace_texts("clean_links_mapper", pattern, &self.repl, batch, |text| {
                    may_link(text)
                })
            }
            Err(message) => Err(OperatorError::Parameter {
                operator: "clean_links_mapper".to_owned(),
                parameter: "pattern".to_owned(),
                message: message.clone(),
            }),
        }
    }
}

register! {
    CleanLinksMapper, Mapper,
    name: "clean_links_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["see https://a.b/c?d=e, or www.x.org", "img.host.com/a(1).jpg", "note:this. note: that"],
            pictures: &[],
        },
        Example {
            parameters: "{repl: <LINK>}",
            texts: &["a dog (http://dogs.com/1)"],
            pictures: &[],
        },
    ],
}
