//! The scanner: what `html.parser` of Python 3.11 calls its handlers with.

use std::sync::LazyLock;

use super::tree::Soup;
use crate::text::ftfy::named_character;
use crate::text::pattern::{Flags, Flavour, Pattern};
use crate::text::strip;

#[derive(Debug)]
struct Patterns {
    whole: Pattern,
    name: Pattern,
    attribute: Pattern,
    end: Pattern,
    comment_end: Pattern,
    number: Pattern,
    entity: Pattern,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let pattern = |text: &str| {
        Pattern::new(text, Flavour::Regex, Flags::default()).expect("the patterns are written here")
    };
    let value = r#"(?:'[^']*'|"[^"]*"|(?!['"])[^>\s]*)"#;
    let name = r#"(?<=['"\s/])[^\s/>][^\s/=>]*"#;
    let gap = r"(?:\s|/(?!>))*";
    Patterns {
        whole: pattern(&format!(
            r"\G<[a-zA-Z][^\t\n\r\f />\x00]*(?:[\s/]*(?:{name}(?:\s*=+\s*{value}\s*)?{gap})*)?\s*"
        )),
        name: pattern(&format!(r"\G([a-zA-Z][^\t\n\r\f />\x00]*){gap}")),
        attribute: pattern(&format!(r"\G({name})(\s*=+\s*({value}))?{gap}")),
        end: pattern(r"\G</\s*([a-zA-Z][-.a-zA-Z0-9:_]*)\s*>"),
        comment_end: pattern(r"--\s*>"),
        number: pattern(r"\G&#([0-9]+|[xX][0-9a-fA-F]+)[^0-9a-fA-F]"),
        entity: pattern(r"\G&([a-zA-Z][-.a-zA-Z0-9]*)[^a-zA-Z0-9]"),
    }
});

/// What stands around a comment.
const COMMENT: (&str, &str) = ("<!--", "-->");

/// Reads `html` into `soup`.
///
/// # Errors
/// Where Python's parser gives up, or when a search takes too many steps.
pub(super) fn scan(html: &str, soup: &mut Soup) -> Result<(), String> {
    let mut scanner = Scanner { html, place: 0, raw_element: None, soup };
    scanner.run(false)?;
    scanner.run(true)?;
    scanner.soup.end_text();
    Ok(())
}

struct Scanner<'a> {
    html: &'a str,
    place: usize,
    /// The script or style whose text is read.
    raw_element: Option<String>,
    soup: &'a mut Soup,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.html[self.place..]
    }

    /// Hands over text up to `end`.
    fn text_to(&mut self, end: usize) {
        let html = self.html;
        self.soup.add_text(&html[self.place..end]);
        self.place = end;
    }

    /// Reads as far as it is sure, or with `at_end` to the end.
    fn run(&mut self, at_end: bool) -> Result<(), String> {
        while self.place < self.html.len() {
            let Some(next) = self.next_mark() else { break };
            self.text_to(next);
            if self.place == self.html.len() {
                break;
            }
            let goes_on = if self.rest().starts_with('<') {
                self.markup(at_end)?
            } else {
                self.reference(at_end)?
            };
            if !goes_on {
                break;
            }
        }
        if at_end && self.raw_element.is_none() {
            self.text_to(self.html.len());
        }
        Ok(())
    }

    /// Where the next tag or reference may begin.
    fn next_mark(&self) -> Option<usize> {
        let Some(element) = &self.raw_element else {
            let next = self.rest().find(['<', '&']);
            return Some(next.map_or(self.html.len(), |next| self.place + next));
        };
        let ends = |start: usize| {
            let inner = self.html[start + 2..].trim_start();
            let name = inner.get(..element.len());
            name.is_some_and(|name| name.eq_ignore_ascii_case(element))
                && inner[element.len()..].trim_start().starts_with('>')
        };
        let mut starts = self.rest().match_indices("</").map(|(start, _)| self.place + start);
        starts.find(|start| ends(*start))
    }

    /// A `<` and what follows; whether reading goes on.
    fn markup(&mut self, at_end: bool) -> Result<bool, String> {
        let rest = self.rest();
        let second = rest[1..].chars().next();
        let end = if second.is_some_and(|letter| letter.is_ascii_alphabetic()) {
            self.start_tag()?
        } else if rest.starts_with("</") {
            self.end_tag()?
        } else if rest.starts_with("<!--") {
            self.comment()?
        } else if rest.starts_with("<?") {
            let end = rest.find('>').map(|end| self.place + end);
            end.map(|end| {
                self.soup.add_special(("<?", ">"), &self.html[self.place + 2..end]);
                end + 1
            })
        } else if rest.starts_with("<!") {
            self.declaration()?
        } else if second.is_some() {
            Some(self.place + 1).inspect(|_| self.soup.add_text("<"))
        } else {
            return Ok(false);
        };
        if let Some(end) = end {
            self.place = end;
            return Ok(true);
        }
        if !at_end {
            return Ok(false);
        }
        let after = self.place + 1;
        let end = match self.html[after..].find('>') {
            Some(end) => after + end + 1,
            None => self.html[after..].find('<').map_or(after, |end| after + end),
        };
        self.text_to(end);
        Ok(true)
    }

    fn start_tag(&mut self) -> Result<Option<usize>, String> {
        let Some(end) = self.whole_tag()? else { return Ok(None) };
        let captures = PATTERNS.name.captures_at(self.html, self.place + 1)?;
        let captures = captures.ok_or("a tag without a name")?;
        let name = captures.get(1).map_or("", |name| name.as_str()).to_lowercase();
        let mut place = captures.get(0).map_or(end, |whole| whole.end());
        let mut attributes: Vec<(String, String)> = Vec::new();
        while place < end {
            let Some(captures) = PATTERNS.attribute.captures_at(self.html, place)? else { break };
            let key = captures.get(1).map_or("", |key| key.as_str()).to_lowercase();
            let value = captures.get(3).map_or("", |value| value.as_str());
            let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
            let value = quoted('\'').or_else(|| quoted('"')).unwrap_or(value);
            let value = crate::text::ftfy::unescape_all(value).into_owned();
            match attributes.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => attributes.push((key, value)),
            }
            place = captures.get(0).map_or(end, |whole| whole.end());
        }
        let tail = strip(self.html.get(place..end).unwrap_or_default());
        if !matches!(tail, ">" | "/>") {
            self.soup.add_text(&self.html[self.place..end]);
            return Ok(Some(end));
        }
        let closes_itself = tail == "/>";
        self.soup.start(&name, attributes, closes_itself);
        if !closes_itself && matches!(name.as_str(), "script" | "style") {
            self.raw_element = Some(name);
        }
        Ok(Some(end))
    }

    /// Where the tag that begins here ends, if it does.
    fn whole_tag(&self) -> Result<Option<usize>, String> {
        let captures = PATTERNS.whole.captures_at(self.html, self.place)?;
        let whole = captures.as_ref().and_then(|captures| captures.get(0));
        let end = whole.map_or(self.place, |whole| whole.end());
        let rest = &self.html[end..];
        Ok(match rest.chars().next() {
            Some('>') => Some(end + 1),
            Some('/') => rest.starts_with("/>").then_some(end + 2),
            None => None,
            Some(letter) if letter.is_ascii_alphabetic() || letter == '=' => None,
            Some(_) if end > self.place => Some(end),
            Some(_) => Some(self.place + 1),
        })
    }

    fn end_tag(&mut self) -> Result<Option<usize>, String> {
        let Some(end) = self.rest().find('>').map(|end| self.place + end + 1) else {
            return Ok(None);
        };
        if let Some(captures) = PATTERNS.end.captures_at(self.html, self.place)? {
            let name = captures.get(1).map_or("", |name| name.as_str()).to_lowercase();
            if self.raw_element.as_ref().is_some_and(|raw| *raw != name) {
                self.soup.add_text(&self.html[self.place..end]);
                return Ok(Some(end));
            }
            self.soup.end(&name);
            self.raw_element = None;
            return Ok(Some(end));
        }
        if self.raw_element.is_some() {
            self.soup.add_text(&self.html[self.place..end]);
            return Ok(Some(end));
        }
        let Some(captures) = PATTERNS.name.captures_at(self.html, self.place + 2)? else {
            if self.rest().starts_with("</>") {
                return Ok(Some(self.place + 3));
            }
            self.soup.add_special(COMMENT, &self.html[self.place + 2..end - 1]);
            return Ok(Some(end));
        };
        let name = captures.get(1).map_or("", |name| name.as_str()).to_lowercase();
        let after = captures.get(0).map_or(end, |whole| whole.end());
        self.soup.end(&name);
        Ok(self.html[after..].find('>').map(|end| after + end + 1))
    }

    fn comment(&mut self) -> Result<Option<usize>, String> {
        let start = self.place + 4;
        let behind = self.html.get(start..).unwrap_or_default();
        let Some(found) = PATTERNS.comment_end.matches(behind).advance_over()? else {
            return Ok(None);
        };
        self.soup.add_special(COMMENT, &behind[..found.start]);
        Ok(Some(start + found.end))
    }

    fn declaration(&mut self) -> Result<Option<usize>, String> {
        let rest = self.rest();
        if let Some(section) = rest.strip_prefix("<![") {
            let name = section.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
            let name = section[..section.len() - name.len()].to_lowercase();
            let closing = match name.as_str() {
                "temp" | "cdata" | "ignore" | "include" | "rcdata" => "]]>",
                "if" | "else" | "endif" => "]>",
                _ => return Err(format!("unknown status keyword `{name}` in a marked section")),
            };
            let Some(end) = section.find(closing) else { return Ok(None) };
            let inner = &section[..end];
            if inner.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("cdata[")) {
                self.soup.add_section(&inner[6..]);
            } else {
                self.soup.add_special(("<?", "?>"), inner);
            }
            return Ok(Some(self.place + 3 + end + closing.len()));
        }
        let Some(end) = rest.find('>') else { return Ok(None) };
        let is_doctype = rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        let (around, from) = if is_doctype { (("<!DOCTYPE ", ">\n"), 10) } else { (COMMENT, 2) };
        self.soup.add_special(around, rest.get(from..end).unwrap_or_default());
        Ok(Some(self.place + end + 1))
    }

    /// An `&` and what follows; whether reading goes on.
    fn reference(&mut self, at_end: bool) -> Result<bool, String> {
        let rest = self.rest();
        let is_number = rest.starts_with("&#");
        let pattern = if is_number { &PATTERNS.number } else { &PATTERNS.entity };
        if let Some(captures) = pattern.captures_at(self.html, self.place)? {
            let name = captures.get(1).map_or("", |name| name.as_str());
            let text = if is_number { numbered(name) } else { entity(name) };
            self.soup.add_text(&text);
            let end = self.place + 1 + usize::from(is_number) + name.len();
            self.place = end + usize::from(self.html[end..].starts_with(';'));
            return Ok(true);
        }
        if is_number {
            if rest.contains(';') {
                self.text_to(self.place + 2);
            }
            return Ok(false);
        }
        if rest[1..].starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            if at_end && rest.len() == 2 {
                self.place += 1;
            }
            return Ok(false);
        }
        if rest.len() > 1 {
            self.text_to(self.place + 1);
            return Ok(true);
        }
        Ok(false)
    }
}

fn entity(name: &str) -> String {
    named_character(name).map_or_else(|| format!("&{name}"), str::to_owned)
}

fn numbered(name: &str) -> String {
    let (digits, radix) = match name.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (name, 10),
    };
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    let windows = char::from_u32(code).map(crate::text::ftfy::sloppy_windows_1252);
    windows.filter(|_| code != 0).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
}
