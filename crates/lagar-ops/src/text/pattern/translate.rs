//! Python's pattern syntax, of the modules `re` and `regex`, rewritten for `fancy-regex`.
//!
//! Nothing is left to the flags of the target: every `.`, `^`, `$`, `\w`, `\b` is written out with
//! the meaning it has in Python, and every literal is escaped, so that no character can mean more
//! than it should. `\w`, `\d` and `\s` of `re` are cut at Unicode 14 (Python 3.11); those of `regex`
//! follow the newest Unicode of both libraries.

use super::class::{Class, Set};

/// Which module the pattern is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    /// The standard library's `re`.
    Re,
    /// The module `regex` (version 0 behaviour).
    Regex,
}

/// Flags that hold for the whole pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flags {
    /// `.` matches line feeds.
    pub dot_all: bool,
    /// `^` and `$` match at every line.
    pub multi_line: bool,
    /// Case is ignored.
    pub ignore_case: bool,
    /// White space and comments in the pattern are skipped.
    pub verbose: bool,
}

impl Flags {
    fn set(&mut self, letter: char, on: bool) -> bool {
        match letter {
            's' => self.dot_all = on,
            'm' => self.multi_line = on,
            'i' => self.ignore_case = on,
            'x' => self.verbose = on,
            'u' => {}
            _ => return false,
        }
        true
    }
}

/// The pattern in the syntax of `fancy-regex`.
pub(super) fn translate(
    pattern: &str,
    flavour: Flavour,
    mut flags: Flags,
) -> Result<String, String> {
    // Flags inside a pattern hold for all of it, also for what stands before them.
    for _ in 0..8 {
        let mut translator = Translator::new(pattern, flavour, flags);
        translator.alternatives(true)?;
        if translator.global == flags {
            let case = if flags.ignore_case { "(?i)" } else { "" };
            return Ok(format!("{case}{}", translator.out));
        }
        flags = translator.global;
    }
    Err("its flags contradict each other".to_owned())
}

pub(super) struct Translator {
    pub(super) rest: Vec<char>,
    pub(super) place: usize,
    pub(super) flavour: Flavour,
    pub(super) flags: Flags,
    global: Flags,
    out: String,
    depth: usize,
    groups: usize,
}

/// Groups inside groups, at most.
const DEPTH: usize = 200;

impl Translator {
    fn new(pattern: &str, flavour: Flavour, flags: Flags) -> Self {
        let rest = pattern.chars().collect();
        let out = String::with_capacity(pattern.len() * 2);
        Self { rest, place: 0, flavour, flags, global: flags, out, depth: 0, groups: 0 }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.get(self.place).copied()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let character = self.peek();
        self.place += usize::from(character.is_some());
        character
    }

    pub(super) fn accept(&mut self, wanted: &str) -> bool {
        let found = self.rest[self.place..].iter().copied().take(wanted.chars().count());
        let accepted = found.eq(wanted.chars());
        if accepted {
            self.place += wanted.chars().count();
        }
        accepted
    }

    /// What stands before the next `end`, which is passed.
    pub(super) fn until(&mut self, end: char) -> Result<String, String> {
        let mut inner = String::new();
        loop {
            match self.take() {
                Some(character) if character == end => return Ok(inner),
                Some(character) => inner.push(character),
                None => return Err(format!("`{end}` is missing")),
            }
        }
    }

    fn alternatives(&mut self, outermost: bool) -> Result<(), String> {
        loop {
            match self.peek() {
                None if outermost => return Ok(()),
                None => return Err("a `)` is missing".to_owned()),
                Some(')') if outermost => return Err("a `)` closes nothing".to_owned()),
                Some(')') => return Ok(()),
                Some('|') => {
                    self.place += 1;
                    self.out.push('|');
                }
                Some(_) => self.item()?,
            }
        }
    }

    /// One atom with its quantifier.
    fn item(&mut self) -> Result<(), String> {
        if self.skipped() {
            return Ok(());
        }
        let place = self.place;
        if self.quantifier().is_some() {
            return Err(format!("nothing to repeat at position {place}"));
        }
        let start = self.out.len();
        if !self.atom()? {
            return Ok(());
        }
        while self.skipped() {}
        let Some(quantifier) = self.quantifier() else { return Ok(()) };
        let suffix = match self.peek() {
            Some(suffix @ ('?' | '+')) => {
                self.place += 1;
                Some(suffix)
            }
            _ => None,
        };
        let place = self.place;
        if self.quantifier().is_some() {
            return Err(format!("multiple repeat at position {place}"));
        }
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(&quantifier);
        self.out.extend(suffix);
        if suffix == Some('+') {
            // Spelled as an atomic group: behind `{…}` a plus means something else in the target.
            self.out.pop();
            self.out.insert_str(start, "(?>");
            self.out.push(')');
        }
        Ok(())
    }

    /// White space and comments of a verbose pattern.
    fn skipped(&mut self) -> bool {
        if !self.flags.verbose {
            return false;
        }
        match self.peek() {
            Some(space) if space.is_ascii_whitespace() || space == '\u{b}' => self.place += 1,
            Some('#') => while !matches!(self.take(), None | Some('\n')) {},
            _ => return false,
        }
        true
    }

    /// `*`, `+`, `?` or `{…}`; braces that do not hold numbers are literal.
    fn quantifier(&mut self) -> Option<String> {
        let character = self.peek()?;
        if matches!(character, '*' | '+' | '?') {
            self.place += 1;
            return Some(character.to_string());
        }
        if character != '{' {
            return None;
        }
        let len = self.rest[self.place..].iter().position(|character| *character == '}')?;
        let inner: String = self.rest[self.place + 1..self.place + len].iter().collect();
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let quantifier = match inner.split_once(',') {
            Some((min, max)) if is_number(min) && is_number(max) => {
                if inner == "," && self.flavour == Flavour::Re {
                    return None;
                }
                let min = if min.is_empty() { "0" } else { min };
                format!("{{{min},{max}}}")
            }
            None if is_number(&inner) && !inner.is_empty() => format!("{{{inner}}}"),
            _ => return None,
        };
        self.place += len + 1;
        Some(quantifier)
    }

    /// Whether something was written that a quantifier may follow.
    fn atom(&mut self) -> Result<bool, String> {
        let Some(character) = self.take() else { return Ok(false) };
        match character {
            '.' => self.out.push_str(if self.flags.dot_all { "(?s:.)" } else { "[^\\n]" }),
            '^' => self.out.push_str(if self.flags.multi_line { "(?m:^)" } else { "\\A" }),
            '$' => self.out.push_str(if self.flags.multi_line { "(?m:$)" } else { "(?=\\n?\\z)" }),
            '(' => return self.group(),
            '[' => {
                let class = Class::read(self)?;
                self.out.push_str(&class);
            }
            '\\' => self.escape()?,
            other => self.literal(other),
        }
        Ok(true)
    }

    fn literal(&mut self, character: char) {
        let mut set = Set::default();
        set.add_range(character, character);
        if self.flags.ignore_case && set.has_dotted_i() {
            let class = set.finish(false, self);
            self.out.push_str(&class);
        } else {
            write_literal(character, &mut self.out);
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(character) = self.peek() else {
            return Err("it ends with a lone `\\`".to_owned());
        };
        let word = Set::word(self.flavour);
        let written = match character {
            'A' => "\\A".to_owned(),
            'Z' => "\\z".to_owned(),
            'z' if self.flavour == Flavour::Regex => "\\z".to_owned(),
            'b' if self.flavour == Flavour::Regex => "\\b".to_owned(),
            'B' if self.flavour == Flavour::Regex => "\\B".to_owned(),
            'b' => format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"),
            'B' => format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"),
            'm' if self.flavour == Flavour::Regex => "(?<!\\w)(?=\\w)".to_owned(),
            'M' if self.flavour == Flavour::Regex => "(?<=\\w)(?!\\w)".to_owned(),
            'G' | 'K' if self.flavour == Flavour::Regex => format!("\\{character}"),
            'R' if self.flavour == Flavour::Regex => {
                "(?>\\r\\n|[\\n\\x0b\\x0c\\r\\x{85}\\x{2028}\\x{2029}])".to_owned()
            }
            'X' | 'L' if self.flavour == Flavour::Regex => {
                return Err(format!("`\\{character}` is not in lagar"));
            }
            '1'..='9' => return self.numbered(),
            _ => {
                let mut set = Set::default();
                if let Some(character) = set.read_escape(self)? {
                    self.literal(character);
                } else {
                    let class = set.finish(false, self);
                    self.out.push_str(&class);
                }
                return Ok(());
            }
        };
        self.place += 1;
        self.out.push_str(&written);
        Ok(())
    }

    /// A back-reference, or an octal code of three digits.
    fn numbered(&mut self) -> Result<(), String> {
        let digits: Vec<char> = self.rest[self.place..]
            .iter()
            .copied()
            .take_while(char::is_ascii_digit)
            .take(3)
            .collect();
        if digits.len() == 3 && digits.iter().all(|digit| digit.is_digit(8)) {
            self.place += 3;
            let code = u32::from_str_radix(&digits.iter().collect::<String>(), 8).ok();
            let Some(character) = code.and_then(char::from_u32) else {
                return Err("bad octal code".to_owned());
            };
            self.literal(character);
            return Ok(());
        }
        let digits: String = digits.into_iter().take(2).collect();
        self.place += digits.len();
        let number: usize = digits.parse().unwrap_or(usize::MAX);
        if number > self.groups {
            return Err(format!("invalid group reference {number}"));
        }
        self.out.extend(["(?:\\", &digits, ")"]);
        Ok(())
    }

    /// Whether a quantifier may follow.
    fn group(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("its groups are nested too deeply".to_owned());
        }
        let flags = self.flags;
        if !self.accept("?") {
            self.groups += 1;
            self.out.push('(');
        } else if self.accept("#") {
            self.until(')')?;
            self.depth -= 1;
            return Ok(false);
        } else if !self.opened()? {
            self.depth -= 1;
            return Ok(false);
        }
        self.alternatives(false)?;
        self.place += 1;
        self.out.push(')');
        self.flags = flags;
        self.depth -= 1;
        Ok(true)
    }

    /// What follows `(?`; whether a group was opened that has to be closed.
    fn opened(&mut self) -> Result<bool, String> {
        for open in [":", "=", "!", "<=", "<!", ">"] {
            if self.accept(open) {
                self.out.push_str("(?");
                self.out.push_str(open);
                return Ok(true);
            }
        }
        if self.accept("P=") {
            let name = self.until(')')?;
            self.out.extend(["(?:\\k<", &name, ">)"]);
            return Ok(false);
        }
        if self.accept("P<") || (self.flavour == Flavour::Regex && self.accept("<")) {
            let name = self.until('>')?;
            if name.is_empty() {
                return Err("a group without a name".to_owned());
            }
            self.groups += 1;
            self.out.extend(["(?<", &name, ">"]);
            return Ok(true);
        }
        if self.accept("(") {
            let condition = self.until(')')?;
            let is_number = condition.bytes().all(|byte| byte.is_ascii_digit());
            let (open, close) = if is_number { ("", "") } else { ("<", ">") };
            self.out.extend(["(?(", open, &condition, close, ")"]);
            return Ok(true);
        }
        if self.flavour == Flavour::Regex && (self.accept("&") || self.accept("P>")) {
            let name = self.until(')')?;
            self.out.extend(["(?:\\g<", &name, ">)"]);
            return Ok(false);
        }
        self.flag_letters()
    }

    /// `(?im)` for the whole pattern, or `(?i-m:` for a group.
    fn flag_letters(&mut self) -> Result<bool, String> {
        let at_start = self.place == 2;
        let mut flags = self.flags;
        let mut global = self.global;
        let mut on = true;
        loop {
            match self.take() {
                Some('-') if on => on = false,
                Some(':') => {
                    let case = match (self.flags.ignore_case, flags.ignore_case) {
                        (false, true) => "(?i:",
                        (true, false) => "(?-i:",
                        _ => "(?:",
                    };
                    self.flags = flags;
                    self.out.push_str(case);
                    return Ok(true);
                }
                Some(')') if on => {
                    if self.flavour == Flavour::Re && !at_start {
                        return Err("flags must stand at the start of the pattern".to_owned());
                    }
                    self.global = global;
                    return Ok(false);
                }
                Some(letter) if flags.set(letter, on) => {
                    global.set(letter, on);
                }
                Some(other) => return Err(format!("`(?{other}` is not in lagar")),
                None => return Err("a `)` is missing".to_owned()),
            }
        }
    }
}

/// Writes a character so that it means itself and nothing else.
pub(super) fn write_literal(character: char, out: &mut String) {
    if character.is_alphanumeric() || !character.is_ascii() {
        out.push(character);
    } else {
        let hex = |digit: u32| char::from_digit(digit, 16).unwrap_or('0');
        out.push_str("\\x");
        out.extend([hex(character as u32 >> 4), hex(character as u32 & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pattern::Pattern;

    fn found(pattern: &str, flavour: Flavour, text: &str) -> Vec<String> {
        let pattern = Pattern::new(pattern, flavour, Flags::default()).unwrap();
        let mut matches = pattern.matches(text);
        let mut all = Vec::new();
        while let Some(captures) = matches.advance().unwrap() {
            all.push(captures.get(0).unwrap().as_str().to_owned());
        }
        all
    }

    const TEXT: &str = "aAb\u{e9}{_h-&[]:azlph{}\u{4e2d} \n";

    /// The expected matches are those of Python 3.11 and `regex` 2026.11.
    #[test]
    fn patterns_find_what_they_find_in_python() {
        for (pattern, expected) in [
            ("{", vec!["{", "{"]),
            (r"[\d-z]", vec!["-", "z"]),
            ("[[a]", vec!["a", "[", "a"]),
            ("[a&&b]", vec!["a", "b", "&", "a"]),
            (r"[]\-]", vec!["-", "]"]),
            ("(?i:a)b", vec!["Ab"]),
            (r"\p{Han}", vec!["\u{4e2d}"]),
            (r"\p{IsHan}", vec!["\u{4e2d}"]),
            (r"\p{Script=Han}", vec!["\u{4e2d}"]),
            (r"\h", vec![" "]),
            ("(?x) a # b", vec!["a", "a"]),
            ("}", vec!["}"]),
            (r"\$?\Z", vec![""]),
            ("[[:alpha:]]+", vec!["aAb\u{e9}", "h", "azlph", "\u{4e2d}"]),
            (r"(?P<n>[a-z])(?(n)z|q)", vec!["az"]),
            (r"z(?&n)p(?P<n>l?)", vec!["zlp"]),
            ("a{x}|l{1,}", vec!["l"]),
        ] {
            assert_eq!(found(pattern, Flavour::Regex, TEXT), expected, "{pattern}");
        }
    }

    #[test]
    fn the_two_modules_differ_where_they_do_in_python() {
        assert_eq!(found("(?i)i", Flavour::Regex, "iI\u{130}\u{131}"), ["i", "I", "\u{130}"]);
        assert_eq!(found("(?i)i", Flavour::Re, "iI\u{130}\u{131}").len(), 4);
        assert_eq!(found("(?i)[A-Z]", Flavour::Regex, "\u{130}\u{131}"), ["\u{131}"]);
        assert_eq!(found(r"\s", Flavour::Regex, "\u{1c} "), [" "]);
        assert_eq!(found(r"\s", Flavour::Re, "\u{1c} "), ["\u{1c}", " "]);
        assert_eq!(found(r"\w+", Flavour::Re, "e\u{301}x"), ["e", "x"]);
        assert_eq!(found(r"\w+", Flavour::Regex, "e\u{301}x"), ["e\u{301}x"]);
        assert_eq!(found(r"\be\b", Flavour::Re, "e\u{301}"), ["e"]);
        assert_eq!(found(r"\be\b", Flavour::Regex, "e\u{301}"), Vec::<String>::new());
    }

    #[test]
    fn a_dollar_matches_before_the_last_line_feed_only() {
        assert_eq!(found("a.?$", Flavour::Re, "a\nab\n"), ["ab"]);
        assert_eq!(found("(?m)a.?$", Flavour::Re, "a\nab\n"), ["a", "ab"]);
        assert_eq!(found("a(?s).", Flavour::Regex, "a\nab"), ["a\n", "ab"]);
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for wrong in [
            "[a", "(a", "a)", "a**", "*a", "a{2}{3}", r"\q", r"[\q]", "[z-a]", r"\8", "\\", "(?P<n",
        ] {
            assert!(translate(wrong, Flavour::Regex, Flags::default()).is_err(), "{wrong}");
        }
        for wrong in ["a(?i)b", r"\h", r"\pL", "(?<n>a)", r"[\d-z]"] {
            assert!(translate(wrong, Flavour::Re, Flags::default()).is_err(), "{wrong}");
        }
    }
}
