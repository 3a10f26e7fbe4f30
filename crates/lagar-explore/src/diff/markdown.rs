//! The comparison as Markdown.

use super::Diff;
use super::page::{HEAD, change_cells, diversity_rows, lead, warnings};
use crate::charts::Sheet;
use crate::profile::Counted;
use crate::report::{CHARTS, Markdown};
use lagar_report::words::{count, of, percent};

/// The comparison.
pub fn markdown(diff: &Diff, sheet: &Sheet) -> String {
    let mut text = Markdown::default();
    text.head(1, "Before and after");
    text.paragraph(&lead(diff));
    for warning in warnings(diff) {
        text.paragraph(&format!("Warning: {warning}."));
    }
    let matched = &diff.matched;
    for (name, value) in [
        ("kept", percent(diff.retention)),
        ("rows found again", format!("{} (by {})", count(matched.rows), matched.by.name())),
        ("unchanged texts", count(matched.unchanged)),
        ("changed texts", count(matched.edited)),
        ("gone", count(matched.gone)),
        ("new", count(matched.added)),
    ] {
        text.item(&format!("{name}: {value}"));
    }
    text.head(2, "Diversity of the words");
    text.table(&["", "before", "after", "change"], diversity_rows(diff).into_iter().map(Vec::from));
    text.head(2, "Every statistic");
    text.table(&HEAD, diff.statistics.iter().map(change_cells));
    if !diff.operators.is_empty() {
        text.head(2, "Which operator did what");
        let rows = diff.operators.iter().map(|one| {
            vec![
                one.name.clone(),
                count(one.rows),
                count(one.dropped + one.quarantined),
                count(one.changed),
                count(one.kept),
            ]
        });
        text.table(&["operator", "rows in", "dropped", "changed", "out"], rows);
    }
    if !sheet.charts.is_empty() {
        text.head(2, "Distributions");
        text.picture(sheet.title, &format!("{CHARTS}/{}.png", sheet.name));
    }
    text.head(2, "Words");
    words(
        &mut text,
        &format!("{} gained", of(diff.vocabulary.gained, "word")),
        &diff.vocabulary.gained_words,
    );
    words(
        &mut text,
        &format!("{} lost", of(diff.vocabulary.lost, "word")),
        &diff.vocabulary.lost_words,
    );
    if !diff.edited.is_empty() {
        text.head(2, "Changed texts");
        let rows =
            diff.edited.iter().map(|edit| vec![edit.before.text.clone(), edit.after.text.clone()]);
        text.table(&["before", "after"], rows);
    }
    text.finish()
}

fn words(text: &mut Markdown, title: &str, words: &[Counted]) {
    if !words.is_empty() {
        let list: Vec<String> =
            words.iter().map(|word| format!("{} ({})", word.text, count(word.count))).collect();
        text.paragraph(&format!("{title}: {}", list.join(", ")));
    }
}
