//! ROUGE-L of the COCO caption evaluation, on tokenised text.
//!
//! Oddities, kept: the highest precision and the highest recall may come from different references,
//! and an empty text is one (empty) token.
//!
//! Source: `rouge.py` of pycocoevalcap 1.2 (Lin 2004, β = 1.2).

use super::ngram::Words;

const BETA: f64 = 1.2;

/// The score of one answer in [0, 1]; 0 without references.
pub fn score(answer: &str, references: &[String]) -> f64 {
    let mut words = Words::default();
    let answer = words.split_at_spaces(answer);
    let (mut precision, mut recall) = (0.0_f64, 0.0_f64);
    for reference in references {
        let reference = words.split_at_spaces(reference);
        let common = longest_common_subsequence(&answer, &reference) as f64;
        precision = precision.max(common / answer.len() as f64);
        recall = recall.max(common / reference.len() as f64);
    }
    if precision == 0.0 || recall == 0.0 {
        return 0.0;
    }
    let square = BETA * BETA;
    (1.0 + square) * precision * recall / (recall + square * precision)
}

fn longest_common_subsequence(one: &[u32], other: &[u32]) -> usize {
    let mut row = vec![0; one.len() + 1];
    for word in other {
        let mut diagonal = 0;
        for (place, candidate) in one.iter().enumerate() {
            let above = row[place + 1];
            row[place + 1] = if candidate == word { diagonal + 1 } else { above.max(row[place]) };
            diagonal = above;
        }
    }
    row[one.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_may_come_from_different_references() {
        let references = ["a dog".to_owned(), "a dog runs on a beach far away".to_owned()];
        let score = score("a dog runs", &references);
        assert!((score - 1.0).abs() < 1e-12);
    }

    #[test]
    fn two_empty_texts_are_equal() {
        assert!((score("", &[String::new()]) - 1.0).abs() < 1e-12);
    }
}
