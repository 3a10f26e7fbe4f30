//! Random numbers for resampling: the same on every machine, and a stream of its own per resample.
//!
//! Source: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", 2014.

/// The generator SplitMix64.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl SplitMix64 {
    /// The stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { state: mix(mix(seed.wrapping_add(STEP)) ^ stream.wrapping_mul(STEP)) }
    }

    /// The stream that goes on from `state`.
    pub fn from_state(state: u64) -> Self {
        Self { state }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A position below `n`, off even by at most n/2⁶⁴.
    pub fn next_below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// Two positions below `n`, from one step. Each is off even by at most n/2³².
    pub fn next_two_below(&mut self, n: u32) -> (usize, usize) {
        let bits = self.next_u64();
        let below = |half: u64| ((half * u64::from(n)) >> 32) as usize;
        (below(bits >> 32), below(bits & 0xFFFF_FFFF))
    }
}

/// The generator's output function: also a good hash of a 64-bit number.
pub fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        let mut generator = SplitMix64 { state: 1_234_567 };
        let numbers: Vec<u64> = (0..3).map(|_| generator.next_u64()).collect();
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(numbers, expected);
    }

    #[test]
    fn positions_are_below_n_and_evenly_spread() {
        let mut generator = SplitMix64::new(7, 0);
        let mut counts = [0; 10];
        for _ in 0..50_000 {
            let (one, other) = generator.next_two_below(10);
            counts[one] += 1;
            counts[other] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}
