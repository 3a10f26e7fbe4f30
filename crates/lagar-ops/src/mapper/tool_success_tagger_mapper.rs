//! `tool_success_tagger_mapper`: counts which calls of tools succeeded.

use std::sync::{Arc, OnceLock};

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::text::pattern::{Flags, Flavour, Pattern};
use crate::text::{python_json, strip};
use crate::whole_row::{META_KEY, Row, Scope, edit_fields, meta_of, python_str, truthy};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Counts in `__dj__meta__` which results of tools in a dialogue were successes.
///
/// The results are the `messages` whose role is one of `tool_role_names`. One that an error pattern
/// finds something in has failed; any other that is not empty has succeeded. Written are
/// `tool_success_count`, `tool_fail_count`, `tool_unknown_count`, `tool_success_ratio` (null without
/// results) and, unless `store_per_tool_results` is off, `tool_results`.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `tool_success_tagger_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolSuccessTaggerMapper {
    /// The field with the messages.
    pub messages_key: String,
    /// The roles of results, in lower case; `tool` and `tool_use` if not set.
    pub tool_role_names: Option<Vec<String>>,
    /// What successes look like, patterns of Python's `re`; four if not set.
    pub success_patterns: Option<Vec<String>>,
    /// What failures look like, patterns of Python's `re`; thirteen if not set.
    pub error_patterns: Option<Vec<String>>,
    /// Whether the results themselves are kept, by their first 200 characters.
    pub store_per_tool_results: bool,
    #[serde(skip)]
    compiled: OnceLock<Result<[Vec<Arc<Pattern>>; 2], String>>,
}

impl Default for ToolSuccessTaggerMapper {
    fn default() -> Self {
        Self {
            messages_key: "messages".to_owned(),
            tool_role_names: None,
            success_patterns: None,
            error_patterns: None,
            store_per_tool_results: true,
            compiled: OnceLock::new(),
        }
    }
}

const ROLES: [&str; 2] = ["tool", "tool_use"];

const SUCCESS: [&str; 4] = [
    r"(?i)wrote\s+\d+\s*bytes",
    r"(?i)^(?:success|ok)(?:\s|$)",
    r"(?i)\bsuccessfully\b",
    r"(?i)^ok$",
];

const ERROR: [&str; 13] = [
    r"(?i)\berror\s*:",
    r"(?i)\bexception\b",
    r"(?i)\bfailed\b",
    r"(?i)\bfailure\b",
    r"(?i)not\s+found",
    r"(?i)permission\s+denied",
    "(?:执行|操作|请求|调用|接口)失败",
    "(?:发生|出现)错误",
    "错误码",
    "无法访问",
    "权限不足",
    "无权限",
    "找不到(?:文件|路径)?",
];

fn content_of(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => strip(text).to_owned(),
        Value::Object(_) => python_json(content).chars().take(10_000).collect(),
        Value::Array(blocks) => {
            let part = |block: &Value| match block {
                Value::Object(fields) if fields.get("type") == Some(&json!("text")) => {
                    Some(content_of(fields.get("text").unwrap_or(&Value::Null)))
                }
                Value::Object(_) | Value::String(_) => Some(content_of(block)),
                _ => None,
            };
            let parts: Vec<String> = blocks.iter().filter_map(part).collect();
            strip(&parts.join("\n")).to_owned()
        }
        other => strip(&python_str(other)).to_owned(),
    }
}

impl ToolSuccessTaggerMapper {
    fn patterns(&self) -> Result<&[Vec<Arc<Pattern>>; 2], OperatorError> {
        let compile = |given: &Option<Vec<String>>, usual: &[&str]| {
            let given = given.as_ref().filter(|given| !given.is_empty());
            let texts = given
                .map_or_else(|| usual.to_vec(), |given| given.iter().map(String::as_str).collect());
            let one = |text: &&str| Pattern::shared(text, Flavour::Re, Flags::default());
            texts.iter().map(one).collect::<Result<Vec<_>, _>>()
        };
        let both = || {
            let success = compile(&self.success_patterns, &SUCCESS)?;
            Ok([success, compile(&self.error_patterns, &ERROR)?])
        };
        self.compiled.get_or_init(both).as_ref().map_err(|message| OperatorError::Parameter {
            operator: "tool_success_tagger_mapper".to_owned(),
            parameter: "patterns".to_owned(),
            message: message.clone(),
        })
    }

    fn is_result(&self, message: &Row) -> bool {
        let role = truthy(message, "role").and_then(Value::as_str).unwrap_or_default();
        let role = role.to_lowercase();
        match self.tool_role_names.as_ref().filter(|names| !names.is_empty()) {
            Some(names) => names.contains(&role),
            None => ROLES.contains(&role.as_str()),
        }
    }
}

fn label(content: &str, errors: &[Arc<Pattern>]) -> Result<&'static str, String> {
    if content.is_empty() {
        return Ok("unknown");
    }
    for pattern in errors {
        if pattern.is_in(content)? {
            return Ok("error");
        }
    }
    // What no pattern of success finds counts as one, too: a tool that gave back data.
    Ok("success")
}

impl Mapper for ToolSuccessTaggerMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let [_, errors] = self.patterns()?;
        let scope = Scope { reads: &[&self.messages_key], writes: &[META_KEY] };
        edit_fields(batch, context, scope, |row| {
            let mut results = Vec::new();
            let messages = row.get(&self.messages_key).and_then(Value::as_array);
            for message in messages.into_iter().flatten() {
                let message = message.as_object().ok_or("a message is not an object")?;
                if self.is_result(message) {
                    let content = content_of(message.get("content").unwrap_or(&Value::Null));
                    let label = label(&content, errors)?;
                    let preview: String = content.chars().take(200).collect();
                    results.push(json!({ "content_preview": preview, "result": label }));
                }
            }
            let count =
                |label: &str| results.iter().filter(|result| result["result"] == label).count();
            let (success, failed) = (count("success"), count("error"));
            let total = success + failed;
            let ratio = (total > 0).then(|| success as f64 / total as f64);
            let unknown = count("unknown");
            let meta = meta_of(row)?;
            meta.insert("tool_success_count".to_owned(), success.into());
            meta.insert("tool_fail_count".to_owned(), failed.into());
            meta.insert("tool_unknown_count".to_owned(), unknown.into());
            meta.insert("tool_success_ratio".to_owned(), ratio.into());
            if self.store_per_tool_results {
                meta.insert("tool_results".to_owned(), results.into());
            }
            Ok(())
        })
    }
}

register! {
    ToolSuccessTaggerMapper, Mapper,
    name: "tool_success_tagger_mapper",
    version: 1,
    cost: Text,
    reads: &["messages", "__dj__meta__"],
    writes: &["__dj__meta__"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{store_per_tool_results: false}",
        texts: &[
            r#"{"text": "x", "messages": [{"role": "tool", "content": "Error: no file"}, {"role": "tool", "content": "3 rows"}]}"#,
        ],
        pictures: &[],
    }],
}
