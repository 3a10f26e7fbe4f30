//! Pictures that a vision encoder blows up.

use serde_json::json;

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

/// The side of what common encoders see, in pixels.
const SEEN: f64 = 224.0;
/// The share of pictures that may be dropped as too small, by each side.
const TAIL: f64 = 0.05;

fn find(measured: &Measured) -> Option<Found> {
    let widths = measured.profile.distribution("image_width")?;
    let heights = measured.profile.distribution("image_height")?;
    let narrow = measured.outside("image_width", SEEN, f64::INFINITY);
    let low = measured.outside("image_height", SEEN, f64::INFINITY);
    if narrow + low == 0 {
        return None;
    }
    let bound = |name: &str| measured.low_end(name, TAIL).min(SEEN) as i64;
    let (width, height) = (bound("image_width"), bound("image_height"));
    let because = "224 pixels, or the 5 % quantile of the side where that is less";
    let given = parameters([("min_width", json!(width)), ("min_height", json!(height))]);
    let rows = narrow.max(low);
    Some(Found {
        title: format!("{} of the pictures are small", percent(rows, widths.count)),
        line: Some(("image_width", width as f64)),
        rows,
        evidence: vec![
            ("narrower than 224 pixels", thousands(narrow)),
            ("lower than 224 pixels", thousands(low)),
            ("smallest sides", format!("{} and {}", widths.min, heights.min)),
        ],
        worst: measured.worst("width", SEEN, f64::INFINITY),
        remedy: Some(remedy("image_shape_filter", given, because)),
    })
}

rule! {
    name: "small_pictures",
    measures: "Width and height of each picture",
    threshold: "a side under 224 pixels",
    source: "the input of ViT-L/14 at CLIP's resolution (Radford et al. 2021, arXiv:2103.00020); what is smaller is blown up",
    severity: Severity::Warning,
    find: find,
}
