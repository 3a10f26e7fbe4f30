//! Tables that are made from a profile.

use lagar_report::{Align, Table};

use crate::profile::{Distribution, Phrase, Place, Suggestion};
use lagar_report::words::{count, number, percent};

/// The quantiles that a table shows.
pub(super) const QUANTILES: [(f64, &str); 5] =
    [(0.05, "5 %"), (0.25, "25 %"), (0.5, "median"), (0.75, "75 %"), (0.95, "95 %")];

/// One line per statistic: its mean, deviation and quantiles.
pub(super) fn statistics<'a>(named: impl Iterator<Item = (&'a str, &'a Distribution)>) -> Table {
    let head = ["statistic", "n", "missing", "mean", "sd", "min"];
    let head = head.into_iter().chain(QUANTILES.iter().map(|(_, name)| *name)).chain(["max"]);
    let mut table = Table::new(head);
    for (name, found) in named {
        table.push(cells(name, found));
    }
    table
}

/// The line of one statistic.
pub(super) fn cells(name: &str, found: &Distribution) -> Vec<String> {
    let quantile = |(q, _): &(f64, &str)| found.quantile(*q).map_or("–".to_owned(), number);
    let mut cells = vec![
        name.to_owned(),
        count(found.count),
        count(found.missing),
        number(found.mean),
        found.sd.map_or("–".to_owned(), number),
        number(found.min),
    ];
    cells.extend(QUANTILES.iter().map(quantile));
    cells.push(number(found.max));
    cells
}

/// The steps of a recipe with the rows they keep.
pub(super) fn steps(suggestion: &Suggestion) -> Table {
    let left = Align::Left;
    let right = Align::Right;
    let mut table = Table::new(["operator", "parameters", "rows", "drops", "keeps", "why"])
        .align([left, left, right, right, right, left]);
    for step in &suggestion.steps {
        let parameters: Vec<String> =
            step.parameters.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        table.push([
            step.operator.clone(),
            parameters.join(", "),
            count(step.before),
            count(step.dropped + step.put_aside),
            count(step.kept),
            step.because.clone(),
        ]);
    }
    table
}

/// Where a phrase stands, in a word.
pub(super) fn place(place: Place) -> &'static str {
    match place {
        Place::Opening => "at the beginning",
        Place::Closing => "at the end",
        Place::Anywhere => "anywhere",
    }
}

/// Phrases that say nothing about a picture.
pub(super) fn phrases(phrases: &[Phrase]) -> Table {
    let mut table = Table::new(["phrase", "stands", "rows", "share"])
        .caption("Phrases that many texts share")
        .align([Align::Left, Align::Left, Align::Right, Align::Right]);
    for phrase in phrases {
        table.push([
            phrase.text.clone(),
            place(phrase.place).to_owned(),
            count(phrase.rows),
            percent(phrase.share),
        ]);
    }
    table
}
