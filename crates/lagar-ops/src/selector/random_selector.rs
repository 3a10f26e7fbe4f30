//! `random_selector`: a random part of the rows.

#![expect(clippy::cast_possible_truncation, reason = "rows are counted in memory")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::numpy::DefaultRng;
use crate::{Candidates, Example, OperatorError, Parity, Selection, Selector, register};

/// Keeps a random part of the rows, in random order.
///
/// For a subset to try a recipe on, or a set of fixed size for a fair comparison. The rows and their
/// order are those of Data-Juicer: `numpy.random.default_rng(42).permutation(N)` cut after
/// `select_ratio` × N rows or `select_num`, whichever is fewer. With neither set, or with at most one
/// row, everything stays; a number above N repeats rows.
///
/// Source: Data-Juicer 1.6.1, `random_selector.py`; Hugging Face `Dataset.shuffle`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomSelector {
    /// The share of rows to keep, in [0, 1]; 0 counts as not set.
    pub select_ratio: Option<f64>,
    /// The number of rows to keep.
    pub select_num: Option<u64>,
}

impl RandomSelector {
    /// How many of `rows` rows to select; `None` when everything stays.
    fn wanted(&self, rows: u64) -> Option<u64> {
        let number = self.select_num.filter(|number| *number > 0);
        let wanted = match self.select_ratio.filter(|ratio| *ratio != 0.0) {
            Some(ratio) => {
                let share = (ratio * rows as f64) as u64;
                number.map_or(share, |number| number.min(share))
            }
            None => number?,
        };
        // Data-Juicer's sampler takes "no rows" for "all rows".
        (rows > 1 && wanted > 0 && wanted != rows).then_some(wanted)
    }
}

impl Selector for RandomSelector {
    fn select(&self, candidates: Candidates<'_>, seed: u64) -> Result<Selection, OperatorError> {
        let rows = candidates.rows;
        if let Some(ratio) = self.select_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio)) {
            return Err(OperatorError::Parameter {
                operator: "random_selector".to_owned(),
                parameter: "select_ratio".to_owned(),
                message: format!("{ratio} is not in [0, 1]"),
            });
        }
        let Some(wanted) = self.wanted(rows) else {
            return Ok(Selection::All);
        };
        let order = DefaultRng::new(seed).permutation(rows);
        Ok(Selection::Rows((0..wanted).map(|place| order[(place % rows) as usize]).collect()))
    }
}

register! {
    RandomSelector, Selector,
    name: "random_selector",
    version: 1,
    cost: Text,
    reads: &[],
    writes: &[],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{select_num: 2}",
        texts: &["one", "two", "three", "four"],
        pictures: &[],
    }],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(selector: &RandomSelector) -> Result<Selection, OperatorError> {
        selector.select(Candidates { rows: 10, values: &[] }, 42)
    }

    #[test]
    fn half_of_ten_rows_are_numpys_first_five() {
        let selector = RandomSelector { select_ratio: Some(0.5), select_num: None };
        assert_eq!(select(&selector).unwrap(), Selection::Rows(vec![5, 6, 0, 7, 3]));
    }

    #[test]
    fn the_smaller_of_ratio_and_number_wins_and_zero_means_all() {
        let both = RandomSelector { select_ratio: Some(0.5), select_num: Some(2) };
        assert_eq!(select(&both).unwrap(), Selection::Rows(vec![5, 6]));
        let tiny = RandomSelector { select_ratio: Some(0.01), select_num: None };
        assert_eq!(select(&tiny).unwrap(), Selection::All);
    }

    #[test]
    fn a_ratio_above_one_is_refused() {
        let wrong = RandomSelector { select_ratio: Some(1.5), select_num: None };
        assert!(select(&wrong).unwrap_err().to_string().contains("1.5 is not in [0, 1]"));
    }
}
