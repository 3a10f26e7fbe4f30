//! Shingles: the overlapping sequences of words or characters that near duplicates share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptionalPattern, lower_into};

/// What to do with texts that are too short for a single shingle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ShortText {
    /// All of them are duplicates of each other, whatever they say: Data-Juicer's behaviour.
    #[default]
    Merge,
    /// Those that say the same are duplicates.
    Exact,
    /// None of them is a duplicate.
    Keep,
}

/// A text in lower case, if that is wanted, and without what is ignored.
pub(crate) fn prepared<'a>(
    text: &'a str,
    lowercase: bool,
    ignored: &OptionalPattern,
    buffer: &'a mut String,
) -> std::borrow::Cow<'a, str> {
    let text = if lowercase {
        lower_into(text, buffer);
        buffer.as_str()
    } else {
        text
    };
    ignored.remove_from(text)
}

/// Calls `take` with each sequence of `size` characters, in order.
pub(crate) fn of_characters(text: &str, size: usize, mut take: impl FnMut(&str)) {
    let mut starts = text.char_indices().map(|(place, _)| place);
    let ends = text.char_indices().map(|(place, _)| place).chain([text.len()]).skip(size);
    for end in ends {
        if let Some(start) = starts.next() {
            take(&text[start..end]);
        }
    }
}

/// Calls `take` with each sequence of `size` pieces, joined by `joint`, in order.
pub(crate) fn of_pieces<'a>(
    pieces: impl Iterator<Item = &'a str>,
    joint: &str,
    size: usize,
    mut take: impl FnMut(&str),
) {
    let (mut joined, mut places) = (String::new(), Vec::new());
    for piece in pieces {
        if !places.is_empty() {
            joined.push_str(joint);
        }
        let start = joined.len();
        joined.push_str(piece);
        places.push((start, joined.len()));
    }
    for window in places.windows(size.max(1)) {
        take(&joined[window[0].0..window[window.len() - 1].1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_overlap_and_short_texts_have_none() {
        let mut found = Vec::new();
        of_characters("aé🙂d", 2, |shingle| found.push(shingle.to_owned()));
        assert_eq!(found, ["aé", "é🙂", "🙂d"]);
        found.clear();
        of_pieces("a b c".split(' '), " ", 2, |shingle| found.push(shingle.to_owned()));
        assert_eq!(found, ["a b", "b c"]);
        of_pieces("a b".split(' '), " ", 3, |_| panic!("too short"));
        of_characters("ab", 3, |_| panic!("too short"));
    }
}
