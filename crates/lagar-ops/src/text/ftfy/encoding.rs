//! Mojibake: seen by pairs of characters that hardly ever meet, undone by encoding and decoding.
//!
//! Source: ftfy 6.3.1, `badness.py` and `fix_encoding_and_explain`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::bytes::{LOST, decode, replace_lost, restore_spaces};
use super::tables::{CATEGORIES, CLUES, ENCODINGS};

/// Pairs and triples that point to mojibake; `{…}` is a class of `tables.rs`.
#[rustfmt::skip]
const BAD: [&str; 37] = [
    r"[{c1}]",
    r"[{bad}{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}{numeric}{law}][{bad}]",
    r"[a-zA-Z][{lower_common}{upper_common}][{bad}]",
    r"[{bad}][{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}{numeric}{law}]",
    r"[{lower_accented}{lower_common}{box}{end_punctuation}{currency}{numeric}][{upper_accented}]",
    r"[{box}{end_punctuation}{currency}{numeric}][{lower_accented}]",
    r"[{lower_accented}{box}{end_punctuation}][{currency}]",
    r"[\s\x1c-\x1f][{upper_accented}][{currency}]",
    r"[{upper_accented}{box}][{numeric}{law}]",
    r"[{lower_accented}{upper_accented}{box}{currency}{end_punctuation}][{start_punctuation}][{numeric}]",
    r"[{lower_accented}{upper_accented}{currency}{numeric}{box}{law}][{end_punctuation}][{start_punctuation}]",
    r"[{currency}{numeric}{box}][{start_punctuation}]",
    r"[a-z][{upper_accented}][{start_punctuation}{currency}]",
    r"[{box}][{kaomoji}]",
    r"[{lower_accented}{upper_accented}{currency}{numeric}{start_punctuation}{end_punctuation}{law}][{box}]",
    r"[{box}][{end_punctuation}]",
    r"[{lower_accented}{upper_accented}][{start_punctuation}{end_punctuation}][[\p{L}\p{N}_]&&\p{age=14.0}]",
    // The ligature œ without a plain Latin letter behind it.
    r"[Œœ][^A-Za-z]",
    // A degree sign behind a capital.
    r"[{upper_accented}]°",
    // Windows-1252.
    r"[ÂÃÎÐ][€œŠš¢£Ÿž\xa0\xad®©°·»{start_punctuation}{end_punctuation}–—´]",
    r"×[²³]",
    // Arabic read as Windows-1252.
    r"[ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»][ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»]",
    // South Asian alphabets read as Windows-1252.
    r"à[²µ¹¼½¾]",
    // MacRoman.
    r"√[±∂†≠®™´≤≥¥µø]",
    r"≈[°¢]",
    r"‚Ä[ìîïòôúùû†°¢π]",
    r"‚[âó][àä°ê]",
    // U+2000 and above read as Windows-1251.
    r"вЂ",
    // Latin-1 and Cyrillic read as Windows-1251.
    r"[ВГРС][{c1}{bad}{start_punctuation}{end_punctuation}{currency}°µ][ВГРС]",
    r"ГўВЂВ.[A-Za-z ]",
    // à, á and the no-break space read as Windows-1252.
    r"Ã[\xa0¡]",
    r"[a-z][\s\x1c-\x1f]?[ÃÂ] ",
    r"\A[ÃÂ] ",
    r"[a-z.,?!{end_punctuation}]Â[ {start_punctuation}{end_punctuation}]",
    // U+2000 and above read as Windows-1253.
    r"β€[™\xa0Ά\xad®°]",
    // Latin-1 and Greek read as Windows-1253.
    r"[ΒΓΞΟ][{c1}{bad}{start_punctuation}{end_punctuation}{currency}°][ΒΓΞΟ]",
    // U+2000 and above read as Windows-1257.
    r"ā€",
];

static BADNESS: LazyLock<Regex> = LazyLock::new(|| compiled(&BAD.join("|"), &CATEGORIES));

/// What looks like sequences of UTF-8 read in an encoding of one byte.
static DETECTOR: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        "(?:[{utf8_first_of_2}][{utf8_continuation}]",
        "|[{utf8_first_of_3}][{utf8_continuation}]{2}",
        "|[{utf8_first_of_4}][{utf8_continuation}]{3})+",
    );
    compiled(pattern, &CLUES)
});

static CONTINUATION: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"[{utf8_continuation_strict}]\z", &CLUES));

fn compiled(pattern: &str, classes: &[(&str, &str)]) -> Regex {
    let fill = |pattern: String, (name, class): &(&str, &str)| pattern.replace(name, class);
    let pattern = classes.iter().fold(pattern.to_owned(), fill);
    Regex::new(&pattern).expect("the pattern is written above")
}

/// An encoding of one byte.
#[derive(Debug)]
struct Encoding {
    name: &'static str,
    /// Whether U+FFFD stands for a byte that was lost.
    is_sloppy: bool,
    bytes: HashMap<char, u8>,
}

static ENCODERS: LazyLock<Vec<Encoding>> = LazyLock::new(|| {
    let encoder = |(name, high): (&'static str, &'static str)| {
        let is_sloppy = name.starts_with("sloppy");
        let mut bytes: HashMap<char, u8> =
            (0..0x80).map(|byte: u8| (char::from(byte), byte)).collect();
        bytes.extend(high.chars().zip(0x80..=0xff));
        if is_sloppy {
            bytes.remove(&char::from(LOST));
            bytes.insert('\u{fffd}', LOST);
        }
        Encoding { name, is_sloppy, bytes }
    };
    ENCODINGS.into_iter().map(encoder).collect()
});

impl Encoding {
    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|character| self.bytes.get(&character).copied()).collect()
    }
}

fn is_bad(text: &str) -> bool {
    !text.is_ascii() && BADNESS.is_match(text)
}

/// Undoes wrong decodings, one after another, until the text looks sound.
pub fn fix_encoding(mut text: String) -> String {
    while let Some(fixed) = fix_one_step(&text) {
        if fixed == text {
            break;
        }
        text = fixed;
    }
    text
}

/// The text with one wrong decoding undone.
fn fix_one_step(text: &str) -> Option<String> {
    if !is_bad(text) {
        return None;
    }
    let mut is_latin_1 = false;
    for encoding in ENCODERS.iter() {
        let Some(mut bytes) = encoding.encode(text) else { continue };
        is_latin_1 |= encoding.name == "latin-1";
        // In MacRoman an en dash with a space behind it would look like such a sequence.
        if encoding.name != "macroman" {
            bytes = restore_spaces(bytes);
        }
        if encoding.is_sloppy {
            bytes = replace_lost(&bytes).into_owned();
        }
        if let Some(fixed) = decode(bytes) {
            return Some(fixed);
        }
    }
    let inconsistent = fix_embedded(text);
    if inconsistent.as_deref().is_some_and(|fixed| fixed != text) {
        return inconsistent;
    }
    // Latin-1 is left with control characters that were meant to be Windows-1252's.
    if is_latin_1 {
        let fixed: Option<String> = text.chars().map(windows_1252).collect();
        if let Some(fixed) = fixed.filter(|fixed| fixed != text) {
            return Some(fixed);
        }
    }
    let has_control = text.contains(|character| matches!(character, '\u{80}'..='\u{9f}'));
    has_control.then(|| text.chars().map(sloppy_windows_1252).collect())
}

/// Repairs stretches of mojibake inside sound text.
fn fix_embedded(text: &str) -> Option<String> {
    let mut fixed = String::new();
    let (mut copied, mut place) = (0, 0);
    while let Some(found) = DETECTOR.find_at(text, place) {
        if CONTINUATION.is_match(&text[..found.start()]) {
            place = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        place = found.end();
        fixed.push_str(&text[copied..found.start()]);
        copied = found.end();
        let stretch = found.as_str();
        if stretch.len() < text.len() && is_bad(stretch) {
            fixed.push_str(&fix_encoding(stretch.to_owned()));
        } else {
            fixed.push_str(stretch);
        }
    }
    fixed.push_str(&text[copied..]);
    (copied > 0).then_some(fixed)
}

/// What Windows-1252 has at this place of Latin-1, holes filled with control characters.
pub fn sloppy_windows_1252(character: char) -> char {
    let code = character as usize;
    if !(0x80..0xa0).contains(&code) {
        return character;
    }
    ENCODINGS[1].1.chars().nth(code - 0x80).unwrap_or(character)
}

/// The same, and nothing for a hole.
fn windows_1252(character: char) -> Option<char> {
    let is_hole = matches!(character, '\u{81}' | '\u{8d}' | '\u{8f}' | '\u{90}' | '\u{9d}');
    (!is_hole).then(|| sloppy_windows_1252(character))
}
