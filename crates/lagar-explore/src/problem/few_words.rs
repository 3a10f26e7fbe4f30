//! Words that repeat over the whole set.

use super::{Found, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

/// HD-D of prose.
const PROSE: f64 = 0.7;

fn find(measured: &Measured) -> Option<Found> {
    let vocabulary = &measured.profile.vocabulary;
    let hdd = vocabulary.hdd.filter(|hdd| *hdd < PROSE)?;
    Some(Found {
        title: format!("the vocabulary is narrow: HD-D {hdd:.3}"),
        rows: measured.profile.integrity.sound,
        evidence: vec![
            ("HD-D", format!("{hdd:.4}")),
            ("MTLD", vocabulary.mtld.map_or("-".to_owned(), |mtld| format!("{mtld:.1}"))),
            ("different words", thousands(vocabulary.types)),
            ("type-token ratio (falls with size)", format!("{:.4}", vocabulary.type_token_ratio)),
        ],
        ..Found::default()
    })
}

rule! {
    name: "few_words",
    measures: "HD-D: different words expected among 42 drawn from all, over 42",
    threshold: "HD-D under 0.7",
    source: "McCarthy & Jarvis 2010 (Behavior Research Methods 42): written English lies between 0.7 and 0.9",
    severity: Severity::Note,
    find: find,
}
