//! The page: what it comes to first, then the problems with their worst rows, then everything measured.

use lagar_report::{Cards, Code, Facts, Figures, Fold, Notice, Page, Section, Tone};

use super::tables::{phrases, statistics, steps};
use super::{Shown, integrity, problems};
use crate::charts::{Sheet, title_of};
use crate::profile::{Distribution, Profile, Severity};
use lagar_report::words::{count, number, of, percent};

/// The page of a profile.
pub(crate) fn page(profile: &Profile, sheets: &[Sheet], shown: &Shown<'_>) -> Page {
    let files: Vec<String> =
        profile.dataset.paths.iter().map(|path| path.display().to_string()).collect();
    let mut page = Page::new("What is in the data").lead(lead(profile, &files.join(", ")));
    if let Some(sampled) = &profile.dataset.sampled {
        page = page.notice(Notice::note(format!(
            "Everything below is of a sample: {} of {}, drawn with seed {}.",
            of(profile.dataset.looked_at, "row"),
            count(profile.dataset.rows),
            sampled.seed
        )));
    }
    let serious = profile.problems.iter().filter(|found| found.severity == Severity::Serious);
    let (tone, text) = match serious.count() as u64 {
        0 => (Tone::Good, "No serious problem was found.".to_owned()),
        many => (Tone::Bad, format!("{} found: see below.", of(many, "serious problem"))),
    };
    page = page.notice(Notice::new(tone, text).labelled("Result"));
    page = page.section(overview(profile, sheets));
    if !profile.problems.is_empty() {
        page = page.section(problems::section(profile, shown));
    }
    if let Some(section) = recipe(profile, shown) {
        page = page.section(section);
    }
    for (title, names) in [
        ("Texts", ["text_length_analysis", "text_quality_analysis"].as_slice()),
        ("Words", &["word_frequency_analysis"]),
        ("Pictures", &["image_analysis", "image_quality_analysis"]),
        ("Texts and pictures", &["pair_analysis"]),
    ] {
        if let Some(section) = measured(profile, sheets, shown, (title, names)) {
            page = page.section(section);
        }
    }
    page = page.section(integrity::section(profile, shown));
    if !shown.samples.is_empty() {
        let cards = shown.samples.iter().map(|row| shown.gallery.card_of_row(row));
        let section = Section::new("Some rows").with("Spread evenly over the data.");
        page = page.section(section.with(Cards::new(cards)));
    }
    page.section(method(profile))
        .footer(format!("lagar {} · {}", profile.dataset.lagar, profile.schema))
}

/// The sentence that says it all.
pub(super) fn lead(profile: &Profile, files: &str) -> String {
    let words = profile.distribution("words").map_or_else(String::new, |words| {
        let sd = words.sd.map_or_else(String::new, |sd| format!(" ± {}", number(sd)));
        format!(" of {}{sd} words", number(words.mean))
    });
    let pictures = &profile.pictures;
    let seen = if pictures.count > 0 {
        format!(" and {}", of(pictures.count, "picture"))
    } else {
        String::new()
    };
    let kept = profile.suggestion.as_ref().filter(|found| !found.steps.is_empty());
    let kept = kept.map_or_else(String::new, |found| {
        format!(" The recipe below would keep {} of the rows.", percent(found.retention))
    });
    format!(
        "{} with texts{words}{seen} in {files}. {} found.{kept}",
        of(profile.dataset.looked_at, "row"),
        of(profile.problems.len() as u64, "problem")
    )
}

fn overview(profile: &Profile, sheets: &[Sheet]) -> Section {
    let integrity = &profile.integrity;
    let mut facts = Facts::default()
        .with("rows", count(integrity.rows))
        .with(
            "sound rows",
            format!("{} ({})", count(integrity.sound), share(integrity.sound, integrity.rows)),
        )
        .with("pictures", count(profile.pictures.count))
        .with("readable pictures", share(profile.pictures.readable, profile.pictures.count))
        .with("repeated texts", count(integrity.texts.repeated))
        .with("nearly repeated texts", count(integrity.near_texts.repeated))
        .with("repeated pictures", count(integrity.pictures.repeated))
        .with("different words", count(profile.vocabulary.types));
    let optional = [
        ("words until the ratio of different ones falls to 0.72 (MTLD)", profile.vocabulary.mtld),
        ("different words among 42 (HD-D)", profile.vocabulary.hdd),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            facts = facts.with(name, number(value));
        }
    }
    let mut section = Section::new("At a glance").with(facts);
    if !profile.problems.is_empty() {
        section.push(problems::table(profile));
    }
    if let Some(sheet) = sheets.iter().find(|sheet| sheet.name == "problem_overview") {
        section.push(Figures::new(sheet.figures()));
    }
    section
}

/// A part of a whole, in percent.
fn share(part: u64, whole: u64) -> String {
    percent(part as f64 / whole.max(1) as f64)
}

/// The suggested recipe, and what it keeps.
fn recipe(profile: &Profile, shown: &Shown<'_>) -> Option<Section> {
    let suggestion = profile.suggestion.as_ref().filter(|found| !found.steps.is_empty())?;
    let mut section = Section::new("The recipe that follows").with(format!(
        "{} in, {} out: {}. {}",
        of(suggestion.rows, "row"),
        count(suggestion.kept),
        percent(suggestion.retention),
        if suggestion.exact {
            "Every number is exact: the operators themselves decided on what was measured."
        } else {
            "Near duplicates are predicted, the other numbers are exact."
        }
    ));
    section.push(steps(suggestion));
    if let Some(text) = &shown.options.recipe {
        section.push(Fold::new("The recipe").opened().with(Code::new(text)));
    }
    Some(section)
}

/// Charts, the table of numbers and the rows at both ends.
fn measured(
    profile: &Profile,
    sheets: &[Sheet],
    shown: &Shown<'_>,
    (title, names): (&str, &[&str]),
) -> Option<Section> {
    let chosen: Vec<&Sheet> = sheets.iter().filter(|sheet| names.contains(&sheet.name)).collect();
    if chosen.is_empty() {
        return None;
    }
    let mut section = Section::new(title);
    for sheet in &chosen {
        section.push(Figures::new(sheet.figures()));
    }
    let map = match title {
        "Texts" => &profile.text,
        "Pictures" => &profile.pictures.distributions,
        "Texts and pictures" => &profile.pairs.distributions,
        _ => {
            if !profile.vocabulary.phrases.is_empty() {
                section.push(phrases(&profile.vocabulary.phrases));
            }
            return Some(section);
        }
    };
    let named = map.iter().map(|(name, found)| (name.as_str(), found));
    section.push(Fold::new("All numbers").with(statistics(named)));
    for name in ["words", "symbols", "megapixels", "aspect", "sharpness", "image_text_similarity"] {
        if let Some(found) = map.get(name).filter(|found| found.distinct > 1) {
            section.push(extremes(name, found, shown));
        }
    }
    Some(section)
}

/// How many rows are shown of each end.
const ENDS: usize = 4;

/// The rows with the smallest and the largest values.
fn extremes(name: &str, found: &Distribution, shown: &Shown<'_>) -> Fold {
    let cards = |examples: &[crate::profile::Example]| {
        Cards::new(examples.iter().take(ENDS).map(|example| shown.card(example)))
    };
    Fold::new(format!("{}: the rows at both ends", title_of(name)))
        .with("The smallest values.")
        .with(cards(&found.lowest))
        .with("The largest values.")
        .with(cards(&found.highest))
}

fn method(profile: &Profile) -> Section {
    let dataset = &profile.dataset;
    let pictures = if dataset.pixels {
        "Pictures were decoded."
    } else {
        "Of pictures only the headers were read; --pixels also measures sharpness and brightness."
    };
    Section::new("How this was measured")
        .with(format!(
            "Text field `{}`, pictures in `{}`. Special tokens are no words. {pictures}",
            dataset.text_key, dataset.image_key
        ))
        .with(
            "The ratio of different words to all words falls as a set grows, because frequent words come \
             again while new ones become rare: two sets of different size cannot be compared by it. MTLD, \
             HD-D and the growth of the vocabulary do not depend on the size.",
        )
        .with(
            "Quantiles interpolate linearly between neighbours; standard deviations are of a sample (n − 1). \
             All numbers are in analysis_results.json.",
        )
}
