//! The problems of a data set, each with its evidence, its answer and its worst rows.

use lagar_report::{Align, Cards, Cell, Code, Facts, Fold, Section, Table, Tone};

use super::Shown;
use crate::profile::{Example, Problem, Profile, Remedy, Severity};
use lagar_report::words::{count, of, percent};

/// How many rows are shown of each problem.
const WORST: usize = 8;

/// All rows that a report may show.
pub(super) fn examples(profile: &Profile) -> impl Iterator<Item = &Example> {
    let worst = profile.problems.iter().flat_map(|problem| &problem.worst);
    let ends =
        profile.distributions().flat_map(|(_, found)| found.lowest.iter().chain(&found.highest));
    let groups = super::integrity::groups(profile).flat_map(|(_, group)| &group.examples);
    let defects = profile.integrity.defects.iter().flat_map(|defect| &defect.examples);
    worst.chain(ends).chain(groups).chain(defects)
}

/// The word for how grave a problem is.
pub(super) fn grave(severity: Severity) -> (&'static str, Tone) {
    match severity {
        Severity::Serious => ("serious", Tone::Bad),
        Severity::Warning => ("warning", Tone::Warning),
        Severity::Note => ("note", Tone::Plain),
    }
}

/// All problems, a line each.
pub(super) fn table(profile: &Profile) -> Table {
    let mut table = Table::new(["", "problem", "rows", "share", "answered by"]).align([
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Left,
    ]);
    for problem in &profile.problems {
        let (word, tone) = grave(problem.severity);
        let answer = problem.remedy.as_ref().map_or("–", |remedy| remedy.operator.as_str());
        table.push([
            Cell::toned(word, tone),
            Cell::from(problem.title.as_str()),
            Cell::from(count(problem.rows)),
            Cell::from(percent(problem.share)),
            Cell::from(answer),
        ]);
    }
    table
}

/// The problems one by one.
pub(super) fn section(profile: &Profile, shown: &Shown<'_>) -> Section {
    let mut section = Section::new("Problems");
    for problem in &profile.problems {
        section.push(fold(problem, shown));
    }
    section
}

fn fold(problem: &Problem, shown: &Shown<'_>) -> Fold {
    let (word, _) = grave(problem.severity);
    let mut fold = Fold::new(format!("{}: {}", word, problem.title));
    if problem.severity != Severity::Note {
        fold = fold.opened();
    }
    let mut facts = Facts::default()
        .with("rows", format!("{} ({})", count(problem.rows), percent(problem.share)))
        .with("measured", &problem.measures)
        .with("threshold", &problem.threshold)
        .with("source of the threshold", &problem.source);
    for evidence in &problem.evidence {
        facts = facts.with(&evidence.name, &evidence.value);
    }
    fold = fold.with(facts);
    fold = match &problem.remedy {
        Some(remedy) => fold
            .with(format!("Answered by {}: {}.", remedy.operator, remedy.because))
            .with(Code::new(step(remedy))),
        None => fold.with("No operator answers this: a person has to look."),
    };
    if problem.worst.is_empty() {
        return fold;
    }
    let title = if problem.worst.len() as u64 >= problem.rows {
        "All rows.".to_owned()
    } else {
        format!("The worst of {}.", of(problem.rows, "row"))
    };
    let cards = problem.worst.iter().take(WORST).map(|example| shown.card(example));
    fold.with(title).with(Cards::new(cards))
}

/// An operator as it stands in a recipe.
pub(super) fn step(remedy: &Remedy) -> String {
    if remedy.parameters.is_empty() {
        return format!("- {}: {{}}", remedy.operator);
    }
    // JSON is YAML.
    let lines = remedy.parameters.iter().map(|(name, value)| format!("\n    {name}: {value}"));
    format!("- {}:{}", remedy.operator, lines.collect::<String>())
}
