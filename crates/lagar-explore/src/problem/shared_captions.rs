//! Texts that stand beside many different pictures.

use super::{Found, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

/// Pictures beside one text from which it says nothing about any of them.
const MANY: u64 = 10;

fn find(measured: &Measured) -> Option<Found> {
    let pairs = &measured.profile.pairs;
    let many = pairs.pictures_per_text.iter().filter(|(pictures, _)| *pictures >= MANY);
    let (texts, rows) = many
        .fold((0, 0), |(texts, rows), (pictures, count)| (texts + count, rows + pictures * count));
    let groups = pairs.shared_texts.iter().filter(|group| group.count >= MANY);
    (texts > 0).then(|| Found {
        title: format!("{} texts stand beside ten pictures or more", thousands(texts)),
        rows,
        evidence: vec![("rows with such a text", thousands(rows))],
        worst: groups.filter_map(|group| group.examples.first().cloned()).collect(),
        ..Found::default()
    })
}

rule! {
    name: "shared_captions",
    measures: "Different pictures beside the same text",
    threshold: "ten or more",
    source: "Sharma et al. 2018 (Conceptual Captions, section 3): a text of many pictures describes none; Changpinyo et al. 2021 (CC12M) drop those of ten and more",
    severity: Severity::Warning,
    find: find,
}
