//! Values from the command line: `--set process.words_num_filter.min_num=8`.
//!
//! An override changes the tree before it is read, so that a value on the command line is checked
//! exactly as one in the file. It keeps its own source, so that its errors point at the command
//! line and not at a line of the file that says something else.

use std::sync::Arc;

use lagar_core::diagnostic::{Diagnostic, SourceText, Span};

use crate::node::{Key, Location, Node, Value};
use crate::process;
use crate::suggest::suggest;

/// Name under which the text of an override is shown.
const SOURCE_NAME: &str = "--set";

/// One value to put into a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Keys and indices from the top of the recipe to the value; never empty.
    pub path: Vec<Key>,
    /// The value.
    pub value: Node,
}

impl Override {
    /// Parses `path=value`. The path is separated by points, the value is YAML.
    ///
    /// # Errors
    /// When there is no `=`, a part of the path is empty, or the value is not YAML.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let source = SourceText::new(SOURCE_NAME, text);
        let whole = location(&source, 0, text.len());
        let Some((path_text, _)) = text.split_once('=') else {
            let error = whole.error("an override sets a key to a value", "there is no `=`");
            return Err(error.with_hint("write it as `key=value`, for example `np=2`"));
        };
        let mut path = Vec::new();
        let mut start = 0;
        for part in path_text.split('.') {
            let name = part.trim();
            if name.is_empty() {
                let at = location(&source, start, start + part.len());
                return Err(at.error("a part of the path is empty", "a name is missing here"));
            }
            let from = start + (part.len() - part.trim_start().len());
            let location = location(&source, from, from + name.len());
            path.push(Key { name: name.to_owned(), location });
            start += part.len() + 1;
        }
        let value = crate::yaml::parse(&source, path_text.len() + 1)?;
        Ok(Self { path, value })
    }
}

fn location(source: &Arc<SourceText>, start: usize, end: usize) -> Location {
    Location { source: Arc::clone(source), span: Span::new(start, end) }
}

/// Puts the overrides into the tree, in order, and returns what is wrong with them.
pub(crate) fn apply(root: &mut Node, overrides: &[Override]) -> Vec<Diagnostic> {
    let errors = overrides.iter().map(|one| apply_one(root, one)).filter_map(Result::err);
    errors.collect()
}

fn apply_one(root: &mut Node, one: &Override) -> Result<(), Diagnostic> {
    match one.path.as_slice() {
        [process, operator, rest @ ..] if process.name == "process" => {
            let Some(list) = get_mut(root, "process") else {
                return Err(no_operators(operator));
            };
            let (params, rest) = parameters(list, operator, rest)?;
            set(params, rest, &one.value)
        }
        path => set(root, path, &one.value),
    }
}

fn get_mut<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Map(entries) => {
            entries.iter_mut().find(|(key, _)| key.name == name).map(|(_, node)| node)
        }
        _ => None,
    }
}

/// Puts `value` at the end of `path`, making mappings on the way where nothing stands yet.
fn set(node: &mut Node, path: &[Key], value: &Node) -> Result<(), Diagnostic> {
    let Some((key, rest)) = path.split_first() else {
        *node = value.clone();
        return Ok(());
    };
    if matches!(node.value, Value::Null) {
        *node = Node { location: key.location.clone(), value: Value::Map(Vec::new()) };
    }
    match &mut node.value {
        Value::Map(entries) => {
            let at = entries.iter().position(|(found, _)| found.name == key.name);
            let at = at.unwrap_or_else(|| {
                let empty = Node { location: key.location.clone(), value: Value::Null };
                entries.push((key.clone(), empty));
                entries.len() - 1
            });
            set(&mut entries[at].1, rest, value)
        }
        Value::Seq(items) => {
            let length = items.len();
            match key.name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => set(item, rest, value),
                None => Err(key.location.error(
                    format!("`{}` is not an index of this list", key.name),
                    indices(length),
                )),
            }
        }
        other => {
            let message = format!("there is nothing below this, it is {}", other.describe());
            Err(key.location.error(message, "no such key"))
        }
    }
}

fn indices(length: usize) -> String {
    match length {
        0 => "the list is empty".to_owned(),
        1 => "the only index is 0".to_owned(),
        _ => format!("indices go from 0 to {}", length - 1),
    }
}

fn no_operators(operator: &Key) -> Diagnostic {
    let message = format!("`{}` is not in the recipe", operator.name);
    operator.location.error(message, "the recipe has no operators")
}

/// The parameters that `process.OPERATOR.…` speaks of, and the part of the path below them.
fn parameters<'a, 'p>(
    list: &'a mut Node,
    operator: &Key,
    rest: &'p [Key],
) -> Result<(&'a mut Node, &'p [Key]), Diagnostic> {
    let Value::Seq(entries) = &mut list.value else {
        return Err(no_operators(operator));
    };
    let (index, rest) = if let Ok(index) = operator.name.parse::<usize>() {
        let Some(entry) = entries.get(index) else {
            let message = format!("there is no operator number {index} in the recipe");
            return Err(operator.location.error(message, indices(entries.len())));
        };
        let name = process::operator(entry);
        match rest {
            [] => {
                let error = operator.location.error(
                    "this names an operator, not one of its parameters",
                    "a parameter is missing",
                );
                let name = name.unwrap_or("OPERATOR");
                return Err(error.with_hint(format!("write `process.{index}.{name}.PARAMETER=…`")));
            }
            [first, below @ ..] if name == Some(&first.name) => (index, below),
            _ => (index, rest),
        }
    } else {
        (only_entry(entries, operator)?, rest)
    };
    match params_of(&mut entries[index]) {
        Some(params) => Ok((params, rest)),
        None => Err(operator.location.error(
            format!("operator number {index} of the recipe is not written as one operator"),
            "",
        )),
    }
}

/// Index of the one entry with this operator.
fn only_entry(entries: &[Node], operator: &Key) -> Result<usize, Diagnostic> {
    let name = &operator.name;
    let found: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| process::operator(entry) == Some(name))
        .map(|(index, _)| index)
        .collect();
    match found.as_slice() {
        [index] => Ok(*index),
        [] => {
            let error = operator.location.error(
                format!("`{name}` is not in the recipe"),
                "no such operator under `process`",
            );
            let close = suggest(name, entries.iter().filter_map(process::operator));
            Err(match close {
                Some(close) => error.with_hint(format!("did you mean `{close}`?")),
                None => error,
            })
        }
        [first, ..] => {
            let all: Vec<String> = found.iter().map(|index| format!("`process.{index}`")).collect();
            let error = operator.location.error(
                format!("`{name}` is {} times in the recipe", found.len()),
                "which one is meant?",
            );
            let (all, name) = (all.join(", "), &operator.name);
            Err(error.with_hint(format!("write one of {all}, as in `process.{first}.{name}.…`")))
        }
    }
}

/// The parameters of an entry that has its form; a bare name becomes a mapping first.
fn params_of(entry: &mut Node) -> Option<&mut Node> {
    if let Value::Str(name) = &entry.value {
        let key = Key { name: name.clone(), location: entry.location.clone() };
        entry.value = Value::Map(vec![(key, entry.with_value(Value::Null))]);
    }
    match &mut entry.value {
        Value::Map(pairs) if pairs.len() == 1 => pairs.first_mut().map(|(_, params)| params),
        _ => None,
    }
}
