//! The tools and skills that messages name.

use std::sync::LazyLock;

use serde_json::Value;

use super::content_to_text;
use crate::text::pattern::{Flags, Flavour, Pattern};
use crate::text::strip;
use crate::whole_row::{Row, python_str, truthy};

static SKILLS: LazyLock<[Pattern; 3]> = LazyLock::new(|| {
    let patterns = [
        r"(?i)[/\\]([a-zA-Z][a-zA-Z0-9_]*)[/\\]SKILL\.md",
        r"##\s+([a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)?)\s*(?:\n|$)",
        r#"(?i)Check\s+[\"'].*?([a-zA-Z][a-zA-Z0-9_]*)/SKILL\.md"#,
    ];
    patterns.map(|pattern| {
        Pattern::new(pattern, Flavour::Re, Flags::default()).expect("the patterns are written here")
    })
});

/// The name in one call of a tool.
pub(super) fn tool_name(call: &Value) -> Option<&Value> {
    let call = call.as_object()?;
    let function = truthy(call, "function").or_else(|| call.get("function_call"));
    let inner = function.and_then(Value::as_object).and_then(|function| truthy(function, "name"));
    inner.or_else(|| truthy(call, "name"))
}

/// The calls of tools in a message.
pub(super) fn calls(message: &Row) -> &[Value] {
    let calls = truthy(message, "tool_calls").or_else(|| truthy(message, "tool_use"));
    calls.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The calls in a few words, ten names at most.
pub(super) fn summary(message: &Row) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in calls(message).iter().filter_map(tool_name).map(python_str) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let more = names.len().saturating_sub(10);
    names.truncate(10);
    names.extend((more > 0).then(|| format!("...+{more}")));
    format!("[Tool calls: {}]", names.join(", "))
}

/// As a list that is never empty, because tables want to know the type of its items.
fn listed(names: &[String]) -> Value {
    let names = names.iter().map(|name| strip(name)).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    if names.is_empty() { vec![""].into() } else { names.into() }
}

/// The names of all tools that are called, in order of first occurrence.
pub fn tools_of(messages: &[Row]) -> Value {
    let mut names: Vec<String> = Vec::new();
    for name in messages.iter().flat_map(calls).filter_map(tool_name).map(python_str) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    listed(&names)
}

/// The names of all skills that the texts point to, in order of first occurrence.
///
/// # Errors
/// When a search takes too many steps.
pub fn skills_of(messages: &[Row]) -> Result<Value, String> {
    let mut names: Vec<String> = Vec::new();
    for message in messages {
        let text = content_to_text(message.get("content").unwrap_or(&Value::Null));
        for pattern in SKILLS.iter() {
            let mut matches = pattern.matches(&text);
            while let Some(captures) = matches.advance()? {
                let name = captures.get(1).map_or("", |name| strip(name.as_str()));
                if !name.is_empty() && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
    }
    Ok(listed(&names))
}
