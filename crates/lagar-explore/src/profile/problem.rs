//! Something wrong with a data set, and what answers it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Example;

/// How grave a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Rows are broken, or training on the data would teach something wrong.
    Serious,
    /// Worth a filter.
    Warning,
    /// Good to know.
    Note,
}

/// A problem that a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The rule that found it (`short_texts`), which is also its file's name.
    pub rule: String,
    /// The problem in a few words, with its number: `3.9 % of the texts are very short`.
    pub title: String,
    /// What the rule measures.
    pub measures: String,
    /// How grave it is.
    pub severity: Severity,
    /// The threshold that was passed, in words (`num_words < 6`).
    pub threshold: String,
    /// Where the threshold comes from.
    pub source: String,
    /// The statistic that the threshold is about, by its name in the profile, if there is one.
    pub statistic: Option<String>,
    /// The number that the statistic is held against, for a line in its chart.
    pub line: Option<f64>,
    /// Rows that are touched.
    pub rows: u64,
    /// Their share in the rows that were looked at, in [0, 1].
    pub share: f64,
    /// Numbers that show it.
    pub evidence: Vec<Evidence>,
    /// The worst rows.
    pub worst: Vec<Example>,
    /// The operator that answers it; none where nothing but a person can.
    pub remedy: Option<Remedy>,
}

/// A number that shows a problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is.
    pub name: String,
    /// The number, as a reader wants it.
    pub value: String,
}

/// The operator that answers a problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// Its name in a recipe.
    pub operator: String,
    /// Its parameters, derived from this data set.
    pub parameters: Map<String, Value>,
    /// How the parameters follow from the data.
    pub because: String,
}
