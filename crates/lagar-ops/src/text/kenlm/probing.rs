//! N-grams in hash tables, KenLM's `probing` binaries.
//!
//! Source: kpu/kenlm, `lm/search_hashed.hh`, `util/probing_hash_table.hh`.

use super::binary::{Header, Image, word_hash};
use super::{Gram, Grams};

/// The tables of a binary.
#[derive(Debug)]
pub(super) struct Probing {
    image: Image,
    words: Table,
    unigrams: u64,
    /// N-grams of two words and more.
    longer: Vec<Table>,
}

/// Entries of `width` bytes that begin with their key; key 0 is an empty bucket.
#[derive(Clone, Copy, Debug)]
struct Table {
    start: u64,
    buckets: u64,
    width: u64,
}

impl Table {
    fn new(start: u64, entries: u64, multiplier: f32, width: u64) -> Self {
        let buckets = (multiplier * entries as f32) as u64;
        Self { start, buckets: buckets.max(entries + 1), width }
    }

    fn end(&self) -> u64 {
        self.start + self.buckets * self.width
    }

    /// Where the value of a key stands.
    fn find(&self, image: &Image, key: u64) -> Option<u64> {
        let mut bucket = key % self.buckets;
        for _ in 0..self.buckets {
            let entry = self.start + bucket * self.width;
            match image.u64(entry)? {
                found if found == key => return Some(entry + 8),
                0 => return None,
                _ => bucket = if bucket + 1 == self.buckets { 0 } else { bucket + 1 },
            }
        }
        None
    }
}

impl Probing {
    /// The tables, if the file has all of them.
    pub(super) fn new(image: Image, header: &Header) -> Option<Self> {
        let Header { multiplier, counts, len } = header;
        let words = Table::new(*len as u64 + 8, counts[0], *multiplier, 12);
        let unigrams = words.end();
        let mut start = unigrams + (counts[0] + 1) * 8;
        let mut longer = Vec::new();
        for (length, count) in counts.iter().enumerate().skip(1) {
            let width = if length + 1 == counts.len() { 12 } else { 16 };
            let table = Table::new(start, *count, *multiplier, width);
            start = table.end();
            longer.push(table);
        }
        (start <= image.len()).then_some(Self { image, words, unigrams, longer })
    }

    fn gram(&self, place: u64, has_back_off: bool, key: u64) -> Option<Gram> {
        // The sign says whether the n-gram may grow; all scores are negative.
        let score = -self.image.f32(place)?.abs();
        let back_off = if has_back_off { self.image.f32(place + 4)? } else { 0.0 };
        Some(Gram { score, back_off, place: [key, 0] })
    }
}

impl Grams for Probing {
    fn order(&self) -> usize {
        self.longer.len() + 1
    }

    fn word(&self, word: &str) -> u32 {
        let found = self.words.find(&self.image, word_hash(word));
        found.and_then(|place| self.image.u32(place)).unwrap_or_default()
    }

    fn unigram(&self, word: u32) -> Gram {
        let gram = self.gram(self.unigrams + u64::from(word) * 8, true, u64::from(word));
        gram.unwrap_or(Gram { score: 0.0, back_off: 0.0, place: [0, 0] })
    }

    fn longer(&self, gram: &Gram, length: usize, word: u32) -> Option<Gram> {
        let table = self.longer.get(length - 1)?;
        let key = gram.place[0].wrapping_mul(8_978_948_897_894_561_157)
            ^ (1 + u64::from(word)).wrapping_mul(17_894_857_484_156_487_943);
        self.gram(table.find(&self.image, key)?, length + 1 < self.order(), key)
    }
}
