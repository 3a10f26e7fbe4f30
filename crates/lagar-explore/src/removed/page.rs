//! What each operator removed, as a page.

use lagar_report::chart::{Bar, Bars, Histogram, Layer, Mark, Scale};
use lagar_report::{
    Align, Card, Cards, Changes, Facts, Figure, Fold, Notice, Page, Section, Table, Tone,
};
use serde_json::Value;

use super::{Judged, Near, Pictures, Removal, Removed};
use crate::charts::title_of;
use crate::gallery::{Gallery, place_of, plain_card};
use crate::profile::Example;
use lagar_report::words::{count, of, percent};

/// The page.
pub fn page(removal: &Removal, pictures: &Pictures, side: u32) -> Page {
    let show = Show { gallery: Gallery::new(removal.paths.iter().cloned(), side), pictures };
    let kept = removal.kept as f64 / removal.rows.max(1) as f64;
    let mut page = Page::new("What each operator removed").lead(format!(
        "{} in, {} out ({}), from the run in {}.",
        of(removal.rows, "row"),
        count(removal.kept),
        percent(kept),
        removal.run.display()
    ));
    if removal.unreadable > 0 {
        let text = format!(
            "{} could not be read or had no text; the reasons are in quarantine.jsonl",
            of(removal.unreadable, "row")
        );
        page = page.notice(Notice::warning(text));
    }
    page = page.section(overview(removal));
    for (place, operator) in removal.operators.iter().enumerate() {
        page = page.section(section(place, operator, &show));
    }
    page.footer(format!("lagar {} · {}", env!("CARGO_PKG_VERSION"), removal.schema))
}

struct Show<'a> {
    gallery: Gallery,
    pictures: &'a Pictures,
}

impl Show<'_> {
    fn card(&self, row: &Example) -> Card {
        self.with_picture(plain_card(row), row)
    }

    fn with_picture(&self, card: Card, row: &Example) -> Card {
        let carried = self.pictures.carried.get(&row.row).and_then(|row| row.carried.as_deref());
        self.gallery.with_picture(card, row, carried)
    }

    fn cards<'b>(&self, rows: impl IntoIterator<Item = &'b Example>) -> Cards {
        Cards::new(rows.into_iter().map(|row| self.card(row)))
    }
}

fn overview(removal: &Removal) -> Section {
    let mut table =
        Table::new(["operator", "kind", "rows in", "dropped", "put aside", "changed", "rows out"])
            .align([Align::Left, Align::Left]);
    let mut groups = vec![("all rows".to_owned(), vec![Bar::new(removal.rows as f64, None)])];
    for one in &removal.operators {
        let numbers = [one.rows, one.dropped, one.quarantined, one.changed, one.kept].map(count);
        table.push([one.name.clone(), one.kind.clone()].into_iter().chain(numbers));
        groups.push((one.name.clone(), vec![Bar::new(one.kept as f64, None)]));
    }
    let bars = Bars {
        title: "Rows left after each operator".to_owned(),
        value_label: "rows".to_owned(),
        series: vec!["rows".to_owned()],
        groups,
    };
    Section::new("All operators")
        .with(table)
        .with(Figure::new(&bars, "How many rows are left behind each operator."))
}

fn section(place: usize, operator: &Removed, show: &Show<'_>) -> Section {
    let facts = Facts::default()
        .with("rows in", count(operator.rows))
        .with("dropped", count(operator.dropped))
        .with("put aside", count(operator.quarantined))
        .with("changed", count(operator.changed))
        .with("rows out", count(operator.kept));
    let mut section = Section::new(format!("{}. {}", place + 1, operator.name)).with(facts);
    section.push(parameters(&operator.parameters));
    if let Some(note) = &operator.note {
        section.push(Notice::warning(note));
    }
    for judged in &operator.statistics {
        section.push(Figure::new(&chart(judged), caption(judged)));
        for near in &judged.near {
            section.push(nearest(near, show));
        }
    }
    if !operator.examples.is_empty() {
        let cards = show.cards(&operator.examples);
        section.push(Fold::new("Some of the rows it removed").opened().with(cards));
    }
    if !operator.edited.is_empty() {
        let cards = operator.edited.iter().map(|edit| {
            let changes = Changes::between(&edit.before.text, &edit.after.text);
            let card = Card::new("").subtitle(place_of(&edit.before)).changes(changes);
            show.with_picture(card, &edit.after)
        });
        section.push(Fold::new("Some of the texts it changed").opened().with(Cards::new(cards)));
    }
    section
}

fn parameters(parameters: &Value) -> String {
    let Value::Object(map) = parameters else { return String::new() };
    let given = map.iter().filter(|(_, value)| !value.is_null());
    let named: Vec<String> = given.map(|(name, value)| format!("{name}: {value}")).collect();
    named.join(", ")
}

/// Kept and dropped values in the same bins, with the thresholds as lines.
fn chart(judged: &Judged) -> Histogram {
    let layer = |name: &str, counts: &[u64]| Layer {
        name: name.to_owned(),
        edges: judged.edges.clone(),
        counts: counts.iter().map(|count| *count as f64).collect(),
    };
    let mark = |near: &Near| Mark::threshold(near.threshold.value, &near.threshold.label);
    let title = title_of(&judged.statistic);
    let most = |counts: &[u64]| counts.iter().copied().max().unwrap_or(0);
    // Few dropped rows beside many kept ones are seen on a logarithmic scale only.
    let is_lopsided = most(&judged.dropped) > 0 && most(&judged.kept) > 20 * most(&judged.dropped);
    Histogram {
        x_label: title.clone(),
        title,
        y_label: "values".to_owned(),
        x_scale: if judged.log_scale { Scale::Logarithmic } else { Scale::Linear },
        y_scale: if is_lopsided { Scale::Logarithmic } else { Scale::Linear },
        layers: vec![layer("kept", &judged.kept), layer("dropped", &judged.dropped)],
        marks: judged.near.iter().map(mark).collect(),
    }
}

fn caption(judged: &Judged) -> String {
    let all = |counts: &[u64]| count(counts.iter().sum());
    format!(
        "`{}` of the rows that reached this operator: {} kept, {} dropped by it.",
        judged.statistic,
        all(&judged.kept),
        all(&judged.dropped)
    )
}

/// The rows on both sides of a threshold.
fn nearest(near: &Near, show: &Show<'_>) -> Fold {
    let mut fold = Fold::new(format!("The rows nearest to {}", near.threshold.label)).opened();
    for (title, tone, rows) in
        [("dropped", Tone::Bad, &near.dropped), ("kept", Tone::Good, &near.kept)]
    {
        if !rows.is_empty() {
            let cards = rows.iter().map(|row| {
                let value = row.value.map_or_else(String::new, lagar_report::words::number);
                show.card(row).badge(format!("{value} · {title}"), tone)
            });
            fold = fold.with(format!("Just {title}:")).with(Cards::new(cards));
        }
    }
    fold
}
