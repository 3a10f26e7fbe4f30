//! The tokenizer `13a` of the machine translation evaluations, as in sacrebleu.
//!
//! Source: `tokenizer_13a.py` and `tokenizer_re.py` of sacrebleu 2.6.0, after `mteval-v13a.pl`.

use super::python;

/// A segment with marks cut off, single spaces between tokens.
pub fn tokenized(segment: &str) -> String {
    let mut line = segment.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    if line.contains('&') {
        line = line.replace("&quot;", "\"").replace("&amp;", "&");
        line = line.replace("&lt;", "<").replace("&gt;", ">");
    }
    let mut spaced = Vec::with_capacity(line.len() + 16);
    spaced.push(' ');
    for c in line.chars() {
        if is_mark(c) { spaced.extend([' ', c, ' ']) } else { spaced.push(c) }
    }
    spaced.push(' ');
    let digit = |c: char| c.is_ascii_digit();
    let stop = |c: char| c == '.' || c == ',';
    // Unless a digit precedes, unless a digit follows, behind a digit.
    let spaced = pairs(&spaced, |a, b| !digit(a) && stop(b), |a, b| [a, ' ', b, ' ']);
    let spaced = pairs(&spaced, |a, b| stop(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    let spaced = pairs(&spaced, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' ']);
    python::squeeze(&spaced.into_iter().collect::<String>())
}

/// `{|}~`, ``[\]^_` ``, space to `&`, `(` to `+`, `:` to `@`, and the slash.
fn is_mark(c: char) -> bool {
    matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/')
}

/// Replaces pairs of characters from left to right, none of them used twice.
fn pairs(
    chars: &[char],
    is_hit: impl Fn(char, char) -> bool,
    replacement: impl Fn(char, char) -> [char; 4],
) -> Vec<char> {
    let mut out = Vec::with_capacity(chars.len() + 16);
    let mut place = 0;
    while place < chars.len() {
        match chars.get(place + 1) {
            Some(next) if is_hit(chars[place], *next) => {
                out.extend(replacement(chars[place], *next));
                place += 2;
            }
            _ => {
                out.push(chars[place]);
                place += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_points_and_words_lose_them() {
        assert_eq!(tokenized("It costs $5.00, right?"), "It costs $ 5.00 , right ?");
        assert_eq!(tokenized("1-2 a-b U.S."), "1 - 2 a-b U . S .");
        assert_eq!(tokenized("&quot;x&amp;y&quot;"), "\" x & y \"");
    }
}
