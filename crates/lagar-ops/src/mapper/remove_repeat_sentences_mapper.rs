//! `remove_repeat_sentences_mapper`: removes sentences that the text has said before.

use std::collections::HashSet;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{PythonLambda, edit_texts, lower_into, strip};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes a sentence if the same text has it already.
///
/// Product pages and captions of models repeat themselves. Lines are cut into sentences behind
/// `.`, `。`, `!`, `！`, `?`, `？` and `……`, with a closing quotation mark that follows; the
/// comparison ignores white space at the ends and, with `ignore_special_character`, everything but
/// Chinese characters, letters and digits of ASCII and spaces. What is then shorter than
/// `min_repeat_sentence_length` always stays. A line all of whose sentences go stays as an empty one.
///
/// Parity: exact, without custom tokenizers, which are Python code and refused.
///
/// Source: Data-Juicer 1.6.1, `remove_repeat_sentences_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveRepeatSentencesMapper {
    /// Whether case is ignored.
    pub lowercase: bool,
    /// Whether characters other than Chinese ones, letters, digits and spaces are ignored.
    pub ignore_special_character: bool,
    /// The fewest characters of a sentence that can go.
    pub min_repeat_sentence_length: i64,
    /// A Python function that cuts lines into sentences; refused.
    pub tokenizer: Option<PythonLambda>,
}

impl Default for RemoveRepeatSentencesMapper {
    fn default() -> Self {
        Self {
            lowercase: false,
            ignore_special_character: true,
            min_repeat_sentence_length: 2,
            tokenizer: None,
        }
    }
}

fn closes(character: char) -> bool {
    matches!(character, '’' | '”')
}

fn ends(character: char) -> bool {
    matches!(character, '.' | '。' | '！' | '!' | '？' | '?')
}

/// What may stand before a closing quotation mark at the end of a sentence: the original's class
/// holds the parts of two quantifiers as well.
fn ends_quoted(character: char) -> bool {
    ends(character) || matches!(character, '{' | '6' | '}' | '…' | '2')
}

/// Writes a line feed behind each place where the first characters of a window pass `before` and
/// the one behind them closes no quotation; windows do not overlap.
fn cut<const N: usize>(text: &str, new: &mut String, before: impl Fn([char; N]) -> bool) {
    new.clear();
    let mut rest = text.chars();
    loop {
        let mut ahead = rest.clone();
        let window: [Option<char>; N] = std::array::from_fn(|_| ahead.next());
        let Some(first) = window[0] else { return };
        let next = ahead.next();
        let full = window.iter().flatten().count() == N;
        match next {
            Some(next)
                if full && !closes(next) && before(window.map(Option::unwrap_or_default)) =>
            {
                new.extend(window.iter().flatten());
                new.push('\n');
                new.push(next);
                rest = ahead;
            }
            _ => {
                new.push(first);
                rest.next();
            }
        }
    }
}

/// Buffers that are used again from line to line.
#[derive(Debug, Default)]
struct Scratch {
    first: String,
    second: String,
    lower: String,
}

impl Scratch {
    /// The line with a line feed between its sentences.
    fn sentences(&mut self, line: &str) -> &str {
        cut(line, &mut self.first, |[end]| ends(end));
        cut(&self.first, &mut self.second, |pair: [char; 2]| pair == ['…', '…']);
        cut(&self.second, &mut self.first, |[end, quote]| ends_quoted(end) && closes(quote));
        &self.first
    }
}

impl RemoveRepeatSentencesMapper {
    /// What is compared of a sentence.
    fn key(&self, sentence: &str, lower: &mut String) -> String {
        let stripped = strip(sentence);
        if self.lowercase {
            lower_into(stripped, lower);
        } else {
            stripped.clone_into(lower);
        }
        if self.ignore_special_character {
            lower.retain(|character| {
                matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | '\u{4e00}'..='\u{9fa5}')
                    || matches!(character, '\n' | '\t' | ' ')
            });
        }
        lower.clone()
    }

    fn clean(&self, text: &str, new: &mut String, scratch: &mut Scratch) -> bool {
        let mut seen = HashSet::new();
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                new.push('\n');
            }
            scratch.sentences(line);
            for sentence in scratch.first.split('\n') {
                let key = self.key(sentence, &mut scratch.lower);
                let is_short = (key.chars().count() as i64) < self.min_repeat_sentence_length;
                if is_short || seen.insert(key) {
                    new.push_str(sentence);
                }
            }
        }
        new != text
    }
}

impl Mapper for RemoveRepeatSentencesMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let mut scratch = Scratch::default();
        let splits = |character: char| ends_quoted(character) || character == '\n';
        Ok(edit_texts(batch, |text, new| {
            text.contains(splits) && self.clean(text, new, &mut scratch)
        }))
    }
}

register! {
    RemoveRepeatSentencesMapper, Mapper,
    name: "remove_repeat_sentences_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Differs("custom tokenizers, which are Python code, are refused"),
    examples: &[
        Example {
            parameters: "{}",
            texts: &["A dog. A dog! A cat.", "今天天气真好。今天天气真好！", "Hm. Hm.\nHm. More."],
            pictures: &[],
        },
        Example {
            parameters: "{lowercase: true, ignore_special_character: false}",
            texts: &["A dog. a dog. a dog!"],
            pictures: &[],
        },
    ],
}
