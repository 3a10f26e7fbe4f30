//! The report as Markdown, for a repository or a terminal: the same numbers, charts as files.

use super::problems::{grave, step};
use super::tables::{QUANTILES, cells, place};
use super::{CHARTS, integrity, page};
use crate::charts::Sheet;
use crate::profile::{Distribution, Profile};
use lagar_report::words::{count, number, of, percent, spaced};

/// Markdown being written.
#[derive(Debug, Default)]
pub(crate) struct Markdown {
    text: String,
}

impl Markdown {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn head(&mut self, level: usize, title: &str) {
        let space = if self.text.is_empty() { "" } else { "\n" };
        self.push(&format!("{space}{} {}\n", "#".repeat(level), line(title)));
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        self.push(&format!("\n{}\n", line(text)));
    }

    pub(crate) fn item(&mut self, text: &str) {
        if !self.text.ends_with("\n\n")
            && !self.text.lines().last().is_some_and(|last| last.starts_with("* "))
        {
            self.text.push('\n');
        }
        self.push(&format!("* {}\n", line(text)));
    }

    pub(crate) fn code(&mut self, language: &str, text: &str) {
        self.push(&format!("\n```{language}\n{}\n```\n", text.trim_end()));
    }

    pub(crate) fn table<T: AsRef<str>>(
        &mut self,
        head: &[T],
        rows: impl Iterator<Item = Vec<String>>,
    ) {
        let cell = |text: &str| line(text).replace('|', "\\|");
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        self.text.push('\n');
        self.push(&row(head.iter().map(|name| cell(name.as_ref())).collect()));
        let ruled = (0..head.len()).map(|place| if place == 0 { "---" } else { "---:" }.to_owned());
        self.push(&row(ruled.collect()));
        for cells in rows {
            self.push(&row(cells.iter().map(|text| cell(text)).collect()));
        }
    }

    pub(crate) fn picture(&mut self, caption: &str, path: &str) {
        self.push(&format!("\n![{}]({path})\n", line(caption)));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A text on one line, with no markup in it.
fn line(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(flat.len());
    for letter in flat.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    safe
}

/// The report.
pub fn markdown(profile: &Profile, sheets: &[Sheet]) -> String {
    let mut text = Markdown::default();
    text.head(1, "Analysis of a data set");
    let files: Vec<String> =
        profile.dataset.paths.iter().map(|path| path.display().to_string()).collect();
    text.paragraph(&page::lead(profile, &files.join(", ")));
    problems(&mut text, profile);
    recipe(&mut text, profile);
    for sheet in sheets {
        text.head(2, sheet.title);
        text.picture(sheet.title, &format!("{CHARTS}/{}.png", sheet.name));
        for (_, caption) in &sheet.charts {
            text.item(caption);
        }
    }
    for (title, map) in [
        ("Numbers of texts", &profile.text),
        ("Numbers of pictures", &profile.pictures.distributions),
        ("Numbers of pairs", &profile.pairs.distributions),
    ] {
        if !map.is_empty() {
            text.head(2, title);
            statistics(&mut text, map.iter().map(|(name, found)| (name.as_str(), found)));
        }
    }
    vocabulary(&mut text, profile);
    whole(&mut text, profile);
    text.finish()
}

fn problems(text: &mut Markdown, profile: &Profile) {
    text.head(2, "Problems");
    if profile.problems.is_empty() {
        text.paragraph("No rule found anything.");
    }
    for problem in &profile.problems {
        text.head(3, &format!("{}: {}", grave(problem.severity).0, problem.title));
        text.item(&format!("rows: {} ({})", count(problem.rows), percent(problem.share)));
        text.item(&format!("measured: {}", problem.measures));
        text.item(&format!("threshold: {} ({})", problem.threshold, problem.source));
        for evidence in &problem.evidence {
            text.item(&format!("{}: {}", evidence.name, evidence.value));
        }
        for example in problem.worst.iter().take(3) {
            let place = crate::gallery::place_of(example);
            text.item(&format!("for example {place}: {}", example.text));
        }
        if let Some(remedy) = &problem.remedy {
            text.paragraph(&remedy.because);
            text.code("yaml", &step(remedy));
        }
    }
}

fn recipe(text: &mut Markdown, profile: &Profile) {
    let Some(suggestion) = profile.suggestion.as_ref().filter(|found| !found.steps.is_empty())
    else {
        return;
    };
    text.head(2, "The recipe that follows");
    text.paragraph(&format!(
        "{} in, {} out: {}.",
        of(suggestion.rows, "row"),
        count(suggestion.kept),
        percent(suggestion.retention)
    ));
    let rows = suggestion.steps.iter().map(|step| {
        vec![
            step.operator.clone(),
            count(step.before),
            count(step.dropped + step.put_aside),
            count(step.kept),
        ]
    });
    text.table(&["operator", "rows", "drops", "keeps"], rows);
}

fn statistics<'a>(text: &mut Markdown, named: impl Iterator<Item = (&'a str, &'a Distribution)>) {
    let mut head = vec!["statistic", "n", "missing", "mean", "sd", "min"];
    head.extend(QUANTILES.iter().map(|(_, name)| *name));
    head.push("max");
    text.table(&head, named.map(|(name, found)| cells(name, found)));
}

fn vocabulary(text: &mut Markdown, profile: &Profile) {
    let found = &profile.vocabulary;
    text.head(2, "Vocabulary");
    text.item(&format!(
        "words: {}, different: {}, only once: {}",
        count(found.tokens),
        count(found.types),
        count(found.once)
    ));
    text.item(&format!(
        "different over all: {} (falls as a set grows: not for comparing sets of different size)",
        number(found.type_token_ratio)
    ));
    if let (Some(mtld), Some(hdd)) = (found.mtld, found.hdd) {
        text.item(&format!(
            "MTLD: {}, HD-D: {} (independent of the size)",
            number(mtld),
            number(hdd)
        ));
    }
    let words = found.words.iter().take(30).map(|word| vec![word.text.clone(), count(word.count)]);
    text.table(&["word", "times"], words);
    if !found.phrases.is_empty() {
        let rows = found.phrases.iter().map(|phrase| {
            vec![
                phrase.text.clone(),
                place(phrase.place).to_owned(),
                count(phrase.rows),
                percent(phrase.share),
            ]
        });
        text.table(&["phrase", "stands", "rows", "share"], rows);
    }
}

fn whole(text: &mut Markdown, profile: &Profile) {
    text.head(2, "Integrity");
    let defects = profile.integrity.defects.iter();
    let rows =
        defects.map(|found| vec![spaced(&found.kind), count(found.count), count(found.rows)]);
    text.table(&["looked for", "found", "rows touched"], rows);
    let rows = profile.integrity.fields.iter().map(|field| {
        vec![
            field.name.clone(),
            integrity::types(field),
            count(field.lacking),
            count(field.differing),
        ]
    });
    text.table(&["field", "types", "lacking in", "another type in"], rows);
    let rows = integrity::kinds(profile).into_iter().map(|(kind, found)| {
        vec![kind.to_owned(), count(found.groups), count(found.members), count(found.repeated)]
    });
    text.table(&["equal", "groups", "members", "repeated"], rows);
}
