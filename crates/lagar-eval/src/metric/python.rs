//! Python's idea of white space, digits, words and letters.
//!
//! It differs from Rust's in places that answers of models do reach: `str.split` cuts at the
//! separators U+001C to U+001F, `\d` is any decimal digit (Arabic-Indic ones too) but no other
//! number, and `\w` leaves out combining marks.
//!
//! Source: the documentation of Python's `str` and `re`; checked against Python 3.11.

use std::sync::LazyLock;

use fancy_regex::Regex;

/// `str.isspace` of one character.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.split()`.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `' '.join(text.split())`.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in split(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// `str.strip()`.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `str.rstrip()`.
pub fn rstrip(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// `\d`: a decimal digit of any script.
pub fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && is_in(&DIGIT, c))
}

/// `\w`: a letter, a number of any kind, or the underscore.
pub fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { is_in(&WORD, c) }
}

/// `str.isalpha` of one character.
pub fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { is_in(&LETTER, c) }
}

/// `len(text)`.
pub fn len(text: &str) -> usize {
    text.chars().count()
}

/// `round(number, 2)`: to the nearest multiple of 0.01, ties to the even one.
pub fn round2(number: f64) -> f64 {
    format!("{number:.2}").parse().unwrap_or(number)
}

static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}]$").ok());
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());

fn is_in(class: &LazyLock<Option<Regex>>, c: char) -> bool {
    let mut bytes = [0; 4];
    let text = c.encode_utf8(&mut bytes);
    class.as_ref().is_some_and(|class| class.is_match(text).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_split_where_python_splits_it() {
        let words: Vec<&str> = split(" a\u{1c}b\u{a0}c\u{3000}d\u{200b}e\n").collect();
        assert_eq!(words, ["a", "b", "c", "d\u{200b}e"]);
        assert_eq!(strip("\u{1f}\u{85} x \u{2029}"), "x");
        assert_eq!(squeeze(" a \t b"), "a b");
    }

    #[test]
    fn digits_are_decimal_digits_of_any_script() {
        assert!(is_digit('٣') && is_digit('７') && is_digit('0'));
        assert!(!is_digit('²') && !is_digit('½') && !is_digit('Ⅷ'));
    }

    #[test]
    fn marks_are_no_word_characters_but_numbers_are() {
        assert!(is_word('½') && is_word('中') && is_word('_') && is_word('ß'));
        assert!(!is_word('\u{301}') && !is_word('ா') && !is_word('-'));
        assert!(is_alpha('中') && !is_alpha('½') && !is_alpha('5'));
    }

    #[test]
    fn rounding_goes_by_the_exact_value_of_the_number() {
        assert!((round2(2.675) - 2.67).abs() < 1e-12);
        assert!((round2(29.999_999_999_999_996) - 30.0).abs() < 1e-12);
        assert!((round2(3.125) - 3.12).abs() < 1e-12);
    }
}
