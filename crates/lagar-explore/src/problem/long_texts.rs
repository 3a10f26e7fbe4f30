//! Texts far longer than the others.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// How much longer than three quarters of the texts a long one is.
const FACTOR: f64 = 4.0;
/// The share of rows that may be dropped as too long.
const TAIL: f64 = 0.01;

fn find(measured: &Measured) -> Option<Found> {
    let lengths = measured.profile.distribution("text_len")?;
    let limit = lengths.quantile(0.75)? * FACTOR;
    let long = measured.outside("text_len", 0.0, limit);
    if long == 0 {
        return None;
    }
    let bound = measured.high_end("text_len", TAIL).max(limit).floor();
    let rows = measured.outside("text_len", 0.0, bound);
    let sound = measured.profile.integrity.sound;
    let because = format!(
        "no more than 1 % of the rows, and none within four times the upper quartile of {}",
        lengths.quantile(0.75)?
    );
    Some(Found {
        title: format!("{} of the texts are far longer than the rest", percent(long, sound)),
        line: Some(("text_len", bound)),
        rows: long,
        evidence: vec![
            ("longest text, in characters", lengths.max.to_string()),
            ("99 % quantile", lengths.quantile(0.99)?.to_string()),
            ("texts beyond the bound", thousands(rows)),
        ],
        worst: measured.worst("text_len", 0.0, limit),
        remedy: Some(remedy(
            "text_length_filter",
            parameters([("max_len", json!(bound as i64))]),
            because,
        )),
    })
}

rule! {
    name: "long_texts",
    measures: "Characters per text",
    threshold: "more than four times the upper quartile",
    source: "Tukey's far-out fence (1977), as a factor for lengths, which are skewed; what exceeds the context of a model is cut off",
    severity: Severity::Warning,
    find: find,
}
