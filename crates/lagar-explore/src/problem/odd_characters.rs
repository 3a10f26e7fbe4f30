//! Texts that are more punctuation, digits and emoji than words.

use serde_json::json;

use super::{Found, percent, remedy, rounded_up, rule};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The share of symbols above which a text is odd.
const LIMIT: f64 = 0.2;
/// The share of rows that may be dropped for it.
const TAIL: f64 = 0.01;

fn find(measured: &Measured) -> Option<Found> {
    let symbols = measured.profile.distribution("symbols")?;
    let odd = measured.outside("symbols", 0.0, LIMIT);
    if odd == 0 {
        return None;
    }
    let bound = rounded_up(measured.high_end("special_char_ratio", TAIL));
    let rows = measured.outside("special_char_ratio", 0.0, bound);
    Some(Found {
        title: format!("{} of the texts are full of symbols", percent(odd, symbols.count)),
        line: Some(("special_char_ratio", bound)),
        rows: odd,
        evidence: vec![("largest share of symbols", format!("{:.2}", symbols.max))],
        worst: measured.worst("symbols", 0.0, LIMIT),
        remedy: (rows > 0).then(|| {
            let because = "the ratio that 1 % of the rows exceed; it counts digits, white space \
                               and special tokens, too";
            let given = parameters([("max_ratio", json!(bound))]);
            remedy("special_characters_filter", given, because)
        }),
    })
}

rule! {
    name: "odd_characters",
    measures: "Share of characters that are neither letters, digits nor white space",
    threshold: "more than a fifth",
    source: "Rae et al. 2021 (arXiv:2112.11446, table A1) bounds symbols per word at 0.1; a fifth of the characters is far beyond",
    severity: Severity::Warning,
    find: find,
}
