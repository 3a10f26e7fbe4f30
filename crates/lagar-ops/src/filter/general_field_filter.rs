//! `general_field_filter`: keeps rows for which a condition on their fields holds.

use std::borrow::Cow;

use lagar_core::row::{FieldReader, column_of, value_of};
use lagar_core::{Batch, StatColumn};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::expression::{Condition, Row};
use crate::interval::Interval;
use crate::whole_row::is_truthy;
use crate::{
    Computed, Context, Example, Fault, Filter, OperatorError, Parity, Reason, Stats, Verdicts,
    register,
};

/// A condition as its text and its meaning.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct ConditionText {
    text: String,
    #[serde(skip)]
    parsed: Option<Condition>,
}

impl<'de> Deserialize<'de> for ConditionText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong =
            |why: String| D::Error::custom(format!("Invalid filter condition: {text}: {why}"));
        let parsed = Condition::parse(&text).map_err(wrong)?;
        Ok(Self { text, parsed: Some(parsed) })
    }
}

impl JsonSchema for ConditionText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Keeps rows for which `filter_condition` holds.
///
/// One condition on several fields at once, in a part of Python's language: names of fields, dots
/// going into objects (`__dj__meta__.a`, `__dj__stats__.num_words`), numbers, strings, `True`,
/// `False`, `None`, lists, chained comparisons (`10 < num <= 30`), `in` and `not in`, `and`, `or`,
/// `not`. A field that is not there is `None`, and a comparison with `None` fails, except that
/// `not in` holds. Calls and arithmetic are refused; a row whose values cannot be compared (a string
/// with a number) is put aside. An empty condition keeps everything. What came out is the statistic
/// `general_field_filter_condition`.
///
/// Source: Data-Juicer 1.6.1, `general_field_filter.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GeneralFieldFilter {
    /// The condition.
    pub filter_condition: ConditionText,
}

const CONDITION: &str = "general_field_filter_condition";

impl Filter for GeneralFieldFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let Some(condition) = &self.filter_condition.parsed else {
            return Ok(Computed::default());
        };
        // Only the fields that the condition names are read.
        let names = condition.names();
        let reader = |name| FieldReader::new(batch, context.keys, name);
        let readers = names.iter().map(|name| reader(name)).collect::<Result<Vec<_>, _>>()?;
        let (mut values, mut faults) = (Vec::with_capacity(batch.len()), Vec::new());
        for index in 0..batch.len() {
            let field = |(name, reader): (&String, &FieldReader<'_>)| {
                Some((name.clone(), reader.get(index)?))
            };
            let row: Map<String, Value> = names.iter().zip(&readers).filter_map(field).collect();
            match condition.evaluate(Row(&row)) {
                Ok(value) => values.push(Some(value)),
                Err(message) => {
                    faults.push(Fault { index, message });
                    values.push(None);
                }
            }
        }
        let column = StatColumn { key: CONDITION.to_owned(), values: column_of(&values) };
        Ok(Computed { stats: vec![column], faults })
    }

    fn writes(&self) -> Option<Vec<String>> {
        Some(self.filter_condition.parsed.iter().map(|_| CONDITION.to_owned()).collect())
    }

    fn keep(&self, stats: &Stats<'_>, _interval: Interval) -> Verdicts {
        let column = stats.column(CONDITION);
        Verdicts::judge(stats.rows(), |row| {
            let value = value_of(column?, row);
            (!is_truthy(&value)).then(|| Reason {
                statistic: CONDITION.to_owned(),
                value: value.to_string(),
                threshold: self.filter_condition.text.clone(),
            })
        })
    }
}

register! {
    GeneralFieldFilter, Filter,
    name: "general_field_filter",
    version: 1,
    cost: Text,
    reads: &["*"],
    writes: &["general_field_filter_condition"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{filter_condition: \"10 < num <= 30 and __dj__meta__.lang != 'fr'\"}",
        texts: &[
            r#"{"text": "a dog", "num": 20, "__dj__meta__": {"lang": "en"}}"#,
            r#"{"text": "a cat", "num": 40, "__dj__meta__": {"lang": "en"}}"#,
            r#"{"text": "un chat", "num": 20, "__dj__meta__": {"lang": "fr"}}"#,
        ],
        pictures: &[],
    }],
}
