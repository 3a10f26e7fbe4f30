//! Words as numbers, and counted n-grams: what BLEU and CIDEr stand on.

use std::collections::HashMap;

use super::python;

/// Gives each word a number, in the order of first appearance.
#[derive(Debug, Default)]
pub struct Words {
    numbers: HashMap<String, u32>,
}

impl Words {
    /// The words of a text, cut at white space as `str.split()` does.
    pub fn split(&mut self, text: &str) -> Vec<u32> {
        python::split(text).map(|word| self.number(word)).collect()
    }

    /// The words of a text, cut at every single space as `str.split(" ")` does; empty words count.
    pub fn split_at_spaces(&mut self, text: &str) -> Vec<u32> {
        text.split(' ').map(|word| self.number(word)).collect()
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(word.to_owned(), number);
        number
    }
}

/// An answer and its references in words.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// The answer.
    pub answer: Vec<u32>,
    /// The references.
    pub references: Vec<Vec<u32>>,
}

/// N-grams with how often they occur, sorted.
#[derive(Clone, Debug, Default)]
pub struct Counts<'a>(pub Vec<(&'a [u32], u32)>);

impl<'a> Counts<'a> {
    /// All n-grams of `words` up to length `longest`.
    pub fn new(words: &'a [u32], longest: usize) -> Self {
        let mut grams: Vec<&[u32]> = (1..=longest).flat_map(|n| words.windows(n)).collect();
        grams.sort_unstable();
        let mut counts: Vec<(&[u32], u32)> = Vec::with_capacity(grams.len());
        for gram in grams {
            match counts.last_mut() {
                Some((last, count)) if *last == gram => *count += 1,
                _ => counts.push((gram, 1)),
            }
        }
        Self(counts)
    }

    /// How often an n-gram occurs.
    pub fn get(&self, gram: &[u32]) -> u32 {
        self.0.binary_search_by(|(other, _)| (*other).cmp(gram)).map_or(0, |place| self.0[place].1)
    }
}

/// Per n from 1 to `N`: how many n-grams of the answer occur in a reference (each at most as often as
/// in the reference that has it most), and how many the answer has.
pub fn clipped<const N: usize>(segment: &Segment) -> ([usize; N], [usize; N]) {
    let references: Vec<Counts<'_>> =
        segment.references.iter().map(|words| Counts::new(words, N)).collect();
    let (mut correct, mut total) = ([0; N], [0; N]);
    for (gram, count) in Counts::new(&segment.answer, N).0 {
        let most = references.iter().map(|counts| counts.get(gram)).max().unwrap_or(0);
        total[gram.len() - 1] += count as usize;
        correct[gram.len() - 1] += count.min(most) as usize;
    }
    (correct, total)
}

/// The length of the reference nearest in length to the answer, the shorter one of two.
pub fn nearest_length(segment: &Segment) -> usize {
    let length = segment.answer.len();
    let lengths = segment.references.iter().map(Vec::len);
    lengths.min_by_key(|reference| (reference.abs_diff(length), *reference)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_words_are_clipped_at_the_reference_that_has_most() {
        let mut words = Words::default();
        let segment = Segment {
            answer: words.split("the the the cat"),
            references: vec![words.split("the cat"), words.split("the big the dog")],
        };
        let (correct, total) = clipped::<2>(&segment);
        assert_eq!((correct, total), ([3, 1], [4, 3]));
        assert_eq!(nearest_length(&segment), 4);
    }
}
