//! Chunks of text and pictures that belong together, and what Data-Juicer does with their tokens.
//!
//! Source: Data-Juicer 1.6.1, `utils/mm_utils.py`.

use super::{is_whitespace, strip};
use crate::Tokens;

/// One chunk of a text: what lies between two tokens that end chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextChunk<'a> {
    /// The chunk, its tokens included.
    pub text: &'a str,
    /// How many pictures it speaks of.
    pub pictures: usize,
    /// How many pictures the chunks before it speak of.
    pub first: usize,
}

/// The chunks of a text; those of white space alone are left out.
pub fn chunks_of<'a>(text: &'a str, tokens: &Tokens) -> Vec<TextChunk<'a>> {
    let mut first = 0;
    let mut chunks = Vec::new();
    for text in pieces(text, &tokens.end_of_chunk) {
        if text.chars().all(is_whitespace) {
            continue;
        }
        let pictures = occurrences(text, &tokens.image);
        chunks.push(TextChunk { text, pictures, first });
        first += pictures;
    }
    chunks
}

fn pieces<'a>(text: &'a str, end: &str) -> Vec<&'a str> {
    if end.is_empty() { vec![text] } else { text.split(end).collect() }
}

fn occurrences(text: &str, token: &str) -> usize {
    if token.is_empty() { 0 } else { text.matches(token).count() }
}

impl TextChunk<'_> {
    /// The chunk's special tokens alone, one behind the other.
    pub fn bare_tokens(&self, tokens: &Tokens) -> String {
        let mut bare = String::new();
        let mut rest = self.text;
        while let Some(next) = rest.chars().next() {
            let found = tokens.all().into_iter().find(|token| {
                // The first alternative that fits wins, as in a regular expression.
                !token.is_empty() && rest.starts_with(token)
            });
            bare.push_str(found.unwrap_or_default());
            rest = &rest[found.map_or(next.len_utf8(), str::len)..];
        }
        bare
    }
}

/// The text without any special token, stripped after each kind is gone.
pub fn without_tokens(text: &str, tokens: &Tokens) -> String {
    let mut text = text.to_owned();
    for token in tokens.all() {
        if !token.is_empty() {
            text = text.replace(token, "");
        }
        text = strip(&text).to_owned();
    }
    text
}

/// Puts each insert, with a blank on both sides, behind the first `token` of what is there by then.
///
/// Several inserts into a chunk of several tokens all end up behind its first token, the last one in
/// front, because that is what Data-Juicer does. An insert for which no token is left is dropped.
pub fn insert_after_tokens(text: &str, token: &str, inserts: &[&str]) -> String {
    let mut text = text.to_owned();
    for insert in inserts {
        if let Some(place) = text.find(token) {
            text.insert_str(place + token.len(), &format!(" {insert} "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_chunks_that_count_their_pictures() {
        let text = "<__dj__image>\na <|__dj__eoc|> \n <|__dj__eoc|>b<__dj__image><__dj__image>c";
        let tokens = Tokens::default();
        let chunks = chunks_of(text, &tokens);
        let counts: Vec<_> = chunks.iter().map(|chunk| (chunk.pictures, chunk.first)).collect();
        assert_eq!(counts, [(1, 0), (2, 1)]);
        assert_eq!(chunks[1].bare_tokens(&tokens), "<__dj__image><__dj__image>");
        assert_eq!(without_tokens(chunks[1].text, &tokens), "bc");
    }

    #[test]
    fn captions_of_one_chunk_pile_up_behind_its_first_token_as_upstream() {
        let text = insert_after_tokens("<i><i>", "<i>", &["one", "two"]);
        assert_eq!(text, "<i> two  one <i>");
    }
}
