//! What photo agencies and shops leave in captions.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::{Place, Severity};

/// The share of rows from which an opening or closing is boilerplate.
const OFTEN: f64 = 0.01;

fn find(measured: &Measured) -> Option<Found> {
    let phrases = &measured.profile.vocabulary.phrases;
    let known: Vec<_> = phrases.iter().filter(|phrase| phrase.place == Place::Anywhere).collect();
    let is_frequent = |share: f64, place: Place| place != Place::Anywhere && share >= OFTEN;
    let ends = || phrases.iter().filter(|phrase| is_frequent(phrase.share, phrase.place));
    if known.is_empty() && ends().next().is_none() {
        return None;
    }
    let rows: u64 = known.iter().chain(&ends().collect::<Vec<_>>()).map(|phrase| phrase.rows).sum();
    let listed =
        |phrase: &&crate::profile::Phrase| format!("`{}` {}", phrase.text, thousands(phrase.rows));
    let sound = measured.profile.integrity.sound;
    let named: Vec<String> = known.iter().take(8).map(listed).collect();
    let frequent: Vec<String> = ends().map(|phrase| listed(&phrase)).collect();
    let pattern: Vec<&str> = known.iter().map(|phrase| phrase.text.as_str()).collect();
    let pattern = format!("(?i)\\s*[-|,]?\\s*\\b(?:{})\\b", pattern.join("|").replace(' ', "[ -]"));
    let because = "cuts out the phrases that were found, last of all steps";
    let given = parameters([("pattern", json!(pattern)), ("repl", json!(""))]);
    Some(Found {
        title: format!("boilerplate in up to {} of the texts", percent(rows.min(sound), sound)),
        rows: rows.min(sound),
        evidence: vec![
            ("phrases of agencies and shops", named.join(", ")),
            ("openings and closings of 1 % of the texts", frequent.join(", ")),
        ],
        worst: known.iter().filter_map(|phrase| phrase.example.clone()).take(10).collect(),
        remedy: (!known.is_empty()).then(|| remedy("replace_content_mapper", given, because)),
        ..Found::default()
    })
}

rule! {
    name: "boilerplate",
    measures: "Phrases that say nothing about a picture, and how very many texts begin or end",
    threshold: "a known phrase in any row, or the same four words at the beginning or end of 1 % of the texts",
    source: "Sharma et al. 2018 (Conceptual Captions, section 3): frequent boiler-plate prefixes and suffixes are removed",
    severity: Severity::Note,
    find: find,
}
