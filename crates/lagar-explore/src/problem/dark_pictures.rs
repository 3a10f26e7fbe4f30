//! Pictures that are nearly black.

use super::{Found, percent, rule};
use crate::measure::Measured;
use crate::profile::Severity;

/// The number under which a picture counts.
const LIMIT: f64 = 20.0;

fn find(measured: &Measured) -> Option<Found> {
    let found = measured.profile.distribution("brightness")?;
    let rows = measured.outside("brightness", LIMIT, f64::INFINITY);
    if rows == 0 {
        return None;
    }
    Some(Found {
        title: format!("{} of the pictures are nearly black", percent(rows, found.count)),
        line: Some(("brightness", LIMIT)),
        rows,
        evidence: vec![
            ("lowest", format!("{:.1}", found.min)),
            ("median", format!("{:.1}", found.median())),
        ],
        worst: measured.worst("brightness", LIMIT, f64::INFINITY),
        ..Found::default()
    })
}

rule! {
    name: "dark_pictures",
    measures: "Mean grey level of each picture, from 0 to 255",
    threshold: "under 20",
    source: "twenty of 255 is what a black frame with compression noise reaches; our own",
    severity: Severity::Note,
    find: find,
}
