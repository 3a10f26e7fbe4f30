//! Entities and character references of HTML.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::encoding::sloppy_windows_1252;

static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("&#?[0-9A-Za-z]{1,24};").expect("the pattern is written here"));

/// The named characters of HTML 5, without `&` and `;`.
static NAMED: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let lines = include_str!("entities.txt").lines();
    let read = |line: &'static str| {
        let (name, codes) = line.split_once(' ')?;
        let codes = codes.split(' ').map(|code| u32::from_str_radix(code, 16).ok());
        let characters = codes.map(|code| code.and_then(char::from_u32)).collect::<Option<_>>()?;
        Some((name, characters))
    };
    lines.filter_map(read).collect()
});

/// Names in capitals that HTML knows without a semicolon.
const LEGACY_CAPITALS: [&str; 8] = ["AMP", "COPY", "ETH", "GT", "LT", "QUOT", "REG", "THORN"];

/// Replaces entities that end in a semicolon; also names written in capitals, by capitals.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    ENTITY.replace_all(text, |captures: &Captures<'_>| {
        let entity = &captures[0];
        let inner = &entity[1..entity.len() - 1];
        let replaced = match inner.strip_prefix('#') {
            Some(number) => numbered(number),
            None => named(inner),
        };
        replaced.unwrap_or_else(|| entity.to_owned())
    })
}

/// The characters of a name of HTML 5.
pub fn named_character(name: &str) -> Option<&'static str> {
    NAMED.get(name).map(String::as_str)
}

/// Replaces all references that end in a semicolon, as in the values of attributes.
pub fn unescape_all(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    ENTITY.replace_all(text, |captures: &Captures<'_>| {
        let entity = &captures[0];
        let inner = &entity[1..entity.len() - 1];
        let replaced = match inner.strip_prefix('#') {
            Some("59" | "x3b" | "X3B" | "x3B" | "X3b") => Some(";".to_owned()),
            Some(number) => numbered(number),
            None => named_character(inner).map(str::to_owned),
        };
        replaced.unwrap_or_else(|| entity.to_owned())
    })
}

fn named(name: &str) -> Option<String> {
    if let Some(characters) = NAMED.get(name) {
        return Some(characters.clone());
    }
    let lower = name.to_ascii_lowercase();
    if lower.to_ascii_uppercase() != name
        || LEGACY_CAPITALS.iter().any(|legacy| name.starts_with(legacy))
    {
        return None;
    }
    NAMED.get(lower.as_str()).map(|characters| characters.to_uppercase())
}

/// `65`, `x41` or `X41`; nothing where more than digits stands before the semicolon.
fn numbered(number: &str) -> Option<String> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    let character = match code {
        0 | 0xd800..=0xdfff | 0x11_0000.. => '\u{fffd}',
        0x0d => '\r',
        0x80..=0x9f => sloppy_windows_1252(char::from_u32(code)?),
        0x3b => return None,
        code if is_noncharacter(code) => return Some(String::new()),
        code => char::from_u32(code)?,
    };
    Some(character.to_string())
}

/// Code points that a reference to gives nothing.
fn is_noncharacter(code: u32) -> bool {
    matches!(code, 0x01..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f | 0xfdd0..=0xfdef)
        || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are those of `ftfy.fixes.unescape_html`.
    #[test]
    fn entities_are_replaced_as_by_ftfy() {
        for (escaped, plain) in [
            ("&Jscr;ohn &HilbertSpace;ancock", "\u{1d4a5}ohn \u{210b}ancock"),
            ("BUNDESSTRA&SZLIG;E", "BUNDESSTRASSE"),
            ("&ntilde; &Ntilde; &NTILDE; &nTILDE;", "\u{f1} \u{d1} \u{d1} &nTILDE;"),
            ("&amp &AMP; &LTIMES;", "&amp & &LTIMES;"),
            ("&#65;&#x42;&#X43;&#128;&#129;", "ABC\u{20ac}\u{81}"),
            ("&#59; &#1; &#xd800; &#65a;", "&#59;  \u{fffd} &#65a;"),
        ] {
            assert_eq!(unescape(escaped), plain);
        }
    }
}
