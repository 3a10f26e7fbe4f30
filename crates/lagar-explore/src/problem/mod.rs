//! What is wrong with a data set. One rule per file: a number, a threshold with its source, and the
//! operator that answers it, with parameters that follow from this data set.
//!
//! A new rule is a file that ends with `rule!` and a `mod` line; the order of problems is by severity,
//! then by the rows they touch, then by name.

mod blurred_pictures;
mod boilerplate;
mod broken_pictures;
mod dark_pictures;
mod duplicate_ids;
mod duplicate_pictures;
mod duplicate_texts;
mod encoding_damage;
mod extreme_aspect;
mod few_words;
mod foreign_scripts;
mod html_entities;
mod long_texts;
mod low_similarity;
mod malformed_rows;
mod misnamed_pictures;
mod near_duplicate_texts;
mod odd_characters;
mod placeholders;
mod repeated_characters;
mod repeated_words;
mod repetition;
mod rows_without_text;
mod shared_captions;
mod short_texts;
mod small_pictures;
mod uneven_fields;

use serde_json::{Map, Value};

use crate::measure::Measured;
use crate::profile::{Evidence, Example, Problem, Remedy, Severity};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which is its file's.
    pub name: &'static str,
    /// What it measures.
    pub measures: &'static str,
    /// The threshold in words.
    pub threshold: &'static str,
    /// Where the threshold comes from.
    pub source: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Looks for it.
    pub find: fn(&Measured) -> Option<Found>,
}

inventory::collect!(Rule);

/// What a rule found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The problem in a few words, with its number.
    pub title: String,
    /// The statistic it is about, and the number that is held against it.
    pub line: Option<(&'static str, f64)>,
    /// Rows that are touched.
    pub rows: u64,
    /// Numbers that show it.
    pub evidence: Vec<(&'static str, String)>,
    /// The worst rows.
    pub worst: Vec<Example>,
    /// The operator that answers it.
    pub remedy: Option<Remedy>,
}

/// Announces a rule: `rule! { name: …, measures: …, …, find: find }`.
macro_rules! rule {
    ($($field:ident: $value:expr),+ $(,)?) => {
        inventory::submit! { $crate::problem::Rule { $($field: $value),+ } }
    };
}
pub(crate) use rule;

pub(crate) use lagar_report::words::count as thousands;

/// All rules, by name.
pub fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = inventory::iter::<Rule>().collect();
    rules.sort_by_key(|rule| rule.name);
    rules
}

/// The problems of a data set, the gravest first.
pub fn find(measured: &Measured) -> Vec<Problem> {
    let looked_at = measured.profile.dataset.looked_at.max(1) as f64;
    let problem = |rule: &&Rule| {
        let found = (rule.find)(measured)?;
        let evidence = |(name, value): (&str, String)| Evidence { name: name.to_owned(), value };
        Some(Problem {
            rule: rule.name.to_owned(),
            title: found.title,
            measures: rule.measures.to_owned(),
            severity: rule.severity,
            threshold: rule.threshold.to_owned(),
            source: rule.source.to_owned(),
            statistic: found.line.map(|(name, _)| name.to_owned()),
            line: found.line.map(|(_, number)| number),
            rows: found.rows,
            share: found.rows as f64 / looked_at,
            evidence: found.evidence.into_iter().map(evidence).collect(),
            worst: found.worst,
            remedy: found.remedy,
        })
    };
    let mut problems: Vec<Problem> = rules().iter().filter_map(problem).collect();
    problems.sort_by(|one, other| {
        one.severity.cmp(&other.severity).then_with(|| other.rows.cmp(&one.rows))
    });
    problems
}

/// The operator `name` with these parameters.
pub(crate) fn remedy(
    name: &str,
    parameters: Map<String, Value>,
    because: impl Into<String>,
) -> Remedy {
    Remedy { operator: name.to_owned(), parameters, because: because.into() }
}

impl Measured {
    /// How many values of a statistic are below and above two limits.
    pub(crate) fn outside(&self, name: &str, low: f64, high: f64) -> u64 {
        let Some(tally) = self.tallies.get(name) else { return 0 };
        let outside =
            |(value, count): (f64, u64)| if value < low || value > high { count } else { 0 };
        tally.values().into_iter().map(outside).sum()
    }

    /// The examples of a statistic with values outside two limits, the farthest first.
    pub(crate) fn worst(&self, name: &str, low: f64, high: f64) -> Vec<Example> {
        let Some(found) = self.profile.distribution(name) else { return Vec::new() };
        let is_low = |example: &&Example| example.value.is_some_and(|value| value < low);
        let is_high = |example: &&Example| example.value.is_some_and(|value| value > high);
        let low = found.lowest.iter().filter(is_low);
        low.chain(found.highest.iter().filter(is_high)).cloned().collect()
    }

    /// The largest value that at most a share `q` of the values is below.
    pub(crate) fn low_end(&self, name: &str, q: f64) -> f64 {
        let Some(tally) = self.tallies.get(name) else { return 0.0 };
        let most = (q * tally.count() as f64) as u64;
        let mut below = 0;
        let mut end = 0.0;
        for (value, count) in tally.values() {
            if below > most {
                break;
            }
            end = value;
            below += count;
        }
        end
    }

    /// The smallest value that at most a share `q` of the values is above.
    pub(crate) fn high_end(&self, name: &str, q: f64) -> f64 {
        let Some(tally) = self.tallies.get(name) else { return 0.0 };
        let most = (q * tally.count() as f64) as u64;
        let mut above = 0;
        let mut end = 0.0;
        for (value, count) in tally.values().into_iter().rev() {
            if above > most {
                break;
            }
            end = value;
            above += count;
        }
        end
    }

    /// Whether texts are captions: half of them have no more than so many words.
    pub(crate) fn has_captions(&self) -> bool {
        const CAPTION_WORDS: f64 = 60.0;
        let words = self.profile.distribution("words");
        words.is_none_or(|words| words.median() <= CAPTION_WORDS)
    }
}

/// A share as a reader wants it.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    lagar_report::words::percent(part as f64 / whole.max(1) as f64)
}

/// A ratio with two decimals, rounded up.
pub(crate) fn rounded_up(ratio: f64) -> f64 {
    (ratio * 100.0).ceil() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_sources_and_thresholds() {
        let rules = rules();
        assert_eq!(rules.len(), 26);
        for rule in rules {
            assert!(!rule.measures.is_empty() && !rule.threshold.is_empty(), "{}", rule.name);
            assert!(rule.source.len() > 10, "{}", rule.name);
        }
    }
}
