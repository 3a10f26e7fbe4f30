//! Power: which difference between two models a benchmark of this size can show at all.
//!
//! An adapter that gains half a point on 500 questions has not been shown to gain anything, and no test
//! will change that; only more questions do. So a comparison says how small a difference it could
//! have seen.
//!
//! Source: the power analysis of lmms-eval (`lmms-eval power`), after E. Miller, "Adding Error Bars to
//! Evals", 2024, section 5.

use serde::Serialize;

use super::{normal_cdf, normal_quantile};

/// What is assumed about two models that answer the same questions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Design {
    /// The standard deviation of the difference between the two scores of one question.
    pub difference_sd: f64,
    /// The probability to see a difference where there is none.
    pub alpha: f64,
    /// The probability to see a difference that is there.
    pub power: f64,
}

impl Design {
    /// A design from the observed spread of the differences.
    pub fn of_differences(difference_sd: f64, alpha: f64, power: f64) -> Self {
        Self { difference_sd, alpha, power }
    }

    /// A design from the spread of each model's scores and the correlation between them.
    pub fn of_models(sd_a: f64, sd_b: f64, correlation: f64) -> Self {
        let variance = sd_a * sd_a + sd_b * sd_b - 2.0 * correlation * sd_a * sd_b;
        Self { difference_sd: variance.max(0.0).sqrt(), alpha: 0.05, power: 0.8 }
    }

    /// How many questions a true difference of `effect` needs; `None` when no number is enough.
    pub fn questions_needed(&self, effect: f64) -> Option<u64> {
        let needed = (self.reach() * self.difference_sd / effect).powi(2).ceil();
        (needed.is_finite() && needed < 9e15).then_some(needed as u64)
    }

    /// The probability that `n` questions show a true difference of `effect`.
    pub fn power_at(&self, n: u64, effect: f64) -> f64 {
        let standard_error = self.difference_sd / (n as f64).sqrt();
        normal_cdf(effect.abs() / standard_error - normal_quantile(1.0 - self.alpha / 2.0))
    }

    /// The smallest true difference that `n` questions show with the power of this design.
    pub fn detectable_difference(&self, n: u64) -> f64 {
        self.reach() * self.difference_sd / (n as f64).sqrt()
    }

    /// How many standard errors a difference must be away from 0.
    fn reach(&self) -> f64 {
        normal_quantile(1.0 - self.alpha / 2.0) + normal_quantile(self.power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_points_need_two_thousand_questions() {
        let design = Design::of_models(0.5, 0.5, 0.5);
        assert_eq!(design.questions_needed(0.03), Some(2181));
        assert_eq!(design.questions_needed(0.0), None);
    }

    #[test]
    fn what_can_just_be_seen_is_seen_with_the_power_asked_for() {
        let design = Design::of_differences(0.4, 0.01, 0.9);
        let effect = design.detectable_difference(777);
        assert!((design.power_at(777, effect) - 0.9).abs() < 1e-9);
    }
}
