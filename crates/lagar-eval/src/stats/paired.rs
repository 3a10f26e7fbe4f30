//! The paired t-test: two models answered the same questions, so what varies is the difference.

use serde::Serialize;

use super::{Summary, is_constant, t_quantile, t_two_sided};

/// The outcome of a paired t-test on the differences b − a.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairedT {
    /// How many pairs.
    pub n: usize,
    /// The mean of the differences.
    pub mean: f64,
    /// The standard deviation of the differences.
    pub standard_deviation: f64,
    /// Its standard error, sd/√n.
    pub standard_error: f64,
    /// The interval of the mean from Student's t with n − 1 degrees of freedom.
    pub interval: (f64, f64),
    /// The test statistic; infinite when all differences are equal and not 0.
    pub t: f64,
    /// The two-sided probability of a difference this large if there were none.
    pub p: f64,
}

impl PairedT {
    /// Tests whether the mean of `differences` is 0; the interval covers with `confidence`.
    ///
    /// Where all differences are equal there is no spread to compare with: then t is 0 and p is 1 if
    /// they are 0, and t is ±∞ and p is 0 if they are not. lmms-eval does the same. Below two pairs
    /// nothing can be said: p is 1 and the interval has no bounds.
    pub fn of(differences: &[f64], confidence: f64) -> Self {
        let Summary { n, mean, standard_deviation, standard_error } = Summary::of(differences);
        let base = Self {
            n,
            mean,
            standard_deviation,
            standard_error,
            interval: (mean, mean),
            t: 0.0,
            p: 1.0,
        };
        if n < 2 {
            return Self { interval: (f64::NEG_INFINITY, f64::INFINITY), ..base };
        }
        let first = differences[0];
        if standard_error == 0.0 || is_constant(differences) {
            let interval = (first, first);
            let still = Self { standard_deviation: 0.0, standard_error: 0.0, interval, ..base };
            if first == 0.0 {
                return still;
            }
            return Self { t: f64::INFINITY.copysign(first), p: 0.0, ..still };
        }
        let freedom = (n - 1) as f64;
        let t = mean / standard_error;
        let reach = t_quantile(0.5 + confidence / 2.0, freedom) * standard_error;
        Self { interval: (mean - reach, mean + reach), t, p: t_two_sided(t, freedom), ..base }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_are_either_nothing_or_certain() {
        let none = PairedT::of(&[0.0; 5], 0.95);
        assert_eq!((none.t, none.p, none.interval), (0.0, 1.0, (0.0, 0.0)));
        let always = PairedT::of(&[-0.1; 7], 0.95);
        assert_eq!((always.t, always.p), (f64::NEG_INFINITY, 0.0));
        assert_eq!(always.interval, (-0.1, -0.1));
    }

    #[test]
    fn one_pair_proves_nothing() {
        let one = PairedT::of(&[1.0], 0.95);
        assert!((one.p - 1.0).abs() < 1e-15);
        assert!(one.interval.1.is_infinite());
    }
}
