//! The words of a condition.

/// A word of Python's language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Number(serde_json::Value),
    Text(String),
    /// An operator or a bracket.
    Mark(&'static str),
}

/// Operators and brackets, the longest first.
const MARKS: [&str; 34] = [
    "**", "//", "<<", ">>", "<=", ">=", "==", "!=", ":=", "->", "<", ">", "(", ")", "[", "]", "{",
    "}", ",", ".", "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", ":", "=", ";", "!",
];

/// Cuts a condition into words.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if first == '"' || first == '\'' {
            let (text, after) = string(rest)?;
            match tokens.last_mut() {
                // Strings in a row are one string.
                Some(Token::Text(last)) => last.push_str(&text),
                _ => tokens.push(Token::Text(text)),
            }
            rest = after;
        } else if first.is_ascii_digit() || starts_fraction(rest) {
            let length = number_length(rest);
            tokens.push(Token::Number(number(&rest[..length])?));
            rest = &rest[length..];
        } else if first.is_alphabetic() || first == '_' {
            let is_inner = |c: char| c.is_alphanumeric() || c == '_';
            let length = rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            rest = &rest[length..];
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or_else(|| format!("unexpected `{first}`"))?;
            tokens.push(Token::Mark(mark));
            rest = &rest[mark.len()..];
        }
    }
    Ok(tokens)
}

fn starts_fraction(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes[0] == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit)
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while length < bytes.len() {
        let is_sign = b"+-".contains(&bytes[length]);
        let after_exponent =
            length > 0 && b"eE".contains(&bytes[length - 1]) && !text.starts_with("0x");
        let is_plain = bytes[length].is_ascii_alphanumeric() || b"._".contains(&bytes[length]);
        if !(is_plain || is_sign && after_exponent) {
            break;
        }
        length += 1;
    }
    length
}

fn number(text: &str) -> Result<serde_json::Value, String> {
    let wrong = || format!("`{text}` is no number");
    let plain = text.replace('_', "");
    for (start, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = plain.to_ascii_lowercase().strip_prefix(start) {
            return i64::from_str_radix(digits, radix).map(Into::into).map_err(|_error| wrong());
        }
    }
    let has_zero =
        plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit());
    if has_zero && plain.bytes().any(|byte| byte != b'0') {
        return Err(wrong());
    }
    if let Ok(number) = plain.parse::<i64>() {
        return Ok(number.into());
    }
    let number: f64 = plain.parse().map_err(|_error| wrong())?;
    Ok(number.into())
}

/// The string literal that `text` begins with, and what is behind it.
fn string(text: &str) -> Result<(String, &str), String> {
    let quote = &text[..1];
    let long = quote.repeat(3);
    let close = if text.starts_with(&long) { long.as_str() } else { quote };
    let mut rest = &text[close.len()..];
    let mut value = String::new();
    loop {
        if let Some(after) = rest.strip_prefix(close) {
            return Ok((value, after));
        }
        let open = || "a string that is not closed".to_owned();
        let next = rest.chars().next().ok_or_else(open)?;
        if next == '\n' && close.len() == 1 {
            return Err(open());
        }
        rest = &rest[next.len_utf8()..];
        if next != '\\' {
            value.push(next);
            continue;
        }
        let escaped = rest.chars().next().ok_or_else(open)?;
        rest = &rest[escaped.len_utf8()..];
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = rest.get(..digits).and_then(|code| u32::from_str_radix(code, 16).ok());
            let character = code.and_then(char::from_u32);
            value.push(character.ok_or_else(|| "a bad escape in a string".to_owned())?);
            rest = &rest[digits..];
            continue;
        }
        match escaped {
            '\n' => {}
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '0' => value.push('\0'),
            'a' => value.push('\u{7}'),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'v' => value.push('\u{b}'),
            '\\' | '\'' | '"' => value.push(escaped),
            other => value.extend(['\\', other]),
        }
    }
}
