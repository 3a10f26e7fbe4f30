//! `agent_tool_type_mapper`: names the tools that an agent used most.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::strip;
use crate::whole_row::{META_KEY, Scope, edit_fields, meta_of, python_str};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Writes into `__dj__meta__` which tools an agent used most.
///
/// The list of tools is `agent_tool_types`, as `agent_dialog_normalize_mapper` makes it.
/// `primary_tool_type` becomes the most frequent one, the first of equals, and `dominant_tool_types`
/// the `top_k_dominant` most frequent ones; null and an empty list where there are none.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `agent_tool_type_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentToolTypeMapper {
    /// The entry of `__dj__meta__` with the tools.
    pub tool_types_meta_key: String,
    /// The entry for the most frequent tool.
    pub primary_key: String,
    /// The entry for the most frequent tools.
    pub dominant_key: String,
    /// How many tools the latter lists.
    pub top_k_dominant: u32,
}

impl Default for AgentToolTypeMapper {
    fn default() -> Self {
        Self {
            tool_types_meta_key: "agent_tool_types".to_owned(),
            primary_key: "primary_tool_type".to_owned(),
            dominant_key: "dominant_tool_types".to_owned(),
            top_k_dominant: 5,
        }
    }
}

impl Mapper for AgentToolTypeMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let scope = Scope { reads: &[], writes: &[META_KEY] };
        edit_fields(batch, context, scope, |row| {
            let meta = meta_of(row)?;
            let mut counts: Vec<(String, usize)> = Vec::new();
            let listed = meta.get(&self.tool_types_meta_key).and_then(Value::as_array);
            for tool in listed.into_iter().flatten() {
                let tool = strip(&python_str(tool)).to_owned();
                match counts.iter_mut().find(|(known, _)| *known == tool) {
                    _ if tool.is_empty() => {}
                    Some((_, count)) => *count += 1,
                    None => counts.push((tool, 1)),
                }
            }
            // Stable: tools of equal counts stay in the order in which they first occur.
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            counts.truncate(self.top_k_dominant as usize);
            let names: Vec<Value> = counts.into_iter().map(|(name, _)| name.into()).collect();
            let primary = names.first().cloned().unwrap_or_default();
            meta.insert(self.primary_key.clone(), primary);
            meta.insert(self.dominant_key.clone(), names.into());
            Ok(())
        })
    }
}

register! {
    AgentToolTypeMapper, Mapper,
    name: "agent_tool_type_mapper",
    version: 1,
    cost: Text,
    reads: &["__dj__meta__"],
    writes: &["__dj__meta__"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{top_k_dominant: 1}",
        texts: &[
            r#"{"text": "x", "__dj__meta__": {"agent_tool_types": ["grep", "cat", "cat"]}}"#,
        ],
        pictures: &[],
    }],
}
