//! `text_chunk_mapper`: cuts texts into several rows.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array as _, StringViewBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::pattern::{Flags, Flavour, Pattern};
use crate::text::{HfTokenizer, strip, token_chunks};
use crate::{Context, Example, Fault, FileWish, Mapped, Mapper, OperatorError, Parity, register};

/// Cuts each text into chunks, one row each, with all other fields copied.
///
/// If only `split_pattern` is set, the text is cut wherever the pattern matches; if only `max_len`,
/// into windows of that many characters, each beginning `overlap_len` characters before the end of
/// the last. If both are, a chunk ends at the last match within `max_len` characters, or after
/// `max_len` of them where there is none. Chunks of white space only are dropped, unless they are the
/// whole text or windows; a text without any chunk leaves no row.
///
/// With a `tokenizer`, lengths are numbers of its tokens and chunks are decoded from them, special
/// tokens included, as in Data-Juicer.
///
/// Parity: exact; of tokenizers those that a `tokenizer.json` describes. Data-Juicer fails on texts of about a thousand chunks and more
/// with both parameters, because it recurses.
///
/// Source: Data-Juicer 1.6.1, `text_chunk_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextChunkMapper {
    /// The most characters of a chunk.
    pub max_len: Option<u32>,
    /// Where to cut, a pattern of Python's `re`.
    pub split_pattern: Option<String>,
    /// How many characters two chunks share where no pattern parts them.
    pub overlap_len: u32,
    /// The tokenizer whose tokens are counted instead of characters: a `tokenizer.json`, the
    /// folder it is in, or its name on the Hugging Face hub.
    pub tokenizer: Option<String>,
    /// Whether code of a tokenizer may be run; never done.
    pub trust_remote_code: bool,
    #[serde(skip)]
    pattern: OnceLock<Result<Arc<Pattern>, String>>,
}

impl Default for TextChunkMapper {
    fn default() -> Self {
        Self {
            max_len: None,
            split_pattern: Some("\\n\\n".to_owned()),
            overlap_len: 0,
            tokenizer: None,
            trust_remote_code: false,
            pattern: OnceLock::new(),
        }
    }
}

impl TextChunkMapper {
    fn wrong(parameter: &str, message: impl Into<String>) -> OperatorError {
        OperatorError::Parameter {
            operator: "text_chunk_mapper".to_owned(),
            parameter: parameter.to_owned(),
            message: message.into(),
        }
    }

    fn check(&self) -> Result<(), OperatorError> {
        match self.max_len {
            None if self.split_pattern.is_none() => {
                Err(Self::wrong("max_len", "max_len and split_pattern cannot be both None"))
            }
            Some(0) => Err(Self::wrong("max_len", "max_len must be greater than 0")),
            Some(max_len) if self.overlap_len >= max_len => {
                Err(Self::wrong("overlap_len", "overlap_len must be less than max_len"))
            }
            _ => Ok(()),
        }
    }

    fn pattern(&self) -> Result<Option<&Pattern>, OperatorError> {
        let Some(pattern) = &self.split_pattern else { return Ok(None) };
        let compile = || Pattern::shared(pattern, Flavour::Re, Flags::default());
        match self.pattern.get_or_init(compile) {
            Ok(pattern) => Ok(Some(pattern)),
            Err(message) => Err(Self::wrong("split_pattern", message.clone())),
        }
    }

    /// The tokenizer, if tokens are to be counted.
    fn tokenizer(&self) -> Result<Option<Arc<HfTokenizer>>, OperatorError> {
        let Some(name) = self.counting_tokenizer() else { return Ok(None) };
        let wrong = |message: String| Self::wrong("tokenizer", message);
        HfTokenizer::open(Path::new(name)).map(Some).map_err(wrong)
    }

    /// The name of the tokenizer; without `max_len` there is nothing to count.
    fn counting_tokenizer(&self) -> Option<&String> {
        self.tokenizer.as_ref().filter(|_| self.max_len.is_some())
    }

    fn chunks<'a>(
        &self,
        text: &'a str,
        pattern: Option<&'a Pattern>,
        tokenizer: Option<&HfTokenizer>,
    ) -> Result<Vec<Cow<'a, str>>, String> {
        let lens = (self.max_len.unwrap_or(0) as usize, self.overlap_len as usize);
        let chunks = match (tokenizer, pattern) {
            (Some(tokenizer), Some(pattern)) => token_chunks::cut(tokenizer, text, pattern, lens)?,
            (Some(tokenizer), None) => token_chunks::windows(tokenizer, text, lens)?,
            (None, _) => {
                let chunks = self.chunks_of_characters(text, pattern)?;
                return Ok(chunks.into_iter().map(Cow::Borrowed).collect());
            }
        };
        Ok(chunks.into_iter().map(Cow::Owned).collect())
    }

    fn chunks_of_characters<'a>(
        &self,
        text: &'a str,
        pattern: Option<&'a Pattern>,
    ) -> Result<Vec<&'a str>, String> {
        match (self.max_len, pattern) {
            (None, None) => Ok(vec![text]),
            (None, Some(pattern)) => split(text, pattern),
            (Some(max_len), None) => Ok(windows(text, max_len as usize, self.overlap_len as usize)),
            (Some(max_len), Some(pattern)) => {
                cut(text, pattern, max_len as usize, self.overlap_len as usize)
            }
        }
    }
}

fn is_blank(text: &str) -> bool {
    strip(text).is_empty()
}

/// `re.split`: what stands between the matches, and the groups of each match.
fn split<'a>(text: &'a str, pattern: &'a Pattern) -> Result<Vec<&'a str>, String> {
    let mut chunks = Vec::new();
    let mut place = 0;
    let mut matches = pattern.matches(text);
    while let Some(captures) = matches.advance()? {
        let Some(whole) = captures.get(0) else { break };
        chunks.push(&text[place..whole.start()]);
        let groups = (1..captures.len()).filter_map(|group| captures.get(group));
        chunks.extend(groups.map(|group| &text[group.start()..group.end()]));
        place = whole.end();
    }
    chunks.push(&text[place..]);
    chunks.retain(|chunk| !is_blank(chunk));
    Ok(chunks)
}

/// Where each character begins, and the end of the text, in bytes.
fn places(text: &str) -> Vec<usize> {
    text.char_indices().map(|(place, _)| place).chain([text.len()]).collect()
}

fn windows(text: &str, max_len: usize, overlap: usize) -> Vec<&str> {
    let places = places(text);
    let total = places.len() - 1;
    if total <= max_len {
        return vec![text];
    }
    let starts = (0..total).step_by(max_len - overlap);
    starts.map(|start| &text[places[start]..places[total.min(start + max_len)]]).collect()
}

fn cut<'a>(
    text: &'a str,
    pattern: &Pattern,
    max_len: usize,
    overlap: usize,
) -> Result<Vec<&'a str>, String> {
    let mut chunks = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.char_indices().nth(max_len).map(|(end, _)| end);
        let Some(end) = end else {
            chunks.push(rest);
            return Ok(chunks);
        };
        let within = &rest[..end];
        let mut last = None;
        let mut matches = pattern.matches(within);
        while let Some(range) = matches.advance_over()? {
            last = Some(range);
        }
        let (chunk, next) = if let Some(found) = last {
            (&within[..found.start], found.end)
        } else {
            let back = within.char_indices().nth(max_len - overlap);
            (within, back.map_or(end, |(place, _)| place))
        };
        chunks.extend((!is_blank(chunk)).then_some(chunk));
        if next == 0 {
            return Err("`split_pattern` matches nothing at the start of a chunk".to_owned());
        }
        rest = &rest[next..];
    }
}

impl Mapper for TextChunkMapper {
    fn files(&self) -> Vec<FileWish> {
        let wish = |name: &String| FileWish::on_hub("tokenizer", name, "tokenizer.json");
        self.counting_tokenizer().map(wish).into_iter().collect()
    }

    fn attach_file(&mut self, _parameter: &str, path: &Path) {
        self.tokenizer = Some(path.to_string_lossy().into_owned());
    }

    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        self.check()?;
        let pattern = self.pattern()?;
        let tokenizer = self.tokenizer()?;
        let mut parents = Vec::with_capacity(batch.len());
        let mut texts = StringViewBuilder::with_capacity(batch.len());
        let mut faults = Vec::new();
        for index in 0..batch.len() {
            let text = batch.text.is_valid(index).then(|| batch.text.value(index));
            match text.map(|text| self.chunks(text, pattern, tokenizer.as_deref())) {
                Some(Ok(chunks)) => {
                    for chunk in chunks {
                        parents.push(index as u32);
                        texts.append_value(chunk);
                    }
                }
                failed => {
                    parents.push(index as u32);
                    texts.append_option(text);
                    if let Some(Err(message)) = failed {
                        faults.push(Fault { index, message });
                    }
                }
            }
        }
        Ok(Mapped {
            parents: Some(parents),
            text: Some(texts.finish()),
            faults,
            ..Mapped::default()
        })
    }
}

register! {
    TextChunkMapper, Mapper,
    name: "text_chunk_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{split_pattern: '\\n'}",
            texts: &["a dog\na beach\n\nand the sea", ""],
            pictures: &[],
        },
        Example {
            parameters: "{max_len: 8, overlap_len: 2, split_pattern: null}",
            texts: &["a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{max_len: 8, split_pattern: ' '}",
            texts: &["a dog on a beach"],
            pictures: &[],
        },
    ],
}
