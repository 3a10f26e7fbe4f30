//! Scores: of one answer, of a group, of a benchmark.
//!
//! Sample scores are shares in [0, 1] wherever the metric is one; a metric that only exists over all
//! answers (corpus BLEU, CIDEr, F1 of yes and no) has neither standard error nor interval here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::question::{Answered, Question};

/// How a value is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share in [0, 1], shown in percent.
    #[default]
    Share,
    /// A number on the metric's own scale (BLEU to 100, MME to 2,800, CIDEr to 10).
    Points,
}

/// A metric over all answers, or those of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// The metric, with the community where several disagree: `vqa_official`, `textvqa_llava`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// How the value is to be read.
    #[serde(default)]
    pub unit: Unit,
    /// The standard error of the mean, where the metric is a mean over samples.
    pub standard_error: Option<f64>,
    /// The 95 % interval, likewise.
    pub interval: Option<(f64, f64)>,
    /// How many samples it is over.
    pub n: usize,
    /// What to know when reading it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The scores of one answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleScore {
    /// [`Question::id`].
    pub id: String,
    /// The answer as it was given.
    pub answer: String,
    /// Metric → score; the names are those of [`MetricValue`] where a mean of them is one.
    pub scores: BTreeMap<String, f64>,
    /// The question's tags.
    pub tags: BTreeMap<String, String>,
}

/// The metrics of the answers that share a tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The tag: `question_type`.
    pub tag: String,
    /// Its value: `what color is the`.
    pub value: String,
    /// The metrics over the answers with it.
    pub metrics: Vec<MetricValue>,
}

/// What a benchmark makes of answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Metrics over all answers, the headline first.
    pub metrics: Vec<MetricValue>,
    /// One entry per scored question, in the order of the questions.
    pub samples: Vec<SampleScore>,
    /// Metrics per tag and value, sorted by both.
    pub groups: Vec<Group>,
}

impl Scores {
    /// Means of the sample scores, in the order of `names`, over all samples and per tag of `tags`.
    ///
    /// A sample without a score of that name does not count for it.
    pub fn means(samples: Vec<SampleScore>, names: &[&str], tags: &[&str]) -> Self {
        let all: Vec<&SampleScore> = samples.iter().collect();
        let metrics = mean_metrics(&all, names);
        let mut groups = Vec::new();
        for tag in tags {
            let mut by_value: BTreeMap<&str, Vec<&SampleScore>> = BTreeMap::new();
            for sample in &samples {
                if let Some(value) = sample.tags.get(*tag) {
                    by_value.entry(value).or_default().push(sample);
                }
            }
            for (value, members) in by_value {
                groups.push(Group {
                    tag: (*tag).to_owned(),
                    value: value.to_owned(),
                    metrics: mean_metrics(&members, names),
                });
            }
        }
        Self { metrics, samples, groups }
    }
}

fn mean_metrics(samples: &[&SampleScore], names: &[&str]) -> Vec<MetricValue> {
    let of = |name: &&str| {
        let values: Vec<f64> =
            samples.iter().filter_map(|sample| sample.scores.get(*name).copied()).collect();
        (!values.is_empty()).then(|| MetricValue::mean(name, &values))
    };
    names.iter().filter_map(of).collect()
}

impl SampleScore {
    /// The scores of one answer to `question`.
    pub fn new(question: &Question, answer: &str, scores: BTreeMap<String, f64>) -> Self {
        Self {
            id: question.id.clone(),
            answer: answer.to_owned(),
            scores,
            tags: question.tags.clone(),
        }
    }
}

impl SampleScore {
    /// The scores of one answer, those that exist; all 0 where the answer is missing.
    pub fn of_options<const N: usize>(
        question: &Question,
        answer: &Answered,
        scores: [(&str, Option<f64>); N],
    ) -> Self {
        let scores = scores.into_iter().filter_map(|(name, score)| {
            let score = if answer.is_missing { score.map(|_| 0.0) } else { score };
            Some((name.to_owned(), score?))
        });
        Self::new(question, &answer.text, scores.collect())
    }
}

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl MetricValue {
    /// The mean of sample scores, with its standard error sd/√n and 95 % interval: Wilson's where
    /// all scores are 0 or 1, the normal one otherwise.
    pub fn mean(name: &str, values: &[f64]) -> Self {
        let n = values.len();
        let value = if n == 0 { 0.0 } else { values.iter().sum::<f64>() / n as f64 };
        let standard_error = (n > 1).then(|| {
            let squares: f64 = values.iter().map(|score| (score - value).powi(2)).sum();
            (squares / (n - 1) as f64 / n as f64).sqrt()
        });
        let is_binary = values.iter().all(|score| *score * (1.0 - *score) == 0.0);
        let interval = match standard_error {
            _ if n == 0 => None,
            _ if is_binary => Some(wilson(value, n)),
            Some(error) => Some((value - Z * error, value + Z * error)),
            None => None,
        };
        Self { name: name.to_owned(), value, standard_error, interval, n, ..Self::default() }
    }

    /// A number that is not a mean over samples.
    pub fn points(name: &str, value: f64, n: usize) -> Self {
        Self { name: name.to_owned(), value, unit: Unit::Points, n, ..Self::default() }
    }

    /// A share that is not a mean over samples (precision, F1).
    pub fn share(name: &str, value: f64, n: usize) -> Self {
        Self { name: name.to_owned(), value, n, ..Self::default() }
    }

    /// With a remark for the reader.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// Wilson's score interval at 95 %, for a share of `n`.
fn wilson(share: f64, n: usize) -> (f64, f64) {
    let n = n as f64;
    let square = Z * Z;
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_zeros_and_ones_has_wilsons_interval() {
        let mean = MetricValue::mean("accuracy", &[1.0, 1.0, 1.0, 0.0]);
        let (low, high) = mean.interval.unwrap();
        assert!((low - 0.300_641_842).abs() < 1e-6 && (high - 0.954_412_739).abs() < 1e-6);
        assert!((mean.standard_error.unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn one_soft_score_has_no_error() {
        let mean = MetricValue::mean("accuracy", &[0.3]);
        assert_eq!((mean.standard_error, mean.interval), (None, None));
    }

    #[test]
    fn groups_are_sorted_and_leave_out_what_has_no_tag() {
        let sample = |tag: Option<&str>, score: f64| SampleScore {
            scores: [("m".to_owned(), score)].into(),
            tags: tag.map(|tag| ("kind".to_owned(), tag.to_owned())).into_iter().collect(),
            ..SampleScore::default()
        };
        let samples = vec![sample(Some("b"), 1.0), sample(None, 0.0), sample(Some("a"), 0.5)];
        let scores = Scores::means(samples, &["m", "absent"], &["kind"]);
        assert_eq!(scores.metrics.len(), 1);
        assert!((scores.metrics[0].value - 0.5).abs() < 1e-12);
        let values: Vec<&str> = scores.groups.iter().map(|group| group.value.as_str()).collect();
        assert_eq!(values, ["a", "b"]);
    }
}
