//! Random numbers that are a function of their seed alone, on every machine and in every version.
//!
//! SplitMix64 (Steele, Lea and Flood 2014): one multiplication chain, equidistributed, and good
//! enough to draw a few hundred tokens.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a request's seed and the number of the text within the request.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut mixer = Self(seed);
        let mixed = mixer.next() ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03);
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1), in steps of 2⁻⁵³.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [random.unit().to_bits(), random.unit().to_bits()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let mut random = Random::new(1, 0);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[(random.unit() * 10.0) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
