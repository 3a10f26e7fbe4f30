//! Picture tokens in texts that do not fit the pictures.

use super::{Found, percent, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let defect = integrity.defect("placeholder_mismatch").filter(|defect| defect.count > 0)?;
    Some(Found {
        title: format!("{} rows have picture tokens that do not fit", thousands(defect.count)),
        rows: defect.count,
        evidence: vec![("share of all rows", percent(defect.count, integrity.rows))],
        worst: defect.examples.clone(),
        ..Found::default()
    })
}

rule! {
    name: "placeholders",
    measures: "Rows whose text has another number of picture tokens than the row has pictures",
    threshold: "any",
    source: "Data-Juicer's format: one token per picture, in their order; operators on pairs fail otherwise",
    severity: Severity::Serious,
    find: find,
}
