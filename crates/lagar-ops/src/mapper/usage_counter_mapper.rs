//! `usage_counter_mapper`: sums the tokens that an answer cost.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::whole_row::{META_KEY, Row, Scope, edit_fields, meta_of, truthy};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Writes the number of tokens of a recorded answer into `__dj__meta__`.
///
/// Usage is looked for as `OpenAI` and Anthropic write it: in `usage`, in `response_metadata`, in every
/// entry of `choices` and in its message. What says the same twice counts once unless
/// `dedupe_identical_usage` is off. `total_tokens` is the first total found, else the sum, null
/// without any tokens.
///
/// Parity: exact where the counts are numbers.
///
/// Source: Data-Juicer 1.6.1, `usage_counter_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UsageCounterMapper {
    /// The field with the choices.
    pub choices_key: String,
    /// The field with the usage.
    pub usage_key: String,
    /// The field with the metadata of the answer.
    pub response_metadata_key: String,
    /// Whether equal counts are taken for copies of one.
    pub dedupe_identical_usage: bool,
}

impl Default for UsageCounterMapper {
    fn default() -> Self {
        Self {
            choices_key: "choices".to_owned(),
            usage_key: "usage".to_owned(),
            response_metadata_key: "response_metadata".to_owned(),
            dedupe_identical_usage: true,
        }
    }
}

/// Counts as they were found; what is not there is null.
#[derive(Clone, Debug, PartialEq)]
struct Usage {
    prompt: Value,
    completion: Value,
    total: Value,
}

fn usage_in(holder: &Row) -> Usage {
    let nested = truthy(holder, "usage").or_else(|| truthy(holder, "usage_metadata"));
    let nested = nested.and_then(Value::as_object);
    let has = |row: &Row, key: &str| row.get(key).is_some_and(|value| !value.is_null());
    let counts = |row: &Row| has(row, "prompt_tokens") || has(row, "completion_tokens");
    let empty = Row::new();
    let usage = match nested {
        Some(nested) if counts(nested) => nested,
        _ if counts(holder) => holder,
        other => other.unwrap_or(&empty),
    };
    let either = |first: &str, second: &str| match truthy(usage, first) {
        Some(count) => count.clone(),
        None => usage.get(second).cloned().unwrap_or_else(|| Value::from(0)),
    };
    Usage {
        prompt: either("prompt_tokens", "input_tokens"),
        completion: either("completion_tokens", "output_tokens"),
        total: usage.get("total_tokens").cloned().unwrap_or_default(),
    }
}

impl UsageCounterMapper {
    fn usages(&self, row: &Row) -> Vec<Usage> {
        let mut usages = Vec::new();
        if let Some(usage) = row.get(&self.usage_key) {
            usages.push(usage_in(usage.as_object().unwrap_or(row)));
        }
        match truthy(row, &self.response_metadata_key) {
            Some(Value::Object(metadata)) => usages.push(usage_in(metadata)),
            Some(_) => {}
            None => usages.push(usage_in(&Row::new())),
        }
        let choices = truthy(row, &self.choices_key).and_then(Value::as_array);
        for choice in choices.into_iter().flatten().filter_map(Value::as_object) {
            usages.push(usage_in(choice));
            let message = truthy(choice, "message").or_else(|| choice.get("delta"));
            usages.extend(message.and_then(Value::as_object).map(usage_in));
        }
        usages
    }
}

/// `int(value)` of a count, 0 where that fails.
fn whole(value: &Value) -> i64 {
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)).unwrap_or(0)
        }
        Value::String(text) => text.trim().parse().unwrap_or(0),
        Value::Bool(truth) => i64::from(*truth),
        _ => 0,
    }
}

fn key(usage: &Usage) -> [i64; 3] {
    let (prompt, completion) = (whole(&usage.prompt), whole(&usage.completion));
    let total = if usage.total.is_null() { prompt + completion } else { whole(&usage.total) };
    [prompt, completion, total]
}

fn sum<'a>(counts: impl Iterator<Item = &'a Value>) -> Value {
    let counts: Vec<&Value> = counts.collect();
    if counts.iter().all(|count| !count.is_f64()) {
        return counts.iter().map(|count| whole(count)).sum::<i64>().into();
    }
    let total = counts.iter().filter_map(|count| count.as_f64()).sum();
    Number::from_f64(total).map_or(Value::Null, Value::Number)
}

impl Mapper for UsageCounterMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        // Where `usage` is no object, the row itself is looked at.
        let own = ["usage", "usage_metadata", "prompt_tokens", "completion_tokens", "total_tokens"];
        let keys = [&self.choices_key, &self.usage_key, &self.response_metadata_key];
        let mut reads: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        reads.extend(own.into_iter().chain(["input_tokens", "output_tokens"]));
        let scope = Scope { reads: &reads, writes: &[META_KEY] };
        edit_fields(batch, context, scope, |row| {
            let mut usages = self.usages(row);
            if self.dedupe_identical_usage {
                let mut seen = Vec::new();
                usages.retain(|usage| {
                    let is_new = !seen.contains(&key(usage));
                    seen.push(key(usage));
                    is_new
                });
            }
            let prompt = sum(usages.iter().map(|usage| &usage.prompt));
            let completion = sum(usages.iter().map(|usage| &usage.completion));
            let stated = usages.iter().map(|usage| &usage.total).find(|total| !total.is_null());
            let has_any = whole(&prompt) != 0 || whole(&completion) != 0;
            let total = match stated {
                Some(total) => total.clone(),
                None if has_any => sum([&prompt, &completion].into_iter()),
                None => Value::Null,
            };
            let meta = meta_of(row)?;
            meta.insert("prompt_tokens".to_owned(), prompt);
            meta.insert("completion_tokens".to_owned(), completion);
            meta.insert("total_tokens".to_owned(), total);
            Ok(())
        })
    }
}

register! {
    UsageCounterMapper, Mapper,
    name: "usage_counter_mapper",
    version: 1,
    cost: Text,
    reads: &["choices", "usage", "response_metadata", "__dj__meta__"],
    writes: &["__dj__meta__"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            r#"{"text": "x", "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}}"#,
        ],
        pictures: &[],
    }],
}
