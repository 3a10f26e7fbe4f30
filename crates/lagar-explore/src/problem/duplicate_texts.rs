//! Texts that several rows have.

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let texts = &integrity.texts;
    if texts.repeated == 0 {
        return None;
    }
    let because =
        format!("keeps the first row of each text; {} repeat one", thousands(texts.repeated));
    Some(Found {
        title: format!("{} of the rows repeat a text", percent(texts.repeated, integrity.sound)),
        rows: texts.repeated,
        evidence: vec![
            ("texts that occur more than once", thousands(texts.groups)),
            ("rows that have one of them", thousands(texts.members)),
            ("largest group", texts.largest.first().map_or(0, |group| group.count).to_string()),
        ],
        worst: texts.largest.iter().filter_map(|group| group.examples.first().cloned()).collect(),
        remedy: Some(remedy("document_deduplicator", parameters([]), because)),
        ..Found::default()
    })
}

rule! {
    name: "duplicate_texts",
    measures: "Rows whose text an earlier row has, too",
    threshold: "any",
    source: "Lee et al. 2022 (arXiv:2107.06499): models learn repeated texts by heart",
    severity: Severity::Warning,
    find: find,
}
