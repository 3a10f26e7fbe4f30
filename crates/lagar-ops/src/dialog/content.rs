//! The text of a message, whichever way its content is written.

use serde_json::Value;

use crate::text::strip;
use crate::whole_row::{Row, is_truthy, python_str, truthy};

fn stripped(text: &str) -> String {
    strip(text).to_owned()
}

/// A part of a content block: text, or something that holds one.
fn fragment(value: &Value) -> String {
    let is_empty = |value: &Value| value.is_null() || value.as_str() == Some("");
    match value {
        Value::Null => String::new(),
        Value::String(text) => stripped(text),
        Value::Object(fields) => ["value", "text", "content"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .find(|value| !is_empty(value))
            .map(fragment)
            .unwrap_or_default(),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().filter(|item| !is_empty(item)).map(fragment).collect();
            stripped(&items.join("\n"))
        }
        other => stripped(&python_str(other)),
    }
}

fn block_to_text(block: &Row) -> Option<String> {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_reasoning = matches!(kind, "thinking" | "reasoning");
    let text = || fragment(block.get("text").unwrap_or(&Value::Null));
    if matches!(kind, "text" | "input_text") || (!is_reasoning && block.contains_key("text")) {
        return Some(text());
    }
    let names = ["thinking", "reasoning_content"];
    if is_reasoning || names.iter().any(|name| block.contains_key(*name)) {
        let given = ["thinking", "reasoning", "reasoning_content"]
            .iter()
            .find_map(|name| truthy(block, name))
            .or_else(|| block.get("reasoning_content"));
        return Some(given.map(fragment).unwrap_or_default());
    }
    None
}

/// The plain text of `message.content`.
pub fn content_to_text(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => stripped(text),
        Value::Array(blocks) => {
            let part = |block: &Value| match block {
                Value::Object(block) => block_to_text(block),
                Value::String(text) => Some(stripped(text)),
                _ => None,
            };
            let parts: Vec<String> =
                blocks.iter().filter_map(part).filter(|part| !part.is_empty()).collect();
            stripped(&parts.join("\n"))
        }
        Value::Object(_) => fragment(content),
        other => stripped(&python_str(other)),
    }
}

/// The first reply among the choices that has a text.
///
/// # Errors
/// When a choice is built in a way that has no content.
pub fn choices_to_text(choices: &Value) -> Result<String, String> {
    for choice in choices.as_array().into_iter().flatten().filter_map(Value::as_object) {
        let message = truthy(choice, "message").or_else(|| truthy(choice, "delta"));
        let message = match message {
            Some(Value::Object(message)) => message,
            Some(_) => return Err("the message of a choice is not an object".to_owned()),
            None => choice,
        };
        let text = match message.get("content") {
            Some(Value::String(text)) => stripped(text),
            Some(list @ Value::Array(_)) if is_truthy(list) => content_to_text(list),
            _ => continue,
        };
        if !text.is_empty() {
            return Ok(text);
        }
    }
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contents_of_every_form_become_text() {
        for (content, expected) in [
            (json!("  a "), "a"),
            (
                json!([{"type": "text", "text": {"value": " b "}}, "c", 3, {"type": "image"}]),
                "b\nc",
            ),
            (json!([{"type": "thinking", "thinking": "", "reasoning": "r"}]), "r"),
            (json!([{"reasoning_content": ["x", null, ["y"]]}]), "x\ny"),
            (json!({"text": "", "content": "d"}), "d"),
            (json!(3.0), "3.0"),
            (json!(null), ""),
        ] {
            assert_eq!(content_to_text(&content), expected, "{content}");
        }
    }
}
