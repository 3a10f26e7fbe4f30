//! Pictures without sharp edges.

use super::{Found, percent, rule};
use crate::measure::Measured;
use crate::profile::Severity;

/// The number under which a picture counts.
const LIMIT: f64 = 100.0;

fn find(measured: &Measured) -> Option<Found> {
    let found = measured.profile.distribution("sharpness")?;
    let rows = measured.outside("sharpness", LIMIT, f64::INFINITY);
    if rows == 0 {
        return None;
    }
    Some(Found {
        title: format!("{} of the pictures look blurred", percent(rows, found.count)),
        line: Some(("sharpness", LIMIT)),
        rows,
        evidence: vec![
            ("lowest", format!("{:.1}", found.min)),
            ("median", format!("{:.1}", found.median())),
        ],
        worst: measured.worst("sharpness", LIMIT, f64::INFINITY),
        ..Found::default()
    })
}

rule! {
    name: "blurred_pictures",
    measures: "Variance of the Laplacian of each grey picture",
    threshold: "under 100",
    source: "Pech-Pacheco et al. 2000 for the measure; 100 is the bound in common use for photographs (A. Rosebrock 2015)",
    severity: Severity::Note,
    find: find,
}
