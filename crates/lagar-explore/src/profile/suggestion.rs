//! A recipe that answers the problems of a data set, with what it will keep.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Example;

/// The steps of a recipe and the rows that each will keep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Rows that go in, bad ones included.
    pub rows: u64,
    /// Rows that cannot become one (malformed, without text) and are put aside by the reader.
    pub unreadable: u64,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Rows that come out.
    pub kept: u64,
    /// `kept` over `rows`.
    pub retention: f64,
    /// Whether every step is predicted exactly; of a sample, or of near duplicates, it is not.
    pub exact: bool,
}

/// One operator of a suggested recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub operator: String,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// The rules whose problems it answers.
    pub rules: Vec<String>,
    /// How the parameters follow from the data.
    pub because: String,
    /// Rows that reach it.
    pub before: u64,
    /// Rows that it drops.
    pub dropped: u64,
    /// Rows that it cannot work on (a missing picture) and puts aside.
    pub put_aside: u64,
    /// Rows that leave it.
    pub kept: u64,
    /// Whether the numbers are exact.
    pub exact: bool,
    /// The first row that it drops.
    pub example: Option<Example>,
}
