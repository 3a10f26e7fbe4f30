//! The comparison as a page: what was kept, what changed and how sure that is, then the rows.

use std::path::PathBuf;

use lagar_report::{
    Align, Cards, Cell, Changes, Facts, Figures, Fold, Notice, Page, Section, Table, Tone,
};

use super::{Change, Diff, ShownRows, WordShift};
use crate::charts::Sheet;
use crate::gallery::{Gallery, place_of};
use crate::profile::Counted;
use lagar_report::words::{count, number, of, percent, signed, signed_percent};

/// The page.
pub fn page(diff: &Diff, shown: &ShownRows, sheet: &Sheet, side: u32) -> Page {
    let mut page = Page::new("Before and after").lead(lead(diff));
    for warning in warnings(diff) {
        page = page.notice(Notice::warning(warning));
    }
    page = page.section(glance(diff)).section(statistics(diff));
    if !diff.operators.is_empty() {
        page = page.section(operators(diff));
    }
    if !sheet.charts.is_empty() {
        page = page.section(Section::new("Distributions").with(Figures::new(sheet.figures())));
    }
    page = page.section(words(diff));
    for section in rows(diff, shown, side) {
        page = page.section(section);
    }
    page.footer(format!(
        "lagar {} · {} · seed {} · {} draws",
        env!("CARGO_PKG_VERSION"),
        diff.schema,
        diff.seed,
        count(diff.resamples as u64)
    ))
}

fn named(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// The sentence that says it all.
pub(super) fn lead(diff: &Diff) -> String {
    let words = diff.statistics.iter().find(|change| change.name == "words");
    let words = words.map_or_else(String::new, |change| {
        format!(
            ", {} → {} words per text ({})",
            number(change.before.mean),
            number(change.after.mean),
            signed_percent(change.relative)
        )
    });
    format!(
        "{} → {} rows ({}){words}. Before is {}, after is {}.",
        count(diff.before.rows),
        count(diff.after.rows),
        percent(diff.retention),
        named(&diff.before.paths),
        named(&diff.after.paths)
    )
}

/// What to know before the numbers are believed.
pub(super) fn warnings(diff: &Diff) -> Vec<String> {
    let mut warnings = Vec::new();
    let (matched, after) = (diff.matched.rows, diff.after.sound);
    if matched * 10 < after * 9 {
        warnings.push(format!(
            "only {} of {} rows after were found before (by {}); the others count as new",
            count(matched),
            count(after),
            diff.matched.by.name()
        ));
    }
    let found = &diff.diversity;
    let (plain, equal) = (
        found.ratio_after / found.ratio_before - 1.0,
        found.matched_after / found.matched_before - 1.0,
    );
    if (plain - equal).abs() > 0.05 {
        warnings.push(format!(
            "the plain ratio of different words changed by {}, most of it because the sets differ in size; \
             at equal size it changed by {}",
            signed_percent(plain),
            signed_percent(equal)
        ));
    }
    warnings
}

fn glance(diff: &Diff) -> Section {
    let matched = &diff.matched;
    let facts = Facts::default()
        .with("rows before", count(diff.before.rows))
        .with("rows after", count(diff.after.rows))
        .with("kept", percent(diff.retention))
        .with("found again", format!("{} by {}", count(matched.rows), matched.by.name()))
        .with("unchanged texts", count(matched.unchanged))
        .with("changed texts", count(matched.edited))
        .with("gone", count(matched.gone))
        .with("new", count(matched.added))
        .with(
            "pictures",
            format!("{} → {}", count(diff.before.pictures), count(diff.after.pictures)),
        );
    Section::new("At a glance").with(facts).with(diversity(diff))
}

/// The lines of the table of diversity: what, before, after, change.
pub(super) fn diversity_rows(diff: &Diff) -> Vec<[String; 4]> {
    let found = &diff.diversity;
    let line = |name: String, one: Option<f64>, other: Option<f64>| {
        let change = one.zip(other).map(|(one, other)| signed_percent(other / one - 1.0));
        let show = |value: Option<f64>| value.map_or("–".to_owned(), number);
        [name, show(one), show(other), change.unwrap_or_else(|| "–".to_owned())]
    };
    vec![
        line("words".to_owned(), Some(found.tokens_before as f64), Some(found.tokens_after as f64)),
        line(
            "different words".to_owned(),
            Some(found.types_before as f64),
            Some(found.types_after as f64),
        ),
        line(
            "different / all (depends on the size)".to_owned(),
            Some(found.ratio_before),
            Some(found.ratio_after),
        ),
        line(
            format!("different / all among {} words of each", count(found.matched_tokens)),
            Some(found.matched_before),
            Some(found.matched_after),
        ),
        line("MTLD".to_owned(), found.mtld_before, found.mtld_after),
        line("HD-D".to_owned(), found.hdd_before, found.hdd_after),
    ]
}

fn diversity(diff: &Diff) -> Table {
    let mut table = Table::new(["diversity of the words", "before", "after", "change"]).caption(
        "At equal size means: expected among so many words drawn at random, without putting back. A \
         bootstrap would lose rare words, so there is no interval here.",
    );
    for row in diversity_rows(diff) {
        table.push(row);
    }
    table
}

/// The cells of a change: name, means, difference, relative, interval, medians.
pub(super) fn change_cells(change: &Change) -> Vec<String> {
    vec![
        change.name.clone(),
        number(change.before.mean),
        number(change.after.mean),
        signed(change.difference),
        signed_percent(change.relative),
        format!("{} … {}", signed(change.interval.0), signed(change.interval.1)),
        format!("{} → {}", number(change.before.median), number(change.after.median)),
        if change.paired { "rows".to_owned() } else { "apart".to_owned() },
    ]
}

/// The head of [`change_cells`].
pub(super) const HEAD: [&str; 8] =
    ["statistic", "mean before", "after", "change", "relative", "95 % interval", "median", "drawn"];

fn statistics(diff: &Diff) -> Section {
    let mut table = Table::new(HEAD).caption(
        "Bootstrap of the means. Drawn by rows: each row with what it is before and after. Drawn apart: \
         both sets for themselves, which makes the interval wider than it has to be.",
    );
    for change in &diff.statistics {
        let cells = change_cells(change);
        let tone = if change.is_clear() { Tone::Good } else { Tone::Plain };
        let cells = cells.into_iter().enumerate().map(|(place, text)| {
            if place == 5 { Cell::toned(text, tone) } else { Cell::from(text) }
        });
        table.push(cells);
    }
    Section::new("Every statistic").with(table)
}

fn operators(diff: &Diff) -> Section {
    let mut table =
        Table::new(["operator", "kind", "rows in", "dropped", "put aside", "changed", "out"])
            .align([Align::Left, Align::Left]);
    for one in &diff.operators {
        table.push([
            one.name.clone(),
            one.kind.clone(),
            count(one.rows),
            count(one.dropped),
            count(one.quarantined),
            count(one.changed),
            count(one.kept),
        ]);
    }
    let run = diff.run.as_ref().map_or_else(String::new, |run| {
        format!(
            "From the run in {}; `lagar explore` on that folder shows the thresholds.",
            run.display()
        )
    });
    Section::new("Which operator did what").with(run).with(table)
}

fn words(diff: &Diff) -> Section {
    let found = &diff.vocabulary;
    let listed = |words: &[Counted]| {
        let mut table = Table::new(["word", "times"]);
        for word in words {
            table.push([word.text.clone(), count(word.count)]);
        }
        table
    };
    let shifts = |shifts: &[WordShift]| {
        let mut table = Table::new(["word", "per 1,000 before", "after"]);
        for shift in shifts {
            table.push([shift.word.clone(), number(shift.before), number(shift.after)]);
        }
        table
    };
    let title = |many: u64, what: &str| format!("{} {what}", of(many, "word"));
    Section::new("Words")
        .with(Fold::new(title(found.gained, "gained")).with(listed(&found.gained_words)))
        .with(Fold::new(title(found.lost, "lost")).with(listed(&found.lost_words)))
        .with(Fold::new("Used more than before").opened().with(shifts(&found.risen)))
        .with(Fold::new("Used less than before").opened().with(shifts(&found.fallen)))
}

fn rows(diff: &Diff, shown: &ShownRows, side: u32) -> Vec<Section> {
    let before = Gallery::new(diff.before.paths.iter().cloned(), side);
    let after = Gallery::new(diff.after.paths.iter().cloned(), side);
    let some = |title: String, many: u64, shown: usize, cards: Cards| {
        let text = format!("{} of {}.", count(shown as u64), count(many));
        Section::new(title).with(text).with(cards)
    };
    let mut sections = Vec::new();
    if !shown.edited.is_empty() {
        let cards = shown.edited.iter().map(|(one, other)| {
            let changes = Changes::between(&one.example.text, &other.example.text);
            let card =
                lagar_report::Card::new("").subtitle(place_of(&one.example)).changes(changes);
            after.with_picture(card, &other.example, other.carried.as_deref())
        });
        let cards = Cards::new(cards);
        sections.push(some(
            "Changed texts".to_owned(),
            diff.matched.edited,
            shown.edited.len(),
            cards,
        ));
    }
    if !shown.gone.is_empty() {
        let cards = shown.gone.iter().map(|(row, reason)| {
            let card = before.card_of_row(row);
            match reason {
                Some(reason) => card.field("why", reason, Tone::Plain),
                None => card,
            }
        });
        let cards = Cards::new(cards);
        sections.push(some(
            "Rows that are gone".to_owned(),
            diff.matched.gone,
            shown.gone.len(),
            cards,
        ));
    }
    if !shown.added.is_empty() {
        let cards = Cards::new(shown.added.iter().map(|row| after.card_of_row(row)));
        sections.push(some(
            "Rows that are new".to_owned(),
            diff.matched.added,
            shown.added.len(),
            cards,
        ));
    }
    sections
}
