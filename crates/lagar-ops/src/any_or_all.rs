//! The parameter `any_or_all`: how the pictures of one row vote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
