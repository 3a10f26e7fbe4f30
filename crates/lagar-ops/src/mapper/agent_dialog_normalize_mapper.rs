//! `agent_dialog_normalize_mapper`: turns recorded messages into the fields of a dialogue.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dialog::{History, HistoryOptions, choices_to_text, skills_of, tools_of};
use crate::text::strip;
use crate::whole_row::{META_KEY, Row, Scope, edit_fields, meta_of, python_str, truthy};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Turns the messages and choices of a recorded agent into text, history, query and response.
///
/// All that assistants and tools say after a query belongs to its response. `text` becomes the whole
/// dialogue, `query` and `response` the last turn; `__dj__meta__` gets the number of turns, the names
/// of tools and skills, the places of the last messages, and where a row came from. Texts above the
/// limits lose their middle, with a note in its place.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `agent_dialog_normalize_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentDialogNormalizeMapper {
    /// The field with the messages.
    pub messages_key: String,
    /// The field with the choices, whose reply counts if the last turn has none.
    pub choices_key: String,
    /// The field for the whole dialogue.
    pub text_key: String,
    /// The field for the pairs of query and response.
    pub history_key: String,
    /// The field for the last query.
    pub query_key: String,
    /// The field for the last response.
    pub response_key: String,
    /// Whether the names of tools and skills are looked for.
    pub extract_tool_skill_tags: bool,
    /// Whether system messages are put before the next query.
    pub include_system_in_first_user: bool,
    /// What stands before queries in the text.
    pub user_label: String,
    /// What stands before responses in the text.
    pub assistant_label: String,
    /// Whether `request_model`, `pt` and `total_cost_time` are copied into `__dj__meta__`.
    pub copy_lineage_fields: bool,
    /// Whether the first id among `request_id_keys` is.
    pub copy_request_id: bool,
    /// The fields that may have an id.
    pub request_id_keys: Vec<String>,
    /// The most characters of a tool's result; 0 for no limit.
    pub history_tool_result_max_chars: i64,
    /// The most characters of a response; 0 for no limit.
    pub history_max_assistant_trace_chars: i64,
    /// The most characters of a query; 0 for no limit.
    pub history_max_user_chars: i64,
    /// The share of a shortened text that is its beginning, from 0.35 to 0.85.
    pub history_compress_head_ratio: f64,
}

impl Default for AgentDialogNormalizeMapper {
    fn default() -> Self {
        Self {
            messages_key: "messages".to_owned(),
            choices_key: "choices".to_owned(),
            text_key: "text".to_owned(),
            history_key: "dialog_history".to_owned(),
            query_key: "query".to_owned(),
            response_key: "response".to_owned(),
            extract_tool_skill_tags: true,
            include_system_in_first_user: false,
            user_label: "User".to_owned(),
            assistant_label: "Assistant".to_owned(),
            copy_lineage_fields: true,
            copy_request_id: true,
            request_id_keys: ["request_id", "trace_id", "id"].map(str::to_owned).to_vec(),
            history_tool_result_max_chars: 10_000,
            history_max_assistant_trace_chars: 0,
            history_max_user_chars: 0,
            history_compress_head_ratio: 0.62,
        }
    }
}

const LINEAGE: [(&str, &str); 3] = [
    ("request_model", "agent_request_model"),
    ("pt", "agent_pt"),
    ("total_cost_time", "agent_total_cost_time_ms"),
];

impl AgentDialogNormalizeMapper {
    fn normalize(&self, row: &mut Row) -> Result<(), String> {
        let object = |message| match message {
            Value::Object(message) => Some(message),
            _ => None,
        };
        // The row here is a copy of the fields that are read: its messages may be taken.
        let messages = match row.get_mut(&self.messages_key) {
            Some(Value::Array(messages)) => std::mem::take(messages)
                .into_iter()
                .map(object)
                .collect::<Option<Vec<Row>>>()
                .ok_or_else(|| format!("an entry of `{}` is not an object", self.messages_key))?,
            _ => Vec::new(),
        };
        let history = History::new(
            &messages,
            &HistoryOptions {
                include_system: self.include_system_in_first_user,
                tool_limit: self.history_tool_result_max_chars,
                assistant_limit: self.history_max_assistant_trace_chars,
                user_limit: self.history_max_user_chars,
                head_ratio: self.history_compress_head_ratio,
            },
        );
        let (query, mut response) = history.turns.last().cloned().unwrap_or_default();
        if let Some(choices) = truthy(row, &self.choices_key)
            && response.is_empty()
        {
            response = choices_to_text(choices)?;
        }
        let text = history.flattened(&self.user_label, &self.assistant_label);
        row.insert(self.text_key.clone(), text.into());
        row.insert(self.history_key.clone(), json!(history.turns));
        row.insert(self.query_key.clone(), query.into());
        row.insert(self.response_key.clone(), response.into());
        self.describe(row, &messages, &history)
    }

    /// What goes into `__dj__meta__`.
    fn describe(&self, row: &mut Row, messages: &[Row], history: &History) -> Result<(), String> {
        let mut entries = Row::new();
        let mut add = |name: &str, value: Value| entries.insert(name.to_owned(), value);
        add("agent_dialog_history_compressed", history.is_shortened.into());
        add("agent_turn_count", history.turns.len().into());
        if self.extract_tool_skill_tags {
            add("agent_tool_types", tools_of(messages));
            add("agent_skill_types", skills_of(messages)?);
        }
        for (role, name) in
            [("user", "agent_last_user_msg_idx"), ("assistant", "agent_last_assistant_msg_idx")]
        {
            let has_role = |message: &Row| {
                truthy(message, "role")
                    .and_then(Value::as_str)
                    .is_some_and(|given| given.to_lowercase() == role)
            };
            if let Some(place) = messages.iter().rposition(has_role) {
                add(name, place.into());
            }
        }
        if self.copy_request_id {
            let given = |key: &String| {
                let id = row.get(key).filter(|id| !id.is_null()).map(python_str)?;
                let id = strip(&id).to_owned();
                (!id.is_empty()).then_some(id)
            };
            if let Some(id) = self.request_id_keys.iter().find_map(given) {
                add("agent_request_id", id.into());
            }
        }
        if self.copy_lineage_fields {
            for (field, name) in LINEAGE {
                if let Some(value) = row.get(field).filter(|value| !value.is_null()) {
                    add(name, value.clone());
                }
            }
        }
        meta_of(row)?.extend(entries);
        Ok(())
    }
}

impl Mapper for AgentDialogNormalizeMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let mut reads: Vec<&str> = vec![&self.messages_key, &self.choices_key];
        reads.extend(self.request_id_keys.iter().map(String::as_str));
        reads.extend(LINEAGE.map(|(field, _)| field));
        let writes =
            [&self.text_key, &self.history_key, &self.query_key, &self.response_key, META_KEY];
        let scope = Scope { reads: &reads, writes: &writes };
        edit_fields(batch, context, scope, |row| self.normalize(row))
    }
}

register! {
    AgentDialogNormalizeMapper, Mapper,
    name: "agent_dialog_normalize_mapper",
    version: 1,
    cost: Text,
    reads: &["messages", "choices", "__dj__meta__"],
    writes: &["text", "dialog_history", "query", "response", "__dj__meta__"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            r#"{"text": "", "messages": [{"role": "user", "content": "How many dogs?"}, {"role": "assistant", "tool_calls": [{"name": "count"}]}, {"role": "tool", "content": "3"}, {"role": "assistant", "content": "Three."}]}"#,
        ],
        pictures: &[],
    }],
}
