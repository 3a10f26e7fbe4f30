//! The parameter `any_or_all`: how the pictures of one row vote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::{Interval, show_list};
use crate::operator::{Reason, Stats, Verdicts};

/// How the pictures of one row decide about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum AnyOrAll {
    /// The row stays if one of its pictures passes.
    #[default]
    Any,
    /// The row stays if all of its pictures pass.
    All,
}

impl AnyOrAll {
    /// Judges every row by a list statistic with one number per picture.
    pub fn judge(
        self,
        stats: &Stats<'_>,
        key: &str,
        (min, max): (f64, f64),
        interval: Interval,
    ) -> Verdicts {
        let (min, max) = (Some(min), Some(max));
        let passes = |value: f64| interval.passes(value, min, max);
        Verdicts::judge(stats.rows(), |index| {
            let values = stats.numbers(key, index);
            if self.keeps(values.iter().map(|value| passes(*value))) {
                return None;
            }
            let failed = values.iter().find(|value| !passes(**value))?;
            Some(Reason {
                statistic: key.to_owned(),
                value: show_list(&values),
                threshold: interval.failed(*failed, min, max),
            })
        })
    }

    /// Whether a row stays whose pictures passed or failed like `votes`; one without pictures does.
    ///
    /// ```
    /// use lagar_ops::AnyOrAll;
    /// assert!(AnyOrAll::Any.keeps([false, true].into_iter()));
    /// assert!(!AnyOrAll::All.keeps([false, true].into_iter()));
    /// assert!(AnyOrAll::Any.keeps([].into_iter()));
    /// ```
    pub fn keeps(self, votes: impl ExactSizeIterator<Item = bool>) -> bool {
        if votes.len() == 0 {
            return true;
        }
        let mut votes = votes;
        match self {
            Self::Any => votes.any(|passed| passed),
            Self::All => votes.all(|passed| passed),
        }
    }
}
