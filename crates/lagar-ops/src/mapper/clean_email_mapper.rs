//! `clean_email_mapper`: replaces e-mail addresses by something else or nothing.

use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::pattern::{PatternText, replace_texts};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces e-mail addresses.
///
/// Addresses are personal data and teach a model nothing. The domain has to be in lower case: in
/// `x@Example.com` nothing is found, as in Data-Juicer. `repl` may name groups of the pattern as in
/// Python (`\1`, `\g<name>`).
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `clean_email_mapper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanEmailMapper {
    /// What is replaced, a pattern of Python's module `regex`; e-mail addresses if not set.
    pub pattern: Option<PatternText>,
    /// What is put in its place.
    pub repl: String,
}

const PATTERN: &str = r"[A-Za-z0-9.\-+_]+@[a-z0-9.\-+_]+\.[a-z]+";

impl Mapper for CleanEmailMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        static DEFAULT: OnceLock<Result<PatternText, String>> = OnceLock::new();
        if let Some(pattern) = &self.pattern {
            return replace_texts("clean_email_mapper", pattern, &self.repl, batch, |_| true);
        }
        match DEFAULT.get_or_init(|| PatternText::new(PATTERN)) {
            Ok(pattern) => {
                replace_texts("clean_email_mapper", pattern, &self.repl, batch, |text| {
                    text.contains('@')
                })
            }
            Err(message) => Err(OperatorError::Parameter {
                operator: "clean_email_mapper".to_owned(),
                parameter: "pattern".to_owned(),
                message: message.clone(),
            }),
        }
    }
}

register! {
    CleanEmailMapper, Mapper,
    name: "clean_email_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["write to euqdh@cjqi.com now", "x@Example.com", "a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{pattern: '(\\w+)@\\w+', repl: '<\\1>'}",
            texts: &["ask anna@home"],
            pictures: &[],
        },
    ],
}
