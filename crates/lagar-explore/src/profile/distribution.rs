//! How the values of one statistic are distributed.

use serde::{Deserialize, Serialize};

use super::Example;

/// The values of one statistic over the data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// What is measured, in one sentence.
    pub about: String,
    /// The unit: `words`, `pixels`, `share`, or empty.
    pub unit: String,
    /// Whether all values are whole numbers.
    pub integer: bool,
    /// How many values there are.
    pub count: u64,
    /// Rows (or pictures) that have no value.
    pub missing: u64,
    /// How many different values there are.
    pub distinct: u64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation of a sample (n − 1), as pandas computes it; none of a single value.
    pub sd: Option<f64>,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Quantiles as (q, value), ascending, interpolated linearly as numpy does by default: 0.01, 0.05,
    /// 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99.
    pub quantiles: Vec<(f64, f64)>,
    /// The values in bins.
    pub histogram: Histogram,
    /// Whether the tail asks for a logarithmic axis; the edges of the bins are spaced so then.
    pub log_scale: bool,
    /// False where so many different values came up that they were rounded to fewer digits (the mean,
    /// `min` and `max` are exact all the same).
    pub exact: bool,
    /// The rows with the smallest values, smallest first.
    pub lowest: Vec<Example>,
    /// The rows with the largest values, largest first.
    pub highest: Vec<Example>,
}

impl Distribution {
    /// The quantile `q`, if it is among those kept.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.quantiles.iter().find(|(known, _)| (known - q).abs() < 1e-12).map(|(_, value)| *value)
    }

    /// The middle value.
    pub fn median(&self) -> f64 {
        self.quantile(0.5).unwrap_or(self.mean)
    }
}

/// Values in bins: bin `i` holds those in `[edges[i], edges[i + 1])`, the last one its upper edge too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than there are bins, ascending. Bins of whole numbers end at halves, so that every
    /// number is inside one.
    pub edges: Vec<f64>,
    /// How many values each bin has.
    pub counts: Vec<u64>,
}

/// One of several kinds, with how often it occurs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The kind: `JPEG`, `Latin`, `en`.
    pub name: String,
    /// How many.
    pub count: u64,
    /// Their share in all, in [0, 1].
    pub share: f64,
}
