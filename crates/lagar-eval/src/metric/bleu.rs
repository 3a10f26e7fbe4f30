//! BLEU as sacrebleu computes it: tokenizer 13a, mixed case, exponential smoothing, order 4.
//!
//! Source: `metrics/bleu.py` of sacrebleu 2.6.0 (Post 2018; Papineni et al. 2002; smoothing after
//! Chen and Cherry 2014, method 3).

use super::ngram::{Segment, Words, clipped, nearest_length};
use super::python;
use super::tokenizer_13a::tokenized;

const ORDER: usize = 4;

/// The signature that sacrebleu would print, for a number of references (`None` if it varies).
pub fn signature(references: Option<usize>, effective_order: bool) -> String {
    let references = references.map_or("var".to_owned(), |n| n.to_string());
    let effective = if effective_order { "yes" } else { "no" };
    format!("nrefs:{references}|case:mixed|eff:{effective}|tok:13a|smooth:exp|version:2.6.0")
}

/// What BLEU is computed from, summed over segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// N-grams found in a reference, for n = 1 to 4.
    pub correct: [usize; ORDER],
    /// N-grams of the answers.
    pub total: [usize; ORDER],
    /// Tokens of the answers.
    pub answer_length: usize,
    /// Tokens of the nearest references.
    pub reference_length: usize,
}

impl Statistics {
    /// The statistics of one answer; all zero without references.
    pub fn of(answer: &str, references: &[String]) -> Self {
        let mut words = Words::default();
        let mut cut = |text: &str| words.split(&tokenized(python::rstrip(text)));
        let segment = Segment {
            answer: cut(answer),
            references: references.iter().map(|reference| cut(reference)).collect(),
        };
        if segment.references.is_empty() {
            return Self::default();
        }
        let (correct, total) = clipped(&segment);
        Self {
            correct,
            total,
            answer_length: segment.answer.len(),
            reference_length: nearest_length(&segment),
        }
    }

    /// The statistics of two sets of segments together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for n in 0..ORDER {
            self.correct[n] += other.correct[n];
            self.total[n] += other.total[n];
        }
        self.answer_length += other.answer_length;
        self.reference_length += other.reference_length;
        self
    }

    /// What short answers are multiplied with, in [0, 1].
    pub fn brevity_penalty(&self) -> f64 {
        if self.answer_length >= self.reference_length {
            1.0
        } else if self.answer_length == 0 {
            0.0
        } else {
            (1.0 - self.reference_length as f64 / self.answer_length as f64).exp()
        }
    }

    /// The score, 0 to 100. With `effective_order`, as for single sentences, orders without n-grams
    /// are left out; else they make the score 0.
    pub fn score(&self, effective_order: bool) -> f64 {
        if self.correct.iter().all(|count| *count == 0) {
            return 0.0;
        }
        let mut precisions = [0.0; ORDER];
        let mut order = ORDER;
        let mut smoothing = 1.0;
        for (n, precision) in precisions.iter_mut().enumerate() {
            if self.total[n] == 0 {
                break;
            }
            if effective_order {
                order = n + 1;
            }
            *precision = if self.correct[n] == 0 {
                smoothing *= 2.0;
                100.0 / (smoothing * self.total[n] as f64)
            } else {
                100.0 * self.correct[n] as f64 / self.total[n] as f64
            };
        }
        let log = |share: &f64| if *share == 0.0 { -9_999_999_999.0 } else { share.ln() };
        let mean = precisions[..order].iter().map(log).sum::<f64>() / order as f64;
        self.brevity_penalty() * mean.exp()
    }
}

/// BLEU of one answer, 0 to 100, with effective order; `None` without references.
pub fn sentence(answer: &str, references: &[String]) -> Option<f64> {
    (!references.is_empty()).then(|| Statistics::of(answer, references).score(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_sacrebleus_own_test_scores_what_it_says() {
        let answers =
            ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
        let references = [
            ["The dog bit the man.", "The dog had bit the man."],
            ["It was not unexpected.", "No one was surprised."],
            ["The man bit him first.", "The man had bitten the dog."],
        ];
        let corpus = answers
            .iter()
            .zip(references)
            .map(|(answer, two)| Statistics::of(answer, &two.map(str::to_owned)))
            .fold(Statistics::default(), |sum, one| sum.and(&one));
        assert!((corpus.score(false) - 48.530_827).abs() < 1e-6);
    }

    #[test]
    fn an_order_without_n_grams_makes_the_corpus_score_zero() {
        let one = Statistics::of("cat", &["cat".to_owned()]);
        assert!((one.score(true) - 100.0).abs() < 1e-9);
        assert!(one.score(false).abs() < 1e-9);
    }
}
