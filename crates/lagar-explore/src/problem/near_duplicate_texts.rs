//! Texts that are almost the same.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let near = &integrity.near_texts;
    let rows = near.repeated.saturating_sub(integrity.texts.repeated);
    if rows == 0 {
        return None;
    }
    let given = measured.battery.near_texts.parameters.as_object();
    let wanted = ["window_size", "num_permutations", "short_text"];
    let mut parameters = parameters([("jaccard_threshold", json!(0.7))]);
    for name in wanted {
        if let Some(value) = given.and_then(|given| given.get(name)) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    let because =
        "sequences of three words, because captions are short; keeps the first of each group";
    Some(Found {
        title: format!("{} of the rows nearly repeat a text", percent(rows, integrity.sound)),
        rows,
        evidence: vec![
            ("groups of near duplicates", thousands(near.groups)),
            ("rows beyond the first, equal ones included", thousands(near.repeated)),
        ],
        worst: near.largest.iter().flat_map(|group| group.examples.clone()).take(10).collect(),
        remedy: Some(remedy("document_minhash_deduplicator", parameters, because)),
        ..Found::default()
    })
}

rule! {
    name: "near_duplicate_texts",
    measures: "Rows whose text shares most sequences of three words with an earlier one",
    threshold: "a similarity (Jaccard) from 0.7",
    source: "Lee et al. 2022 (arXiv:2107.06499) and Data-Juicer's default of 0.7",
    severity: Severity::Note,
    find: find,
}
