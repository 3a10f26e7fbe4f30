//! Rows that have no text.

use super::{Found, percent, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let missing = integrity.defect("missing_text")?;
    let empty = integrity.defect("empty_text")?;
    let rows = missing.count + empty.count;
    (rows > 0).then(|| Found {
        title: format!("{} rows have no text", thousands(rows)),
        rows,
        evidence: vec![
            ("field missing or null", thousands(missing.count)),
            ("nothing but special tokens", thousands(empty.count)),
            ("share of all rows", percent(rows, integrity.rows)),
        ],
        worst: missing.examples.iter().chain(&empty.examples).cloned().collect(),
        ..Found::default()
    })
}

rule! {
    name: "rows_without_text",
    measures: "Rows whose text is missing, null or nothing but special tokens",
    threshold: "any",
    source: "Data-Juicer 1.6.1 leaves rows without text out while loading",
    severity: Severity::Serious,
    find: find,
}
