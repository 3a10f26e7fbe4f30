//! Texts cut into chunks of so many tokens.
//!
//! Source: Data-Juicer 1.6.1, `text_chunk_mapper.py`.

use super::pattern::Pattern;
use super::{HfTokenizer, strip};

/// How often a text is cut before Python would give up.
const MOST_CUTS: usize = 1_000;

/// Windows of `max_len` tokens, each beginning `overlap` tokens before the end of the last.
///
/// # Errors
/// In words, when the tokenizer fails.
pub(crate) fn windows(
    tokenizer: &HfTokenizer,
    text: &str,
    (max_len, overlap): (usize, usize),
) -> Result<Vec<String>, String> {
    let ids = tokenizer.encode(text)?;
    if ids.len() <= max_len {
        return Ok(vec![text.to_owned()]);
    }
    let starts = (0..ids.len()).step_by(max_len - overlap);
    starts.map(|start| tokenizer.decode(&ids[start..ids.len().min(start + max_len)])).collect()
}

/// Chunks that end at the last match within `max_len` tokens, or behind as many where there is none.
///
/// What is left behind a match begins, as in Data-Juicer, as many *characters* into the text as the
/// match ends in the decoded tokens, whether or not the two agree.
///
/// # Errors
/// In words, when the tokenizer fails or the text does not become shorter.
pub(crate) fn cut(
    tokenizer: &HfTokenizer,
    text: &str,
    pattern: &Pattern,
    (max_len, overlap): (usize, usize),
) -> Result<Vec<String>, String> {
    let mut chunks = Vec::new();
    let mut rest = text.to_owned();
    for _ in 0..MOST_CUTS {
        let ids = tokenizer.encode(&rest)?;
        if ids.len() <= max_len {
            chunks.push(rest);
            return Ok(chunks);
        }
        let within = tokenizer.decode(&ids[..max_len])?;
        let mut last = None;
        let mut matches = pattern.matches(&within);
        while let Some(range) = matches.advance_over()? {
            last = Some(range);
        }
        let (chunk, left) = if let Some(found) = last {
            let characters = within[..found.end].chars().count();
            let place = rest.char_indices().nth(characters).map_or(rest.len(), |(place, _)| place);
            (&within[..found.start], rest[place..].to_owned())
        } else {
            (within.as_str(), tokenizer.decode(&ids[max_len - overlap..])?)
        };
        chunks.extend((!strip(chunk).is_empty()).then(|| chunk.to_owned()));
        rest = left;
    }
    Err(format!("the text is not used up after {MOST_CUTS} cuts"))
}
