//! Single characters straightened: controls, ligatures, widths, quotation marks, line ends.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::NormalForm;
use super::encoding::sloppy_windows_1252;

/// Colours and the like of terminals.
static TERMINAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("\u{1b}\\[[\\d;]*[a-zA-Z]").expect("the pattern is written here"));

/// The text with every character in its plain form.
pub(super) fn straighten(text: &str) -> String {
    let mut straight = String::with_capacity(text.len());
    for character in text.chars() {
        let character = sloppy_windows_1252(character);
        match straightened(character) {
            Some(plain) => plain.chars().for_each(|plain| straight.push(uncurled(plain))),
            None => straight.push(uncurled(character)),
        }
    }
    if straight.contains(['\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        straight =
            straight.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    }
    if straight.contains('\u{1b}') {
        straight = TERMINAL.replace_all(&straight, "").into_owned();
    }
    straight.retain(|character| !is_removed(character));
    straight
}

fn uncurled(character: char) -> char {
    match character {
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        other => other,
    }
}

/// Ligatures of Latin letters taken apart, and characters of another width in their usual one.
fn straightened(character: char) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match character {
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ŉ' => "ʼn",
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        '\u{3000}' => " ",
        '\u{ff01}'..='\u{ffef}' => {
            let usual = NormalForm::Nfkc.of(character.encode_utf8(&mut [0; 4])).into_owned();
            return Some(Cow::Owned(usual));
        }
        _ => return None,
    }))
}

/// Control characters without an effect that anybody wanted.
fn is_removed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
    )
}
