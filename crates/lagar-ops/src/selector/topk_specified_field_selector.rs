//! `topk_specified_field_selector`: the rows with the largest or smallest values in a field.

use std::cmp::Ordering;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choice::{field_values, selection, smallest, to_number, values_of, wanted};
use crate::chosen::python_number;
use crate::{Candidates, Context, Example, OperatorError, Parity, Selection, Selector, register};

/// Keeps the rows with the largest values in a field, or the smallest.
///
/// For the best tenth by a score. How many: `top_ratio` of the rows or `topk`, whichever is fewer;
/// with neither set everything stays. The rows come out in the order of their values, the largest
/// first (with `reverse: false` the smallest), equal ones in their old order.
///
/// A field inside another (`__dj__stats__.num_words`) is taken as a number: strings are read, lists
/// averaged, and what is no number comes last. A field of the row itself is compared as it is, text
/// by its letters, and may not mix kinds.
///
/// Source: Data-Juicer 1.6.1, `topk_specified_field_selector.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TopkSpecifiedFieldSelector {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The share of rows to keep, in [0, 1]; 0 counts as not set.
    pub top_ratio: Option<f64>,
    /// The number of rows to keep.
    pub topk: Option<u64>,
    /// Whether the largest values win.
    pub reverse: bool,
}

impl Default for TopkSpecifiedFieldSelector {
    fn default() -> Self {
        Self { field_key: String::new(), top_ratio: None, topk: None, reverse: true }
    }
}

/// The order of values of one kind.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Array(one), Value::Array(other)) => {
            let differing = one.iter().zip(other).map(|(one, other)| order(one, other));
            for found in differing {
                if found != Some(Ordering::Equal) {
                    return found;
                }
            }
            Some(one.len().cmp(&other.len()))
        }
        _ => python_number(one)?.partial_cmp(&python_number(other)?),
    }
}

fn refuse_mixed(values: &[Value], field: &str) -> Result<(), OperatorError> {
    let first = values.first();
    let is_odd = |value: &&Value| first.is_some_and(|first| order(first, value).is_none());
    match values.iter().find(is_odd) {
        None => Ok(()),
        Some(value) => Err(OperatorError::Raised {
            exception: "TypeError",
            message: format!("field `{field}` has values that cannot be compared: {value}"),
        }),
    }
}

impl Selector for TopkSpecifiedFieldSelector {
    fn values(
        &self,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Option<Vec<Value>>, OperatorError> {
        field_values(batch, context, &self.field_key)
    }

    fn select(&self, candidates: Candidates<'_>, _seed: u64) -> Result<Selection, OperatorError> {
        let all = candidates.rows as usize;
        if all <= 1 || self.field_key.is_empty() {
            return Ok(Selection::All);
        }
        let Some(count) = wanted(self.top_ratio, self.topk, all) else {
            return Ok(Selection::All);
        };
        let values = values_of(candidates)?;
        let places: Vec<usize> = (0..all).collect();
        let turn = |order: Ordering| if self.reverse { order.reverse() } else { order };
        if self.field_key.contains('.') {
            let numbers: Vec<f64> =
                values.iter().map(|value| to_number(value, self.reverse)).collect();
            let compare = |one: usize, other: usize| turn(numbers[one].total_cmp(&numbers[other]));
            return Ok(selection(smallest(&places, count, compare)));
        }
        refuse_mixed(&values, &self.field_key)?;
        let compare = |one: usize, other: usize| {
            turn(order(&values[one], &values[other]).unwrap_or(Ordering::Equal))
        };
        Ok(selection(smallest(&places, count, compare)))
    }
}

register! {
    TopkSpecifiedFieldSelector, Selector,
    name: "topk_specified_field_selector",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: meta.score, topk: 2}",
        texts: &[
            r#"{"text": "a dog", "meta": {"score": 0.7}}"#,
            r#"{"text": "a cat", "meta": {"score": "0.9"}}"#,
            r#"{"text": "a boat", "meta": {"score": [0.2, 0.6]}}"#,
            r#"{"text": "a tree", "meta": {"score": null}}"#,
        ],
        pictures: &[],
    }],
}
