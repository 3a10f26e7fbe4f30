//! Texts that do not fit their pictures.

use serde_json::json;

use super::{Found, percent, remedy, rule};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The score of ViT-B/32 under which LAION drops a pair.
const LIMIT: f64 = 0.28;
/// The share of rows that may be dropped for it.
const TAIL: f64 = 0.05;

fn find(measured: &Measured) -> Option<Found> {
    let scores = measured.profile.distribution("image_text_similarity")?;
    let low = measured.outside("image_text_similarity", LIMIT, f64::INFINITY);
    if low == 0 {
        return None;
    }
    let bound = measured.low_end("image_text_similarity", TAIL).min(LIMIT);
    let bound = (bound * 1_000.0).floor() / 1_000.0;
    let model =
        measured.battery.gauges.iter().find_map(|gauge| gauge.operator.parameters.get("hf_clip"));
    let given = parameters([("hf_clip", json!(model)), ("min_score", json!(bound))]);
    Some(Found {
        title: format!("{} of the texts hardly fit their picture", percent(low, scores.count)),
        line: Some(("image_text_similarity", bound)),
        rows: low,
        evidence: vec![("median score", format!("{:.3}", scores.median()))],
        worst: measured.worst("image_text_similarity", LIMIT, f64::INFINITY),
        remedy: Some(remedy(
            "image_text_similarity_filter",
            given,
            "0.28, or the 5 % quantile where that is less: models differ in their scale",
        )),
    })
}

rule! {
    name: "low_similarity",
    measures: "CLIP's cosine of text and picture",
    threshold: "a score under 0.28",
    source: "Schuhmann et al. 2022 (LAION-5B, arXiv:2210.08402): pairs under 0.28 (ViT-B/32, English) are dropped",
    severity: Severity::Warning,
    find: find,
}
