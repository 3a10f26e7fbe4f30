//! Texts that went through a wrong encoding.

use super::{Found, percent, remedy, rule, thousands};
use crate::measure::{Measured, parameters};
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let integrity = &measured.profile.integrity;
    let mojibake = integrity.defect("mojibake")?;
    let lost = integrity.defect("replacement_character")?;
    let control = integrity.defect("control_character")?;
    let rows = mojibake.count + lost.count + control.count;
    if rows == 0 {
        return None;
    }
    let because = "ftfy's repair, last of all steps so that thresholds mean what was measured; what \
                   was lost stays lost";
    Some(Found {
        title: format!("{} of the texts have a damaged encoding", percent(rows, integrity.sound)),
        rows,
        evidence: vec![
            ("decoded wrongly", thousands(mojibake.count)),
            ("with U+FFFD", thousands(lost.count)),
            ("with control characters", thousands(control.count)),
        ],
        worst: [mojibake, lost, control]
            .iter()
            .flat_map(|d| d.examples.iter().take(4).cloned())
            .collect(),
        remedy: Some(remedy("fix_unicode_mapper", parameters([]), because)),
        ..Found::default()
    })
}

rule! {
    name: "encoding_damage",
    measures: "Texts that ftfy would decode anew, or that have U+FFFD or control characters",
    threshold: "any",
    source: "ftfy 6.3.1 (R. Speer 2019): its detector is tuned for next to no false alarms",
    severity: Severity::Warning,
    find: find,
}
