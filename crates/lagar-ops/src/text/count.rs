//! How often each of a text's pieces occurs, counted without allocating per text.
//!
//! A table with open addressing whose slots carry the number of the text they belong to: starting
//! the next text costs one addition instead of clearing. Keys are any hash plus a comparison the
//! caller makes, so that pieces can stay where they are.

#![expect(
    clippy::cast_possible_truncation,
    reason = "hashes are cut on purpose, and a text has fewer than 2^32 pieces"
)]

/// Counts pieces of one text after another.
#[derive(Clone, Debug)]
pub struct Counter {
    slots: Vec<Slot>,
    /// The places of this text's slots, in order of first occurrence.
    used: Vec<u32>,
    round: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    round: u32,
    /// Which piece stands for all its equals.
    piece: u32,
    count: u32,
    /// High bits of the hash, so that unequal pieces are seldom compared.
    tag: u32,
}

impl Default for Counter {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); 256], used: Vec::new(), round: 0 }
    }
}

impl Counter {
    /// Forgets all counts and makes room for `pieces` different ones.
    pub fn start(&mut self, pieces: usize) {
        self.used.clear();
        let wanted = (pieces * 2).next_power_of_two();
        if wanted > self.slots.len() || self.round == u32::MAX {
            self.slots = vec![Slot::default(); wanted.max(self.slots.len())];
            self.round = 0;
        }
        self.round += 1;
    }

    /// Counts piece number `piece`; `same` says whether it equals an earlier one of that number.
    #[inline]
    pub fn count(&mut self, hash: u64, piece: u32, same: impl Fn(u32) -> bool) {
        let mask = self.slots.len() - 1;
        let tag = hash as u32;
        let mut place = (hash >> 32) as usize & mask;
        loop {
            let slot = &mut self.slots[place];
            if slot.round != self.round {
                *slot = Slot { round: self.round, piece, count: 1, tag };
                self.used.push(place as u32);
                return;
            }
            if slot.tag == tag && same(slot.piece) {
                slot.count += 1;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    /// How many different pieces there are.
    pub fn distinct(&self) -> usize {
        self.used.len()
    }

    /// How often each different piece occurs, in order of first occurrence.
    pub fn counts(&self) -> impl Iterator<Item = u32> {
        self.used.iter().map(|place| self.slots[*place as usize].count)
    }
}

/// Spreads a key over 64 bits (multiply and fold).
#[inline]
pub(crate) fn mix(key: u64, seed: u64) -> u64 {
    let product = u128::from(key ^ seed) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}

/// A hash of some bytes.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = mix(u64::from_le_bytes(last), bytes.len() as u64 + 1);
    words.iter().fold(start, |hash, word| mix(u64::from_le_bytes(*word), hash.rotate_left(23)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(counter: &mut Counter, pieces: &[&str]) -> Vec<u32> {
        counter.start(pieces.len());
        for (number, piece) in pieces.iter().enumerate() {
            let same = |other: u32| pieces[other as usize] == *piece;
            counter.count(hash_bytes(piece.as_bytes()), number as u32, same);
        }
        counter.counts().collect()
    }

    #[test]
    fn one_text_knows_nothing_of_the_last() {
        let mut counter = Counter::default();
        assert_eq!(counted(&mut counter, &["a", "b", "a", "c", "a", "b"]), [3, 2, 1]);
        assert_eq!(counted(&mut counter, &["b", "a"]), [1, 1]);
        assert_eq!(counter.distinct(), 2);
    }

    #[test]
    fn equal_hashes_of_unequal_pieces_stay_apart_and_the_table_grows() {
        let mut counter = Counter::default();
        counter.start(1_000);
        for piece in 0..1_000 {
            counter.count(7, piece, |other| other % 10 == piece % 10);
        }
        assert_eq!(counter.counts().collect::<Vec<_>>(), [100; 10]);
    }
}
