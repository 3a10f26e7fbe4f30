//! Texts in another writing system than the set.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The share from which one writing system is the set's own.
const OWN: f64 = 0.8;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let own = integrity.scripts.first().filter(|script| script.share >= OWN)?;
    let others = || integrity.scripts.iter().skip(1).filter(|script| script.name != "none");
    let rows: u64 = others().map(|script| script.count).sum();
    if rows == 0 {
        return None;
    }
    let named: Vec<String> =
        others().map(|script| format!("{} {}", script.name, thousands(script.count))).collect();
    // Without a model the languages cannot be told apart, and no operator judges by letters alone.
    let language = integrity.languages.first();
    let model = &measured.profile.dataset.language_model;
    let remedy = language.zip(model.as_ref()).map(|(language, model)| {
        let bound = (measured.low_end("lang_score", 0.05) * 100.0).floor() / 100.0;
        let given = parameters([
            ("lang", json!(language.name)),
            ("min_score", json!(bound)),
            ("model_path", json!(model)),
        ]);
        let because = "the most frequent language, with the score that 95 % of all rows reach";
        remedy("language_id_score_filter", given, because)
    });
    Some(Found {
        title: format!("{} of the texts are not {}", percent(rows, integrity.sound), own.name),
        rows,
        evidence: vec![("own writing system", own.name.clone()), ("others", named.join(", "))],
        remedy,
        ..Found::default()
    })
}

rule! {
    name: "foreign_scripts",
    measures: "Writing system of most letters of each text",
    threshold: "a text in another system than four fifths of the set",
    source: "a set that is four fifths in one system is meant to be in it; CLIP and BLIP-2 were trained on English",
    severity: Severity::Warning,
    find: find,
}
