//! What can be wrong with a value of a recipe, and how that is said.
//!
//! An error is made deep inside a value and travels outwards; on its way it picks up the place and
//! the path. It stays typed until the end, so that a caller can look for a better suggestion.

use std::fmt;

use lagar_core::diagnostic::Diagnostic;
use serde::de;

use crate::node::{Location, Node, Value};
use crate::suggest::suggest;

/// A value of a recipe that does not fit the type it is read into.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct NodeError {
    /// What does not fit.
    pub kind: NodeErrorKind,
    /// Keys and indices from the node that was read down to the one that does not fit.
    pub path: Vec<String>,
    /// The key or value that does not fit; `None` only while the error is on its way.
    pub location: Option<Location>,
}

/// What does not fit in a [`NodeError`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NodeErrorKind {
    /// A key that the type does not have.
    UnknownKey {
        /// The key as written.
        name: String,
        /// The keys that the type has.
        candidates: Vec<String>,
    },
    /// A word that is none of the possible ones.
    UnknownChoice {
        /// The word as written.
        name: String,
        /// The possible words.
        candidates: Vec<String>,
    },
    /// A value of another type.
    Mismatch {
        /// What is wanted, to be put after "expected".
        expected: String,
        /// What is there, to be put after "got".
        got: String,
        /// What would help, where the slip is a well-known one.
        hint: Option<String>,
    },
    /// A key that must be there and is not.
    MissingKey {
        /// The key.
        name: String,
    },
    /// A value of the right type that is refused for another reason.
    Invalid {
        /// The reason.
        message: String,
    },
}

impl NodeError {
    fn new(kind: NodeErrorKind) -> Self {
        Self { kind, path: Vec::new(), location: None }
    }

    /// An error about the value of `node`.
    pub fn invalid(node: &Node, message: impl Into<String>) -> Self {
        Self::new(NodeErrorKind::Invalid { message: message.into() }).at(&node.location)
    }

    pub(crate) fn mismatch(node: &Node, expected: impl Into<String>) -> Self {
        let expected = expected.into();
        let hint = match &node.value {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) if expected == "a string" => {
                Some("put it in quotes to make it a string".to_owned())
            }
            Value::Str(text) if expected != "a string" => {
                let plain = crate::scalar::resolve(text);
                (!matches!(plain, Value::Str(_) | Value::Null))
                    .then(|| "quotes make it a string; remove them".to_owned())
            }
            _ => None,
        };
        let got = node.value.describe();
        Self::new(NodeErrorKind::Mismatch { expected, got, hint }).at(&node.location)
    }

    /// The same error at `location`, unless it already has a place.
    #[must_use]
    pub fn at(mut self, location: &Location) -> Self {
        self.location.get_or_insert_with(|| location.clone());
        self
    }

    /// The same error seen from one level further out, where the value stands under `segment`.
    #[must_use]
    pub fn under(mut self, segment: impl Into<String>) -> Self {
        self.path.insert(0, segment.into());
        self
    }

    /// Keys or words that would have been possible; empty for other kinds of errors.
    pub fn candidates(&self) -> &[String] {
        match &self.kind {
            NodeErrorKind::UnknownKey { candidates, .. }
            | NodeErrorKind::UnknownChoice { candidates, .. } => candidates,
            _ => &[],
        }
    }

    fn message(&self) -> String {
        let path = self.path.join(".");
        let inside = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
        let of = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        match &self.kind {
            NodeErrorKind::UnknownKey { name, .. } => format!("unknown key `{name}`{inside}"),
            NodeErrorKind::UnknownChoice { name, .. } => format!("{of}unknown choice `{name}`"),
            NodeErrorKind::Mismatch { expected, got, .. } => {
                format!("{of}expected {expected}, got {got}")
            }
            NodeErrorKind::MissingKey { name } => format!("missing key `{name}`{inside}"),
            NodeErrorKind::Invalid { message } => format!("{of}{message}"),
        }
    }

    fn label(&self) -> String {
        match &self.kind {
            NodeErrorKind::UnknownKey { .. } => "unknown key".to_owned(),
            NodeErrorKind::UnknownChoice { .. } => "unknown choice".to_owned(),
            NodeErrorKind::Mismatch { expected, .. } => format!("expected {expected}"),
            NodeErrorKind::MissingKey { name } => format!("`{name}` must be given"),
            NodeErrorKind::Invalid { .. } => String::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match &self.kind {
            NodeErrorKind::UnknownKey { name, candidates } => Some(did_you_mean(name, candidates)),
            NodeErrorKind::UnknownChoice { name, candidates } => {
                Some(did_you_mean(name, candidates))
            }
            NodeErrorKind::Mismatch { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    /// The error as it is shown: with its place and, where there is one, a hint.
    pub fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = match &self.location {
            Some(location) => location.error(self.message(), self.label()),
            None => Diagnostic::error(self.message()),
        };
        match self.hint() {
            Some(hint) => diagnostic.with_hint(hint),
            None => diagnostic,
        }
    }
}

/// "did you mean" where something is close, otherwise the list of everything possible.
pub(crate) fn did_you_mean(name: &str, candidates: &[String]) -> String {
    match suggest(name, candidates.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None if candidates.is_empty() => "there are no keys to set here".to_owned(),
        None => {
            let quoted: Vec<String> =
                candidates.iter().map(|candidate| format!("`{candidate}`")).collect();
            format!("possible are {}", quoted.join(", "))
        }
    }
}

impl de::Error for NodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(NodeErrorKind::Invalid { message: message.to_string() })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let candidates = expected.iter().map(|&name| name.to_owned()).collect();
        Self::new(NodeErrorKind::UnknownKey { name: field.to_owned(), candidates })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let candidates = expected.iter().map(|&name| name.to_owned()).collect();
        Self::new(NodeErrorKind::UnknownChoice { name: variant.to_owned(), candidates })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(NodeErrorKind::MissingKey { name: field.to_owned() })
    }
}
