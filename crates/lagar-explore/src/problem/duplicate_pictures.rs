//! The same picture under several names.

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let profile = &measured.profile;
    let exact = &profile.integrity.pictures;
    let near = profile.integrity.near_pictures.as_ref();
    let repeated = near.map_or(0, |near| near.repeated).max(exact.repeated);
    if repeated == 0 {
        return None;
    }
    let groups = near.unwrap_or(exact);
    let because = "keeps the first row of pictures whose perceptual hashes are equal";
    Some(Found {
        title: format!(
            "{} of the pictures repeat another",
            percent(repeated, profile.pictures.count)
        ),
        rows: repeated,
        evidence: vec![
            ("files with the same bytes as another", thousands(exact.repeated)),
            (
                "that look the same as another",
                near.map_or("not looked for: --pixels".to_owned(), |near| thousands(near.repeated)),
            ),
        ],
        worst: groups.largest.iter().flat_map(|group| group.examples.clone()).take(10).collect(),
        remedy: near.map(|_| remedy("image_deduplicator", parameters([]), because)),
        ..Found::default()
    })
}

rule! {
    name: "duplicate_pictures",
    measures: "Pictures with the bytes of another, or (with --pixels) its perceptual hash",
    threshold: "any",
    source: "Webster et al. 2023 (arXiv:2303.12733): a third of LAION-2B repeats, and models learn such pictures by heart",
    severity: Severity::Warning,
    find: find,
}
