//! `clean_ip_mapper`: replaces IP addresses by something else or nothing.

use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::pattern::{PatternText, replace_texts};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces IP addresses.
///
/// IPv4 addresses are found without word boundaries, so that `256.1.1.1` becomes `2`; of IPv6 only
/// the form with all eight groups is found. `repl` may name groups of the pattern as in Python.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `clean_ip_mapper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanIpMapper {
    /// What is replaced, a pattern of Python's module `regex`; IP addresses if not set.
    pub pattern: Option<PatternText>,
    /// What is put in its place.
    pub repl: String,
}

const PATTERN: &str = concat!(
    r"(?:(?:1[0-9][0-9]\.)|(?:2[0-4][0-9]\.)|(?:25[0-5]\.)|(?:[1-9][0-9]\.)|(?:[0-9]\.)",
    r"){3}(?:(?:1[0-9][0-9])|(?:2[0-4][0-9])|(?:25[0-5])|(?:[1-9][0-9])|(?:[0-9]))|([\da-fA-F]{1,4}:)",
    r"{7}[\da-fA-F]{1,4}"
);

impl Mapper for CleanIpMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        static DEFAULT: OnceLock<Result<PatternText, String>> = OnceLock::new();
        if let Some(pattern) = &self.pattern {
            return replace_texts("clean_ip_mapper", pattern, &self.repl, batch, |_| true);
        }
        match DEFAULT.get_or_init(|| PatternText::new(PATTERN)) {
            Ok(pattern) => replace_texts("clean_ip_mapper", pattern, &self.repl, batch, |text| {
                text.contains(['.', ':'])
            }),
            Err(message) => Err(OperatorError::Parameter {
                operator: "clean_ip_mapper".to_owned(),
                parameter: "pattern".to_owned(),
                message: message.clone(),
            }),
        }
    }
}

register! {
    CleanIpMapper, Mapper,
    name: "clean_ip_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["host 192.168.0.1 is up", "256.1.1.1", "2001:db8:0:0:0:0:0:1 and ::1"],
            pictures: &[],
        },
        Example {
            parameters: "{repl: <IP>}",
            texts: &["from 10.0.0.1 to 10.0.0.2"],
            pictures: &[],
        },
    ],
}
