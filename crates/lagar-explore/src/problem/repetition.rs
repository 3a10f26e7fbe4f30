//! What the rules about texts that repeat themselves have in common.

use serde_json::json;

use super::{Found, percent, remedy, rounded_up, thousands};
use crate::measure::{Measured, parameters};

/// The share of rows that may be dropped for it.
const TAIL: f64 = 0.02;

/// One kind of repetition.
pub(super) struct Repetition {
    /// The statistic, and the length of the pieces that it counts.
    pub(super) statistic: (&'static str, u64),
    /// The ratio above which a text repeats itself.
    pub(super) limit: f64,
    /// What such texts do: `repeat their words`.
    pub(super) habit: &'static str,
    /// The operator that drops them.
    pub(super) operator: &'static str,
}

/// The texts whose ratio is above the limit, and the bound that costs no more than the tail.
pub(super) fn find(measured: &Measured, kind: &Repetition) -> Option<Found> {
    let Repetition { statistic: (statistic, rep_len), limit, habit, operator } = *kind;
    let ratios = measured.profile.distribution(statistic)?;
    let touched = measured.outside(statistic, 0.0, limit);
    if touched == 0 {
        return None;
    }
    let end = measured.high_end(statistic, TAIL);
    let bound = rounded_up(end.max(limit));
    let rows = measured.outside(statistic, 0.0, bound);
    let because = format!(
        "no more than 2 % of the rows, and none up to {limit}: {} lie above",
        thousands(rows)
    );
    let given = parameters([("rep_len", json!(rep_len)), ("max_ratio", json!(bound))]);
    Some(Found {
        title: format!("{} of the texts {habit}", percent(touched, ratios.count)),
        line: Some((statistic, bound)),
        rows: touched,
        evidence: vec![
            ("largest ratio", format!("{:.3}", ratios.max)),
            ("98 % of the texts lie under", format!("{end:.3}")),
        ],
        worst: measured.worst(statistic, 0.0, limit),
        remedy: (rows > 0).then(|| remedy(operator, given, because)),
    })
}
