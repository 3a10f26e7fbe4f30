//! NumPy's default generator, bit for bit: what `dataset.shuffle(seed=…)` draws from.
//!
//! `numpy.random.default_rng(seed)` is PCG64 (XSL-RR 128/64, M. O'Neill 2014) seeded through
//! `SeedSequence` (a hash after M. O'Neill's `seed_seq_fe128`); `permutation` is a Fisher–Yates walk
//! from the end that draws bounded integers by masked rejection.

#![expect(clippy::cast_possible_truncation, reason = "the halves of wide integers are meant")]

const INIT_A: u32 = 0x43b0_d7e5;
const MULTIPLIER_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULTIPLIER_B: u32 = 0x58f3_8ded;
const MIX_LEFT: u32 = 0xca01_f9dd;
const MIX_RIGHT: u32 = 0x4973_f715;
const POOL: usize = 4;
const PCG_MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// NumPy's PCG64 behind `default_rng`.
#[derive(Clone, Debug)]
pub struct DefaultRng {
    state: u128,
    increment: u128,
    /// The unused half of the last 64 bits, for 32-bit draws.
    half: Option<u32>,
}

impl DefaultRng {
    /// The generator `numpy.random.default_rng(seed)`.
    pub fn new(seed: u64) -> Self {
        let words = seed_words(seed);
        let wide = |high: u64, low: u64| (u128::from(high) << 64) | u128::from(low);
        let increment = (wide(words[2], words[3]) << 1) | 1;
        let mut rng = Self { state: 0, increment, half: None };
        rng.step();
        rng.state = rng.state.wrapping_add(wide(words[0], words[1]));
        rng.step();
        rng
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(PCG_MULTIPLIER).wrapping_add(self.increment);
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// The next 32 random bits: the low half first, then the high half of the same draw.
    pub fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let both = self.next_u64();
        self.half = Some((both >> 32) as u32);
        both as u32
    }

    /// An integer in `0..=max` by masked rejection, as NumPy's `random_interval`.
    pub fn at_most(&mut self, max: u64) -> u64 {
        if max == 0 {
            return 0;
        }
        let mask = u64::MAX >> max.leading_zeros();
        loop {
            let draw = if u32::try_from(max).is_ok() {
                u64::from(self.next_u32()) & mask
            } else {
                self.next_u64() & mask
            };
            if draw <= max {
                return draw;
            }
        }
    }

    /// `permutation(count)`: the numbers below `count` in random order.
    pub fn permutation(&mut self, count: u64) -> Vec<u64> {
        let mut order: Vec<u64> = (0..count).collect();
        for place in (1..order.len()).rev() {
            let other = self.at_most(place as u64) as usize;
            order.swap(place, other);
        }
        order
    }
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_words(seed: u64) -> [u64; 4] {
    let mut entropy = vec![seed as u32];
    if seed >> 32 != 0 {
        entropy.push((seed >> 32) as u32);
    }
    let mut constant = INIT_A;
    let mut hash = |value: u32| {
        let mut value = value ^ constant;
        constant = constant.wrapping_mul(MULTIPLIER_A);
        value = value.wrapping_mul(constant);
        value ^ (value >> 16)
    };
    let mut pool = [0_u32; POOL];
    for (place, slot) in pool.iter_mut().enumerate() {
        *slot = hash(entropy.get(place).copied().unwrap_or_default());
    }
    for source in 0..POOL {
        for target in 0..POOL {
            if source != target {
                let mixed = MIX_LEFT
                    .wrapping_mul(pool[target])
                    .wrapping_sub(MIX_RIGHT.wrapping_mul(hash(pool[source])));
                pool[target] = mixed ^ (mixed >> 16);
            }
        }
    }
    let mut constant = INIT_B;
    let mut words = [0_u32; 2 * POOL];
    for (place, word) in words.iter_mut().enumerate() {
        let mut value = pool[place % POOL] ^ constant;
        constant = constant.wrapping_mul(MULTIPLIER_B);
        value = value.wrapping_mul(constant);
        *word = value ^ (value >> 16);
    }
    let pair = |place: usize| u64::from(words[2 * place]) | (u64::from(words[2 * place + 1]) << 32);
    [pair(0), pair(1), pair(2), pair(3)]
}

/// `numpy.mean` of numbers: summed in pairs of eight, as NumPy does; `None` of none.
pub(crate) fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| sum(numbers) / numbers.len() as f64)
}

fn sum(numbers: &[f64]) -> f64 {
    if numbers.len() < 8 {
        return numbers.iter().fold(0.0, |sum, number| sum + number);
    }
    if numbers.len() > 128 {
        let half = numbers.len() / 2;
        let (left, right) = numbers.split_at(half - half % 8);
        return sum(left) + sum(right);
    }
    let (blocks, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, number)| *sum += number);
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, number| sum + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.random.default_rng(42).permutation(10)` of NumPy 2.4.
    #[test]
    fn the_permutation_is_numpys() {
        assert_eq!(DefaultRng::new(42).permutation(10), [5, 6, 0, 7, 3, 2, 4, 9, 1, 8]);
    }

    #[test]
    fn raw_draws_are_numpys() {
        let mut rng = DefaultRng::new(42);
        assert_eq!(rng.next_u64(), 14_276_969_152_011_380_360);
    }
}
