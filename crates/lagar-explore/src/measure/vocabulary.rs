//! Words and sequences of words of all texts, counted in the order of the rows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use lagar_core::CoreError;

use super::chunk::{BOILERPLATE, Findings};
use super::diversity::{Frequencies, Mtld, growth, hdd};
use super::hash::NumberMap;
use crate::ExploreError;
use crate::profile::{Counted, Example, NGrams, Phrase, Place, Vocabulary};

/// How many words and sequences a profile lists.
const TOP: usize = 100;
/// Words of an opening or a closing.
const ENDS: usize = 4;
/// How many of them are listed, and how many rows one must have.
const TOP_PHRASES: usize = 10;
const LEAST_ROWS: u64 = 3;
/// The most sequences of one length that are counted at a time; beyond it rare ones are forgotten.
const MOST_SEQUENCES: usize = 3_600_000;
/// Bits of a word's number in a sequence of three.
const BITS: u32 = 21;

/// Everything about words so far.
#[derive(Debug)]
pub(crate) struct WordBook {
    numbers: HashMap<String, u32>,
    counts: Vec<u64>,
    tokens: u64,
    pairs: Sequences<u64>,
    triples: Sequences<u64>,
    openings: Sequences<[u32; ENDS]>,
    closings: Sequences<[u32; ENDS]>,
    texts: u64,
    boilerplate: Vec<(u64, u64)>,
    forwards: Mtld,
    /// All words by number, to be read backwards.
    spool: BufWriter<File>,
}

/// Counts of sequences, each with the first row it is in.
#[derive(Debug, Default)]
struct Sequences<K> {
    counts: NumberMap<K, (u32, u64)>,
    total: u64,
    missed: u64,
}

impl<K: Copy + Eq + std::hash::Hash + Ord> Sequences<K> {
    fn push(&mut self, key: K, row: u64) {
        self.total += 1;
        self.counts.entry(key).or_insert((0, row)).0 += 1;
        if self.counts.len() > MOST_SEQUENCES {
            self.forget();
        }
    }

    /// Drops the rarest until a third is free.
    fn forget(&mut self) {
        let mut least = 1;
        let keep = MOST_SEQUENCES - MOST_SEQUENCES / 3;
        while self.counts.values().filter(|(count, _)| *count > least).count() > keep {
            least += 1;
        }
        self.counts.retain(|_, (count, _)| *count > least);
        self.missed += u64::from(least);
    }

    /// The most frequent ones: count descending, then as they occurred first.
    fn top(&self, most: usize) -> Vec<(K, u64, u64)> {
        let mut all: Vec<(K, u64, u64)> =
            self.counts.iter().map(|(key, (count, row))| (*key, u64::from(*count), *row)).collect();
        let order = |found: &(K, u64, u64)| (std::cmp::Reverse(found.1), found.2, found.0);
        if all.len() > most {
            all.select_nth_unstable_by_key(most, order);
            all.truncate(most);
        }
        all.sort_unstable_by_key(order);
        all
    }
}

impl WordBook {
    pub(crate) fn new(scratch: &Path) -> Result<Self, ExploreError> {
        let spool = tempfile::tempfile_in(scratch).map_err(CoreError::file("make", scratch))?;
        Ok(Self {
            numbers: HashMap::new(),
            counts: Vec::new(),
            tokens: 0,
            pairs: Sequences::default(),
            triples: Sequences::default(),
            openings: Sequences::default(),
            closings: Sequences::default(),
            texts: 0,
            boilerplate: vec![(0, 0); BOILERPLATE.len()],
            forwards: Mtld::default(),
            spool: BufWriter::with_capacity(1 << 16, spool),
        })
    }

    /// Takes in the words of the chunk that follows.
    pub(crate) fn take(&mut self, findings: &mut Findings) -> Result<(), ExploreError> {
        let words = std::mem::take(&mut findings.words);
        let numbers: Vec<u32> = words.known.into_iter().map(|word| self.number_of(word)).collect();
        let mut start = 0;
        for (end, row) in words.ends.iter().zip(&findings.row) {
            let own: Vec<u32> =
                words.sequence[start..*end].iter().map(|word| numbers[*word as usize]).collect();
            self.text(&own, *row)?;
            start = *end;
        }
        for (known, rows) in self.boilerplate.iter_mut().zip(&findings.boilerplate) {
            if known.0 == 0 {
                known.1 = rows.first().copied().unwrap_or_default();
            }
            known.0 += rows.len() as u64;
        }
        Ok(())
    }

    fn number_of(&mut self, word: String) -> u32 {
        let next = self.counts.len() as u32;
        let number = *self.numbers.entry(word).or_insert(next);
        if number == next {
            self.counts.push(0);
        }
        number
    }

    fn text(&mut self, words: &[u32], row: u64) -> Result<(), ExploreError> {
        let full = |error| CoreError::file("write", "(words)")(error);
        self.texts += 1;
        self.tokens += words.len() as u64;
        for word in words {
            self.counts[*word as usize] += 1;
            self.forwards.push(*word);
            self.spool.write_all(&word.to_le_bytes()).map_err(full)?;
        }
        for pair in words.windows(2) {
            self.pairs.push(u64::from(pair[0]) << 32 | u64::from(pair[1]), row);
        }
        for triple in words.windows(3) {
            // Beyond two million words a new one is rare, and so is any sequence with it.
            if triple.iter().all(|word| word >> BITS == 0) {
                let key = triple.iter().fold(0, |key, word| key << BITS | u64::from(*word));
                self.triples.push(key, row);
            }
        }
        if words.len() > ENDS {
            let (first, last) = (&words[..ENDS], &words[words.len() - ENDS..]);
            self.openings.push(std::array::from_fn(|place| first[place]), row);
            self.closings.push(std::array::from_fn(|place| last[place]), row);
        }
        Ok(())
    }

    /// What the profile says, and all words with their counts, most frequent first.
    pub(crate) fn finish(mut self) -> Result<(Vocabulary, Vec<Counted>), ExploreError> {
        let backwards = self.backwards()?;
        let mut known = vec![String::new(); self.counts.len()];
        for (word, number) in std::mem::take(&mut self.numbers).into_iter().collect::<Vec<_>>() {
            known[number as usize] = word;
        }
        let mut frequencies = Frequencies::new();
        for count in &self.counts {
            *frequencies.entry(*count).or_default() += 1;
        }
        let types = self.counts.len() as u64;
        let directions = self.forwards.get().zip(backwards.get());
        let vocabulary = Vocabulary {
            tokens: self.tokens,
            types,
            once: frequencies.get(&1).copied().unwrap_or_default(),
            type_token_ratio: types as f64 / self.tokens.max(1) as f64,
            hdd: hdd(&frequencies, self.tokens),
            mtld: directions.map(|(one, other)| f64::midpoint(one, other)),
            growth: growth(&frequencies, self.tokens),
            words: Vec::new(),
            ngrams: vec![
                ngrams(2, &self.pairs, |key| vec![(key >> 32) as u32, key as u32], &known),
                ngrams(3, &self.triples, unpacked, &known),
            ],
            phrases: self.phrases(&known),
        };
        let mut words: Vec<Counted> = known
            .into_iter()
            .zip(&self.counts)
            .map(|(text, count)| Counted { text, count: *count })
            .collect();
        words.sort_unstable_by(|one, other| {
            other.count.cmp(&one.count).then_with(|| one.text.cmp(&other.text))
        });
        let top = words.iter().take(TOP).cloned().collect();
        Ok((Vocabulary { words: top, ..vocabulary }, words))
    }

    fn backwards(&mut self) -> Result<Mtld, ExploreError> {
        const BLOCK: u64 = 1 << 18;
        let lost = |error| CoreError::file("read", "(words)")(error);
        self.spool.flush().map_err(lost)?;
        let file = self.spool.get_mut();
        let mut mtld = Mtld::default();
        let mut left = self.tokens;
        while left > 0 {
            let count = left.min(BLOCK);
            left -= count;
            file.seek(SeekFrom::Start(left * 4)).map_err(lost)?;
            let mut block = vec![0; count as usize * 4];
            file.read_exact(&mut block).map_err(lost)?;
            for word in block.as_chunks().0.iter().rev() {
                mtld.push(u32::from_le_bytes(*word));
            }
        }
        Ok(mtld)
    }

    fn phrases(&self, known: &[String]) -> Vec<Phrase> {
        let texts = self.texts.max(1) as f64;
        let phrase = |text: String, place, rows: u64, row: u64| Phrase {
            text,
            place,
            rows,
            share: rows as f64 / texts,
            example: Some(Example { row, ..Example::default() }),
        };
        let mut phrases = Vec::new();
        for (place, ends) in [(Place::Opening, &self.openings), (Place::Closing, &self.closings)] {
            for (words, rows, row) in ends.top(TOP_PHRASES) {
                if rows >= LEAST_ROWS {
                    phrases.push(phrase(spelled(&words, known), place, rows, row));
                }
            }
        }
        let mut anywhere: Vec<Phrase> = BOILERPLATE
            .iter()
            .zip(&self.boilerplate)
            .filter(|(_, (rows, _))| *rows > 0)
            .map(|(text, (rows, row))| phrase((*text).to_owned(), Place::Anywhere, *rows, *row))
            .collect();
        anywhere.sort_by_key(|phrase| std::cmp::Reverse(phrase.rows));
        phrases.extend(anywhere);
        phrases
    }
}

fn unpacked(key: u64) -> Vec<u32> {
    let mask = (1 << BITS) - 1;
    [2, 1, 0].map(|place| (key >> (place * BITS)) as u32 & mask).to_vec()
}

fn spelled(words: &[u32], known: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(|word| known[*word as usize].as_str()).collect();
    words.join(" ")
}

fn ngrams(
    n: u32,
    sequences: &Sequences<u64>,
    unpack: impl Fn(u64) -> Vec<u32>,
    known: &[String],
) -> NGrams {
    let types = sequences.counts.len() as u64;
    let counted =
        |(key, count, _): (u64, u64, u64)| Counted { text: spelled(&unpack(key), known), count };
    NGrams {
        n,
        tokens: sequences.total,
        types,
        repetition: 1.0 - types as f64 / sequences.total.max(1) as f64,
        missed: sequences.missed,
        top: sequences.top(TOP).into_iter().map(counted).collect(),
    }
}
