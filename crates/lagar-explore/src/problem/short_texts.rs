//! Texts that name a thing and say nothing about it.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// Words (special tokens aside) below which a text is very short.
const LEAST: f64 = 3.0;
/// The share of rows that may be dropped as too short.
const TAIL: f64 = 0.05;

fn find(measured: &Measured) -> Option<Found> {
    let words = measured.profile.distribution("words")?;
    let short = measured.outside("words", LEAST, f64::INFINITY);
    let lags = words.quantile(0.05)? * 2.0 <= words.median();
    if short == 0 && !lags {
        return None;
    }
    let bound = measured.low_end("num_words", TAIL);
    let rows = measured.outside("num_words", bound, f64::INFINITY);
    let looked_at = measured.profile.integrity.sound;
    Some(Found {
        title: format!("{} of the texts are short", percent(rows.max(short), looked_at)),
        line: Some(("num_words", bound)),
        rows: rows.max(short),
        evidence: vec![
            ("texts under 3 words", thousands(short)),
            ("words at the 5 % quantile", words.quantile(0.05)?.to_string()),
            ("median words", words.median().to_string()),
        ],
        worst: measured.worst("words", words.quantile(0.05)?.max(LEAST), f64::INFINITY),
        remedy: (rows > 0).then(|| {
            let because = format!(
                "the largest bound that drops at most 5 % of the rows; {} have fewer words \
                     (special tokens count as words here)",
                thousands(rows)
            );
            remedy("words_num_filter", parameters([("min_num", json!(bound as i64))]), because)
        }),
    })
}

rule! {
    name: "short_texts",
    measures: "Words per text, special tokens aside",
    threshold: "fewer than 3 words, or a 5 % quantile at or under half the median",
    source: "Gadre et al. 2023 (DataComp, arXiv:2304.14108), basic filtering: captions of at most two words are dropped",
    severity: Severity::Warning,
    find: find,
}
