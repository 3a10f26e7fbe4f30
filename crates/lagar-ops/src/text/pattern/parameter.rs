//! A parameter that holds a pattern: text in the recipe, compiled while it is read.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Flags, Flavour, Pattern};

/// A pattern for Python's `regex` module in which `.` matches line feeds, too.
///
/// One that is wrapped as a Python literal, `r'…'` or `r"…"`, is unwrapped, as Data-Juicer does.
#[derive(Clone, Debug)]
pub struct PatternText {
    text: String,
    pattern: Arc<Pattern>,
}

impl PatternText {
    /// Compiles the pattern.
    ///
    /// # Errors
    /// With the reason when it cannot be compiled.
    pub fn new(text: &str) -> Result<Self, String> {
        let flags = Flags { dot_all: true, ..Flags::default() };
        let pattern = Pattern::shared(unwrapped(text), Flavour::Regex, flags)?;
        Ok(Self { text: text.to_owned(), pattern })
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }
}

fn unwrapped(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix('r')?.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'').or_else(|| inner('"')).unwrap_or(text)
}

impl Serialize for PatternText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PatternText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(|reason| {
            D::Error::custom(format_args!("the pattern `{text}` cannot be used: {reason}"))
        })
    }
}

impl JsonSchema for PatternText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_python_are_unwrapped() {
        for (text, inner) in
            [("r'a.b'", "a.b"), ("r\"x\"", "x"), ("r'", "r'"), ("r'a\"", "r'a\""), ("r''", "")]
        {
            assert_eq!(unwrapped(text), inner);
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_compiled_is_refused_with_its_reason() {
        let error = serde_json::from_str::<PatternText>("\"(a\"").unwrap_err().to_string();
        assert!(error.contains("the pattern `(a` cannot be used"), "{error}");
        let read: PatternText = serde_json::from_str("\"r'a.c'\"").unwrap();
        assert_eq!(read.pattern().is_in("a\nc"), Ok(true));
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"r'a.c'\"");
    }
}
