//! Texts stuffed with one piece.

use super::repetition::{self, Repetition};
use super::{Found, rule};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let statistic =
        if measured.has_captions() { ("char_rep_ratio_5", 5) } else { ("char_rep_ratio", 10) };
    let kind = Repetition {
        statistic,
        limit: 0.15,
        habit: "repeat pieces of themselves",
        operator: "character_repetition_filter",
    };
    repetition::find(measured, &kind)
}

rule! {
    name: "repeated_characters",
    measures: "Share of character sequences (of five, in long texts ten) that belong to the most repeated ones",
    threshold: "a ratio above 0.15",
    source: "Rae et al. 2021 (arXiv:2112.11446, table A1) for the measure; 0.15 is the bound of Data-Juicer's Better Synth recipe",
    severity: Severity::Warning,
    find: find,
}
