//! The writing system of a text, from its letters.
//!
//! Which language a text is in needs a model (`--lang-model`); which letters it is written in does
//! not, and is enough to see that a data set for English is one third Cyrillic.

use lagar_ops::text::is_alphabetic;

/// The writing systems that are told apart, in the order of their numbers.
pub(crate) const NAMES: [&str; 13] = [
    "Latin",
    "Han",
    "Japanese",
    "Hangul",
    "Cyrillic",
    "Greek",
    "Arabic",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Thai",
    "other",
    "none",
];

/// The number of "other" and of "no letters".
const OTHER: usize = 11;
const NONE: usize = 12;

/// The writing system that most letters of a text belong to, as a place in [`NAMES`]; the first of
/// several that are even. Kana decide for Japanese wherever there are any: its texts are mostly Han.
pub(crate) fn script_of(text: &str) -> usize {
    let mut counts = [0_u32; NONE];
    for character in text.chars().filter(|character| is_alphabetic(*character)) {
        counts[place_of(character)] += 1;
    }
    if counts[2] > 0 && counts[2] + counts[1] > counts[0] {
        return 2;
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    if most == 0 {
        return NONE;
    }
    counts.iter().position(|count| *count == most).unwrap_or(OTHER)
}

fn place_of(character: char) -> usize {
    match character as u32 {
        0..=0x24f | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xff21..=0xff3a | 0xff41..=0xff5a => 0,
        0x3005..=0x3007
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0x20000..=0x3ffff => 1,
        0x3040..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9f => 2,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7af => 3,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => 4,
        0x370..=0x3ff | 0x1f00..=0x1fff => 5,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfeff => 6,
        0x590..=0x5ff | 0xfb1d..=0xfb4f => 7,
        0x900..=0x97f => 8,
        0x980..=0x9ff => 9,
        0xe00..=0xe7f => 10,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_most_letters_counts() {
        let name = |text| NAMES[script_of(text)];
        assert_eq!(name("a dog"), "Latin");
        assert_eq!(name("一只小狗 dog"), "Han");
        assert_eq!(name("犬がいる"), "Japanese");
        assert_eq!(name("собака и cat"), "Cyrillic");
        assert_eq!(name("123 !?"), "none");
        assert_eq!(name("ქართული"), "other");
    }
}
