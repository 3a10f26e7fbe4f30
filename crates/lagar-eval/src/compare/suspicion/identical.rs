//! Both sides gave the same answers to all questions.

use super::{Suspicion, count};
use crate::compare::Pair;

/// Below so many questions it can happen.
const ENOUGH: usize = 10;

pub(super) fn find(pairs: &[Pair<'_>]) -> Option<Suspicion> {
    let is_same = pairs.iter().all(|pair| pair.a.text == pair.b.text);
    (is_same && pairs.len() >= ENOUGH).then(|| Suspicion {
        rule: "identical",
        who: "A and B",
        message: format!(
            "the answers of A and B are identical, all {} of them: there is no difference to measure",
            count(pairs.len())
        ),
    })
}
