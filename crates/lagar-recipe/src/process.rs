//! The process list: which operators run, in which order, with which parameters.
//!
//! An entry is a mapping with one key, and the most common slip is parameters that are not
//! indented below their operator, which YAML reads as further keys of the entry. That slip gets a
//! message of its own.

use lagar_core::diagnostic::Diagnostic;
use serde::de::DeserializeOwned;

use crate::error::NodeError;
use crate::node::{Key, Location, Node, Value};
use crate::read::Report;

/// One operator with its parameters, as the recipe asks for it. Two calls are equal when name and
/// parameters are, wherever they stand.
#[derive(Debug, Clone)]
pub struct OpCall {
    /// Name of the operator as written.
    pub name: String,
    /// Where the name stands.
    pub name_location: Location,
    /// The parameters: always a mapping, empty when none are given.
    pub params: Node,
}

impl PartialEq for OpCall {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.params == other.params
    }
}

impl OpCall {
    /// Reads the parameters into the type of the operator.
    ///
    /// # Errors
    /// When a parameter is unknown or does not fit; the diagnostic names operator and parameter
    /// and points at the place.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        self.try_read().map_err(NodeError::into_diagnostic)
    }

    /// As [`Self::read`], with the error still in its typed form, the operator in its path.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn try_read<T: DeserializeOwned>(&self) -> Result<T, NodeError> {
        self.params.read().map_err(|error| error.under(&self.name))
    }

    /// An error about the operator itself, pointing at its name.
    pub fn error(&self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.name_location.error(message, label)
    }
}

/// Names of the operators in a recipe's tree, in order, as far as entries have their form.
pub(crate) fn operators(root: &Node) -> impl Iterator<Item = &str> {
    let entries = root.get("process").and_then(Node::as_seq).unwrap_or_default();
    entries.iter().filter_map(operator)
}

/// Whether a name has the ending of an operator's.
pub(crate) fn looks_like(name: &str) -> bool {
    ["_filter", "_mapper", "_deduplicator", "_selector", "_grouper", "_aggregator"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Name of the operator in one entry, when the entry has its form.
pub(crate) fn operator(entry: &Node) -> Option<&str> {
    match &entry.value {
        Value::Str(name) => Some(name),
        Value::Map(pairs) => match pairs.as_slice() {
            [(key, _)] => Some(&key.name),
            _ => None,
        },
        _ => None,
    }
}

/// Reads the process list; what is wrong goes into the report.
pub(crate) fn read(process: Option<&Node>, report: &mut Report) -> Vec<OpCall> {
    let Some(process) = process else {
        return Vec::new();
    };
    let Some(entries) = process.as_seq() else {
        let error = NodeError::mismatch(process, "a list of operators").under("process");
        report.errors.push(error.into_diagnostic().with_hint("begin each operator with `- `"));
        return Vec::new();
    };
    let mut calls = Vec::new();
    for entry in entries {
        match call(entry) {
            Ok(call) => calls.push(call),
            Err(error) => report.errors.push(error),
        }
    }
    calls
}

fn call(entry: &Node) -> Result<OpCall, Diagnostic> {
    let (key, params) = match &entry.value {
        Value::Str(name) => {
            let key = Key { name: name.clone(), location: entry.location.clone() };
            (key, entry.with_value(Value::Null))
        }
        Value::Map(pairs) => match pairs.as_slice() {
            [(key, params)] => (key.clone(), params.clone()),
            [(first, value), (second, _), ..] => return Err(several_keys(first, value, second)),
            [] => return Err(no_operator(entry)),
        },
        _ => return Err(no_operator(entry)),
    };
    let params = match &params.value {
        Value::Map(_) => params,
        Value::Null => params.with_value(Value::Map(Vec::new())),
        _ => {
            let error = NodeError::mismatch(&params, "a mapping of parameters").under(&key.name);
            return Err(error.into_diagnostic());
        }
    };
    Ok(OpCall { name: key.name, name_location: key.location, params })
}

fn several_keys(first: &Key, value: &Node, second: &Key) -> Diagnostic {
    let message = format!("`{}` and `{}` stand in one entry of `process`", first.name, second.name);
    let error = second.location.error(message, "an entry holds one operator");
    error.with_hint(if matches!(value.value, Value::Null) {
        format!(
            "if `{}` is a parameter of `{}`, indent it deeper than the operator",
            second.name, first.name
        )
    } else {
        format!("if `{}` is an operator, begin it with `- `", second.name)
    })
}

fn no_operator(entry: &Node) -> Diagnostic {
    let message =
        format!("an entry of `process` names an operator, this one is {}", entry.value.describe());
    entry
        .location
        .error(message, "expected an operator")
        .with_hint("an entry looks like `- text_length_filter: {min_len: 10}`")
}
