//! NumPy's older generator, bit for bit: what `numpy.random.RandomState` draws from.
//!
//! The Mersenne Twister MT19937 (Matsumoto, Nishimura 1998), seeded by one integer; bounded 64-bit
//! integers are drawn by masked rejection, high half first.

const WORDS: usize = 624;
const SHIFT: usize = 397;

/// `numpy.random.RandomState(seed)`.
#[derive(Clone, Debug)]
pub struct RandomState {
    words: Vec<u32>,
    next: usize,
}

impl RandomState {
    /// The generator of a seed.
    pub fn new(seed: u32) -> Self {
        let mut words = vec![seed];
        for place in 1..WORDS as u32 {
            let last = words[place as usize - 1];
            words.push(1_812_433_253_u32.wrapping_mul(last ^ last >> 30).wrapping_add(place));
        }
        Self { words, next: WORDS }
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    fn twist(&mut self) {
        for place in 0..WORDS {
            let high = self.words[place] & 0x8000_0000;
            let both = high | self.words[(place + 1) % WORDS] & 0x7fff_ffff;
            let flip = if both & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[place] = self.words[(place + SHIFT) % WORDS] ^ both >> 1 ^ flip;
        }
        self.next = 0;
    }

    /// `randint(low, high, dtype=uint64)`: an integer in `low..high`.
    pub fn integer(&mut self, low: u64, high: u64) -> u64 {
        let most = high - low - 1;
        if most == 0 {
            return low;
        }
        let mask = u64::MAX >> most.leading_zeros();
        loop {
            let upper = u64::from(self.next_u32());
            let draw = (upper << 32 | u64::from(self.next_u32())) & mask;
            if draw <= most {
                return low + draw;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_numpys() {
        let mut generator = RandomState::new(42);
        let prime = (1 << 61) - 1;
        assert_eq!(generator.integer(1, prime), 2_297_359_619_001_564_596);
        assert_eq!(generator.integer(0, prime), 1_396_682_528_897_996_046);
        assert_eq!(RandomState::new(42).next_u32(), 1_608_637_542);
    }
}
