//! Bootstrap intervals of a mean: the data drawn again and again from itself, with replacement.
//!
//! It needs no normal distribution, which scores of questions do not have. Resample number r has a
//! random stream of its own, so the result does not depend on how many threads share the work.
//!
//! Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 13.3
//! (percentile) and 14.3 (BCa); conventions of `scipy.stats.bootstrap` 1.17: quantiles interpolate
//! linearly, ties with the estimate count one half.

use lagar_core::stat::quantile;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::{SplitMix64, Summary, is_constant, normal_cdf, normal_quantile};

/// How a bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// How many times the data are drawn anew.
    pub resamples: usize,
    /// What decides the draws.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 0 }
    }
}

/// The means of all resamples.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    estimate: f64,
    /// Skewness of the data as BCa counts it (the acceleration).
    acceleration: f64,
    /// Ascending.
    means: Vec<f64>,
}

impl Bootstrap {
    /// Draws `values` anew and takes the mean, as often as `resampling` says.
    pub fn of_mean(values: &[f64], resampling: Resampling) -> Self {
        let mean_of = |stream: usize| mean_of_resample(values, resampling.seed, stream as u64);
        let means = if is_constant(values) {
            Vec::new()
        } else {
            (0..resampling.resamples).into_par_iter().map(mean_of).collect()
        };
        Self::from_means(values, means)
    }

    /// A bootstrap of `values` whose resamples were drawn elsewhere.
    pub fn from_means(values: &[f64], mut means: Vec<f64>) -> Self {
        means.sort_by(f64::total_cmp);
        let estimate = if is_constant(values) {
            values.first().copied().unwrap_or(f64::NAN)
        } else {
            Summary::of(values).mean
        };
        Self { estimate, acceleration: acceleration(values, estimate), means }
    }

    /// The mean of the data itself.
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// The means of the resamples, ascending; none when all values are equal.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The interval between the quantiles of the means that leave out (1 − confidence)/2 on each side.
    pub fn percentile(&self, confidence: f64) -> (f64, f64) {
        let outside = (1.0 - confidence) / 2.0;
        self.between(outside, 1.0 - outside)
    }

    /// The bias-corrected and accelerated interval: the percentile one, shifted for what resampling
    /// shows of bias and skewness. Equal to it where no correction can be computed.
    pub fn bca(&self, confidence: f64) -> (f64, f64) {
        let below = self.means.partition_point(|mean| *mean < self.estimate);
        let up_to = self.means.partition_point(|mean| *mean <= self.estimate);
        let bias = normal_quantile((below + up_to) as f64 / (2 * self.means.len()).max(1) as f64);
        if !bias.is_finite() || !self.acceleration.is_finite() {
            return self.percentile(confidence);
        }
        let shifted = |z: f64| {
            let sum = bias + z;
            normal_cdf(bias + sum / (1.0 - self.acceleration * sum))
        };
        let z = normal_quantile((1.0 - confidence) / 2.0);
        self.between(shifted(z), shifted(-z))
    }

    fn between(&self, low: f64, high: f64) -> (f64, f64) {
        if self.means.is_empty() {
            return (self.estimate, self.estimate);
        }
        (quantile(&self.means, low), quantile(&self.means, high))
    }
}

/// For a mean, the jackknife's influence of a value is its distance from the mean.
fn acceleration(values: &[f64], mean: f64) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in values {
        let distance = value - mean;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    cubes / (6.0 * squares.powf(1.5))
}

fn mean_of_resample(values: &[f64], seed: u64, stream: u64) -> f64 {
    let n = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let mut random = SplitMix64::new(seed, stream);
    let (mut even, mut odd) = (0.0, 0.0);
    for _ in 0..values.len() / 2 {
        let (one, other) = random.next_two_below(n);
        even += values[one];
        odd += values[other];
    }
    if values.len() % 2 == 1 {
        even += values[random.next_two_below(n).0];
    }
    (even + odd) / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Vec<f64> {
        (0..501).map(|i| f64::from(i % 7 == 0) - f64::from(i % 11 == 0)).collect()
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let resampling = Resampling { resamples: 500, seed: 3 };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Bootstrap::of_mean(&data(), resampling))
        };
        assert_eq!(with(1), with(5));
    }

    #[test]
    fn another_seed_draws_otherwise() {
        let with = |seed| Bootstrap::of_mean(&data(), Resampling { resamples: 50, seed });
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn the_spread_of_the_means_is_the_standard_error() {
        let bootstrap = Bootstrap::of_mean(&data(), Resampling { resamples: 4_000, seed: 0 });
        let spread = Summary::of(bootstrap.means()).standard_deviation;
        let expected = Summary::of(&data()).standard_error;
        assert!((spread / expected - 1.0).abs() < 0.05, "{spread} {expected}");
        let (low, high) = bootstrap.percentile(0.95);
        assert!(low < bootstrap.estimate() && bootstrap.estimate() < high);
    }

    #[test]
    fn equal_values_leave_nothing_open() {
        let bootstrap = Bootstrap::of_mean(&[0.1; 9], Resampling::default());
        assert_eq!((bootstrap.percentile(0.95), bootstrap.bca(0.95)), ((0.1, 0.1), (0.1, 0.1)));
        assert!(Bootstrap::of_mean(&[], Resampling::default()).estimate().is_nan());
    }
}
