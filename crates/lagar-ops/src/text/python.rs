//! Python's string methods where Rust's differ: `str.strip`, `str.lower`, and `\d` of `regex`.

/// Whether Python's `str.isspace` holds: Unicode white space and the four separators below space.
#[inline]
pub fn is_whitespace(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// `text.strip()`.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_whitespace)
}

/// Replaces the contents of `buffer` by `text.lower()`.
///
/// The 55 capitals that came with Unicode 15 to 17 follow Rust's tables, which are newer than Python
/// 3.11's.
pub fn lower_into(text: &str, buffer: &mut String) {
    buffer.clear();
    buffer.reserve(text.len());
    if text.is_ascii() {
        buffer.push_str(text);
        buffer.make_ascii_lowercase();
    } else if text.contains('\u{3a3}') {
        // A capital sigma at the end of a word has its own small form: the standard library knows
        // the rule, which is Python's.
        buffer.push_str(&text.to_lowercase());
    } else {
        buffer.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// Whether `\d` of Python's `regex` module matches: the Unicode category `Nd`.
pub fn is_decimal(character: char) -> bool {
    let code = character as u32;
    let after = DECIMAL.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= DECIMAL[after - 1].1
}

/// First and last code point of each run of decimal digits (Unicode 17).
#[rustfmt::skip]
const DECIMAL: [(u32, u32); 72] = [
    (0x30, 0x39), (0x660, 0x669), (0x6f0, 0x6f9), (0x7c0, 0x7c9), (0x966, 0x96f), (0x9e6, 0x9ef),
    (0xa66, 0xa6f), (0xae6, 0xaef), (0xb66, 0xb6f), (0xbe6, 0xbef), (0xc66, 0xc6f), (0xce6, 0xcef),
    (0xd66, 0xd6f), (0xde6, 0xdef), (0xe50, 0xe59), (0xed0, 0xed9), (0xf20, 0xf29),
    (0x1040, 0x1049), (0x1090, 0x1099), (0x17e0, 0x17e9), (0x1810, 0x1819), (0x1946, 0x194f),
    (0x19d0, 0x19d9), (0x1a80, 0x1a89), (0x1a90, 0x1a99), (0x1b50, 0x1b59), (0x1bb0, 0x1bb9),
    (0x1c40, 0x1c49), (0x1c50, 0x1c59), (0xa620, 0xa629), (0xa8d0, 0xa8d9), (0xa900, 0xa909),
    (0xa9d0, 0xa9d9), (0xa9f0, 0xa9f9), (0xaa50, 0xaa59), (0xabf0, 0xabf9), (0xff10, 0xff19),
    (0x104a0, 0x104a9), (0x10d30, 0x10d39), (0x10d40, 0x10d49), (0x11066, 0x1106f),
    (0x110f0, 0x110f9), (0x11136, 0x1113f), (0x111d0, 0x111d9), (0x112f0, 0x112f9),
    (0x11450, 0x11459), (0x114d0, 0x114d9), (0x11650, 0x11659), (0x116c0, 0x116c9),
    (0x116d0, 0x116e3), (0x11730, 0x11739), (0x118e0, 0x118e9), (0x11950, 0x11959),
    (0x11bf0, 0x11bf9), (0x11c50, 0x11c59), (0x11d50, 0x11d59), (0x11da0, 0x11da9),
    (0x11de0, 0x11de9), (0x11f50, 0x11f59), (0x16130, 0x16139), (0x16a60, 0x16a69),
    (0x16ac0, 0x16ac9), (0x16b50, 0x16b59), (0x16d70, 0x16d79), (0x1ccf0, 0x1ccf9),
    (0x1d7ce, 0x1d7ff), (0x1e140, 0x1e149), (0x1e2f0, 0x1e2f9), (0x1e4f0, 0x1e4f9),
    (0x1e5f1, 0x1e5fa), (0x1e950, 0x1e959), (0x1fbf0, 0x1fbf9),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separators_of_ascii_count_as_white_space() {
        assert_eq!(strip("\u{1c}\u{85}\u{a0} a\u{200b} \u{3000}\u{1f}"), "a\u{200b}");
        assert_eq!(('\0'..=char::MAX).filter(|character| is_whitespace(*character)).count(), 29);
    }

    #[test]
    fn lower_casing_may_lengthen_and_knows_the_final_sigma() {
        let mut buffer = "rest of the last text".to_owned();
        for (text, lower) in [
            ("AbC-1", "abc-1"),
            ("\u{130}\u{c9}", "i\u{307}\u{e9}"),
            ("\u{3a3}\u{3a3}' \u{3a3}", "\u{3c3}\u{3c2}' \u{3c3}"),
        ] {
            lower_into(text, &mut buffer);
            assert_eq!(buffer, lower);
        }
    }

    #[test]
    fn digits_of_every_script_are_decimal() {
        assert_eq!(('\0'..=char::MAX).filter(|character| is_decimal(*character)).count(), 770);
        assert!(
            is_decimal('\u{664}') && is_decimal('0') && !is_decimal('\u{b2}') && !is_decimal('/')
        );
    }
}
