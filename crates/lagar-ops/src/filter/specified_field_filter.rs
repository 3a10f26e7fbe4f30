//! `specified_field_filter`: keeps rows that have one of some values in a field.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chosen::{chosen_field, chosen_value, python_equal};
use crate::interval::Interval;
use crate::{
    Computed, Context, Example, Filter, OperatorError, Parity, Reason, Stats, Verdicts, register,
};

/// Keeps rows whose field `field_key` has one of the values in `target_value`.
///
/// For data that comes with labels: a language, a source, a licence. Dots in `field_key` go into
/// objects (`__dj__meta__.lang`). Where the field is a list, each of its items must be among the
/// values. Without a field or without values every row stays; `reversed_range` turns the choice
/// around. A row without the field has the value null. The value is a statistic of the field's name.
///
/// Source: Data-Juicer 1.6.1, `specified_field_filter.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpecifiedFieldFilter {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The values that pass.
    pub target_value: Vec<Value>,
}

impl Filter for SpecifiedFieldFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        if self.field_key.is_empty() {
            return Ok(Computed::default());
        }
        chosen_field(batch, context, &self.field_key)
    }

    fn writes(&self) -> Option<Vec<String>> {
        Some(Some(self.field_key.clone()).filter(|key| !key.is_empty()).into_iter().collect())
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        Verdicts::judge(stats.rows(), |row| {
            if self.field_key.is_empty() || self.target_value.is_empty() {
                return None;
            }
            let value = chosen_value(stats, row);
            let is_target =
                |value: &Value| self.target_value.iter().any(|target| python_equal(target, value));
            let passes = match &value {
                Value::Array(items) => items.iter().all(is_target),
                value => is_target(value),
            };
            let targets = Value::Array(self.target_value.clone());
            let threshold = if interval.reversed {
                format!("not in {targets}")
            } else {
                format!("in {targets}")
            };
            (passes == interval.reversed).then(|| Reason {
                statistic: self.field_key.clone(),
                value: value.to_string(),
                threshold,
            })
        })
    }
}

register! {
    SpecifiedFieldFilter, Filter,
    name: "specified_field_filter",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &["target_value"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: meta.lang, target_value: [en, de]}",
        texts: &[
            r#"{"text": "a dog", "meta": {"lang": "en"}}"#,
            r#"{"text": "un chien", "meta": {"lang": "fr"}}"#,
            r#"{"text": "dog Hund", "meta": {"lang": ["en", "de"]}}"#,
        ],
        pictures: &[],
    }],
}
