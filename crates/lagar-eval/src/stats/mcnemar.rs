//! McNemar's test: of the questions that only one model got right, did each get half?
//!
//! Questions that both got right, or both wrong, say nothing about which model is better. If neither
//! is, each of the others is a toss of a coin, so the exact test is a binomial one.
//!
//! Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
//! percentages", 1947; the continuity correction is A. L. Edwards', 1948.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF as _};
use statrs::function::erf::erfc;

/// The outcome of McNemar's test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct McNemar {
    /// Questions on which A did better.
    pub only_a: u64,
    /// Questions on which B did better.
    pub only_b: u64,
    /// The exact two-sided probability; 1 when the models never differ.
    pub p: f64,
    /// The statistic χ² with continuity correction, (|a − b| − 1)²/(a + b); 0 when they never differ.
    pub chi_squared: f64,
    /// The probability that belongs to it, with one degree of freedom.
    pub p_chi_squared: f64,
}

impl McNemar {
    /// Tests from the number of questions on which A, and on which B, did better.
    pub fn of(only_a: u64, only_b: u64) -> Self {
        let n = only_a + only_b;
        if n == 0 {
            return Self { only_a, only_b, p: 1.0, chi_squared: 0.0, p_chi_squared: 1.0 };
        }
        let smaller = only_a.min(only_b);
        let p = Binomial::new(0.5, n).map_or(1.0, |tosses| (2.0 * tosses.cdf(smaller)).min(1.0));
        let apart = only_a.abs_diff(only_b) as f64 - 1.0;
        let chi_squared = apart * apart / n as f64;
        let p_chi_squared = erfc((chi_squared / 2.0).sqrt());
        Self { only_a, only_b, p, chi_squared, p_chi_squared }
    }

    /// Tests from one difference b − a per question; those of 0 do not count.
    pub fn of_differences(differences: &[f64]) -> Self {
        let count = |better: fn(f64) -> bool| {
            differences.iter().filter(|difference| better(**difference)).count() as u64
        };
        Self::of(count(|difference| difference < 0.0), count(|difference| difference > 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_never_differ_cannot_be_told_apart() {
        let test = McNemar::of_differences(&[0.0, 0.0]);
        assert_eq!((test.p, test.chi_squared, test.p_chi_squared), (1.0, 0.0, 1.0));
    }

    #[test]
    fn who_did_better_is_counted_on_the_right_side() {
        let test = McNemar::of_differences(&[1.0, 1.0, -1.0, 0.0, 1.0]);
        assert_eq!((test.only_a, test.only_b), (1, 3));
        assert!((test.p - 0.625).abs() < 1e-12);
    }
}
