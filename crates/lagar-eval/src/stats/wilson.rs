//! The interval of a share of right answers.
//!
//! Mean ± 1.96 standard errors says "exactly 100 %" after ten right answers out of ten. Wilson's
//! interval stays inside [0, 1] and does not collapse at its ends.
//!
//! Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

use super::normal_quantile;

/// The interval that covers the true share with `confidence` (such as 0.95), after `successes` out of
/// `n`. For n = 0 it is [0, 1].
pub fn wilson_interval(successes: usize, n: usize, confidence: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = normal_quantile(0.5 + confidence / 2.0);
    let n = n as f64;
    let share = successes as f64 / n;
    let stretch = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / stretch;
    let half = z / stretch * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_right_is_not_certainly_perfect() {
        let (low, high) = wilson_interval(10, 10, 0.95);
        assert!((low - 0.722_467_200_137_100_7).abs() < 1e-12);
        assert!((high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_questions_nothing_is_known() {
        assert_eq!(wilson_interval(0, 0, 0.95), (0.0, 1.0));
    }
}
