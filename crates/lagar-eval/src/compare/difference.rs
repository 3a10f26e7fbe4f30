//! The difference between two models in one metric, over all questions or those with a tag.

use lagar_core::Digest;
use serde::Serialize;

use super::{CompareOptions, Pair};
use crate::stats::{
    Bootstrap, Design, McNemar, PairedT, Resampling, Summary, benjamini_hochberg,
    clustered_standard_error, holm, is_binary, normal_quantile, wilson_interval,
};

/// The mean score of one model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its interval: Wilson's where all scores are 0 or 1, the normal one otherwise.
    pub interval: (f64, f64),
}

/// Which test decides whether a difference is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// All scores are 0 or 1.
    McnemarExact,
    /// Some are between.
    PairedT,
}

/// The difference B − A in one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The metric.
    pub metric: String,
    /// The tag and its value that the questions share; all questions otherwise.
    pub group: Option<(String, String)>,
    /// How many questions.
    pub n: usize,
    /// A's mean.
    pub a: Mean,
    /// B's mean.
    pub b: Mean,
    /// B's mean − A's.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its standard error when questions about one picture are not independent; none where every
    /// question has a picture of its own.
    pub clustered_standard_error: Option<f64>,
    /// Its bootstrap interval, bias-corrected and accelerated (BCa).
    pub interval: (f64, f64),
    /// Its plain percentile bootstrap interval.
    pub percentile_interval: (f64, f64),
    /// How many questions B did better on.
    pub wins: usize,
    /// How many questions A did better on.
    pub losses: usize,
    /// How many questions they did equally well on.
    pub ties: usize,
    /// The test that `p` comes from.
    pub test: Test,
    /// The probability of such a difference, or a larger one, if there were none.
    pub p: f64,
    /// `p` after Holm's correction over all tests of its kind in this comparison.
    pub p_holm: f64,
    /// `p` after Benjamini and Hochberg's correction.
    pub q: f64,
    /// McNemar's test in full.
    pub mcnemar: McNemar,
    /// The paired t-test in full.
    pub paired_t: PairedT,
    /// The smallest true difference that so many questions show, at the power asked for; none where
    /// the models never differ.
    pub detectable: Option<f64>,
}

impl Difference {
    /// Whether the difference stands after correction.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.p_holm < alpha
    }
}

/// The difference in `metric` over those of `pairs` that both have a score; `None` without any.
pub(super) fn difference(
    pairs: &[&Pair<'_>],
    metric: &str,
    group: Option<(&str, &str)>,
    label: &str,
    options: &CompareOptions,
) -> Option<Difference> {
    let scored: Vec<(&Pair<'_>, f64, f64)> = pairs
        .iter()
        .filter_map(|pair| Some((*pair, *pair.a.scores.get(metric)?, *pair.b.scores.get(metric)?)))
        .collect();
    if scored.is_empty() {
        return None;
    }
    let a: Vec<f64> = scored.iter().map(|(_, a, _)| *a).collect();
    let b: Vec<f64> = scored.iter().map(|(_, _, b)| *b).collect();
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
    let confidence = 1.0 - options.alpha;
    let (tag, value) = group.unwrap_or_default();
    let seed = seed_of(options.seed, &[label, metric, tag, value]);
    let resampling = Resampling { resamples: options.resamples, seed };
    let bootstrap = Bootstrap::of_mean(&differences, resampling);
    let (mcnemar, paired_t) =
        (McNemar::of_differences(&differences), PairedT::of(&differences, confidence));
    let is_right_or_wrong = is_binary(&a) && is_binary(&b);
    let (test, p) = if is_right_or_wrong {
        (Test::McnemarExact, mcnemar.p)
    } else {
        (Test::PairedT, paired_t.p)
    };
    let design = Design::of_differences(paired_t.standard_deviation, options.alpha, options.power);
    Some(Difference {
        metric: metric.to_owned(),
        group: group.map(|(tag, value)| (tag.to_owned(), value.to_owned())),
        n: scored.len(),
        a: mean(&a, is_right_or_wrong, confidence),
        b: mean(&b, is_right_or_wrong, confidence),
        difference: paired_t.mean,
        standard_error: paired_t.standard_error,
        clustered_standard_error: clustered(&scored, &differences),
        interval: bootstrap.bca(confidence),
        percentile_interval: bootstrap.percentile(confidence),
        wins: mcnemar.only_b as usize,
        losses: mcnemar.only_a as usize,
        ties: scored.len() - (mcnemar.only_a + mcnemar.only_b) as usize,
        test,
        p,
        p_holm: p,
        q: p,
        mcnemar,
        paired_t,
        detectable: (design.difference_sd > 0.0)
            .then(|| design.detectable_difference(scored.len() as u64)),
    })
}

/// Fills in the corrected probabilities over all tests of one kind.
pub(super) fn correct<'a>(tests: impl Iterator<Item = &'a mut Difference>) {
    let tests: Vec<&mut Difference> = tests.collect();
    let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
    let corrected = holm(&p).into_iter().zip(benjamini_hochberg(&p));
    for (test, (p_holm, q)) in tests.into_iter().zip(corrected) {
        (test.p_holm, test.q) = (p_holm, q);
    }
}

fn mean(scores: &[f64], is_right_or_wrong: bool, confidence: f64) -> Mean {
    let summary = Summary::of(scores);
    let interval = if is_right_or_wrong {
        let right = scores.iter().filter(|score| **score > 0.5).count();
        wilson_interval(right, summary.n, confidence)
    } else {
        let reach = normal_quantile(0.5 + confidence / 2.0) * summary.standard_error;
        (summary.mean - reach, summary.mean + reach)
    };
    Mean { value: summary.mean, standard_error: summary.standard_error, interval }
}

/// The clustered standard error, where some questions share their first picture.
fn clustered(scored: &[(&Pair<'_>, f64, f64)], differences: &[f64]) -> Option<f64> {
    let clusters: Vec<&std::path::Path> = scored
        .iter()
        .map(|(pair, ..)| pair.a.pictures.first().map(std::path::PathBuf::as_path))
        .collect::<Option<_>>()?;
    let distinct: std::collections::BTreeSet<_> = clusters.iter().collect();
    (distinct.len() < clusters.len()).then(|| clustered_standard_error(differences, &clusters))
}

/// A seed of its own for every test, whatever else is compared.
fn seed_of(seed: u64, names: &[&str]) -> u64 {
    let start = seed.to_le_bytes();
    let parts = names.iter().map(|name| name.as_bytes());
    let Digest(digest) = Digest::of_parts(std::iter::once(start.as_slice()).chain(parts));
    digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::super::Answer;
    use super::*;

    fn answers(scores: &[f64]) -> Vec<Answer> {
        let one = |score: &f64| Answer {
            scores: [("m".to_owned(), *score)].into(),
            pictures: vec!["same.jpg".into()],
            ..Answer::default()
        };
        scores.iter().map(one).collect()
    }

    fn of(a: &[f64], b: &[f64]) -> Difference {
        let (a, b) = (answers(a), answers(b));
        let pairs: Vec<Pair<'_>> = a.iter().zip(&b).map(|(a, b)| Pair { a, b }).collect();
        let pairs: Vec<&Pair<'_>> = pairs.iter().collect();
        let options = CompareOptions { resamples: 200, ..CompareOptions::default() };
        difference(&pairs, "m", None, "bench", &options).unwrap()
    }

    #[test]
    fn right_and_wrong_answers_are_tested_exactly() {
        let found = of(&[0.0, 0.0, 1.0, 1.0], &[1.0, 1.0, 0.0, 1.0]);
        assert_eq!(
            (found.test, found.wins, found.losses, found.ties),
            (Test::McnemarExact, 2, 1, 1)
        );
        assert!((found.difference - 0.25).abs() < 1e-15);
        assert!(found.clustered_standard_error.is_some());
    }

    #[test]
    fn soft_scores_are_tested_by_students_t() {
        let found = of(&[0.3, 0.6, 0.0], &[0.6, 0.9, 1.0]);
        assert_eq!(found.test, Test::PairedT);
        assert!((found.p - found.paired_t.p).abs() < 1e-15);
        assert!(found.interval.0 > 0.2 && found.interval.1 <= 1.0);
    }

    #[test]
    fn models_that_never_differ_have_no_smallest_visible_difference() {
        let found = of(&[1.0, 0.0], &[1.0, 0.0]);
        assert_eq!((found.detectable, found.p, found.interval), (None, 1.0, (0.0, 0.0)));
    }
}
