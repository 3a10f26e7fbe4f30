//! CIDEr as the COCO caption evaluation computes it (the clipped, length-aware form), on tokenised
//! text.
//!
//! Oddities, kept: the length in the Gaussian is the number of *bigrams*; a single picture has no
//! document frequencies worth the name, so its score is 0.
//!
//! Source: `cider_scorer.py` of pycocoevalcap 1.2 (Vedantam et al. 2015).

use std::collections::HashMap;

use super::ngram::{Counts, Segment};

const ORDER: usize = 4;
const SIGMA: f64 = 6.0;

/// The mean over segments, and the score of each; 0 to 10.
pub fn scores(segments: &[Segment]) -> (f64, Vec<f64>) {
    let counted: Vec<(Counts<'_>, Vec<Counts<'_>>)> = segments
        .iter()
        .map(|segment| {
            let references = &segment.references;
            let references = references.iter().map(|words| Counts::new(words, ORDER)).collect();
            (Counts::new(&segment.answer, ORDER), references)
        })
        .collect();
    let corpus = Corpus::new(&counted);
    let each: Vec<f64> = counted
        .iter()
        .map(|(answer, references)| {
            let answer = corpus.vector(answer);
            let of = |reference| similarity(&answer, &corpus.vector(reference));
            let sum: f64 = references.iter().map(of).sum();
            if references.is_empty() { 0.0 } else { 10.0 * sum / references.len() as f64 }
        })
        .collect();
    let mean = if each.is_empty() { 0.0 } else { each.iter().sum::<f64>() / each.len() as f64 };
    (mean, each)
}

/// In how many segments' references each n-gram occurs.
struct Corpus<'a> {
    frequency: HashMap<&'a [u32], u32>,
    log_size: f64,
}

/// The weights of an n-gram vector, sorted by n-gram, with what a similarity needs besides.
struct Vector<'a> {
    weights: Vec<(&'a [u32], f64)>,
    norms: [f64; ORDER],
    bigrams: f64,
}

impl<'a> Corpus<'a> {
    fn new(segments: &[(Counts<'a>, Vec<Counts<'a>>)]) -> Self {
        let mut frequency: HashMap<&[u32], u32> = HashMap::new();
        for (_, references) in segments {
            let mut grams: Vec<&[u32]> = references
                .iter()
                .flat_map(|counts| counts.0.iter().map(|(gram, _)| *gram))
                .collect();
            grams.sort_unstable();
            grams.dedup();
            for gram in grams {
                *frequency.entry(gram).or_default() += 1;
            }
        }
        Self { frequency, log_size: (segments.len() as f64).ln() }
    }

    fn vector(&self, counts: &Counts<'a>) -> Vector<'a> {
        let (mut norms, mut bigrams) = ([0.0; ORDER], 0.0);
        let mut weights = Vec::with_capacity(counts.0.len());
        for (gram, count) in &counts.0 {
            let found = self.frequency.get(gram).copied().unwrap_or(0);
            let weight = f64::from(*count) * (self.log_size - f64::from(found.max(1)).ln());
            norms[gram.len() - 1] += weight * weight;
            if gram.len() == 2 {
                bigrams += f64::from(*count);
            }
            weights.push((*gram, weight));
        }
        Vector { weights, norms: norms.map(f64::sqrt), bigrams }
    }
}

/// The mean over orders of the clipped cosine, damped by the difference in length.
fn similarity(answer: &Vector<'_>, reference: &Vector<'_>) -> f64 {
    let mut products = [0.0; ORDER];
    for (gram, weight) in &answer.weights {
        let place = reference.weights.binary_search_by(|(other, _)| (*other).cmp(gram));
        if let Ok(place) = place {
            let other = reference.weights[place].1;
            products[gram.len() - 1] += weight.min(other) * other;
        }
    }
    let mut sum = 0.0;
    for (n, product) in products.iter().enumerate() {
        let norm = answer.norms[n] * reference.norms[n];
        sum += if norm == 0.0 { *product } else { product / norm };
    }
    let delta = answer.bigrams - reference.bigrams;
    sum / ORDER as f64 * (-(delta * delta) / (2.0 * SIGMA * SIGMA)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::ngram::Words;

    fn segments(texts: &[&str]) -> Vec<Segment> {
        let mut words = Words::default();
        let of = |text: &&str| {
            let text = words.split(text);
            Segment { answer: text.clone(), references: vec![text] }
        };
        texts.iter().map(of).collect()
    }

    #[test]
    fn one_picture_alone_scores_nothing() {
        assert!(scores(&segments(&["a dog on a beach"])).0.abs() < 1e-12);
    }

    #[test]
    fn captions_equal_to_their_references_score_ten() {
        let (mean, each) = scores(&segments(&["a dog on a beach", "two men play chess"]));
        assert!((mean - 10.0).abs() < 1e-9 && each.len() == 2);
    }
}
