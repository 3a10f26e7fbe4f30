//! Fields that some rows lack, or have with another type.

use super::{Found, percent, rule, thousands};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let profile = &measured.profile;
    let is_uneven = |lacking: u64, differing: u64| lacking + differing > 0;
    let fields = profile.integrity.fields.iter();
    let uneven: Vec<_> = fields.filter(|field| is_uneven(field.lacking, field.differing)).collect();
    let worst = uneven.iter().max_by_key(|field| field.lacking + field.differing)?;
    let rows = worst.lacking + worst.differing;
    Some(Found {
        title: format!("{} fields are not the same in all rows", uneven.len()),
        rows,
        evidence: vec![
            ("worst field", worst.name.clone()),
            ("rows without it", thousands(worst.lacking)),
            ("rows with another type", thousands(worst.differing)),
            ("share of all rows", percent(rows, profile.integrity.rows)),
        ],
        worst: worst.examples.clone(),
        ..Found::default()
    })
}

rule! {
    name: "uneven_fields",
    measures: "Rows that lack a field which others have, or have it with another type",
    threshold: "any",
    source: "columnar formats and the loaders of `datasets` want one type per field",
    severity: Severity::Note,
    find: find,
}
