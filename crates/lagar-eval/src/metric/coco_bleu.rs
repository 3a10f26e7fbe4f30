//! `Bleu_1` to `Bleu_4` of the COCO caption evaluation, on tokenised text.
//!
//! Not sacrebleu's: every precision is (correct + 1e-15) / (n-grams + 1e-9), the score is the
//! geometric mean up to that order, and the reference nearest in length counts.
//!
//! Source: `bleu_scorer.py` of pycocoevalcap 1.2.

use super::ngram::{Segment, clipped, nearest_length};

const ORDER: usize = 4;
const SMALL: f64 = 1e-9;
const TINY: f64 = 1e-15;

/// The corpus scores of order 1 to 4, and those of each segment; all in [0, 1].
pub fn scores(segments: &[Segment]) -> ([f64; ORDER], Vec<[f64; ORDER]>) {
    let (mut correct, mut total) = ([0; ORDER], [0; ORDER]);
    let (mut answers, mut references) = (0, 0);
    let mut each = Vec::with_capacity(segments.len());
    for segment in segments {
        let (found, all) = clipped::<ORDER>(segment);
        let length = nearest_length(segment);
        each.push(score(&found, &all, segment.answer.len(), length));
        for n in 0..ORDER {
            correct[n] += found[n];
            total[n] += all[n];
        }
        answers += segment.answer.len();
        references += length;
    }
    (score(&correct, &total, answers, references), each)
}

fn score(
    correct: &[usize; ORDER],
    total: &[usize; ORDER],
    answer_length: usize,
    reference_length: usize,
) -> [f64; ORDER] {
    let ratio = (answer_length as f64 + TINY) / (reference_length as f64 + SMALL);
    let penalty = if ratio < 1.0 { (1.0 - 1.0 / ratio).exp() } else { 1.0 };
    let mut product = 1.0;
    let mut scores = [0.0; ORDER];
    for n in 0..ORDER {
        product *= (correct[n] as f64 + TINY) / (total[n] as f64 + SMALL);
        scores[n] = f64::powf(product, 1.0 / (n + 1) as f64) * penalty;
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::ngram::Words;

    #[test]
    fn an_answer_equal_to_its_reference_scores_one_as_far_as_it_has_n_grams() {
        let mut words = Words::default();
        let text = words.split("a dog on a beach");
        let segment = Segment { answer: text.clone(), references: vec![text] };
        let (corpus, each) = scores(&[segment]);
        assert!(corpus.iter().all(|score| (score - 1.0).abs() < 1e-8));
        assert_eq!(each.len(), 1);
    }
}
