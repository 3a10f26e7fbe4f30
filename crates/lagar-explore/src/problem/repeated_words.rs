//! Texts that say the same thing again and again.

use super::repetition::{self, Repetition};
use super::{Found, rule};
use crate::measure::Measured;
use crate::profile::Severity;

fn find(measured: &Measured) -> Option<Found> {
    let statistic =
        if measured.has_captions() { ("word_rep_ratio_1", 1) } else { ("word_rep_ratio", 10) };
    let kind = Repetition {
        statistic,
        limit: 0.3,
        habit: "repeat their words",
        operator: "word_repetition_filter",
    };
    repetition::find(measured, &kind)
}

rule! {
    name: "repeated_words",
    measures: "Share of words (of runs of ten words in long texts) that belong to the most repeated ones",
    threshold: "a ratio above 0.3",
    source: "Rae et al. 2021 (arXiv:2112.11446, table A1) for the measure; 0.3 is the bound of Data-Juicer's Better Synth recipe",
    severity: Severity::Warning,
    find: find,
}
