//! Questions found again in training texts, by the n-grams of their words.
//!
//! Small letters, words of letters and digits. A question with fewer words than an n-gram is one
//! n-gram; one of less than four words is nobody's property and is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lagar_core::Digest;

/// Questions with fewer words are not looked for.
const FEWEST_WORDS: usize = 4;

/// The n-grams of all questions.
#[derive(Debug, Default)]
pub(super) struct TextIndex {
    /// N-gram → questions that have it.
    grams: HashMap<u64, Vec<usize>>,
    /// Per question how many different n-grams it has.
    counts: Vec<usize>,
    /// The lengths of n-grams that occur.
    lengths: BTreeSet<usize>,
}

impl TextIndex {
    pub(super) fn new<'a>(ngram: usize, questions: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        for (place, text) in questions.enumerate() {
            let words = words(text);
            let length = ngram.max(FEWEST_WORDS).min(words.len());
            if words.len() < FEWEST_WORDS {
                index.counts.push(0);
                continue;
            }
            let grams = grams(&words, length);
            index.counts.push(grams.len());
            index.lengths.insert(length);
            for gram in grams {
                index.grams.entry(gram).or_default().push(place);
            }
        }
        index
    }

    /// Per question that shares n-grams with `text`, the share of them that `text` has.
    pub(super) fn overlaps(&self, text: &str) -> BTreeMap<usize, f64> {
        let words = words(text);
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = HashSet::new();
        for length in self.lengths.iter().filter(|length| **length <= words.len()) {
            for gram in grams(&words, *length) {
                let questions = self.grams.get(&gram).filter(|_| seen.insert(gram));
                for question in questions.into_iter().flatten() {
                    *shared.entry(*question).or_default() += 1;
                }
            }
        }
        let share = |(question, count): (usize, usize)| {
            (question, count as f64 / self.counts[question].max(1) as f64)
        };
        shared.into_iter().map(share).collect()
    }
}

fn words(text: &str) -> Vec<String> {
    let apart = text.split(|letter: char| !letter.is_alphanumeric());
    apart.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The different n-grams of `length` words.
fn grams(words: &[String], length: usize) -> BTreeSet<u64> {
    let gram = |window: &[String]| {
        let Digest(bytes) = Digest::of_parts(window.iter().map(String::as_bytes));
        u64::from_le_bytes(std::array::from_fn(|place| bytes[place]))
    };
    words.windows(length.max(1)).map(gram).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlaps(questions: &[&str], text: &str) -> Vec<(usize, f64)> {
        TextIndex::new(4, questions.iter().copied()).overlaps(text).into_iter().collect()
    }

    #[test]
    fn case_and_punctuation_do_not_matter_and_order_does() {
        let questions = ["What is on the sign?", "who is it?"];
        assert_eq!(overlaps(&questions, "<image> what's this; WHAT IS ON THE SIGN"), [(0, 1.0)]);
        assert_eq!(overlaps(&questions, "the sign on is what"), []);
        assert_eq!(overlaps(&questions, "who is it?"), [], "three words are nobody's property");
    }

    #[test]
    fn a_part_of_a_question_is_a_part_of_its_n_grams() {
        let found = overlaps(&["a b c d e f"], "x a b c d e y");
        assert_eq!(found, [(0, 2.0 / 3.0)]);
    }
}
