//! Damage that encodings and markup leave in texts.

use lagar_ops::text::ftfy::{fix_encoding, unescape_all};

/// The kinds of damage, in the order of [`damages`].
pub(crate) const KINDS: [&str; 4] =
    ["mojibake", "replacement_character", "control_character", "html_entity"];

/// Which kinds of damage a text has, each with an excerpt or a hint.
pub(crate) fn damages(text: &str, mut take: impl FnMut(&'static str, String)) {
    if let Some(control) = text.chars().find(|character| is_control(*character)) {
        take(KINDS[2], format!("has U+{:04X}", control as u32));
    }
    if text.contains('&') {
        let plain = unescape_all(text);
        if plain != text {
            take(KINDS[3], "reads otherwise when unescaped".to_owned());
        }
    }
    if text.is_ascii() {
        return;
    }
    if text.contains('\u{fffd}') {
        take(KINDS[1], "has U+FFFD: bytes were lost".to_owned());
    }
    let fixed = fix_encoding(text.to_owned());
    if fixed != text {
        take(KINDS[0], format!("should read `{}`", crate::rows::cut(&fixed)));
    }
}

/// Control characters that no text needs: `Cc` but tab, line feed and carriage return.
fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        damages(text, |kind, _| found.push(kind));
        found
    }

    #[test]
    fn each_kind_is_told_apart() {
        assert_eq!(kinds("a cafÃ© table"), ["mojibake"]);
        assert_eq!(kinds("a caf\u{fffd} table"), ["replacement_character"]);
        assert_eq!(kinds("a\u{0}b"), ["control_character"]);
        assert_eq!(kinds("black &amp; white"), ["html_entity"]);
        assert_eq!(kinds("a café, “quoted” & fine\n一只狗"), Vec::<&str>::new());
    }
}
