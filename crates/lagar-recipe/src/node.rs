//! The tree of a recipe's text, in which every key and every value remembers where it stands.
//!
//! The tree carries its source in each node, not only the span, because one recipe may be put
//! together from several texts: values given on the command line point at the command line.

use std::fmt;
use std::sync::Arc;

use lagar_core::diagnostic::{Diagnostic, SourceText, Span};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A place in one of the texts that a recipe is made of.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The text.
    pub source: Arc<SourceText>,
    /// The range in the text, in bytes.
    pub span: Span,
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}..{}", self.source.name, self.span.start, self.span.end)
    }
}

impl Location {
    /// An error that points here, with `label` next to the underline.
    pub fn error(&self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).with_place(&self.source, self.span, label)
    }

    /// A warning that points here, with `label` next to the underline.
    pub fn warning(&self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(message).with_place(&self.source, self.span, label)
    }
}

/// A key of a mapping. Two keys are equal when their names are.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key as written, without quotes.
    pub name: String,
    /// Where it stands.
    pub location: Location,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// A value with its place. Two nodes are equal when their values are, wherever they stand.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Where it stands.
    pub location: Location,
    /// What it holds.
    pub value: Value,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number, saturated at the limits of `i128`.
    Int(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order of the text, without duplicate keys.
    Map(Vec<(Key, Node)>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            // Not-a-number equals itself here: the same text means the same recipe.
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Seq(a), Self::Seq(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    /// What kind of value this is, with the value where that is short, to be put after "got".
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Int(value) => format!("the integer {value}"),
            Self::Float(value) => format!("the number {value:?}"),
            Self::Str(value) if value.chars().count() <= 40 && !value.contains('\n') => {
                format!("the string `{value}`")
            }
            Self::Str(_) => "a string".to_owned(),
            Self::Seq(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }

    /// Whether this is null, false, zero, or empty: what Python calls falsy.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(value) => *value == 0,
            Self::Float(value) => *value == 0.0,
            Self::Str(value) => value.is_empty(),
            Self::Seq(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

impl Node {
    /// Reads the YAML text.
    ///
    /// # Errors
    /// When the text is not YAML, holds a duplicate key, several documents, or a tag that has no
    /// meaning in a recipe; the diagnostic points at it.
    pub fn parse(source: &Arc<SourceText>) -> Result<Self, Diagnostic> {
        crate::yaml::parse(source, 0)
    }

    /// A value at the same place as this node.
    #[must_use]
    pub fn with_value(&self, value: Value) -> Self {
        Self { location: self.location.clone(), value }
    }

    /// The entries, when this is a mapping.
    pub fn as_map(&self) -> Option<&[(Key, Self)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|(found, _)| found.name == key).map(|(_, node)| node)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serialize_integer(*value, serializer),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Str(text) => serializer.serialize_str(text),
            Value::Seq(items) => serializer.collect_seq(items),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(&key.name, node)?;
                }
                map.end()
            }
        }
    }
}

/// Writes an integer in the smallest of the types that every format knows.
pub(crate) fn serialize_integer<S: Serializer>(
    value: i128,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if let Ok(small) = i64::try_from(value) {
        serializer.serialize_i64(small)
    } else if let Ok(large) = u64::try_from(value) {
        serializer.serialize_u64(large)
    } else {
        serializer.serialize_i128(value)
    }
}
