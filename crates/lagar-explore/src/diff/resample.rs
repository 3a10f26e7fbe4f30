//! The bootstrap of a difference of means, by groups of rows.
//!
//! Rows are put into at most 2,048 random groups and whole groups are drawn, so that a statistic costs a
//! few numbers per group and not one per row. With fewer rows nearly every group is a single row, which
//! is the ordinary bootstrap; with more, groups of rows at random vary as rows do, divided by their size.
//!
//! Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
//! (percentile intervals).

use lagar_core::random::SplitMix64;
use lagar_core::stat::quantile;

/// The most groups.
const GROUPS: u64 = 2_048;
/// The share of draws that an interval holds.
const CONFIDENCE: f64 = 0.95;

/// Sum and count of a statistic in each group.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    sums: Vec<(f64, u64)>,
}

impl Groups {
    fn new(groups: usize) -> Self {
        Self { sums: vec![(0.0, 0); groups] }
    }

    fn add(&mut self, group: usize, value: f64) {
        let (sum, count) = &mut self.sums[group];
        *sum += value;
        *count += 1;
    }

    /// Adds a value, if it is one and belongs to a group.
    pub(super) fn add_to(&mut self, group: Option<usize>, value: f64) {
        if let Some(group) = group.filter(|_| value.is_finite()) {
            self.add(group, value);
        }
    }

    fn mean(&self, drawn: &[u16]) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for ((group, many), drawn) in self.sums.iter().zip(drawn) {
            let times = f64::from(*drawn);
            sum += times * group;
            count += times * *many as f64;
        }
        sum / count
    }
}

/// Draws of groups: for each draw, how often each group is in it.
#[derive(Debug)]
pub(super) struct Draws {
    groups: usize,
    seed: u64,
    together: Vec<Vec<u16>>,
    /// For data sets that are drawn apart, the second one's.
    apart: Vec<Vec<u16>>,
}

impl Draws {
    /// Draws for data of `rows` rows.
    pub(super) fn new(rows: u64, resamples: usize, seed: u64) -> Self {
        let groups = rows.clamp(1, GROUPS) as usize;
        let draw = |stream: usize| {
            let mut random = SplitMix64::new(seed, stream as u64);
            let mut drawn = vec![0_u16; groups];
            for _ in 0..groups {
                let group = &mut drawn[random.next_below(groups)];
                *group = group.saturating_add(1);
            }
            drawn
        };
        Self {
            groups,
            seed,
            together: (0..resamples).map(draw).collect(),
            apart: (resamples..2 * resamples).map(draw).collect(),
        }
    }

    /// Nothing in any group.
    pub(super) fn empty(&self) -> Groups {
        Groups::new(self.groups)
    }

    /// The group of the unit number `unit`.
    pub(super) fn group_of(&self, unit: u64) -> usize {
        if (self.groups as u64) < GROUPS {
            return (unit % self.groups as u64) as usize;
        }
        SplitMix64::new(self.seed ^ 0x6c61_6761, unit).next_below(self.groups)
    }

    /// Values by how often they occur, dealt into groups at random; `stream` tells statistics apart.
    pub(super) fn deal(&self, values: &[(f64, u64)], stream: u64) -> Groups {
        let mut groups = self.empty();
        let mut random = SplitMix64::new(self.seed ^ 0x6465_616c, stream);
        for (value, count) in values {
            for _ in 0..*count {
                groups.add(random.next_below(self.groups), *value);
            }
        }
        groups
    }

    /// The interval of mean(after) − mean(before); `paired` draws the same groups of both.
    pub(super) fn interval(&self, before: &Groups, after: &Groups, paired: bool) -> (f64, f64) {
        let other = if paired { &self.together } else { &self.apart };
        let mut differences: Vec<f64> = self
            .together
            .iter()
            .zip(other)
            .map(|(one, other)| after.mean(other) - before.mean(one))
            .filter(|difference| difference.is_finite())
            .collect();
        differences.sort_by(f64::total_cmp);
        let outside = (1.0 - CONFIDENCE) / 2.0;
        (quantile(&differences, outside), quantile(&differences, 1.0 - outside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(draws: &Draws, values: impl Iterator<Item = f64>) -> Groups {
        let mut groups = draws.empty();
        for (unit, value) in values.enumerate() {
            groups.add(draws.group_of(unit as u64), value);
        }
        groups
    }

    /// The standard error of a mean is sd/√n, whatever the groups.
    #[test]
    fn the_interval_of_groups_is_that_of_rows() {
        for rows in [400_u64, 20_000] {
            let draws = Draws::new(rows, 2_000, 1);
            let zero = filled(&draws, (0..rows).map(|_| 0.0));
            let mut random = SplitMix64::new(5, 0);
            let uniform: Vec<f64> =
                (0..rows).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect();
            let (low, high) = draws.interval(&zero, &filled(&draws, uniform.into_iter()), true);
            let expected = 2.0 * 1.96 * (1.0 / 12.0_f64).sqrt() / (rows as f64).sqrt();
            let width = high - low;
            assert!((width / expected - 1.0).abs() < 0.1, "{rows}: {width} {expected}");
        }
    }

    #[test]
    fn what_is_the_same_in_both_has_no_uncertainty_if_drawn_together() {
        let draws = Draws::new(300, 200, 0);
        let groups = filled(&draws, (0..300).map(f64::from));
        assert_eq!(draws.interval(&groups, &groups, true), (0.0, 0.0));
        let (low, high) = draws.interval(&groups, &groups, false);
        assert!(low < -5.0 && high > 5.0);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let with = |seed| {
            let draws = Draws::new(100, 100, seed);
            let groups = filled(&draws, (0..100).map(|i| f64::from(i * i % 17)));
            draws.interval(&draws.deal(&[(1.0, 50), (2.0, 50)], 0), &groups, false)
        };
        assert_eq!(with(3), with(3));
        assert_ne!(with(3), with(4));
    }
}
