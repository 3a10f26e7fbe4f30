//! Replacements in Python's syntax: `\1`, `\g<1>`, `\g<name>` and escapes.

use fancy_regex::Captures;

use super::{Flavour, Pattern};

/// What a match is replaced by.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Template {
    /// Reads `template`, whose groups are those of `pattern`.
    ///
    /// # Errors
    /// With the reason when Python would refuse it.
    pub fn new(template: &str, pattern: &Pattern) -> Result<Self, String> {
        let mut reader = Reader { rest: template, pattern, pieces: Vec::new() };
        while let Some(character) = reader.take() {
            if character == '\\' {
                reader.escape()?;
            } else {
                reader.push(character);
            }
        }
        Ok(Self { pieces: reader.pieces })
    }

    /// The replacement, if it is the same for every match.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Writes the replacement of one match; a group without a match is empty.
    pub(super) fn expand(&self, captures: &Captures<'_, str>, new: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => new.push_str(text),
                Piece::Group(group) => {
                    new.push_str(captures.get(*group).map_or("", |group| group.as_str()));
                }
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    pattern: &'a Pattern,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next();
        self.rest = characters.as_str();
        character
    }

    fn push(&mut self, character: char) {
        if let Some(Piece::Text(text)) = self.pieces.last_mut() {
            text.push(character);
        } else {
            self.pieces.push(Piece::Text(character.to_string()));
        }
    }

    fn group(&mut self, number: usize) -> Result<(), String> {
        if number > self.pattern.groups() {
            return Err(format!("the replacement names group {number}, which does not exist"));
        }
        self.pieces.push(Piece::Group(number));
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(character) = self.take() else {
            return Err("the replacement ends with a lone `\\`".to_owned());
        };
        let extended = self.pattern.flavour() == Flavour::Regex;
        match character {
            'g' => return self.named(),
            '0'..='9' => return self.digits(character),
            'a' => self.push('\u{7}'),
            'b' => self.push('\u{8}'),
            'f' => self.push('\u{c}'),
            'n' => self.push('\n'),
            'r' => self.push('\r'),
            't' => self.push('\t'),
            'v' => self.push('\u{b}'),
            '\\' => self.push('\\'),
            'x' if extended => return self.code(2),
            'u' if extended => return self.code(4),
            'U' if extended => return self.code(8),
            letter if letter.is_ascii_alphabetic() => {
                return Err(format!("bad escape `\\{letter}` in the replacement"));
            }
            other => {
                self.push('\\');
                self.push(other);
            }
        }
        Ok(())
    }

    /// `\g<1>` or `\g<name>`.
    fn named(&mut self) -> Result<(), String> {
        let inner = self.rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let Some((name, rest)) = inner.filter(|(name, _)| !name.is_empty()) else {
            return Err(
                "`\\g` in the replacement wants a group: `\\g<1>` or `\\g<name>`".to_owned()
            );
        };
        self.rest = rest;
        let number = name.parse().ok().or_else(|| self.pattern.group_named(name));
        match number {
            Some(number) => self.group(number),
            None => Err(format!("the replacement names group `{name}`, which does not exist")),
        }
    }

    /// `\0`, `\012`, `\123`: an octal number with three digits or a leading zero, else a group.
    fn digits(&mut self, first: char) -> Result<(), String> {
        let octal = |digit: char| digit.is_digit(8);
        let mut digits = String::from(first);
        let mut following = self.rest.chars().take_while(char::is_ascii_digit);
        if first == '0' {
            digits.extend(following.take_while(|digit| octal(*digit)).take(2));
        } else if let Some(second) = following.next() {
            digits.push(second);
            digits.extend(
                following.next().filter(|third| octal(first) && octal(second) && octal(*third)),
            );
        }
        self.rest = &self.rest[digits.len() - 1..];
        if first == '0' || digits.len() == 3 {
            let code = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
            if let Some(character) = code {
                self.push(character);
            }
            return Ok(());
        }
        self.group(digits.parse().unwrap_or(usize::MAX))
    }

    fn code(&mut self, digits: usize) -> Result<(), String> {
        let code = self.rest.get(..digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        let Some(character) = code.and_then(char::from_u32) else {
            return Err("bad code point in the replacement".to_owned());
        };
        self.rest = &self.rest[digits..];
        self.push(character);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pattern::Flags;

    fn filled(template: &str, flavour: Flavour) -> Result<String, String> {
        let pattern = Pattern::new("(?P<n>a)(b)?", flavour, Flags::default()).unwrap();
        let template = Template::new(template, &pattern)?;
        let mut new = String::new();
        pattern.replace("xay", &template, &mut new).unwrap();
        Ok(new)
    }

    /// The expected texts are those of Python 3.11 with `regex` 2026.11.
    #[test]
    fn templates_are_filled_as_in_python() {
        for (template, expected) in [
            (r"\.", r"x\.y"),
            (r"\n", "x\ny"),
            (r"\x41\u0042\101", "xABAy"),
            (r"\08", "x\08y"),
            (r"\1\2\g<0>\g<1>\g<n>", "xaaaay"),
            (r"\1a$1\\", r"xaa$1\y"),
        ] {
            assert_eq!(filled(template, Flavour::Regex).as_deref(), Ok(expected), "{template}");
        }
        for wrong in [r"\q", r"\d", r"\g<zz>", r"\g", r"\99", r"\12", "\\", r"\g<3>"] {
            assert!(filled(wrong, Flavour::Regex).is_err(), "{wrong}");
        }
        assert!(filled(r"\x41", Flavour::Re).is_err());
    }
}
