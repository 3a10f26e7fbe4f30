//! Words: pieces between spaces, line feeds and tabs, without special characters at their ends.
//!
//! Other white space (no-break and ideographic spaces, carriage returns) does not split, because
//! Data-Juicer splits with the pattern `" |\n|\t"`. Nothing is allocated per word.

use std::ops::Range;

use super::{is_special, lower_into};

/// The refined words of a text, in order; see [`refined_words`].
#[derive(Clone, Debug)]
pub struct RefinedWords<'a> {
    text: &'a str,
    /// Where the unread rest starts.
    place: usize,
}

/// The words of `text`: split at space, line feed and tab, special characters stripped from both
/// ends, empty ones dropped; letters as they are.
///
/// ```
/// use lagar_ops::text::refined_words;
/// assert_eq!(refined_words("\"Don't\" stop\t4k 123 ...").collect::<Vec<_>>(), ["Don't", "stop", "k"]);
/// ```
pub fn refined_words(text: &str) -> RefinedWords<'_> {
    RefinedWords { text, place: 0 }
}

/// The same words of `text.lower()`; `buffer` holds the lower-case text meanwhile.
///
/// Lower-casing comes first, as in Data-Juicer. It may be done on the whole text because neither
/// white space nor anything around it changes how a word is lower-cased.
pub fn refined_lower_words<'a>(text: &str, buffer: &'a mut String) -> RefinedWords<'a> {
    lower_into(text, buffer);
    refined_words(buffer)
}

impl<'a> RefinedWords<'a> {
    /// The next word and where it stands in the text, in bytes.
    #[inline]
    pub fn next_with_range(&mut self) -> Option<(Range<usize>, &'a str)> {
        while self.place < self.text.len() {
            let rest = &self.text[self.place..];
            let len = rest.bytes().position(|byte| matches!(byte, b' ' | b'\n' | b'\t'));
            let word = &rest[..len.unwrap_or(rest.len())];
            let start = self.place;
            self.place += word.len() + 1;
            let tail = word.trim_start_matches(is_special);
            let refined = tail.trim_end_matches(is_special);
            if !refined.is_empty() {
                let start = start + word.len() - tail.len();
                return Some((start..start + refined.len(), refined));
            }
        }
        None
    }
}

impl<'a> Iterator for RefinedWords<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        self.next_with_range().map(|(_, word)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        refined_words(text).collect()
    }

    #[test]
    fn only_space_line_feed_and_tab_split() {
        assert_eq!(words("a\u{a0}b c\rd\ne\u{3000}f\tg"), ["a\u{a0}b", "c\rd", "e\u{3000}f", "g"]);
    }

    #[test]
    fn what_is_empty_without_its_special_characters_is_no_word() {
        assert_eq!(words("123 456"), Vec::<&str>::new());
        assert_eq!(words("  \n\t "), Vec::<&str>::new());
        assert_eq!(words("<__dj__image>\n4k <|__dj__eoc|>"), ["dj__image", "k", "dj__eoc"]);
    }

    #[test]
    fn a_joined_emoji_family_is_a_word_because_the_joiner_is_not_special() {
        assert_eq!(words("\u{1f468}\u{200d}\u{1f469} x").len(), 2);
    }

    #[test]
    fn words_are_lower_cased_before_they_are_stripped() {
        let mut buffer = String::new();
        let lower: Vec<_> =
            refined_lower_words("\u{130}STANBUL \u{39f}\u{394}\u{39f}\u{3a3} A3", &mut buffer)
                .collect();
        assert_eq!(lower, ["i\u{307}stanbul", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}", "a"]);
    }
}
