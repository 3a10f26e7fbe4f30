//! How many different answers a model gives, which it gives most, and how often two models agree.

use std::collections::HashMap;

use serde::Serialize;

use super::{Answer, Pair};

/// The answers of one side as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diversity {
    /// How many answers.
    pub total: usize,
    /// How many different ones.
    pub distinct: usize,
    /// distinct / total.
    pub diversity: f64,
    /// How many are empty.
    pub blank: usize,
    /// Words per answer, on average.
    pub mean_words: f64,
    /// The most frequent answers with their counts, the most frequent first.
    pub top: Vec<(String, usize)>,
}

/// The most answers that are listed.
const LISTED: usize = 20;

impl Diversity {
    pub(super) fn of<'a>(answers: impl Iterator<Item = &'a Answer>) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let (mut total, mut blank, mut words) = (0, 0, 0);
        for answer in answers {
            *counts.entry(&answer.text).or_default() += 1;
            total += 1;
            blank += usize::from(answer.text.trim().is_empty());
            words += answer.text.split_whitespace().count();
        }
        let distinct = counts.len();
        let mut top: Vec<(String, usize)> =
            counts.into_iter().map(|(text, count)| (text.to_owned(), count)).collect();
        top.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        top.truncate(LISTED);
        let share = |part: usize| part as f64 / total.max(1) as f64;
        Self { total, distinct, diversity: share(distinct), blank, mean_words: share(words), top }
    }
}

/// How often two models say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// How many questions.
    pub total: usize,
    /// Answers that are equal to the letter.
    pub identical: usize,
    /// Answers that are equal but for case, punctuation and white space.
    pub alike: usize,
}

impl Agreement {
    pub(super) fn of(pairs: &[Pair<'_>]) -> Self {
        let count = |same: fn(&Pair<'_>) -> bool| pairs.iter().filter(|pair| same(pair)).count();
        Self {
            total: pairs.len(),
            identical: count(|pair| pair.a.text == pair.b.text),
            alike: count(|pair| plain(&pair.a.text) == plain(&pair.b.text)),
        }
    }
}

/// An answer without case, punctuation and superfluous white space.
pub(super) fn plain(text: &str) -> String {
    let kept: String =
        text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    kept.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer { text: text.to_owned(), ..Answer::default() }
    }

    #[test]
    fn the_most_frequent_answer_comes_first_and_ties_go_by_letter() {
        let answers: Vec<Answer> = ["b", "a", "c", "c", "", "two words"].map(answer).into();
        let found = Diversity::of(answers.iter());
        assert_eq!((found.total, found.distinct, found.blank), (6, 5, 1));
        let top: Vec<&str> = found.top.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(top, ["c", "", "a", "b", "two words"]);
        assert!((found.mean_words - 1.0).abs() < 1e-15);
    }

    #[test]
    fn agreement_looks_past_case_and_full_stops() {
        let (a, b) = (answer("Black."), answer("black"));
        let agreement = Agreement::of(&[Pair { a: &a, b: &b }, Pair { a: &a, b: &a }]);
        assert_eq!((agreement.identical, agreement.alike, agreement.total), (1, 2, 2));
    }
}
