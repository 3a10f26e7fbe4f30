//! Failures as the caller's language knows them: Python's exceptions by name.

use lagar_core::CoreError;
use lagar_recipe::{NodeError, NodeErrorKind};
use serde_json::{Value, json};

use crate::OperatorError;

/// Why a request could not be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A value of the right type that is refused.
    Value(String),
    /// A value of another type, or an argument that does not exist.
    Type(String),
    /// A name, field or statistic that is not there.
    Key(String),
    /// Another exception, by its name in Python.
    Other(&'static str, String),
}

impl Failure {
    /// The answer to the caller.
    pub(super) fn to_json(&self) -> Value {
        let (kind, message) = match self {
            Self::Value(message) => ("ValueError", message),
            Self::Type(message) => ("TypeError", message),
            Self::Key(message) => ("KeyError", message),
            Self::Other(kind, message) => (*kind, message),
        };
        json!({ "error": { "type": kind, "msg": message } })
    }

    /// A parameter of the operator `name` that cannot be read.
    pub(super) fn of_parameter(error: NodeError, name: &str) -> Self {
        let hint = match &error.kind {
            NodeErrorKind::UnknownKey { name, .. } | NodeErrorKind::UnknownChoice { name, .. } => {
                let near = error.candidates().iter().map(String::as_str);
                lagar_recipe::suggest(name, near).map(|near| format!(" (did you mean `{near}`?)"))
            }
            _ => None,
        };
        let hint = hint.unwrap_or_default();
        let error = error.under(name);
        let message = format!("{error}{hint}");
        match error.kind {
            NodeErrorKind::UnknownChoice { .. } | NodeErrorKind::Invalid { .. } => {
                Self::Value(message)
            }
            _ => Self::Type(message),
        }
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Raised { exception, message } => Self::Other(exception, message),
            error => Self::Value(error.to_string()),
        }
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        Self::Value(error.to_string())
    }
}
