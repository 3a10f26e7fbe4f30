//! Mean, standard deviation and standard error of one number per question.

use serde::Serialize;

/// What a sample says about the mean it was drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many values there are.
    pub n: usize,
    /// Their mean; not a number when there are none.
    pub mean: f64,
    /// Their standard deviation, divided by n − 1; 0 below two values.
    pub standard_deviation: f64,
    /// The standard error of the mean, sd/√n; 0 below two values.
    pub standard_error: f64,
}

impl Summary {
    /// The summary of `values`.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        if n < 2 {
            return Self { n, mean, standard_deviation: 0.0, standard_error: 0.0 };
        }
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let standard_deviation = (squares / (n - 1) as f64).sqrt();
        let standard_error = standard_deviation / (n as f64).sqrt();
        Self { n, mean, standard_deviation, standard_error }
    }
}

/// Whether all values are 0 or 1: right or wrong, with nothing between.
#[expect(clippy::float_cmp, reason = "scores of right and wrong are exactly these numbers")]
pub fn is_binary(values: &[f64]) -> bool {
    values.iter().all(|value| *value == 0.0 || *value == 1.0)
}

/// Whether all values are one and the same, to the bit; so for none at all.
#[expect(clippy::float_cmp, reason = "a spread of nothing is what is asked for")]
pub fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let summary = Summary::of(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!((summary.n, summary.mean), (4, 2.5));
        assert!((summary.standard_deviation - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((summary.standard_error - (5.0_f64 / 12.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_spread() {
        assert!(Summary::of(&[]).mean.is_nan());
        let one = Summary::of(&[0.3]);
        assert_eq!((one.mean, one.standard_error), (0.3, 0.0));
    }
}
