//! The random permutations of `MinHash`, as Data-Juicer draws and applies them.

use sha1::{Digest as _, Sha1};

use crate::mersenne::RandomState;

/// The modulus of the permutations.
const PRIME: u64 = (1 << 61) - 1;
/// What a place holds when there was nothing to hash.
const EMPTY: u32 = u32::MAX;

/// A number of permutations of 32-bit hashes.
#[derive(Clone, Debug)]
pub struct Permutations {
    factors: Vec<u64>,
    summands: Vec<u64>,
}

impl Permutations {
    /// The first `count` permutations, from seed 42.
    pub fn new(count: usize) -> Self {
        let mut random = RandomState::new(42);
        let (mut factors, mut summands) = (Vec::new(), Vec::new());
        for _ in 0..count {
            factors.push(random.integer(1, PRIME));
            summands.push(random.integer(0, PRIME));
        }
        Self { factors, summands }
    }

    /// A signature of nothing.
    pub fn empty(&self) -> Vec<u32> {
        vec![EMPTY; self.factors.len()]
    }

    /// Takes one more shingle into a signature.
    pub fn add(&self, shingle: &[u8], signature: &mut [u32]) {
        let digest = Sha1::digest(shingle);
        let hash = u64::from(u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]));
        let permutations = self.factors.iter().zip(&self.summands);
        for (least, (factor, summand)) in signature.iter_mut().zip(permutations) {
            // The product wraps at 64 bits before the modulus is taken, as in NumPy.
            let wide = hash.wrapping_mul(*factor).wrapping_add(*summand);
            let folded = (wide & PRIME) + (wide >> 61);
            let reduced = if folded >= PRIME { folded - PRIME } else { folded };
            *least = (*least).min(reduced as u32);
        }
    }
}

/// The bytes of one band: its places as 64-bit numbers, high byte first.
pub(crate) fn band_bytes(places: &[u32]) -> Vec<u8> {
    places.iter().flat_map(|place| u64::from(*place).to_be_bytes()).collect()
}
