//! Texts that went through the wrong encoding, repaired as ftfy repairs them with its defaults.
//!
//! A line is unescaped, its encoding repaired, its characters straightened and normalized, and that
//! again until nothing changes. Whether something is mojibake is decided by a long list of pairs of
//! characters that hardly ever meet in real text (`encoding`).
//!
//! Source: ftfy 6.3.1 (R. Speer), `fix_text`.

mod bytes;
mod characters;
mod encoding;
mod entities;
mod tables;

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use characters::straighten;
pub use encoding::{fix_encoding, sloppy_windows_1252};
use entities::unescape;
pub use entities::{named_character, unescape_all};

/// The four normal forms of Unicode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NormalForm {
    /// Composed.
    #[default]
    Nfc,
    /// Composed, with compatible characters made equal.
    Nfkc,
    /// Decomposed.
    Nfd,
    /// Decomposed, with compatible characters made equal.
    Nfkd,
}

impl NormalForm {
    /// The text in this form.
    pub fn of(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Nfc => ComposingNormalizerBorrowed::new_nfc().normalize(text),
            Self::Nfkc => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
            Self::Nfd => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
            Self::Nfkd => DecomposingNormalizerBorrowed::new_nfkd().normalize(text),
        }
    }
}

/// Code points that are repaired together at most, where a line is longer.
const LONGEST_SEGMENT: usize = 1_000_000;

/// Writes the repaired text; whether it differs from `text`.
pub fn fix_text(text: &str, form: NormalForm, new: &mut String) -> bool {
    if is_plain(text) {
        return false;
    }
    // Text with tags is HTML, whose entities are to stay; from its first line on.
    let mut unescapes = true;
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let cut = rest[..line].char_indices().nth(LONGEST_SEGMENT).map_or(line, |(cut, _)| cut);
        let (segment, behind) = rest.split_at(cut);
        unescapes &= !segment.contains('<');
        if is_plain(segment) {
            new.push_str(segment);
        } else {
            new.push_str(&fix_segment(segment, form, unescapes));
        }
        rest = behind;
    }
    new != text
}

/// Whether there is nothing that any repair would look at.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | 0x0c | b' '..=b'~') && byte != b'&')
}

fn fix_segment(segment: &str, form: NormalForm, unescapes: bool) -> String {
    let mut text = segment.to_owned();
    loop {
        let before = text.clone();
        if unescapes {
            text = unescape(&text).into_owned();
        }
        text = straighten(&fix_encoding(text));
        if !text.is_ascii() {
            text = form.of(&text).into_owned();
        }
        if text == before {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        let mut new = String::new();
        if fix_text(text, NormalForm::Nfc, &mut new) { new } else { text.to_owned() }
    }

    /// The examples of ftfy's own documentation.
    #[test]
    fn the_documented_examples_come_out_as_documented() {
        for (broken, whole) in [
            ("âœ” No problems", "✔ No problems"),
            ("&macr;\\_(ã\u{83}\u{84})_/&macr;", "¯\\_(ツ)_/¯"),
            ("Broken text&hellip; it&#x2019;s ﬂubberiﬁc!", "Broken text… it's flubberific!"),
            ("ＬＯＵＤ　ＮＯＩＳＥＳ", "LOUD NOISES"),
            ("voilÃ le travail", "voilà le travail"),
            ("sÃ³", "só"),
            ("P&EACUTE;REZ", "PÉREZ"),
            ("\u{1b}[36;44mI'm blue\u{1b}[0m", "I'm blue"),
            ("<b>&lt;", "<b>&lt;"),
            ("&lt;<\n&lt;", "&lt;<\n&lt;"),
            ("\u{feff}a\r\nb\u{85}", "a\nb…"),
        ] {
            assert_eq!(fixed(broken), whole, "{broken:?}");
        }
    }
}
