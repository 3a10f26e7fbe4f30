//! Banners and ribbons.

use serde_json::json;

use super::{Found, percent, remedy, rule};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The ratio of sides beyond which a picture is a ribbon.
const LIMIT: f64 = 3.0;
/// The share of pictures that may be dropped, at either end.
const TAIL: f64 = 0.01;

fn find(measured: &Measured) -> Option<Found> {
    let ratios = measured.profile.distribution("aspect_ratios")?;
    let extreme = measured.outside("aspect_ratios", 1.0 / LIMIT, LIMIT);
    if extreme == 0 {
        return None;
    }
    let hundredths = |ratio: f64| (ratio * 100.0).floor() / 100.0;
    let low = hundredths(measured.low_end("aspect_ratios", TAIL).min(1.0 / LIMIT));
    let high = super::rounded_up(measured.high_end("aspect_ratios", TAIL).max(LIMIT));
    let because = "1:3 to 3:1, or the 1 % and 99 % quantiles where they lie farther out";
    let given = parameters([("min_ratio", json!(low)), ("max_ratio", json!(high))]);
    Some(Found {
        title: format!("{} of the pictures are ribbons", percent(extreme, ratios.count)),
        line: Some(("aspect_ratios", high)),
        rows: extreme,
        evidence: vec![(
            "extremes of width over height",
            format!("{:.2} and {:.2}", ratios.min, ratios.max),
        )],
        worst: measured.worst("aspect", 1.0 / LIMIT, LIMIT),
        remedy: Some(remedy("image_aspect_ratio_filter", given, because)),
    })
}

rule! {
    name: "extreme_aspect",
    measures: "Width over height of each picture",
    threshold: "beyond 3:1 or 1:3",
    source: "Gadre et al. 2023 (DataComp, arXiv:2304.14108), basic filtering: aspect ratio under 3",
    severity: Severity::Warning,
    find: find,
}
