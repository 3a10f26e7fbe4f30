//! How often each value of a statistic occurs: everything about its distribution, exactly, in the
//! memory of its *different* values.
//!
//! Statistics of texts are small whole numbers or ratios of such, so that a million rows have some
//! thousand different values; and counts can be added in any order without changing a bit. Where more
//! than [`MOST`] different values come up all the same, they are rounded to fewer digits from then on,
//! and the distribution says so.

use super::hash::NumberMap;
use crate::profile::{Distribution, Histogram};

/// The most different values that are kept apart.
const MOST: usize = 1 << 21;
/// The bits of the mantissa that are kept, one level after the other.
const LEVELS: [u32; 4] = [52, 30, 20, 12];
/// The quantiles that a distribution has.
const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/// Bins of a histogram.
const BINS: usize = 50;
/// A whole number has a bin of its own if there are no more than so many.
const WHOLE_BINS: f64 = 80.0;

/// Counts of values.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: NumberMap<u64, u64>,
    level: usize,
    count: u64,
    missing: u64,
    sum: Sum,
    min: f64,
    max: f64,
}

/// A sum that does not lose small numbers (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    pub(crate) fn get(self) -> f64 {
        self.sum + self.lost
    }
}

impl Tally {
    /// Counts a value; one that is no number counts as missing.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            self.missing += 1;
            return;
        }
        // 0.0 and -0.0 are one value.
        let value = value + 0.0;
        (self.min, self.max) = if self.count == 0 {
            (value, value)
        } else {
            (self.min.min(value), self.max.max(value))
        };
        self.count += 1;
        self.sum.add(value);
        *self.counts.entry(rounded(value, self.level)).or_default() += 1;
        while self.counts.len() > MOST && self.level + 1 < LEVELS.len() {
            self.level += 1;
            let counts = std::mem::take(&mut self.counts);
            for (bits, count) in counts.into_iter().collect::<Vec<_>>() {
                let bits = rounded(f64::from_bits(bits), self.level);
                *self.counts.entry(bits).or_default() += count;
            }
        }
    }

    /// Counts rows that have no value.
    pub fn miss(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The different values, ascending, with how often each occurs.
    pub fn values(&self) -> Vec<(f64, u64)> {
        let mut values: Vec<(f64, u64)> =
            self.counts.iter().map(|(bits, count)| (f64::from_bits(*bits), *count)).collect();
        values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        values
    }

    /// The share of values below `limit`.
    pub fn share_below(&self, limit: f64) -> f64 {
        let values = self.values();
        let below = values.iter().take_while(|(value, _)| *value < limit);
        below.map(|(_, count)| *count).sum::<u64>() as f64 / self.count.max(1) as f64
    }

    /// The value at quantile `q` of `values`, interpolated linearly between neighbours as numpy does.
    pub fn quantile(values: &[(f64, u64)], q: f64) -> f64 {
        let count: u64 = values.iter().map(|(_, count)| count).sum();
        let place = q * count.saturating_sub(1) as f64;
        let (below, part) = (place.floor(), place.fract());
        let at = |place: u64| {
            let mut seen = 0;
            for (value, count) in values {
                seen += count;
                if place < seen {
                    return *value;
                }
            }
            values.last().map_or(0.0, |(value, _)| *value)
        };
        let low = at(below as u64);
        if part == 0.0 {
            return low;
        }
        low + (at(below as u64 + 1) - low) * part
    }

    /// The distribution, without examples; `None` where there is no value at all.
    pub fn distribution(&self, about: &str, unit: &str) -> Option<Distribution> {
        if self.count == 0 {
            return None;
        }
        let values = self.values();
        let count = self.count as f64;
        let exact = self.level == 0;
        let mut sum = Sum::default();
        for (value, count) in &values {
            sum.add(value * *count as f64);
        }
        let mean = if exact { sum.get() } else { self.sum.get() } / count;
        let mut squares = Sum::default();
        for (value, count) in &values {
            squares.add((value - mean) * (value - mean) * *count as f64);
        }
        let integer = values.iter().all(|(value, _)| value.fract() == 0.0);
        let quantiles: Vec<(f64, f64)> =
            QUANTILES.iter().map(|q| (*q, Self::quantile(&values, *q))).collect();
        let log_scale = has_long_tail(self.min, quantiles[4].1, self.max);
        Some(Distribution {
            about: about.to_owned(),
            unit: unit.to_owned(),
            integer,
            count: self.count,
            missing: self.missing,
            distinct: values.len() as u64,
            mean,
            sd: (self.count > 1).then(|| (squares.get() / (count - 1.0)).sqrt()),
            min: self.min,
            max: self.max,
            histogram: histogram(&values, Axis { integer, log_scale }),
            quantiles,
            log_scale,
            exact,
            lowest: Vec::new(),
            highest: Vec::new(),
        })
    }
}

/// The bits of a value with the digits that a level keeps; the rest is cut off.
fn rounded(value: f64, level: usize) -> u64 {
    let cut = 52 - LEVELS[level];
    value.to_bits() >> cut << cut
}

/// Whether a linear axis would squeeze nearly all values into its first tenth.
fn has_long_tail(min: f64, median: f64, max: f64) -> bool {
    min > 0.0 && median > 0.0 && max / median > 20.0
}

/// How values are put into bins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    /// Whether all values are whole numbers.
    pub(crate) integer: bool,
    /// Whether the bins are spaced by powers.
    pub(crate) log_scale: bool,
}

fn histogram(values: &[(f64, u64)], axis: Axis) -> Histogram {
    let (Some((min, _)), Some((max, _))) = (values.first(), values.last()) else {
        return Histogram::default();
    };
    let edges = bins(*min, *max, axis);
    let counts = count_in(&edges, values);
    Histogram { edges, counts }
}

/// How many of `values` are in each bin; what is outside counts to the first or the last one.
pub(crate) fn count_in(edges: &[f64], values: &[(f64, u64)]) -> Vec<u64> {
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    let Some(last) = counts.len().checked_sub(1) else { return counts };
    for (value, count) in values {
        let after = edges.partition_point(|edge| edge <= value);
        counts[after.saturating_sub(1).min(last)] += count;
    }
    counts
}

/// The borders of the bins for values from `min` to `max`.
pub(crate) fn bins(min: f64, max: f64, Axis { integer, log_scale }: Axis) -> Vec<f64> {
    if min >= max {
        return vec![min - 0.5, min + 0.5];
    }
    let bins = BINS as f64;
    if log_scale {
        let (low, high) = if integer { (min - 0.5, max + 0.5) } else { (min, max) };
        let low = if low > 0.0 { low } else { min / 2.0 };
        let step = (high / low).ln() / bins;
        let mut edges: Vec<f64> = (0..=BINS).map(|bin| low * (step * bin as f64).exp()).collect();
        if integer {
            for edge in &mut edges {
                *edge = edge.floor() + 0.5;
            }
            edges.dedup();
        }
        if let Some(last) = edges.last_mut() {
            *last = high.max(*last);
        }
        return edges;
    }
    if integer {
        let width = ((max - min + 1.0) / WHOLE_BINS).ceil().max(1.0);
        let count = ((max - min + 1.0) / width).ceil() as usize;
        return (0..=count).map(|bin| min - 0.5 + width * bin as f64).collect();
    }
    (0..=BINS).map(|bin| min + (max - min) * bin as f64 / bins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(values: impl IntoIterator<Item = f64>) -> Tally {
        let mut tally = Tally::default();
        values.into_iter().for_each(|value| tally.push(value));
        tally
    }

    /// The numbers are those of `pandas.Series([…]).describe()`, pandas 2.3.
    #[test]
    fn numbers_are_those_of_pandas() {
        let found = tally([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).distribution("", "").unwrap();
        assert!((found.mean - 3.875).abs() < 1e-15);
        assert!((found.sd.unwrap() - 2.748_376_143_938_713_5).abs() < 1e-14);
        let quantiles = [0.25, 0.5, 0.75].map(|q| found.quantile(q).unwrap());
        assert_eq!(quantiles.map(f64::to_bits), [1.75, 3.5, 5.25].map(f64::to_bits));
        assert_eq!((found.count, found.distinct, found.integer), (8, 7, true));
    }

    #[test]
    fn every_value_is_in_a_bin() {
        for values in [
            vec![1.0, 2.0, 2.0, 300.0],
            vec![0.0, 0.25, 1.0],
            vec![7.0],
            (1..500).map(f64::from).collect(),
            vec![336.0, 337.0, 12_000.0],
        ] {
            let count = values.len() as u64;
            let histogram = tally(values).distribution("", "").unwrap().histogram;
            assert_eq!(histogram.counts.iter().sum::<u64>(), count);
            assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
            assert!(histogram.edges.is_sorted());
        }
    }

    #[test]
    fn too_many_different_values_lose_digits_and_nothing_else() {
        let count = MOST as u64 + 1_000;
        let all = tally((0..count).map(|place| 1.0 + place as f64 * 1e-9));
        let found = all.distribution("", "").unwrap();
        assert!(!found.exact);
        assert_eq!(found.count, count);
        let mean = 1.0 + (count - 1) as f64 * 0.5e-9;
        assert!((found.mean - mean).abs() < 1e-12);
        // Thirty bits are still too many for these values, twenty are kept.
        assert!((found.median() - mean).abs() < 2.0_f64.powi(-20));
    }

    #[test]
    fn what_is_no_number_is_missing() {
        let found = tally([1.0, f64::NAN]).distribution("", "").unwrap();
        assert_eq!((found.count, found.missing, found.sd), (1, 1, None));
    }
}
