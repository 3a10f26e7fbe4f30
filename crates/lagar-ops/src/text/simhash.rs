//! SimHash: a 64-bit number per text, in few bits different where texts differ little.
//!
//! Source: Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002; tokens
//! and their hashes as in Data-Juicer 1.6.1, `document_simhash_deduplicator.py`, with simhash-pybind
//! 0.0.3 (the first eight bytes of MD5, big-endian; a bit is set where more hashes have it than not).

use md5::{Digest as _, Md5};

use super::lower_into;

/// The `SimHash` of a text in lower case, over windows of `window` words split at spaces.
pub fn simhash_of_words(text: &str, window: usize) -> u64 {
    let mut lower = String::new();
    lower_into(text, &mut lower);
    let words: Vec<&str> = lower.split(' ').filter(|word| !word.is_empty()).collect();
    simhash(words.windows(window).map(|words| words.join(" ").into_bytes()))
}

/// The `SimHash` of a set of tokens; 0 where there are none.
pub fn simhash(tokens: impl Iterator<Item = Vec<u8>>) -> u64 {
    let mut surplus = [0_i64; 64];
    for token in tokens {
        let digest = Md5::digest(&token);
        let hash = digest.iter().take(8).fold(0, |hash: u64, byte| hash << 8 | u64::from(*byte));
        for (bit, surplus) in surplus.iter_mut().enumerate() {
            *surplus += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    (0..64).filter(|bit| surplus[*bit] > 0).fold(0, |hash, bit| hash | 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_equal_those_of_data_juicer_with_a_window_of_two() {
        for (text, hash) in [
            ("a red circle on a blue background", 6_989_596_844_532_966_053),
            ("A RED Circle", 153_123_916_918_827_175),
            ("one", 0),
            ("", 0),
            ("two  words\n and\tmore words", 14_990_613_670_580_679_425),
            ("Straße ÄÖ üß 你好 世界", 11_098_009_757_540_301_441),
        ] {
            assert_eq!(simhash_of_words(text, 2), hash, "{text}");
        }
    }
}
