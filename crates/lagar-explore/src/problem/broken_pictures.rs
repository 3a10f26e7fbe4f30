//! Pictures that no model can be shown.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

const KINDS: [&str; 4] =
    ["picture_missing", "picture_empty", "picture_truncated", "picture_unreadable"];

fn find(measured: &Measured) -> Option<Found> {
    let profile = &measured.profile;
    let defects: Vec<_> = KINDS
        .iter()
        .filter_map(|kind| profile.integrity.defect(kind))
        .filter(|defect| defect.count > 0)
        .collect();
    let pictures: u64 = defects.iter().map(|defect| defect.count).sum();
    if pictures == 0 {
        return None;
    }
    // A row may have several: counted by those that the size of pictures cannot be told of.
    let rows =
        profile.distribution("image_width").map_or(profile.integrity.sound, |found| found.missing);
    Some(Found {
        title: format!("{} pictures cannot be read", thousands(pictures)),
        rows,
        evidence: vec![
            ("missing", count_of(&defects, 0)),
            ("empty", count_of(&defects, 1)),
            ("cut off", count_of(&defects, 2)),
            ("unreadable", count_of(&defects, 3)),
            ("share of all pictures", percent(pictures, profile.pictures.count)),
        ],
        worst: defects.iter().flat_map(|defect| defect.examples.iter().take(3).cloned()).collect(),
        remedy: Some(remedy(
            "image_shape_filter",
            parameters([("min_width", json!(1))]),
            "it reads each header, and puts rows aside whose pictures are broken",
        )),
        ..Found::default()
    })
}

fn count_of(defects: &[&crate::profile::Defect], kind: usize) -> String {
    let found = defects.iter().find(|defect| defect.kind == KINDS[kind]);
    thousands(found.map_or(0, |defect| defect.count))
}

rule! {
    name: "broken_pictures",
    measures: "Pictures that are missing, empty, cut off or unreadable",
    threshold: "any",
    source: "a training run that meets one stops, or learns from grey",
    severity: Severity::Serious,
    find: find,
}
