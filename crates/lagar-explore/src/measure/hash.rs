//! Hash maps of numbers that are hashes already, or nearly so.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use lagar_core::Digest;

/// A map whose keys are numbers.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// Spreads a number over 64 bits (multiply and fold); for texts it is slow but right.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread(u64);

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0.rotate_left(23) ^ number ^ FACTOR) * u128::from(FACTOR);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

/// 64 bits that stand for some bytes: among ten million things, two share one with a chance of three
/// in a million.
pub(crate) fn key_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let Digest(bytes) = Digest::of_parts(parts);
    let mut short = [0; 8];
    short.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(short)
}
