//! A small generator of pseudo-random numbers whose sequence never changes.
//!
//! Committed files are compared with a fresh generation byte for byte, so the numbers may not depend
//! on the version of a library. `SplitMix64`: Steele, Lea and Flood, "Fast Splittable Pseudorandom
//! Number Generators", OOPSLA 2014.

use lagar_core::random::SplitMix64;
pub(crate) use lagar_core::random::mix;

/// Drawing from `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    numbers: SplitMix64,
}

impl Random {
    /// A sequence of its own for each pair of a seed and a stream, so that what is drawn for one row
    /// does not depend on what was drawn for the row before.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let first = seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let state = SplitMix64::from_state(first).next_u64();
        Self { numbers: SplitMix64::from_state(state) }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.numbers.next_u64()
    }

    /// A whole number in `0..bound`; `bound` must not be 0.
    ///
    /// Multiply and shift instead of a remainder: the bias is below 2⁻³² for the bounds used here.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let high = self.next() >> 32;
        ((high * u64::from(bound)) >> 32) as u32
    }

    /// A whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True `count` times in `of` on average.
    pub(crate) fn chance(&mut self, count: u32, of: u32) -> bool {
        self.below(of) < count
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// An index into a list of `length` items, which must not be empty.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        let bound = u32::try_from(length).expect("lists to draw from are short");
        self.below(bound) as usize
    }

    /// Brings `items` into a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_splitmix64() {
        let mut random = Random { numbers: SplitMix64::from_state(1_234_567) };
        let numbers: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn a_number_stays_below_its_bound_and_reaches_every_value() {
        let mut random = Random::new(1, 2);
        let mut seen = [false; 7];
        for _ in 0..200 {
            seen[random.index(7)] = true;
        }
        assert_eq!(seen, [true; 7]);
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(Random::new(5, 0).next(), Random::new(5, 1).next());
    }
}
