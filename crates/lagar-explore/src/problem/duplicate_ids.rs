//! Ids that several rows have.

use super::{Found, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let ids = &measured.profile.integrity.ids;
    (ids.groups > 0).then(|| Found {
        title: format!("{} ids stand for several rows", thousands(ids.groups)),
        rows: ids.members,
        evidence: vec![("rows beyond the first", thousands(ids.repeated))],
        worst: ids.largest.iter().flat_map(|group| group.examples.clone()).take(10).collect(),
        ..Found::default()
    })
}

rule! {
    name: "duplicate_ids",
    measures: "Ids that more than one row has",
    threshold: "any",
    source: "an id names one row: `lagar why ID` and every join by id rest on it",
    severity: Severity::Warning,
    find: find,
}
