//! `suffix_filter`: keeps rows that come from files with some endings.

use arrow::array::StringArray;
use lagar_core::Batch;
use lagar_core::row::{FieldReader, SUFFIX_KEY};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::interval::Interval;
use crate::{
    Computed, Context, Example, Filter, OperatorError, Parity, Reason, Stats, Verdicts, register,
};

/// One ending or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Suffixes {
    /// One ending.
    One(String),
    /// Several endings.
    Several(Vec<String>),
    /// None.
    None,
}

impl Suffixes {
    fn contains(&self, suffix: &str) -> bool {
        match self {
            Self::One(one) => one == suffix,
            Self::Several(several) => several.iter().any(|one| one == suffix),
            Self::None => false,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::Several(several) => several.is_empty(),
            Self::None => true,
        }
    }
}

/// Keeps rows whose file has one of the endings in `suffixes`.
///
/// For folders of mixed files. The ending is what the row says in its field `__dj__suffix__`, or that
/// of the file it was read from, with its dot and as it is written (`.jsonl`). Without endings every
/// row stays; `reversed_range` turns the choice around. It measures nothing.
///
/// Source: Data-Juicer 1.6.1, `suffix_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SuffixFilter {
    /// The endings that pass.
    pub suffixes: Suffixes,
}

impl Default for SuffixFilter {
    fn default() -> Self {
        Self { suffixes: Suffixes::Several(Vec::new()) }
    }
}

/// The private column of endings.
const SUFFIX: &str = ".suffix";

impl Filter for SuffixFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let reader = FieldReader::new(batch, context.keys, SUFFIX_KEY)?;
        let suffix = |row: usize| match reader.get(row) {
            Some(Value::String(suffix)) => suffix,
            _ => context.suffix.to_owned(),
        };
        let suffixes: StringArray = (0..batch.len()).map(|row| Some(suffix(row))).collect();
        Ok(Computed::one(SUFFIX, suffixes))
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let value = |row| stats.column(SUFFIX).map(|column| lagar_core::row::value_of(column, row));
        Verdicts::judge(stats.rows(), |row| {
            if self.suffixes.is_empty() {
                return None;
            }
            let value = value(row).unwrap_or_default();
            let passes = self.suffixes.contains(value.as_str().unwrap_or_default());
            let suffixes = serde_json::to_string(&self.suffixes).unwrap_or_default();
            let relation = if interval.reversed { "not in" } else { "in" };
            (passes == interval.reversed).then(|| Reason {
                statistic: SUFFIX_KEY.to_owned(),
                value: value.to_string(),
                threshold: format!("{relation} {suffixes}"),
            })
        })
    }
}

register! {
    SuffixFilter, Filter,
    name: "suffix_filter",
    version: 1,
    cost: Text,
    reads: &["__dj__suffix__"],
    writes: &[],
    thresholds: &["suffixes"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{suffixes: [.txt, .md]}",
        texts: &[
            r#"{"text": "a note", "__dj__suffix__": ".txt"}"#,
            r#"{"text": "a page", "__dj__suffix__": ".html"}"#,
        ],
        pictures: &[],
    }],
}
