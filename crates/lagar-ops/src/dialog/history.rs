//! Messages as pairs of query and response.

use serde_json::Value;

use super::content_to_text;
use super::shorten::shorten;
use super::tools::{calls, summary};
use crate::text::strip;
use crate::whole_row::{Row, truthy};

/// How messages become pairs.
#[derive(Clone, Copy, Debug)]
pub struct HistoryOptions {
    /// Whether system messages are put before the next query.
    pub include_system: bool,
    /// The most characters of a tool's result; 0 for no limit.
    pub tool_limit: i64,
    /// The most characters of a response; 0 for no limit.
    pub assistant_limit: i64,
    /// The most characters of a query; 0 for no limit.
    pub user_limit: i64,
    /// The share of a shortened text that is its beginning.
    pub head_ratio: f64,
}

/// The pairs of a dialogue.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Query and response of each turn.
    pub turns: Vec<(String, String)>,
    /// Whether a text was shortened.
    pub is_shortened: bool,
}

pub(super) fn role_of(message: &Row) -> String {
    truthy(message, "role").and_then(Value::as_str).unwrap_or_default().to_lowercase()
}

impl History {
    /// Reads the messages in order: what assistants and tools say belongs to the last query.
    pub fn new(messages: &[Row], options: &HistoryOptions) -> Self {
        let mut history = Self::default();
        let mut system: Vec<String> = Vec::new();
        for message in messages {
            let content = content_to_text(message.get("content").unwrap_or(&Value::Null));
            match role_of(message).as_str() {
                "system" if options.include_system && !content.is_empty() => system.push(content),
                "user" => history.add_query(content, &mut system, options),
                "assistant" => {
                    let has_calls = !calls(message).is_empty();
                    let piece =
                        if content.is_empty() && has_calls { summary(message) } else { content };
                    history.add_response(&piece, options);
                }
                "tool" => history.add_result(content, options),
                _ => {}
            }
        }
        history
    }

    fn shorten(&mut self, text: String, limit: i64, options: &HistoryOptions) -> String {
        shorten(text, limit, options.head_ratio, &mut self.is_shortened)
    }

    fn add_query(&mut self, content: String, system: &mut Vec<String>, options: &HistoryOptions) {
        let content = if system.is_empty() {
            content
        } else {
            system.push(content);
            strip(&std::mem::take(system).join("\n\n")).to_owned()
        };
        let query = self.shorten(content, options.user_limit, options);
        self.turns.push((query, String::new()));
    }

    fn add_response(&mut self, piece: &str, options: &HistoryOptions) {
        let before = self.turns.last().map(|(_, response)| response.as_str()).unwrap_or_default();
        let response = match (before, piece) {
            ("", piece) => piece.to_owned(),
            (before, "") => before.to_owned(),
            (before, piece) => format!("{before}\n\n{piece}"),
        };
        let response = self.shorten(response, options.assistant_limit, options);
        match self.turns.last_mut() {
            Some((_, last)) => *last = response,
            None => self.turns.push((String::new(), response)),
        }
    }

    fn add_result(&mut self, content: String, options: &HistoryOptions) {
        let result = self.shorten(content, options.tool_limit, options);
        let Some((_, before)) = self.turns.last() else { return };
        let response = if before.is_empty() {
            format!("[Tool result]\n{result}")
        } else {
            format!("{before}\n[Tool result]\n{result}")
        };
        let response = self.shorten(response, options.assistant_limit, options);
        if let Some((_, last)) = self.turns.last_mut() {
            *last = response;
        }
    }

    /// All turns in one text.
    pub fn flattened(&self, user: &str, assistant: &str) -> String {
        let mut lines = Vec::new();
        for (query, response) in &self.turns {
            lines.extend((!query.is_empty()).then(|| format!("{user}: {query}")));
            lines.extend((!response.is_empty()).then(|| format!("{assistant}: {response}")));
        }
        lines.join("\n\n")
    }
}
