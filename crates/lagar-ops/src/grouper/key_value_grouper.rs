//! `key_value_grouper`: rows with the same values in some fields as one row of lists.

use lagar_core::Batch;
use lagar_core::row::FieldReader;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Context, Example, Grouper, OperatorError, Parity, Regroup, register};

/// Puts rows that agree in some fields into one row whose fields are lists.
///
/// All captions of a picture, or all questions of one kind, as one record. `group_by_keys` names the
/// fields; dots go into objects (`__dj__stats__.num_words`) and, as numbers, into lists
/// (`images.0`). A row without such a field counts as one with null there. Groups come in the order
/// of their first rows; without names, rows are grouped by their text. A grouper must be the last
/// operator of a recipe.
///
/// Source: Data-Juicer 1.6.1, `key_value_grouper.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KeyValueGrouper {
    /// The fields that must agree; the text where none are named.
    pub group_by_keys: Option<Vec<String>>,
}

impl Grouper for KeyValueGrouper {
    fn regroup(&self) -> Regroup {
        Regroup::Gather
    }

    fn keys(&self, batch: &Batch, context: &Context<'_>) -> Result<Vec<String>, OperatorError> {
        let named = self.group_by_keys.clone().filter(|keys| !keys.is_empty());
        let names = named.unwrap_or_else(|| vec![context.keys.text.clone()]);
        let mut keys = vec![String::new(); batch.len()];
        for name in &names {
            let (head, rest) = name.split_once('.').unwrap_or((name, ""));
            let reader = FieldReader::new(batch, context.keys, head)?;
            for (row, key) in keys.iter_mut().enumerate() {
                let value = reader.get(row).and_then(|value| inside(value, rest));
                key.push_str(&canonical(&value.unwrap_or_default()));
                key.push('\n');
            }
        }
        Ok(keys)
    }
}

/// The value at a dotted path whose numbers are places in lists.
fn inside(value: Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(mut fields) => fields.remove(step),
        Value::Array(mut items) => {
            let place: usize = step.parse().ok()?;
            (place < items.len()).then(|| items.swap_remove(place))
        }
        _ => None,
    })
}

/// Values that Python shows alike, alike: `1.50` and `1.5` are one number, `1` and `1.0` are two.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            number.as_f64().map_or_else(|| number.to_string(), |number| format!("{number:?}"))
        }
        Value::Array(items) => items.iter().map(canonical).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

register! {
    KeyValueGrouper, Grouper,
    name: "key_value_grouper",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{group_by_keys: [kind]}",
        texts: &[
            r#"{"text": "a red car", "kind": "photo"}"#,
            r#"{"text": "a tree", "kind": "drawing"}"#,
            r#"{"text": "a boat", "kind": "photo"}"#,
        ],
        pictures: &[],
    }],
}
