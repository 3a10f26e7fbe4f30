//! `range_specified_field_selector`: the rows between two places when sorted by a field.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choice::{field_values, selection, smallest, to_number, values_of};
use crate::{Candidates, Context, Example, OperatorError, Parity, Selection, Selector, register};

/// Keeps the rows whose values in a field lie between two places of the sorted values.
///
/// For cutting off both tails by share instead of by value. The lower bound is the larger of
/// `lower_percentile` × N and `lower_rank`, the upper one the smaller of its two; it takes one of
/// each kind, or everything stays. Rows come out sorted, the largest value first, equal ones in their
/// old order. Values are taken as numbers: strings are read, lists averaged, and what is no number
/// counts as the smallest.
///
/// Source: Data-Juicer 1.6.1, `range_specified_field_selector.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RangeSpecifiedFieldSelector {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The share of rows with smaller values that go, in [0, 1].
    pub lower_percentile: Option<f64>,
    /// The share of rows up to which rows stay, in [0, 1].
    pub upper_percentile: Option<f64>,
    /// The number of rows with smaller values that go.
    pub lower_rank: Option<u64>,
    /// The number of rows up to which rows stay.
    pub upper_rank: Option<u64>,
}

impl RangeSpecifiedFieldSelector {
    /// Where the rows that stay begin and end among `rows` sorted ones.
    fn bounds(&self, rows: usize) -> Option<(usize, usize)> {
        if self.lower_percentile.is_none() && self.lower_rank.is_none() {
            return None;
        }
        if self.upper_percentile.is_none() && self.upper_rank.is_none() {
            return None;
        }
        let share = |share: f64| (share * rows as f64) as usize;
        let lower = self.lower_percentile.map_or(0, share);
        let lower = lower.max(self.lower_rank.unwrap_or_default() as usize);
        let upper = self.upper_percentile.map_or(rows, share);
        let upper = upper.min(self.upper_rank.map_or(usize::MAX, |rank| rank as usize));
        Some((lower, upper.max(lower)))
    }
}

impl Selector for RangeSpecifiedFieldSelector {
    fn values(
        &self,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Option<Vec<Value>>, OperatorError> {
        field_values(batch, context, &self.field_key)
    }

    fn select(&self, candidates: Candidates<'_>, _seed: u64) -> Result<Selection, OperatorError> {
        let all = candidates.rows as usize;
        let bounds = self.bounds(all).filter(|_| all > 1 && !self.field_key.is_empty());
        let Some((lower, upper)) = bounds else {
            return Ok(Selection::All);
        };
        let values = values_of(candidates)?;
        let numbers: Vec<f64> = values.iter().map(|value| to_number(value, true)).collect();
        let places: Vec<usize> = (0..all).collect();
        let below = smallest(&places, upper, |one, other| numbers[one].total_cmp(&numbers[other]));
        let kept =
            smallest(&below, upper - lower, |one, other| numbers[other].total_cmp(&numbers[one]));
        Ok(selection(kept))
    }
}

register! {
    RangeSpecifiedFieldSelector, Selector,
    name: "range_specified_field_selector",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: score, lower_percentile: 0.25, upper_percentile: 0.75}",
        texts: &[
            r#"{"text": "a dog", "score": 0.7, "kind": "x"}"#,
            r#"{"text": "a cat", "score": 0.9, "kind": "y"}"#,
            r#"{"text": "a boat", "score": 0.1, "kind": "x"}"#,
            r#"{"text": "a tree", "score": null, "kind": "z"}"#,
        ],
        pictures: &[],
    }],
}
