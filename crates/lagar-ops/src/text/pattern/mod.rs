//! Regular expressions as Python means them.
//!
//! Recipes carry patterns and replacements in Python's syntax. `translate` rewrites a pattern into
//! the syntax of `fancy-regex`; [`Pattern`] searches with Python's rules for empty matches;
//! [`Template`] fills in `\1` and `\g<name>`.

mod class;
mod parameter;
mod template;
mod translate;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fancy_regex::{Captures, Regex, RegexBuilder};
use lagar_core::Batch;

use super::rewrite::try_edit_texts;
use crate::{Mapped, OperatorError};

pub use parameter::PatternText;
pub use template::Template;
pub use translate::{Flags, Flavour};

use translate::translate;

/// Steps of backtracking after which a search gives up: a few seconds.
const BACKTRACK_LIMIT: usize = 20_000_000;

/// The patterns that were compiled in this process, by what they were compiled from.
static SHARED: Mutex<BTreeMap<(String, Flavour, Flags), Arc<Pattern>>> =
    Mutex::new(BTreeMap::new());

/// A compiled pattern of Python.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    translated: String,
    flavour: Flavour,
    /// The same pattern, but bound to the place where the search starts and not matching nothing.
    advancing: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// With the reason when Python would refuse it, or when it uses what lagar cannot do.
    pub fn new(pattern: &str, flavour: Flavour, flags: Flags) -> Result<Self, String> {
        let translated = translate(pattern, flavour, flags)?;
        let regex = compile(&translated, false)?;
        Ok(Self { regex, translated, flavour, advancing: OnceLock::new() })
    }

    /// Compiles `pattern` once in the life of the process: for patterns of operators and recipes, which
    /// are few, not for those made from data.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn shared(pattern: &str, flavour: Flavour, flags: Flags) -> Result<Arc<Self>, String> {
        let key = (pattern.to_owned(), flavour, flags);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = shared.get(&key) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(Self::new(pattern, flavour, flags)?);
        shared.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// Which of Python's modules the pattern is written for.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// How many groups there are, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.regex.captures_len() - 1
    }

    /// The number of the group called `name`.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.regex.capture_names().position(|group| group == Some(name))
    }

    /// Whether the pattern is found in `text`.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn is_in(&self, text: &str) -> Result<bool, String> {
        self.regex.is_match(text).map_err(|error| error.to_string())
    }

    /// The matches of `text`, as Python's `finditer` gives them.
    pub fn matches<'a>(&'a self, text: &'a str) -> Matches<'a> {
        Matches { pattern: self, text, place: Some(0), must_advance: false }
    }

    /// The first match from `place` on; a pattern that begins with `\G` is found there or nowhere.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn captures_at<'a>(
        &self,
        text: &'a str,
        place: usize,
    ) -> Result<Option<Captures<'a, str>>, String> {
        self.regex.captures_from_pos(text, place).map_err(|error| error.to_string())
    }

    /// Writes `text` with every match replaced; whether there was one.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn replace(
        &self,
        text: &str,
        template: &Template,
        new: &mut String,
    ) -> Result<bool, String> {
        let mut copied = 0;
        let mut found = false;
        let mut matches = self.matches(text);
        if let Some(replacement) = template.as_text() {
            while let Some(range) = matches.advance_over()? {
                new.push_str(&text[copied..range.start]);
                new.push_str(replacement);
                copied = range.end;
                found = true;
            }
        } else {
            while let Some(captures) = matches.advance()? {
                let Some(whole) = captures.get(0) else { break };
                new.push_str(&text[copied..whole.start()]);
                template.expand(&captures, new);
                copied = whole.end();
                found = true;
            }
        }
        if found {
            new.push_str(&text[copied..]);
        }
        Ok(found)
    }

    fn advancing(&self) -> Option<&Regex> {
        // A pattern that only ever matches nothing has no such form.
        let compiled = || compile(&format!(r"\G(?:{})", self.translated), true).ok();
        self.advancing.get_or_init(compiled).as_ref()
    }
}

fn compile(translated: &str, matches_something: bool) -> Result<Regex, String> {
    RegexBuilder::new(translated)
        .backtrack_limit(BACKTRACK_LIMIT)
        .find_not_empty(matches_something)
        .build()
        .map_err(|error| error.to_string())
}

/// The matches of a text, in order; an empty one may follow directly on one that is not, but two
/// never start at the same place unless the second is longer.
#[derive(Debug)]
pub struct Matches<'a> {
    pattern: &'a Pattern,
    text: &'a str,
    place: Option<usize>,
    must_advance: bool,
}

impl<'a> Matches<'a> {
    /// The next match with its groups.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn advance(&mut self) -> Result<Option<Captures<'a, str>>, String> {
        let text = self.text;
        self.step(
            |regex, place| regex.captures_from_pos(text, place),
            |captures| captures.get(0).map_or(0..0, |whole| whole.start()..whole.end()),
        )
    }

    /// Where the next match stands, in bytes.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn advance_over(&mut self) -> Result<Option<Range<usize>>, String> {
        let text = self.text;
        self.step(
            |regex, place| {
                let found = regex.find_from_pos(text, place)?;
                Ok(found.map(|found| found.start()..found.end()))
            },
            Clone::clone,
        )
    }

    fn step<T>(
        &mut self,
        search: impl Fn(&Regex, usize) -> Result<Option<T>, fancy_regex::Error>,
        range_of: impl Fn(&T) -> Range<usize>,
    ) -> Result<Option<T>, String> {
        let found = self.search(search).map_err(|error| error.to_string())?;
        let range = found.as_ref().map(range_of);
        self.must_advance = range.as_ref().is_some_and(Range::is_empty);
        self.place = range.map(|range| range.end);
        Ok(found)
    }

    fn search<T>(
        &self,
        search: impl Fn(&Regex, usize) -> Result<Option<T>, fancy_regex::Error>,
    ) -> Result<Option<T>, fancy_regex::Error> {
        let Some(place) = self.place else { return Ok(None) };
        if !self.must_advance {
            return search(&self.pattern.regex, place);
        }
        if let Some(advancing) = self.pattern.advancing() {
            let found = search(advancing, place)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        match self.text[place..].chars().next() {
            Some(passed) => search(&self.pattern.regex, place + passed.len_utf8()),
            None => Ok(None),
        }
    }
}

/// Replaces a pattern in all texts that `may_match` lets through.
pub(crate) fn replace_texts(
    operator: &str,
    pattern: &PatternText,
    replacement: &str,
    batch: &Batch,
    may_match: impl Fn(&str) -> bool,
) -> Result<Mapped, OperatorError> {
    let pattern = pattern.pattern();
    let template = Template::new(replacement, pattern).map_err(|message| {
        let (operator, parameter) = (operator.to_owned(), "repl".to_owned());
        OperatorError::Parameter { operator, parameter, message }
    })?;
    Ok(try_edit_texts(batch, |text, new| {
        Ok(may_match(text) && pattern.replace(text, &template, new)?)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, template: &str, text: &str) -> String {
        let pattern = Pattern::new(pattern, Flavour::Regex, Flags::default()).unwrap();
        let template = Template::new(template, &pattern).unwrap();
        let mut new = String::new();
        if pattern.replace(text, &template, &mut new).unwrap() { new } else { text.to_owned() }
    }

    /// The expected texts are those of Python's `regex` 2026.11.
    #[test]
    fn empty_matches_are_replaced_as_in_python() {
        assert_eq!(replaced("a*", "X", "baac"), "XbXXcX");
        assert_eq!(replaced("|a", "X", "a"), "XXX");
        assert_eq!(replaced("(?=b)|b", "X", "abb"), "aXXXX");
        assert_eq!(replaced(r"\b|\w", "X", "ab cd"), "XXXX XXXX");
        assert_eq!(replaced("$", "X", "a\n"), "aX\nX");
    }

    #[test]
    fn a_search_that_would_take_for_ever_gives_up() {
        let pattern = Pattern::new(r"(a*)*\1$b", Flavour::Regex, Flags::default()).unwrap();
        assert!(pattern.is_in(&"a".repeat(40)).is_err());
    }
}
