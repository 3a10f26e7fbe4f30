//! N-grams as a tree of sorted ranges in packed bits, KenLM's `trie` binaries.
//!
//! Source: kpu/kenlm, `lm/trie.hh`, `lm/trie.cc`, `lm/search_trie.hh`, `util/bit_packing.hh`.

use std::cmp::Ordering;

use super::binary::{Header, Image, word_hash};
use super::{Gram, Grams};

/// Bits of a score, without its sign, and of a back-off weight.
const SCORE_BITS: u32 = 31;
const BACK_OFF_BITS: u32 = 32;

/// The tables of a binary.
#[derive(Debug)]
pub(super) struct Trie {
    image: Image,
    /// Where the sorted hashes of the words begin, and how many there are.
    words: (u64, u64),
    unigrams: u64,
    /// N-grams of two words and more.
    longer: Vec<Level>,
}

/// N-grams of one length: word, score, and but for the longest ones back-off and first longer one.
#[derive(Clone, Copy, Debug)]
struct Level {
    start: u64,
    word_bits: u32,
    /// Bits of the first longer one; the longest n-grams have none, and no back-off weight.
    next_bits: Option<u32>,
}

/// How many bits numbers up to `most` take.
fn bits_of(most: u64) -> u32 {
    64 - most.leading_zeros()
}

impl Level {
    fn bits(&self) -> u64 {
        let more = self.next_bits.map_or(0, |next| BACK_OFF_BITS + next);
        u64::from(self.word_bits + SCORE_BITS + more)
    }

    fn end(&self, entries: u64) -> u64 {
        self.start + ((1 + entries) * self.bits()).div_ceil(8) + 8
    }

    /// `count` bits, at most 57, of entry `entry`, from `offset` on.
    fn read(&self, image: &Image, entry: u64, offset: u32, count: u32) -> Option<u64> {
        let place = entry.checked_mul(self.bits())?.checked_add(u64::from(offset))?;
        let word = image.u64(self.start.checked_add(place / 8)?)?;
        Some(word >> (place % 8) & ((1 << count) - 1))
    }

    /// The entry of `word` in a sorted range.
    fn find(&self, image: &Image, [mut begin, mut end]: [u64; 2], word: u32) -> Option<u64> {
        while begin < end {
            let middle = begin + (end - begin) / 2;
            match self.read(image, middle, 0, self.word_bits)?.cmp(&u64::from(word)) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => begin = middle + 1,
                Ordering::Greater => end = middle,
            }
        }
        None
    }

    fn gram(&self, image: &Image, entry: u64) -> Option<Gram> {
        let score = self.read(image, entry, self.word_bits, SCORE_BITS)?;
        let score = f32::from_bits(score as u32 | 1 << 31);
        let Some(next_bits) = self.next_bits else {
            return Some(Gram { score, back_off: 0.0, place: [0, 0] });
        };
        let offset = self.word_bits + SCORE_BITS;
        let back_off = self.read(image, entry, offset, BACK_OFF_BITS)?;
        let next = |entry| self.read(image, entry, offset + BACK_OFF_BITS, next_bits);
        let place = [next(entry)?, next(entry + 1)?];
        Some(Gram { score, back_off: f32::from_bits(back_off as u32), place })
    }
}

impl Trie {
    /// The tables, if the file has all of them.
    pub(super) fn new(image: Image, header: &Header) -> Option<Self> {
        let Header { counts, len, .. } = header;
        let start = *len as u64;
        let words = (start + 8, image.u64(start)?.min(counts[0]));
        let unigrams = start + 8 + 8 * counts[0];
        let mut start = unigrams + (counts[0] + 2) * 16;
        let mut longer = Vec::new();
        for (length, count) in counts.iter().enumerate().skip(1) {
            let next_bits = counts.get(length + 1).map(|most| bits_of(*most));
            let level = Level { start, word_bits: bits_of(counts[0]), next_bits };
            start = level.end(*count);
            longer.push(level);
        }
        (start <= image.len()).then_some(Self { image, words, unigrams, longer })
    }
}

impl Grams for Trie {
    fn order(&self) -> usize {
        self.longer.len() + 1
    }

    fn word(&self, word: &str) -> u32 {
        let hash = word_hash(word);
        let (start, count) = self.words;
        let (mut begin, mut end) = (0, count);
        while begin < end {
            let middle = begin + (end - begin) / 2;
            match self.image.u64(start + 8 * middle).map(|found| found.cmp(&hash)) {
                Some(Ordering::Equal) => return middle as u32 + 1,
                Some(Ordering::Less) => begin = middle + 1,
                _ => end = middle,
            }
        }
        0
    }

    fn unigram(&self, word: u32) -> Gram {
        let place = self.unigrams + u64::from(word) * 16;
        let read = || {
            let (score, back_off) = (self.image.f32(place)?, self.image.f32(place + 4)?);
            let place = [self.image.u64(place + 8)?, self.image.u64(place + 24)?];
            Some(Gram { score, back_off, place })
        };
        read().unwrap_or(Gram { score: 0.0, back_off: 0.0, place: [0, 0] })
    }

    fn longer(&self, gram: &Gram, length: usize, word: u32) -> Option<Gram> {
        let level = self.longer.get(length - 1)?;
        level.gram(&self.image, level.find(&self.image, gram.place, word)?)
    }
}
