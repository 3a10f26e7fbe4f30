//! How varied words are: HD-D, MTLD, and how the vocabulary grows.
//!
//! Sources: P. `McCarthy` and S. Jarvis, "vocd: a theoretical and empirical evaluation", Language Testing
//! 24 (2007); the same, "MTLD, vocd-D, and HD-D", Behavior Research Methods 42 (2010).

use std::collections::BTreeMap;

use crate::profile::Growth;

/// Words drawn for HD-D.
const DRAWN: u64 = 42;
/// The type-token ratio that ends a factor of MTLD.
const FACTOR: f64 = 0.72;

/// How many words occur how often.
pub(crate) type Frequencies = BTreeMap<u64, u64>;

/// The different words expected among `drawn` words of all, drawn without putting back.
pub(crate) fn expected_types(frequencies: &Frequencies, tokens: u64, drawn: u64) -> f64 {
    let mut expected = 0.0;
    for (count, words) in frequencies {
        expected += (1.0 - never_drawn(*count, tokens, drawn)) * *words as f64;
    }
    expected
}

/// The chance that none of `count` among `tokens` is among `drawn`: C(N − c, n) / C(N, n), as a
/// product over whichever of c and n is smaller.
fn never_drawn(count: u64, tokens: u64, drawn: u64) -> f64 {
    let (few, many) = if count < drawn { (count, drawn) } else { (drawn, count) };
    let mut chance = 1.0;
    for place in 0..few {
        let left = tokens - place;
        if left <= many {
            return 0.0;
        }
        chance *= (left - many) as f64 / left as f64;
        if chance < 1e-18 {
            return 0.0;
        }
    }
    chance
}

/// HD-D; `None` with fewer words than it draws.
pub(crate) fn hdd(frequencies: &Frequencies, tokens: u64) -> Option<f64> {
    (tokens >= DRAWN).then(|| expected_types(frequencies, tokens, DRAWN) / DRAWN as f64)
}

/// How the vocabulary grows: at 100, 1,000, … words and at all of them.
pub(crate) fn growth(frequencies: &Frequencies, tokens: u64) -> Vec<Growth> {
    let powers = (2..).map(|power| 10_u64.pow(power)).take_while(|drawn| *drawn < tokens);
    let draws = powers.chain((tokens > 0).then_some(tokens));
    draws
        .map(|drawn| Growth { tokens: drawn, types: expected_types(frequencies, tokens, drawn) })
        .collect()
}

/// One direction of MTLD over words that come one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mtld {
    /// In which factor each word was last seen.
    seen: Vec<u32>,
    factor: u32,
    tokens: u64,
    in_factor: u64,
    types: u64,
}

impl Mtld {
    pub(crate) fn push(&mut self, word: u32) {
        let word = word as usize;
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let factor = self.factor + 1;
        if self.seen[word] != factor {
            self.seen[word] = factor;
            self.types += 1;
        }
        self.tokens += 1;
        self.in_factor += 1;
        if self.types as f64 / (self.in_factor as f64) < FACTOR {
            self.factor += 1;
            (self.in_factor, self.types) = (0, 0);
        }
    }

    /// Words per factor, the last one in part; `None` without words. A text that never repeats itself
    /// enough has as many words per factor as it has words.
    pub(crate) fn get(&self) -> Option<f64> {
        if self.tokens == 0 {
            return None;
        }
        let mut factors = f64::from(self.factor);
        if self.in_factor > 0 {
            let ratio = self.types as f64 / self.in_factor as f64;
            factors += (1.0 - ratio) / (1.0 - FACTOR);
        }
        Some(if factors > 0.0 { self.tokens as f64 / factors } else { self.tokens as f64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_wholly_is_seen_wholly() {
        let frequencies = Frequencies::from([(1, 3), (2, 1), (5, 1)]);
        assert!((expected_types(&frequencies, 10, 10) - 5.0).abs() < 1e-12);
        assert!((expected_types(&frequencies, 10, 1) - 1.0).abs() < 1e-12);
        // By hand: a word of two among ten is missed by three draws with 8·7·6 / (10·9·8).
        assert!((never_drawn(2, 10, 3) - 336.0 / 720.0).abs() < 1e-12);
        assert!((never_drawn(5, 10, 3) - 60.0 / 720.0).abs() < 1e-12);
    }

    #[test]
    fn a_factor_ends_below_the_threshold() {
        let mut mtld = Mtld::default();
        // 1/1, 1/2 < 0.72: a factor of two words, again and again.
        (0..10).for_each(|_| mtld.push(0));
        assert!((mtld.get().unwrap() - 2.0).abs() < 1e-12);
        let mut varied = Mtld::default();
        (0..10).for_each(|word| varied.push(word));
        assert!((varied.get().unwrap() - 10.0).abs() < 1e-12);
    }
}
