//! `tags_specified_field_selector`: the rows that have one of some tags in a field.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choice::{field_values, refuse_compound, selection, values_of};
use crate::chosen::python_equal;
use crate::{Candidates, Context, Example, OperatorError, Parity, Selection, Selector, register};

/// Keeps the rows whose value in a field is one of `target_tags`.
///
/// For data that carries tags, from a classifier or its source. The order of the rows stays. Values
/// must be text, numbers or null, and capital letters count. A data set of one row is left alone.
///
/// Source: Data-Juicer 1.6.1, `tags_specified_field_selector.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TagsSpecifiedFieldSelector {
    /// The field, dots going into objects.
    pub field_key: String,
    /// The tags that stay.
    pub target_tags: Option<Vec<Value>>,
}

impl Selector for TagsSpecifiedFieldSelector {
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
        let tags = self.target_tags.as_deref().unwrap_or_default();
        let is_tag = |row: &usize| tags.iter().any(|tag| python_equal(tag, &values[*row]));
        Ok(selection((0..values.len()).filter(is_tag).collect()))
    }
}

register! {
    TagsSpecifiedFieldSelector, Selector,
    name: "tags_specified_field_selector",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{field_key: kind, target_tags: [x, z]}",
        texts: &[
            r#"{"text": "a dog", "score": 0.7, "kind": "x"}"#,
            r#"{"text": "a cat", "score": 0.9, "kind": "y"}"#,
            r#"{"text": "a boat", "score": 0.1, "kind": "x"}"#,
            r#"{"text": "a tree", "score": null, "kind": "z"}"#,
        ],
        pictures: &[],
    }],
}
