//! Charts of texts: how long they are, which words they use, what else they are made of.

use lagar_report::chart::{Line, Lines, Scale};

use super::distribution::histogram;
use super::{Drawn, Sheet, bars, top};
use crate::profile::{Counted, Profile};
use lagar_report::words::{count, percent};

/// How many words are shown of each kind.
const SHOWN: usize = 20;

/// How long texts are.
pub(super) fn lengths(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("text_length_analysis", "Length of texts");
    distributions(&mut sheet, profile, &["words", "characters", "sentences", "tokens"]);
    sheet
}

/// Which words they use.
pub(super) fn frequencies(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("word_frequency_analysis", "Words");
    let vocabulary = &profile.vocabulary;
    if vocabulary.words.is_empty() {
        return sheet;
    }
    let first = |counted: &[Counted], most: usize| {
        let named = |one: &Counted| (one.text.clone(), one.count as f64);
        counted.iter().take(most).map(named).collect::<Vec<_>>()
    };
    let words = bars("Most frequent words", "times", &first(&vocabulary.words, SHOWN));
    let share = vocabulary.words.iter().take(SHOWN).map(|word| word.count).sum::<u64>() as f64
        / vocabulary.tokens.max(1) as f64;
    sheet.push(
        words,
        format!("The {SHOWN} most frequent words are {} of all words.", percent(share)),
    );
    for ngrams in vocabulary.ngrams.iter().filter(|ngrams| !ngrams.top.is_empty()) {
        let title = format!("Most frequent sequences of {} words", ngrams.n);
        let caption = format!(
            "{} of all sequences of {} words repeat an earlier one.",
            percent(ngrams.repetition),
            ngrams.n
        );
        sheet.push(bars(&title, "times", &first(&ngrams.top, SHOWN)), caption);
    }
    let ranks = vocabulary.words.iter().enumerate();
    let points = ranks.map(|(rank, word)| ((rank + 1) as f64, word.count as f64)).collect();
    let zipf = Lines {
        title: "Frequency by rank".to_owned(),
        x_label: "rank of the word".to_owned(),
        y_label: "times".to_owned(),
        x_scale: Scale::Logarithmic,
        y_scale: Scale::Logarithmic,
        lines: vec![Line::new("words", points)],
        ..Lines::default()
    };
    sheet.push(
        Drawn::Lines(zipf),
        "In natural language a straight line going down by about one power of ten per power of ten \
         (Zipf); a flat beginning or steps come from templates.",
    );
    growth(&mut sheet, profile);
    sheet
}

/// How the vocabulary grows with the text.
fn growth(sheet: &mut Sheet, profile: &Profile) {
    let vocabulary = &profile.vocabulary;
    if vocabulary.growth.len() < 2 {
        return;
    }
    let points = vocabulary.growth.iter().map(|at| (at.tokens as f64, at.types));
    let grown = Lines {
        title: "Growth of the vocabulary".to_owned(),
        x_label: "words read".to_owned(),
        y_label: "different words".to_owned(),
        x_scale: Scale::Logarithmic,
        y_scale: Scale::Logarithmic,
        lines: vec![Line::new("expected", points.collect())],
        ..Lines::default()
    };
    let caption = format!(
        "Different words expected among so many words drawn at random; all {} words have {} different \
         ones. Compare sets of different size at the same number of words.",
        count(vocabulary.tokens),
        count(vocabulary.types)
    );
    sheet.push(Drawn::Lines(grown), caption);
}

/// What else texts are made of: every other statistic of texts, writing systems and languages.
pub(super) fn quality(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("text_quality_analysis", "Characters and repetition");
    let elsewhere = ["words", "characters", "sentences", "tokens", "num_words", "text_len"];
    let names: Vec<&str> = profile
        .text
        .keys()
        .map(String::as_str)
        .filter(|name| !elsewhere.contains(name) && !name.ends_with("line_length"))
        .collect();
    distributions(&mut sheet, profile, &names);
    for (title, shares) in [
        ("Writing systems", &profile.integrity.scripts),
        ("Languages", &profile.integrity.languages),
    ] {
        if shares.len() > 1 {
            let caption = format!("{title} of the texts, by their letters.");
            sheet.push(bars(title, "texts", &top(shares, 15)), caption);
        }
    }
    sheet
}

/// Adds the histograms that the profile has.
pub(super) fn distributions(sheet: &mut Sheet, profile: &Profile, names: &[&str]) {
    let things = if sheet.name.starts_with("image") { "pictures" } else { "texts" };
    for name in names {
        let varies = profile.distribution(name).is_some_and(|found| found.distinct > 1);
        if let Some((chart, caption)) = histogram(profile, name, things).filter(|_| varies) {
            sheet.push(Drawn::Histogram(chart), caption);
        }
    }
}
