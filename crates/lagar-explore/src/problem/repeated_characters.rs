//! Texts stuffed with one piece.

use serde_json::json;

use super::{Found, percent, remedy, rounded_up, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The ratio above which a text repeats itself.
const LIMIT: f64 = 0.15;
/// The share of rows that may be dropped for it.
const TAIL: f64 = 0.02;

fn find(measured: &Measured) -> Option<Found> {
    let (statistic, rep_len) =
        if measured.has_captions() { ("char_rep_ratio_5", 5) } else { ("char_rep_ratio", 10) };
    let ratios = measured.profile.distribution(statistic)?;
    let touched = measured.outside(statistic, 0.0, LIMIT);
    if touched == 0 {
        return None;
    }
    let bound = rounded_up(measured.high_end(statistic, TAIL).max(LIMIT));
    let rows = measured.outside(statistic, 0.0, bound);
    let because = format!(
        "no more than 2 % of the rows, and none up to {LIMIT}: {} lie above",
        thousands(rows)
    );
    let given = parameters([("rep_len", json!(rep_len)), ("max_ratio", json!(bound))]);
    Some(Found {
        title: format!(
            "{} of the texts repeat pieces of themselves",
            percent(touched, ratios.count)
        ),
        line: Some((statistic, bound)),
        rows: touched,
        evidence: vec![
            ("largest ratio", format!("{:.3}", ratios.max)),
            ("98 % of the texts lie under", format!("{:.3}", measured.high_end(statistic, TAIL))),
        ],
        worst: measured.worst(statistic, 0.0, LIMIT),
        remedy: (rows > 0).then(|| remedy("character_repetition_filter", given, because)),
    })
}

rule! {
    name: "repeated_characters",
    measures: "Share of character sequences (of five, in long texts ten) that belong to the most repeated ones",
    threshold: "a ratio above 0.15",
    source: "Rae et al. 2021 (arXiv:2112.11446, table A1) for the measure; 0.15 is the bound of Data-Juicer's Better Synth recipe",
    severity: Severity::Warning,
    find: find,
}
