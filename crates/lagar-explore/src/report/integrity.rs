//! What is whole and what is not: fields, defects, duplicates.

use lagar_report::{Align, Cards, Cell, Fold, Section, Table, Tone};

use super::Shown;
use crate::profile::{DuplicateGroup, Duplicates, FieldUse, Profile};
use lagar_report::words::{count, of, spaced};

/// How many groups are shown of each kind of duplicate, and how many rows of a group.
const GROUPS: usize = 4;

/// The kinds of duplicates that were looked for.
pub(super) fn kinds(profile: &Profile) -> Vec<(&'static str, &Duplicates)> {
    let integrity = &profile.integrity;
    let mut kinds = vec![
        ("ids", &integrity.ids),
        ("texts", &integrity.texts),
        ("nearly equal texts", &integrity.near_texts),
        ("pictures", &integrity.pictures),
    ];
    if let Some(near) = &integrity.near_pictures {
        kinds.push(("nearly equal pictures", near));
    }
    kinds
}

/// All groups of duplicates, with the name of their kind.
pub(super) fn groups(profile: &Profile) -> impl Iterator<Item = (&'static str, &DuplicateGroup)> {
    kinds(profile)
        .into_iter()
        .flat_map(|(kind, found)| found.largest.iter().map(move |group| (kind, group)))
}

pub(super) fn section(profile: &Profile, shown: &Shown<'_>) -> Section {
    let mut section = Section::new("Integrity")
        .with(defects(profile))
        .with(fields(profile))
        .with(duplicates(profile));
    for (kind, found) in kinds(profile) {
        if found.groups == 0 || found.largest.is_empty() {
            continue;
        }
        let mut fold = Fold::new(format!("The largest groups of equal things: {kind}"));
        for group in found.largest.iter().take(GROUPS) {
            let cards = group.examples.iter().take(GROUPS).map(|example| shown.card(example));
            fold = fold.with(format!("{} times:", count(group.count))).with(Cards::new(cards));
        }
        section.push(fold);
    }
    for defect in profile.integrity.defects.iter().filter(|defect| !defect.examples.is_empty()) {
        let title = format!("{}: {}", spaced(&defect.kind), of(defect.count, "time"));
        let cards = defect.examples.iter().map(|example| shown.card(example));
        section.push(Fold::new(title).with(defect.about.as_str()).with(Cards::new(cards)));
    }
    section
}

fn defects(profile: &Profile) -> Table {
    let mut table = Table::new(["looked for", "what it means", "found", "rows touched"]).align([
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
    ]);
    for defect in &profile.integrity.defects {
        let tone = if defect.count == 0 { Tone::Good } else { Tone::Bad };
        table.push([
            Cell::from(spaced(&defect.kind)),
            Cell::from(defect.about.as_str()),
            Cell::toned(count(defect.count), tone),
            Cell::from(count(defect.rows)),
        ]);
    }
    table
}

fn fields(profile: &Profile) -> Table {
    let mut table = Table::new(["field", "types", "lacking in", "another type in"]).align([
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
    ]);
    for field in &profile.integrity.fields {
        table.push([
            field.name.clone(),
            types(field),
            count(field.lacking),
            count(field.differing),
        ]);
    }
    table
}

/// The types of a field with their rows: `string (600)`.
pub(super) fn types(field: &FieldUse) -> String {
    let named: Vec<String> =
        field.types.iter().map(|kind| format!("{} ({})", kind.name, count(kind.rows))).collect();
    named.join(", ")
}

fn duplicates(profile: &Profile) -> Table {
    let mut table = Table::new(["equal", "groups", "members", "repeated"]);
    for (kind, found) in kinds(profile) {
        table.push([
            kind.to_owned(),
            count(found.groups),
            count(found.members),
            count(found.repeated),
        ]);
    }
    table
}
