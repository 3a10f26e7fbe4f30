//! Sets of characters: `[…]`, `\w` and their like, written out for the target syntax.

use super::translate::{Flavour, Translator, write_literal};

/// `\w` of `re`: letters, numbers and the underscore of Unicode 14.
const RE_WORD: &str = r"[[\p{L}\p{N}_]&&\p{age=14.0}]";
const RE_DIGIT: &str = r"[\d&&\p{age=14.0}]";
const RE_SPACE: &str = r"[\s\x1c-\x1f]";

/// Reads what stands behind a `[`.
pub(super) struct Class;

impl Class {
    /// The class in the target syntax.
    pub(super) fn read(reader: &mut Translator) -> Result<String, String> {
        let negated = reader.accept("^");
        let mut set = Set::default();
        let mut first = true;
        loop {
            match reader.peek() {
                None => return Err("unterminated character set".to_owned()),
                Some(']') if !first => {
                    reader.place += 1;
                    return Ok(set.finish(negated, reader));
                }
                Some(_) => Self::item(reader, &mut set)?,
            }
            first = false;
        }
    }

    fn item(reader: &mut Translator, set: &mut Set) -> Result<(), String> {
        if reader.flavour == Flavour::Regex && reader.accept("[:") {
            let name = reader.until(':')?;
            if !reader.accept("]") {
                return Err("a class `[:…:]` is not closed".to_owned());
            }
            return set.add_posix(&name);
        }
        let Some(start) = Self::end_point(reader, set)? else {
            if reader.flavour == Flavour::Re
                && reader.peek() == Some('-')
                && reader.rest.get(reader.place + 1).is_some_and(|next| *next != ']')
            {
                return Err("bad character range".to_owned());
            }
            return Ok(());
        };
        let ranges = reader.peek() == Some('-')
            && reader.rest.get(reader.place + 1).is_some_and(|next| *next != ']');
        if !ranges {
            set.add_range(start, start);
            return Ok(());
        }
        reader.place += 1;
        match Self::end_point(reader, set)? {
            Some(end) if start <= end => set.add_range(start, end),
            Some(_) => return Err("bad character range".to_owned()),
            None if reader.flavour == Flavour::Re => return Err("bad character range".to_owned()),
            None => {
                set.add_range(start, start);
                set.add_range('-', '-');
            }
        }
        Ok(())
    }

    /// One character, or nothing if a whole set was added.
    fn end_point(reader: &mut Translator, set: &mut Set) -> Result<Option<char>, String> {
        match reader.take() {
            Some('\\') => set.read_escape(reader),
            other => Ok(other),
        }
    }
}

/// A set that grows while it is read.
#[derive(Debug, Default)]
pub(super) struct Set {
    ranges: Vec<(char, char)>,
    classes: String,
}

impl Set {
    /// `\w` of that module, in the target syntax.
    pub(super) fn word(flavour: Flavour) -> &'static str {
        if flavour == Flavour::Re { RE_WORD } else { r"\w" }
    }

    pub(super) fn add_range(&mut self, start: char, end: char) {
        self.ranges.push((start, end));
    }

    fn has(&self, character: char) -> bool {
        self.ranges.iter().any(|(start, end)| (*start..=*end).contains(&character))
    }

    /// Whether one of the four letters i is in it, whose cases Python pairs in its own way.
    pub(super) fn has_dotted_i(&self) -> bool {
        ['i', 'I', '\u{130}', '\u{131}'].iter().any(|letter| self.has(*letter))
    }

    fn add_posix(&mut self, name: &str) -> Result<(), String> {
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => ("^", name),
            None => ("", name),
        };
        let class = match name {
            "alpha" => r"\p{Alphabetic}",
            "digit" => "0-9",
            "alnum" => r"\p{Alphabetic}0-9",
            "upper" => r"\p{Uppercase}",
            "lower" => r"\p{Lowercase}",
            "space" => r"\s",
            "blank" => r"\p{Zs}\t",
            "punct" => r"\p{P}\p{S}",
            "cntrl" => r"\p{Cc}",
            "xdigit" => "0-9A-Fa-f",
            "word" => r"\w",
            _ => return Err(format!("the class `[:{name}:]` is not in lagar")),
        };
        self.classes.extend(["[", negated, class, "]"]);
        Ok(())
    }

    /// Reads an escape behind its `\`: a character, or a set that is added.
    pub(super) fn read_escape(&mut self, reader: &mut Translator) -> Result<Option<char>, String> {
        let Some(character) = reader.take() else {
            return Err("it ends with a lone `\\`".to_owned());
        };
        let extended = reader.flavour == Flavour::Regex;
        let (word, digit, space) =
            if extended { (r"\w", r"\d", r"\s") } else { (RE_WORD, RE_DIGIT, RE_SPACE) };
        match character {
            'w' => self.classes.push_str(word),
            'd' => self.classes.push_str(digit),
            's' => self.classes.push_str(space),
            'W' => self.classes.extend(["[^", word, "]"]),
            'D' => self.classes.extend(["[^", digit, "]"]),
            'S' => self.classes.extend(["[^", space, "]"]),
            'h' if extended => self.classes.push_str(r"\p{Zs}\t"),
            'p' | 'P' if extended => self.property(reader, character == 'P')?,
            'a' => return Ok(Some('\u{7}')),
            'b' => return Ok(Some('\u{8}')),
            'f' => return Ok(Some('\u{c}')),
            'n' => return Ok(Some('\n')),
            'r' => return Ok(Some('\r')),
            't' => return Ok(Some('\t')),
            'v' => return Ok(Some('\u{b}')),
            'x' => return code(reader, 2).map(Some),
            'u' => return code(reader, 4).map(Some),
            'U' => return code(reader, 8).map(Some),
            '0'..='7' => return Ok(Some(octal(reader, character))),
            letter if letter.is_ascii_alphanumeric() => {
                return Err(format!("bad escape `\\{letter}`"));
            }
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    /// `\p{Han}`, `\p{IsHan}`, `\p{Script=Han}`, `\pL`, `\p{^L}`.
    fn property(&mut self, reader: &mut Translator, mut negated: bool) -> Result<(), String> {
        let mut name = if reader.accept("{") {
            reader.until('}')?
        } else {
            reader.take().map(String::from).unwrap_or_default()
        };
        if let Some(positive) = name.strip_prefix('^') {
            name = positive.to_owned();
            negated = !negated;
        }
        let is_known =
            |name: &str| regex_syntax::Parser::new().parse(&format!("\\p{{{name}}}")).is_ok();
        let name = name.replace(':', "=");
        let without = name.strip_prefix("Is").or_else(|| name.strip_prefix("is"));
        let found =
            [Some(name.as_str()), without].into_iter().flatten().find(|name| is_known(name));
        let Some(found) = found else {
            return Err(format!("unknown property `{name}`"));
        };
        let start = if negated { r"\P{" } else { r"\p{" };
        self.classes.extend([start, found, "}"]);
        Ok(())
    }

    /// The set in the target syntax.
    pub(super) fn finish(mut self, negated: bool, reader: &Translator) -> String {
        if reader.flags.ignore_case {
            let (upper, lower) = (self.has('I'), self.has('i'));
            if reader.flavour == Flavour::Re {
                if self.has_dotted_i() {
                    self.ranges.extend(['i', 'I', '\u{130}', '\u{131}'].map(|one| (one, one)));
                }
            } else {
                self.ranges.extend(lower.then_some(('\u{130}', '\u{130}')));
                self.ranges.extend(upper.then_some(('\u{131}', '\u{131}')));
            }
        }
        let mut class = String::from(if negated { "[^" } else { "[" });
        for (start, end) in &self.ranges {
            write_literal(*start, &mut class);
            if start < end {
                class.push('-');
                write_literal(*end, &mut class);
            }
        }
        class.push_str(&self.classes);
        class.push(']');
        class
    }
}

fn code(reader: &mut Translator, digits: usize) -> Result<char, String> {
    let code: String = reader.rest[reader.place..].iter().take(digits).collect();
    let value = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == digits);
    reader.place += digits;
    value.and_then(char::from_u32).ok_or_else(|| format!("bad code point `{code}`"))
}

fn octal(reader: &mut Translator, first: char) -> char {
    let mut value = first.to_digit(8).unwrap_or_default();
    for _ in 0..2 {
        let Some(digit) = reader.peek().and_then(|digit| digit.to_digit(8)) else { break };
        value = value * 8 + digit;
        reader.place += 1;
    }
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}
