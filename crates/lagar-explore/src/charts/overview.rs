//! Charts of the whole: which problems touch how many rows, and what a recipe would keep.

use super::{Sheet, bars};
use crate::profile::Profile;
use lagar_report::words::{count, of, percent};

/// Problems, and the way of the rows through the suggested recipe.
pub(super) fn problems(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("problem_overview", "Problems and what a recipe would keep");
    let mut touched: Vec<(String, f64)> = profile
        .problems
        .iter()
        .filter(|problem| problem.rows > 0)
        .map(|problem| (problem.rule.replace('_', " "), problem.share * 100.0))
        .collect();
    touched.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    touched.truncate(20);
    if !touched.is_empty() {
        let caption = format!(
            "The share of the {} that each problem touches; a row may have several.",
            of(profile.dataset.looked_at, "row")
        );
        sheet.push(bars("Rows that a problem touches", "share of the rows, %", &touched), caption);
    }
    if let Some(suggestion) = profile.suggestion.as_ref().filter(|found| !found.steps.is_empty()) {
        let mut left = vec![("all rows".to_owned(), suggestion.rows as f64)];
        if suggestion.unreadable > 0 {
            let readable = suggestion.rows - suggestion.unreadable;
            left.push(("readable".to_owned(), readable as f64));
        }
        left.extend(suggestion.steps.iter().map(|step| (step.operator.clone(), step.kept as f64)));
        let caption = format!(
            "Of {} rows the suggested recipe would keep {} ({}).",
            count(suggestion.rows),
            count(suggestion.kept),
            percent(suggestion.retention)
        );
        sheet.push(bars("Rows left after each step", "rows", &left), caption);
    }
    sheet
}
