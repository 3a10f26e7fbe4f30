//! Pictures under the name of another format.

use super::{Found, percent, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let profile = &measured.profile;
    let defect = profile.integrity.defect("picture_misnamed").filter(|defect| defect.count > 0)?;
    Some(Found {
        title: format!("{} pictures are named like another format", thousands(defect.count)),
        rows: defect.rows,
        evidence: vec![("share of all pictures", percent(defect.count, profile.pictures.count))],
        worst: defect.examples.clone(),
        ..Found::default()
    })
}

rule! {
    name: "misnamed_pictures",
    measures: "Pictures whose bytes are of another format than the ending of their name",
    threshold: "any",
    source: "readers that go by the name fail; lagar and Pillow go by the bytes",
    severity: Severity::Note,
    find: find,
}
