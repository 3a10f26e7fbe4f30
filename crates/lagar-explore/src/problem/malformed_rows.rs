//! Lines that are no rows.

use super::{Found, percent, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let defects = ["malformed_row", "wrong_type"].map(|kind| integrity.defect(kind));
    let defects: Vec<_> = defects.into_iter().flatten().filter(|defect| defect.count > 0).collect();
    let rows: u64 = defects.iter().map(|defect| defect.count).sum();
    (rows > 0).then(|| Found {
        title: format!("{} rows cannot be read", thousands(rows)),
        rows,
        evidence: vec![("share of all rows", percent(rows, integrity.rows))],
        worst: defects.iter().flat_map(|defect| defect.examples.clone()).collect(),
        ..Found::default()
    })
}

rule! {
    name: "malformed_rows",
    measures: "Lines or records that are no JSON object, or have a text or pictures of another type",
    threshold: "any",
    source: "no run can work on them: lagar puts them aside, and other programs stop at the first",
    severity: Severity::Serious,
    find: find,
}
