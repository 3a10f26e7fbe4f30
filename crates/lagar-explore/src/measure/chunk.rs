//! One chunk, measured: the share of the work that any thread can do.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, BooleanArray};
use lagar_core::row::{FaultKind, RowFault};
use lagar_core::{Batch, StatColumn};
use lagar_engine::delta::Delta;
use lagar_engine::source::RawChunk;
use lagar_ops::picture::Pictures;
use lagar_ops::text::{
    CutTexts, HfTokenizer, is_alphabetic, is_alphanumeric, is_decimal, is_whitespace,
    without_tokens,
};
use lagar_ops::{Context, Operator};

use super::battery::Battery;
use super::encoding::damages;
use super::fields::Fields;
use super::pictures::{Look, look};
use super::script::script_of;
use super::words::{each_word, sentences};
use super::{Options, hash};
use crate::ExploreError;

/// The numbers of texts beside the operators' statistics: name, unit, what it is.
pub(crate) const NUMBERS: [(&str, &str, &str); 8] = [
    (
        "words",
        "words",
        "Words of a text without special tokens: runs of letters and digits, Chinese and Japanese characters one by one",
    ),
    ("characters", "characters", "Characters of a text without special tokens"),
    ("sentences", "sentences", "Sentences of a text"),
    ("distinct_words", "share", "Different words of a text over its words"),
    ("digits", "share", "Share of digits in the characters of a text"),
    ("symbols", "share", "Share of characters that are neither letters, digits nor white space"),
    ("capitals", "share", "Share of capitals in the letters of a text"),
    ("tokens", "tokens", "Tokens of a text by the tokenizer that was given"),
];

/// Phrases that say nothing about a picture: those named by the authors of Conceptual Captions (Sharma
/// et al. 2018, section 3) and what else photo agencies and shops leave behind.
pub(crate) const BOILERPLATE: [&str; 22] = [
    "click to enlarge",
    "stock photo",
    "stock image",
    "embedded image permalink",
    "profile photo",
    "royalty free",
    "all rights reserved",
    "click here",
    "free shipping",
    "buy now",
    "add to cart",
    "free download",
    "getty images",
    "shutterstock",
    "alamy",
    "istock",
    "dreamstime",
    "depositphotos",
    "image not available",
    "no description available",
    "image may contain",
    "photo credit",
];

/// What stands for the pictures of a row that cannot be compared because one of them is broken, and of
/// one that is like no other because it has none.
pub(crate) const BROKEN: u64 = 0;
pub(crate) const ALONE: u64 = u64::MAX;

/// What one chunk gave.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) index: u64,
    /// Bytes of input, for the progress bar.
    pub(crate) consumed: u64,
    /// Rows that were looked at, bad ones included.
    pub(crate) rows: u64,
    pub(crate) fields: Fields,
    /// Kind, row and reason.
    pub(crate) defects: Vec<(&'static str, u64, String)>,
    /// Positions of the sound rows; everything below is per sound row.
    pub(crate) row: Vec<u64>,
    pub(crate) id: Vec<Option<u64>>,
    /// Stands for the text, as `document_deduplicator` compares it.
    pub(crate) text: Vec<u64>,
    pub(crate) bands: Option<ArrayRef>,
    /// Stands for the pictures, as `image_deduplicator` compares them; [`BROKEN`] or [`ALONE`].
    pub(crate) look: Vec<u64>,
    /// Per gauge.
    pub(crate) stats: Vec<Vec<StatColumn>>,
    /// Per number of [`NUMBERS`]; NaN where there is none.
    pub(crate) numbers: Vec<Vec<f64>>,
    pub(crate) script: Vec<usize>,
    /// Special tokens for pictures in the text.
    pub(crate) placeholders: Vec<u32>,
    pub(crate) words: Words,
    /// Rows per phrase of [`BOILERPLATE`].
    pub(crate) boilerplate: Vec<Vec<u64>>,
    pub(crate) pictures: Vec<Vec<Look>>,
}

/// The words of all texts of a chunk.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The different ones.
    pub(crate) known: Vec<String>,
    /// All of them, as places in `known`.
    pub(crate) sequence: Vec<u32>,
    /// Where each row's end, in `sequence`.
    pub(crate) ends: Vec<usize>,
    places: HashMap<String, u32>,
    /// Per known word the phrases of [`BOILERPLATE`] that begin with it, one bit each.
    begins: Vec<u32>,
}

impl Words {
    fn push(&mut self, word: &str) {
        let known = self.places.get(word).copied();
        let place = known.unwrap_or_else(|| {
            let place = self.known.len() as u32;
            self.known.push(word.to_owned());
            self.begins.push(phrases_with(word));
            self.places.insert(word.to_owned(), place);
            place
        });
        self.sequence.push(place);
    }
}

/// What a thread measures with.
pub(crate) struct Measuring<'a> {
    pub(crate) options: &'a Options,
    pub(crate) battery: &'a Battery,
    pub(crate) tokenizer: Option<Arc<HfTokenizer>>,
    pub(crate) pictures: Pictures,
}

impl Measuring<'_> {
    /// Measures the rows of a chunk, or of them those at the positions `chosen`.
    ///
    /// # Errors
    /// When an operator or the tokenizer fails as a whole.
    pub(crate) fn chunk(
        &self,
        chunk: &RawChunk,
        chosen: Option<&[u64]>,
    ) -> Result<Findings, ExploreError> {
        let wanted = |row: u64| chosen.is_none_or(|rows| rows.binary_search(&row).is_ok());
        let (mut batch, faults) = chunk.parse(&self.options.keys)?;
        let mut findings = Findings {
            index: chunk.index,
            consumed: chunk.consumed,
            rows: chosen.map_or(chunk.rows(), |rows| rows.len() as u64),
            fields: Fields::of(chunk, wanted),
            ..Findings::default()
        };
        if chosen.is_some() {
            let keep: BooleanArray =
                batch.row.values().iter().map(|row| Some(wanted(*row))).collect();
            batch = batch.filter(&keep)?;
        }
        for fault in faults.into_iter().filter(|fault| wanted(fault.row)) {
            findings.defects.push(defect_of(fault));
        }
        findings.row = batch.row.values().to_vec();
        let id = |id: Option<&str>| id.map(|id| hash::key_of([id.as_bytes()]));
        findings.id = batch.id.iter().map(id).collect();
        self.operators(chunk, &batch, &mut findings)?;
        self.texts(&batch, &mut findings)?;
        findings.pictures = (0..batch.len())
            .map(|row| look(&batch, &self.pictures, row, self.options.pixels))
            .collect();
        Ok(findings)
    }

    fn operators(
        &self,
        chunk: &RawChunk,
        batch: &Batch,
        findings: &mut Findings,
    ) -> Result<(), ExploreError> {
        let suffix = chunk.file.path.extension().map(|suffix| format!(".{}", suffix.display()));
        let suffix = suffix.unwrap_or_default();
        let Options { keys, tokens, seed, .. } = self.options;
        let (pictures, cuts) = (&self.pictures, &CutTexts::default());
        let context = Context { keys, tokens, seed: *seed, pictures, cuts, suffix: &suffix };
        let measure = |operator: &Operator| {
            Delta::measure(operator, batch, &context).map_err(|source| ExploreError::Operator {
                operator: operator.name().to_owned(),
                first_row: chunk.first_row,
                source,
            })
        };
        for gauge in &self.battery.gauges {
            findings.stats.push(measure(&gauge.operator)?.columns);
        }
        let texts = measure(&self.battery.texts)?;
        let sums = texts.columns.first().and_then(|column| column.values.as_string_opt::<i32>());
        findings.text = match sums {
            Some(sums) => sums.iter().map(|sum| sum_key(sum.unwrap_or_default())).collect(),
            None => vec![0; batch.len()],
        };
        findings.look = vec![ALONE; batch.len()];
        if let Some(pictures) = &self.battery.pictures {
            let found = measure(pictures)?;
            found.faults.iter().for_each(|fault| findings.look[fault.index] = BROKEN);
            let hashes =
                found.columns.first().and_then(|column| column.values.as_string_opt::<i32>());
            for (look, hash) in findings.look.iter_mut().zip(hashes.into_iter().flatten()) {
                if let Some(hash) = hash {
                    *look = hash::key_of([hash.as_bytes()]).clamp(BROKEN + 1, ALONE - 1);
                }
            }
        }
        let near = measure(&self.battery.near_texts)?;
        findings.bands = near.columns.into_iter().next().map(|column| column.values);
        Ok(())
    }

    fn texts(&self, batch: &Batch, findings: &mut Findings) -> Result<(), ExploreError> {
        let mut buffer = String::new();
        let mut own: Vec<u32> = Vec::new();
        let mut joined = String::new();
        findings.numbers = vec![Vec::with_capacity(batch.len()); NUMBERS.len()];
        findings.boilerplate = vec![Vec::new(); BOILERPLATE.len()];
        for index in 0..batch.len() {
            let (row, raw) = (batch.row.value(index), batch.text.value(index));
            let text = without_tokens(raw, &self.options.tokens);
            findings.placeholders.push(count_of(raw, &self.options.tokens.image));
            if text.is_empty() {
                findings.defects.push(("empty_text", row, String::new()));
            }
            damages(&text, |kind, note| findings.defects.push((kind, row, note)));
            findings.script.push(script_of(&text));
            let start = findings.words.sequence.len();
            each_word(&text, &mut buffer, |word| findings.words.push(word));
            findings.words.ends.push(findings.words.sequence.len());
            own.clear();
            own.extend(&findings.words.sequence[start..]);
            joined.clear();
            for word in &own {
                joined.push(' ');
                joined.push_str(&findings.words.known[*word as usize]);
            }
            joined.push(' ');
            let begun = own.iter().fold(0, |all, word| all | findings.words.begins[*word as usize]);
            for (place, rows) in findings.boilerplate.iter_mut().enumerate() {
                if begun >> place & 1 == 1 && has_words(&joined, BOILERPLATE[place]) {
                    rows.push(row);
                }
            }
            let words = own.len();
            own.sort_unstable();
            own.dedup();
            let tokens = self.tokens_of(&text)?;
            let values = numbers_of(&text, words, own.len(), tokens);
            for (column, value) in findings.numbers.iter_mut().zip(values) {
                column.push(value);
            }
        }
        Ok(())
    }

    fn tokens_of(&self, text: &str) -> Result<f64, ExploreError> {
        let Some(tokenizer) = &self.tokenizer else {
            return Ok(f64::NAN);
        };
        let path = self.options.tokenizer.clone().unwrap_or_default();
        let wrong = |message| ExploreError::Model { what: "tokenizer", path, message };
        tokenizer.count(text).map(|count| count as f64).map_err(wrong)
    }
}

/// The numbers of a text, in the order of [`NUMBERS`].
fn numbers_of(text: &str, words: usize, distinct: usize, tokens: f64) -> [f64; NUMBERS.len()] {
    let (mut characters, mut digits, mut symbols) = (0_u32, 0_u32, 0_u32);
    let (mut letters, mut capitals) = (0_u32, 0_u32);
    for character in text.chars() {
        characters += 1;
        if is_alphabetic(character) {
            letters += 1;
            capitals += u32::from(character.is_uppercase());
        } else if is_decimal(character) {
            digits += 1;
        } else if !is_alphanumeric(character) && !is_whitespace(character) {
            symbols += 1;
        }
    }
    let share = |part: u32, whole: u32| {
        if whole == 0 { f64::NAN } else { f64::from(part) / f64::from(whole) }
    };
    [
        words as f64,
        f64::from(characters),
        sentences(text) as f64,
        share(distinct as u32, words as u32),
        share(digits, characters),
        share(symbols, characters),
        share(capitals, letters),
        tokens,
    ]
}

/// The phrases that begin with a word, one bit each.
fn phrases_with(word: &str) -> u32 {
    let begins = |phrase: &str| phrase.split(' ').next() == Some(word);
    let phrases = BOILERPLATE.iter().enumerate().filter(|(_, phrase)| begins(phrase));
    phrases.fold(0, |bits, (place, _)| bits | 1 << place)
}

/// Whether the words of `phrase` stand in `joined`, words with one space around each.
fn has_words(joined: &str, phrase: &str) -> bool {
    joined.match_indices(phrase).any(|(place, _)| {
        let (before, after) = (&joined[..place], &joined[place + phrase.len()..]);
        before.ends_with(' ') && after.starts_with(' ')
    })
}

fn count_of(text: &str, token: &str) -> u32 {
    if token.is_empty() { 0 } else { text.matches(token).count() as u32 }
}

/// A row that cannot be worked on, as a defect.
fn defect_of(fault: RowFault) -> (&'static str, u64, String) {
    let kind = match fault.kind {
        FaultKind::Malformed => "malformed_row",
        FaultKind::NoText => "missing_text",
        FaultKind::WrongType => "wrong_type",
    };
    (kind, fault.row, fault.message)
}

/// The first 64 bits of an MD5 sum in hexadecimal digits.
fn sum_key(sum: &str) -> u64 {
    sum.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}
