//! Sentences as NLTK's Punkt finds them, with a trained model read from its files.
//!
//! A model is a folder of four tables: abbreviations, pairs of words that a full stop does not part,
//! words that often begin sentences, and in which cases a word was seen. Only places behind `.`, `?`
//! and `!` are looked at; the words around one are classified first by themselves, then as a pair.
//!
//! Source: Kiss and Strunk 2006; NLTK 3.10.4, `punkt.py` and the form of `punkt_tab`.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use super::pattern::{Flags, Flavour, Pattern};
use super::{is_alphanumeric, is_decimal, is_whitespace, lower_into};

/// A trained model.
#[derive(Clone, Debug, Default)]
pub struct Punkt {
    abbreviations: HashSet<String>,
    collocations: HashSet<(String, String)>,
    starters: HashSet<String>,
    contexts: HashMap<String, u32>,
}

/// Where a word was seen: in the middle of a sentence with a capital, and so on.
const MIDDLE_CAPITAL: u32 = 1 << 2;
const BEGINNING_SMALL: u32 = 1 << 4;
const CAPITAL: u32 = 0b1110;
const SMALL: u32 = 0b111_0000;

const NUMBER: &str = "##number##";

/// Characters that end words, full stops not among them.
const NON_WORD: &str = r#"(?:[)\";}\]\*:@\'\({\[\u2018\u2019\u201c\u201d\xab\xbb\?!])"#;
const MULTI: &str = r"(?:\-{2,}|\.{2,}|(?:\.\s){2,}\.)";

static WORDS: LazyLock<Pattern> = LazyLock::new(|| {
    let start = r#"[^\(\"\`{\[:;&\#\*@\)}\]\-,]"#;
    pattern(&format!(
        r"({MULTI}|(?={start})\S+?(?=\s|$|{NON_WORD}|{MULTI}|,(?=$|\s|{NON_WORD}|{MULTI}))|\S)"
    ))
});

static ENDS: LazyLock<Pattern> =
    LazyLock::new(|| pattern(&format!(r"[.?!](?=(?P<behind>{NON_WORD}|\s+(?P<next>\S+)))")));

/// Closing punctuation that belongs to the sentence before it.
static CLOSING: LazyLock<Pattern> = LazyLock::new(|| {
    pattern(r#"\A(?:["\')\]}\u2018\u2019\u201c\u201d\xab\xbb]+?(?:\s+|(?=--)|(?m:$)))"#)
});

static NUMERIC: LazyLock<Pattern> = LazyLock::new(|| pattern(r"\A-?[\.,]?\d[\d,\.-]*\.?$"));

fn pattern(text: &str) -> Pattern {
    Pattern::new(text, Flavour::Re, Flags::default()).expect("the patterns are written above")
}

impl Punkt {
    /// Reads the four tables of a model's folder.
    ///
    /// # Errors
    /// With the file and the reason.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let table = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))
        };
        let words = |text: String| text.lines().map(str::to_owned).collect();
        let pair = |line: &str| {
            line.split_once('\t').map(|(one, other)| (one.to_owned(), other.to_owned()))
        };
        let context = |line: &str| {
            let (word, flags) = line.rsplit_once('\t')?;
            Some((word.to_owned(), flags.trim().parse().ok()?))
        };
        Ok(Self {
            abbreviations: words(table("abbrev_types.txt")?),
            collocations: table("collocations.tab")?.lines().filter_map(pair).collect(),
            starters: words(table("sent_starters.txt")?),
            contexts: table("ortho_context.tab")?.lines().filter_map(context).collect(),
        })
    }

    /// The places of the sentences in `text`, in bytes.
    ///
    /// # Errors
    /// When a search takes too many steps.
    pub fn sentences(&self, text: &str) -> Result<Vec<Range<usize>>, String> {
        let slices = self.slices(text)?;
        let mut sentences = Vec::with_capacity(slices.len());
        let mut realigned = 0;
        for (index, slice) in slices.iter().enumerate() {
            let start = slice.start + realigned;
            let Some(next) = slices.get(index + 1) else {
                sentences.extend((start < slice.end).then_some(start..slice.end));
                break;
            };
            let behind = text.get(next.clone()).unwrap_or_default();
            if let Some(closing) = CLOSING.matches(behind).advance_over()? {
                let trimmed = behind[closing.clone()].trim_end_matches(is_whitespace);
                sentences.push(start..next.start + trimmed.len());
                realigned = closing.end;
            } else {
                realigned = 0;
                sentences.extend((start < slice.end).then_some(start..slice.end));
            }
        }
        Ok(sentences)
    }

    /// The sentences before closing punctuation is moved.
    fn slices(&self, text: &str) -> Result<Vec<Range<usize>>, String> {
        let mut slices = Vec::new();
        let mut last = 0;
        for end in candidates(text)? {
            if self.has_break(&end.context)? {
                slices.push(last..end.place);
                last = end.next.unwrap_or(end.place);
            }
        }
        slices.push(last..text.trim_end_matches(is_whitespace).len());
        Ok(slices)
    }

    /// Whether any word but the last ends a sentence.
    fn has_break(&self, context: &str) -> Result<bool, String> {
        let mut tokens = Vec::new();
        for line in context.split('\n') {
            let mut words = WORDS.matches(line);
            while let Some(range) = words.advance_over()? {
                tokens.push(self.first_pass(&line[range])?);
            }
        }
        for index in 1..tokens.len() {
            let (before, behind) = tokens.split_at_mut(index);
            self.second_pass(&mut before[index - 1], &behind[0]);
            if before[index - 1].breaks {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The word by itself.
    fn first_pass<'a>(&self, word: &'a str) -> Result<Token<'a>, String> {
        let mut kind = String::new();
        lower_into(word, &mut kind);
        if NUMERIC.is_in(&kind)? {
            NUMBER.clone_into(&mut kind);
        }
        let mut token =
            Token { word, kind, breaks: false, is_abbreviation: false, is_ellipsis: false };
        if matches!(word, "." | "?" | "!") {
            token.breaks = true;
        } else if word.len() > 1 && word.bytes().all(|byte| byte == b'.') {
            token.is_ellipsis = true;
        } else if word.ends_with('.') && !word.ends_with("..") {
            let mut stem = String::new();
            lower_into(&word[..word.len() - 1], &mut stem);
            let last = stem.rsplit('-').next().unwrap_or_default();
            token.is_abbreviation =
                self.abbreviations.contains(&stem) || self.abbreviations.contains(last);
            token.breaks = !token.is_abbreviation;
        }
        Ok(token)
    }

    /// The word with the one behind it.
    fn second_pass(&self, token: &mut Token<'_>, next: &Token<'_>) {
        if !token.word.ends_with('.') {
            return;
        }
        let kind = token.kind_without_stop().to_owned();
        let next_kind = next.kind_without_break();
        if self.collocations.contains(&(kind.clone(), next_kind.to_owned())) {
            token.breaks = false;
            token.is_abbreviation = true;
            return;
        }
        let is_initial = token.is_initial();
        if (token.is_abbreviation || token.is_ellipsis) && !is_initial {
            let starts = self.starts_sentence(next) == Some(true)
                || (next.starts_upper() && self.starters.contains(next_kind));
            if starts {
                token.breaks = true;
                return;
            }
        }
        if is_initial || kind == NUMBER {
            let starts = self.starts_sentence(next);
            let always_capital =
                || is_initial && next.starts_upper() && self.context_of(next_kind) & SMALL == 0;
            if starts == Some(false) || (starts.is_none() && always_capital()) {
                token.breaks = false;
                token.is_abbreviation = true;
            }
        }
    }

    fn context_of(&self, kind: &str) -> u32 {
        self.contexts.get(kind).copied().unwrap_or(0)
    }

    /// Whether case says that the word begins a sentence.
    fn starts_sentence(&self, token: &Token<'_>) -> Option<bool> {
        if matches!(token.word, ";" | ":" | "," | "." | "!" | "?") {
            return Some(false);
        }
        let context = self.context_of(token.kind_without_break());
        if token.starts_upper() && context & SMALL != 0 && context & MIDDLE_CAPITAL == 0 {
            return Some(true);
        }
        let is_small = token.word.chars().next().is_some_and(char::is_lowercase);
        if is_small && (context & CAPITAL != 0 || context & BEGINNING_SMALL == 0) {
            return Some(false);
        }
        None
    }
}

/// A word and what is thought of it.
#[derive(Debug)]
struct Token<'a> {
    word: &'a str,
    /// In lower case, numbers as one.
    kind: String,
    breaks: bool,
    is_abbreviation: bool,
    is_ellipsis: bool,
}

impl Token<'_> {
    fn kind_without_stop(&self) -> &str {
        match self.kind.strip_suffix('.') {
            Some(stem) if !stem.is_empty() => stem,
            _ => &self.kind,
        }
    }

    fn kind_without_break(&self) -> &str {
        if self.breaks { self.kind_without_stop() } else { &self.kind }
    }

    fn is_initial(&self) -> bool {
        let mut characters = self.word.chars();
        let is_letter =
            |letter: char| letter == '_' || (is_alphanumeric(letter) && !is_decimal(letter));
        characters.next().is_some_and(is_letter) && characters.as_str() == "."
    }

    fn starts_upper(&self) -> bool {
        self.word.chars().next().is_some_and(char::is_uppercase)
    }
}

/// A place where a sentence may end.
#[derive(Debug)]
struct Candidate {
    /// Behind the mark that may end it, in bytes.
    place: usize,
    /// Where the next word begins, if there is white space between.
    next: Option<usize>,
    /// The words around it.
    context: String,
}

fn candidates(text: &str) -> Result<Vec<Candidate>, String> {
    let mut found = Vec::new();
    let mut word = 0..0;
    let mut pending: Option<Candidate> = None;
    let mut ends = ENDS.matches(text);
    while let Some(captures) = ends.advance()? {
        let (Some(mark), Some(behind)) = (captures.get(0), captures.name("behind")) else { break };
        let before = &text[word.end..mark.start()];
        let is_space = |byte: u8| matches!(byte, b' ' | 0x09..=0x0d);
        let start = match before.bytes().rposition(is_space) {
            Some(space) if space > 0 => word.end + space + 1,
            _ => word.start,
        };
        if let Some(candidate) = pending.take() {
            found.extend((word.end <= start).then_some(candidate));
        }
        word = start..mark.start();
        let context = [&text[word.clone()], mark.as_str(), behind.as_str()].concat();
        let next = captures.name("next").map(|next| next.start());
        pending = Some(Candidate { place: mark.end(), next, context });
    }
    found.extend(pending);
    Ok(found)
}
