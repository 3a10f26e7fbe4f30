//! How much a disturbance costs, question by question.
//!
//! The same questions are asked twice, so the difference is a paired one: its standard error is that of
//! the mean of the differences, which is smaller than the two errors together. Student's t with n − 1
//! degrees of freedom gives the interval.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::{Scores, Unit};

/// A metric without and with a disturbance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drop {
    /// The disturbance: `blur:2`.
    pub perturbation: String,
    /// The metric.
    pub metric: String,
    /// How its values are to be read.
    pub unit: Unit,
    /// Its value on the questions as they are.
    pub plain: f64,
    /// Its value on the disturbed questions.
    pub disturbed: f64,
    /// `plain - disturbed`.
    pub drop: f64,
    /// The standard error of the drop, where the metric is a mean over samples.
    pub standard_error: Option<f64>,
    /// The 95 % interval of the drop, likewise.
    pub interval: Option<(f64, f64)>,
    /// How many questions are compared.
    pub n: usize,
    /// How many of the questions the disturbance changed.
    pub changed: usize,
}

/// The drops of all metrics.
pub fn drops(perturbation: &str, plain: &Scores, disturbed: &Scores, changed: usize) -> Vec<Drop> {
    let by_id: BTreeMap<&str, &BTreeMap<String, f64>> =
        disturbed.samples.iter().map(|sample| (sample.id.as_str(), &sample.scores)).collect();
    let drop = |metric: &crate::MetricValue| {
        let other = disturbed.metrics.iter().find(|other| other.name == metric.name)?;
        let difference = |sample: &crate::SampleScore| {
            let before = sample.scores.get(&metric.name)?;
            Some(before - by_id.get(sample.id.as_str())?.get(&metric.name)?)
        };
        let differences: Vec<f64> = plain.samples.iter().filter_map(difference).collect();
        let (standard_error, interval) = match metric.standard_error {
            Some(_) => spread(&differences),
            None => (None, None),
        };
        Some(Drop {
            perturbation: perturbation.to_owned(),
            metric: metric.name.clone(),
            unit: metric.unit,
            plain: metric.value,
            disturbed: other.value,
            drop: metric.value - other.value,
            standard_error,
            interval,
            n: metric.n,
            changed,
        })
    };
    plain.metrics.iter().filter_map(drop).collect()
}

/// Standard error and 95 % interval of the mean.
fn spread(values: &[f64]) -> (Option<f64>, Option<(f64, f64)>) {
    let n = values.len() as f64;
    if values.len() < 2 {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    let reach = StudentsT::new(0.0, 1.0, n - 1.0).map(|t| t.inverse_cdf(0.975) * error);
    (Some(error), reach.ok().map(|reach| (mean - reach, mean + reach)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricValue, SampleScore};

    fn scores(values: &[f64]) -> Scores {
        let sample = |(place, value): (usize, &f64)| SampleScore {
            id: place.to_string(),
            scores: [("accuracy".to_owned(), *value)].into(),
            ..SampleScore::default()
        };
        let metrics =
            vec![MetricValue::mean("accuracy", values), MetricValue::share("f1", values[0], 4)];
        let samples = values.iter().enumerate().map(sample).collect();
        Scores { metrics, samples, ..Scores::default() }
    }

    #[test]
    fn the_error_is_that_of_the_paired_differences() {
        // scipy 1.17.1: stats.ttest_rel([1, 1, 1, 0], [1, 0, 0, 0]).confidence_interval()
        let drops =
            drops("blur:2", &scores(&[1.0, 1.0, 1.0, 0.0]), &scores(&[1.0, 0.0, 0.0, 0.0]), 4);
        let accuracy = &drops[0];
        assert_eq!((accuracy.plain, accuracy.disturbed, accuracy.drop), (0.75, 0.25, 0.5));
        assert!((accuracy.standard_error.unwrap() - 0.288_675_134_594_812_9).abs() < 1e-12);
        let (low, high) = accuracy.interval.unwrap();
        assert!((low + 0.418_693_115_518_5).abs() < 1e-6, "{low}");
        assert!((high - 1.418_693_115_518_5).abs() < 1e-6, "{high}");
        assert_eq!((drops[1].metric.as_str(), drops[1].interval), ("f1", None));
    }
}
