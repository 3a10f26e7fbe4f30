//! Texts with left-overs of HTML.

use super::{Found, percent, remedy, rule};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let defect = integrity.defect("html_entity").filter(|defect| defect.count > 0)?;
    Some(Found {
        title: format!(
            "{} of the texts have HTML entities",
            percent(defect.count, integrity.sound)
        ),
        rows: defect.count,
        worst: defect.examples.clone(),
        remedy: Some(remedy(
            "fix_unicode_mapper",
            parameters([]),
            "ftfy unescapes entities where a text has no tags",
        )),
        ..Found::default()
    })
}

rule! {
    name: "html_entities",
    measures: "Texts with HTML entities such as &amp;",
    threshold: "any",
    source: "HTML 4.01, section 24: an entity stands for one character and is no text",
    severity: Severity::Note,
    find: find,
}
