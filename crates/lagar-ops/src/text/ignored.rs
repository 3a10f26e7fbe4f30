//! A regular expression as a parameter: read and checked with the recipe, kept as its text.

use std::borrow::Cow;

use fancy_regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// No pattern, or one that compiles.
#[derive(Clone, Debug, Default)]
pub struct OptionalPattern(Option<Regex>);

impl OptionalPattern {
    /// The text without what the pattern matches.
    pub fn remove_from<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.0.as_ref().filter(|pattern| !pattern.as_str().is_empty()) {
            Some(pattern) => pattern.try_replacen(text, 0, "").unwrap_or(Cow::Borrowed(text)),
            None => Cow::Borrowed(text),
        }
    }
}

impl Serialize for OptionalPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map(Regex::as_str).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OptionalPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let compile = |text: String| {
            let wrong = |error| D::Error::custom(format!("the pattern `{text}` is none: {error}"));
            Regex::new(&text).map_err(wrong)
        };
        text.map(compile).transpose().map(Self)
    }
}

impl JsonSchema for OptionalPattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "null"] })
    }
}
