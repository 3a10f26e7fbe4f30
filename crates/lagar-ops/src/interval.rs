//! Thresholds: a value against a lower and an upper bound, with Data-Juicer's edge rules.

use lagar_core::stat::write_float;

use crate::operator::{Reason, Stats, Verdicts};

/// Whether the ends of a range belong to it, and whether the range is turned inside out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// `min_closed_interval`: the lower bound itself passes.
    pub min_closed: bool,
    /// `max_closed_interval`: the upper bound itself passes.
    pub max_closed: bool,
    /// `reversed_range`: what lies between the bounds is dropped, what lies outside stays.
    pub reversed: bool,
}

impl Default for Interval {
    fn default() -> Self {
        Self { min_closed: true, max_closed: true, reversed: false }
    }
}

impl Interval {
    /// Whether `value` passes; a bound that is `None` is not tested.
    ///
    /// A closed bound passes also when the range is reversed, as in Data-Juicer (min 3, max 5,
    /// reversed keeps 3 and 5 and drops 4).
    pub fn passes(self, value: f64, min: Option<f64>, max: Option<f64>) -> bool {
        if self.reversed {
            let below = min.is_some_and(|min| value < min || (self.min_closed && value <= min));
            let above = max.is_some_and(|max| value > max || (self.max_closed && value >= max));
            return below || above;
        }
        let above_min = min.is_none_or(|min| value > min || (self.min_closed && value >= min));
        let below_max = max.is_none_or(|max| value < max || (self.max_closed && value <= max));
        above_min && below_max
    }

    /// The bound that `value` failed, as `>= 6` or `not in [3, 5]`.
    pub fn failed(self, value: f64, min: Option<f64>, max: Option<f64>) -> String {
        let (low, high) = (min.map_or_else(String::new, show), max.map_or_else(String::new, show));
        if self.reversed {
            return format!("outside {low}..{high}");
        }
        let under = min.is_some_and(|min| value < min || (!self.min_closed && value <= min));
        match (under, self.min_closed, self.max_closed) {
            (true, true, _) => format!(">= {low}"),
            (true, false, _) => format!("> {low}"),
            (false, _, true) => format!("<= {high}"),
            (false, _, false) => format!("< {high}"),
        }
    }

    /// Judges every row by one number statistic; a row without the statistic stays.
    pub fn judge(
        self,
        stats: &Stats<'_>,
        key: &str,
        min: Option<f64>,
        max: Option<f64>,
    ) -> Verdicts {
        Verdicts::judge(stats.rows(), |index| {
            let value = stats.number(key, index)?;
            (!self.passes(value, min, max)).then(|| Reason {
                statistic: key.to_owned(),
                value: show(value),
                threshold: self.failed(value, min, max),
            })
        })
    }
}

/// A number as the ledger shows it: whole numbers without decimals.
pub fn show(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e18 {
        return format!("{value:.0}");
    }
    let mut text = Vec::new();
    write_float(value, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Numbers as the ledger shows them: a JSON list.
pub fn show_list(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|value| show(*value)).collect();
    format!("[{}]", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(interval: Interval) -> Vec<i32> {
        (1..=7).filter(|value| interval.passes(f64::from(*value), Some(3.0), Some(5.0))).collect()
    }

    #[test]
    fn bounds_follow_data_juicer() {
        let closed = Interval::default();
        assert_eq!(kept(closed), [3, 4, 5]);
        assert_eq!(kept(Interval { reversed: true, ..closed }), [1, 2, 3, 5, 6, 7]);
        assert_eq!(kept(Interval { min_closed: false, ..closed }), [4, 5]);
        let open = Interval { min_closed: false, max_closed: false, reversed: true };
        assert_eq!(kept(open), [1, 2, 6, 7]);
    }

    #[test]
    fn the_failed_bound_is_named() {
        let closed = Interval::default();
        assert_eq!(closed.failed(2.0, Some(3.0), Some(5.0)), ">= 3");
        assert_eq!(closed.failed(0.31, Some(0.0), Some(0.3)), "<= 0.3");
    }
}
