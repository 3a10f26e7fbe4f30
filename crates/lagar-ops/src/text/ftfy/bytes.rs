//! Bytes that are almost UTF-8: spaces put back, lost bytes marked, other spellings decoded.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// What `byte` 0x1A stands for: a character that was lost on the way.
pub(super) const LOST: u8 = 0x1a;

/// Sequences that are UTF-8 if their space was a no-break space.
static ALTERED: LazyLock<Regex> = LazyLock::new(|| {
    bytes_regex(concat!(
        r"[\xc2\xc3\xc5\xce\xd0\xd9] ",
        r"|[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]",
        r"|[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] ",
        r"|\xf0 [\x80-\xbf][\x80-\xbf]",
        r"|\xf0[\x80-\xbf] [\x80-\xbf]",
        r"|\xf0[\x80-\xbf][\x80-\xbf] ",
    ))
});

/// Sequences of UTF-8 with lost bytes, and lost bytes alone.
static LOSSY: LazyLock<Regex> = LazyLock::new(|| {
    bytes_regex(concat!(
        r"[\xc2-\xdf]\x1a",
        r"|[\xc2-\xc3]\?",
        r"|\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]",
        r"|\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]",
        r"|[\xe0-\xef][\x1a?][\x1a\x80-\xbf]",
        r"|[\xe0-\xef][\x1a\x80-\xbf][\x1a?]",
        r"|[\xf0-\xf4][\x1a?][\x1a\x80-\xbf][\x1a\x80-\xbf]",
        r"|[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]",
        r"|[\xf0-\xf4][\x1a\x80-\xbf][\x1a\x80-\xbf][\x1a?]",
        r"|\x1a",
    ))
});

fn bytes_regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?-u){pattern}")).expect("the pattern is written above")
}

/// Puts no-break spaces back that became spaces inside sequences of UTF-8.
pub(super) fn restore_spaces(bytes: Vec<u8>) -> Vec<u8> {
    if !ALTERED.is_match(&bytes) {
        return bytes;
    }
    // A lone "Ã " is most often the word "à": the space stays behind it.
    let endings: [&[u8]; 5] = [b" ", b"quele", b"quela", b"quilo", b"s "];
    let mut spaced = Vec::with_capacity(bytes.len() + 8);
    for (place, byte) in bytes.iter().enumerate() {
        let behind_lead = place > 0 && bytes[place - 1] == 0xc3;
        if *byte == b' ' && behind_lead {
            let rest = &bytes[place + 1..];
            if !endings.iter().any(|ending| rest.starts_with(ending)) {
                spaced.push(0xa0);
            }
        }
        spaced.push(*byte);
    }
    let with_space = |captures: &regex::bytes::Captures<'_>| {
        captures[0].iter().map(|byte| if *byte == b' ' { 0xa0 } else { *byte }).collect::<Vec<u8>>()
    };
    ALTERED.replace_all(&spaced, with_space).into_owned()
}

/// Writes U+FFFD for sequences that lost a byte.
pub(super) fn replace_lost(bytes: &[u8]) -> Cow<'_, [u8]> {
    LOSSY.replace_all(bytes, "\u{fffd}".as_bytes())
}

/// Decodes UTF-8, and where the bytes 0xED or 0xC0 turn up also surrogates in pairs (CESU-8) and the
/// null of two bytes (Java).
pub(super) fn decode(bytes: Vec<u8>) -> Option<String> {
    if !bytes.iter().any(|byte| matches!(byte, 0xed | 0xc0)) {
        return String::from_utf8(bytes).ok();
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let special = (0..rest.len()).find(|place| is_special(&rest[*place..]));
        let (plain, behind) = rest.split_at(special.unwrap_or(rest.len()));
        text.push_str(std::str::from_utf8(plain).ok()?);
        rest = behind;
        match rest {
            [] => {}
            [0xc0, 0x80, after @ ..] => {
                text.push('\0');
                rest = after;
            }
            [
                0xed,
                a @ 0xa0..=0xaf,
                b @ 0x80..=0xbf,
                0xed,
                c @ 0xb0..=0xbf,
                d @ 0x80..=0xbf,
                after @ ..,
            ] => {
                let high = (u32::from(a & 0x0f) << 16) + (u32::from(b & 0x3f) << 10);
                let low = (u32::from(c & 0x0f) << 6) + u32::from(d & 0x3f);
                text.push(char::from_u32(high + low + 0x1_0000)?);
                rest = after;
            }
            _ => return None,
        }
    }
    Some(text)
}

/// Whether a null of two bytes or a surrogate begins here.
fn is_special(bytes: &[u8]) -> bool {
    matches!(bytes, [0xc0, 0x80, ..] | [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_utf_8_are_decoded() {
        assert_eq!(decode(b"a\xc0\x80".to_vec()).as_deref(), Some("a\0"));
        assert_eq!(decode(b"\xed\xa0\xbd\xed\xb8\x8d".to_vec()).as_deref(), Some("\u{1f60d}"));
        assert_eq!(decode(b"\xed\x95\x9c".to_vec()).as_deref(), Some("\u{d55c}"));
        assert_eq!(decode(b"\xed\xa0\xbd!".to_vec()), None);
        assert_eq!(decode(b"\xc0".to_vec()), None);
    }

    #[test]
    fn a_lone_a_with_grave_keeps_its_space() {
        assert_eq!(restore_spaces(b"\xc3 la".to_vec()), b"\xc3\xa0 la");
        assert_eq!(restore_spaces(b"\xc3 quela".to_vec()), b"\xc3\xa0quela");
    }
}
