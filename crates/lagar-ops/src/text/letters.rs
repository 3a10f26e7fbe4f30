//! Letters and digits as Python's `str.isalpha` and `str.isalnum` know them.
//!
//! Rust's `is_alphabetic` follows the property `Alphabetic`, which has marks and circled letters that
//! Python's categories leave out. The sets are built once, from the tables of `regex-syntax`, and cut
//! at Unicode 14, the version of Python 3.11, under which Data-Juicer's answers were taken.

use std::sync::LazyLock;

use regex_syntax::Parser;
use regex_syntax::hir::{Class, HirKind};

/// `L*` and `N*` of Unicode 14.
const ALPHANUMERIC_CLASS: &str = r"[[\p{L}\p{N}]&&\p{age=14.0}]";
/// `L*` of Unicode 14.
const ALPHABETIC_CLASS: &str = r"[\p{L}&&\p{age=14.0}]";

static ALPHANUMERIC: LazyLock<CodePoints> = LazyLock::new(|| CodePoints::new(ALPHANUMERIC_CLASS));
static ALPHABETIC: LazyLock<CodePoints> = LazyLock::new(|| CodePoints::new(ALPHABETIC_CLASS));

/// `character.isalnum()`.
#[inline]
pub fn is_alphanumeric(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric()
    } else {
        ALPHANUMERIC.contains(character)
    }
}

/// `character.isalpha()`.
#[inline]
pub fn is_alphabetic(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphabetic()
    } else {
        ALPHABETIC.contains(character)
    }
}

/// A set of code points, one bit each.
#[derive(Debug)]
struct CodePoints {
    bits: Vec<u64>,
}

impl CodePoints {
    /// The members of a class in the syntax of the `regex` crate.
    fn new(class: &str) -> Self {
        let mut bits = Vec::new();
        let parsed = Parser::new().parse(class).expect("the class is written above");
        if let HirKind::Class(Class::Unicode(class)) = parsed.kind() {
            for range in class.ranges() {
                bits.resize(range.end() as usize / 64 + 1, 0);
                for code in range.start() as usize..=range.end() as usize {
                    bits[code / 64] |= 1_u64 << (code % 64);
                }
            }
        }
        Self { bits }
    }

    #[inline]
    fn contains(&self, character: char) -> bool {
        let code = character as usize;
        self.bits.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts are Python 3.11's, over all code points but surrogates.
    #[test]
    fn the_sets_are_as_large_as_pythons() {
        let count = |is: fn(char) -> bool| ('\0'..=char::MAX).filter(|one| is(*one)).count();
        assert_eq!(count(is_alphanumeric), 133_547);
        assert_eq!(count(is_alphabetic), 131_756);
    }

    #[test]
    fn marks_are_no_letters_and_fractions_are_alphanumeric() {
        assert!(
            is_alphanumeric('\u{bd}') && is_alphanumeric('\u{2460}') && is_alphabetic('\u{4e2d}')
        );
        assert!(!is_alphanumeric('\u{301}') && !is_alphanumeric('_') && !is_alphabetic('\u{24b6}'));
    }
}
