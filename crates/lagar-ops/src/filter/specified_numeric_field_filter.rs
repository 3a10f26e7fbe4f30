//! `specified_numeric_field_filter`: keeps rows with a number in a range in a field.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chosen::{chosen_field, chosen_value, python_float, python_number};
use crate::interval::Interval;
use crate::{
    Computed, Context, Example, Filter, OperatorError, Parity, Reason, Stats, Verdicts, register,
};

/// Keeps rows whose field `field_key` is a number between `min_value` and `max_value`.
///
/// For data that comes with scores: a similarity, a rating, a size. Dots in `field_key` go into
/// objects. Strings that read as numbers count as numbers; anything else is dropped, and so are
/// numbers that are 0, because Data-Juicer takes them for "nothing there". Without a field every row
/// stays. The value is a statistic of the field's name.
///
/// Source: Data-Juicer 1.6.1, `specified_numeric_field_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpecifiedNumericFieldFilter {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The smallest number that passes.
    pub min_value: f64,
    /// The largest number that passes.
    pub max_value: f64,
}

impl Default for SpecifiedNumericFieldFilter {
    fn default() -> Self {
        Self { field_key: String::new(), min_value: -(i64::MAX as f64), max_value: i64::MAX as f64 }
    }
}

/// The number that Data-Juicer sees in a value: none in 0, null, an empty string or `false`.
fn number_in(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => return python_float(text),
        value => python_number(value)?,
    };
    Some(number).filter(|number| *number != 0.0)
}

impl Filter for SpecifiedNumericFieldFilter {
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
        let (min, max) = (Some(self.min_value), Some(self.max_value));
        Verdicts::judge(stats.rows(), |row| {
            if self.field_key.is_empty() {
                return None;
            }
            let value = chosen_value(stats, row);
            let threshold = match number_in(&value) {
                Some(number) if interval.passes(number, min, max) => return None,
                Some(number) => interval.failed(number, min, max),
                None => "a number".to_owned(),
            };
            let (statistic, value) = (self.field_key.clone(), value.to_string());
            Some(Reason { statistic, value, threshold })
        })
    }
}

register! {
    SpecifiedNumericFieldFilter, Filter,
    name: "specified_numeric_field_filter",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &["min_value", "max_value"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: score, min_value: 0.5}",
        texts: &[
            r#"{"text": "a dog", "score": 0.7}"#,
            r#"{"text": "a cat", "score": "0.9"}"#,
            r#"{"text": "a boat", "score": 0.1}"#,
            r#"{"text": "a tree", "score": "high"}"#,
        ],
        pictures: &[],
    }],
}
