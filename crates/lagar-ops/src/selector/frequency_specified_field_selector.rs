//! `frequency_specified_field_selector`: the rows with the most frequent values in a field.

use std::cmp::Reverse;
use std::collections::HashMap;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choice::{field_values, refuse_compound, selection, values_of, wanted};
use crate::chosen::python_number;
use crate::{Candidates, Context, Example, OperatorError, Parity, Selection, Selector, register};

/// Keeps the rows whose values in a field are the most frequent ones, or the rarest.
///
/// How many *values*: `top_ratio` of the distinct ones or `topk`, whichever is fewer; with neither
/// set everything stays. Rows come out value by value, the most frequent first (with
/// `reverse: false` the rarest), values that are equally frequent in the order they first occur.
/// Values must be text, numbers or null.
///
/// Source: Data-Juicer 1.6.1, `frequency_specified_field_selector.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FrequencySpecifiedFieldSelector {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The share of distinct values to keep, in [0, 1]; 0 counts as not set.
    pub top_ratio: Option<f64>,
    /// The number of distinct values to keep.
    pub topk: Option<u64>,
    /// Whether the most frequent values win.
    pub reverse: bool,
}

impl Default for FrequencySpecifiedFieldSelector {
    fn default() -> Self {
        Self { field_key: String::new(), top_ratio: None, topk: None, reverse: true }
    }
}

/// Values that are one key to a dictionary of Python.
fn key_of(value: &Value) -> String {
    python_number(value).map_or_else(|| value.to_string(), |number| format!("{:?}", number + 0.0))
}

impl Selector for FrequencySpecifiedFieldSelector {
    fn values(
        &self,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Option<Vec<Value>>, OperatorError> {
        field_values(batch, context, &self.field_key)
    }

    fn select(&self, candidates: Candidates<'_>, _seed: u64) -> Result<Selection, OperatorError> {
        if candidates.rows <= 1 || self.field_key.is_empty() {
            return Ok(Selection::All);
        }
        let values = values_of(candidates)?;
        refuse_compound(&values)?;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (row, value) in values.iter().enumerate() {
            let place = *places.entry(key_of(value)).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(row);
        }
        let Some(count) = wanted(self.top_ratio, self.topk, groups.len()) else {
            return Ok(Selection::All);
        };
        if self.reverse {
            groups.sort_by_key(|group| Reverse(group.len()));
        } else {
            groups.sort_by_key(Vec::len);
        }
        groups.truncate(count);
        Ok(selection(groups.concat()))
    }
}

register! {
    FrequencySpecifiedFieldSelector, Selector,
    name: "frequency_specified_field_selector",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: kind, topk: 2}",
        texts: &[
            r#"{"text": "a dog", "score": 0.7, "kind": "x"}"#,
            r#"{"text": "a cat", "score": 0.9, "kind": "y"}"#,
            r#"{"text": "a boat", "score": 0.1, "kind": "x"}"#,
            r#"{"text": "a tree", "score": null, "kind": "z"}"#,
        ],
        pictures: &[],
    }],
}
