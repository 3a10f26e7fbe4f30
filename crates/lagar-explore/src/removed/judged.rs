//! A statistic of an operator: the values it kept and dropped, its thresholds, the rows next to them.

use lagar_ops::Operator;
use serde::Serialize;
use serde_json::Value;

use crate::measure::{Axis, Tally, bins, count_in};
use crate::profile::Example;

/// A bound that a statistic was held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The bound.
    pub value: f64,
    /// The parameter that says so: `min_num: 6`.
    pub label: String,
    /// Whether values below it were dropped; else those above.
    pub is_lower: bool,
}

/// The rows next to a threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Near {
    /// The threshold.
    pub threshold: Threshold,
    /// Dropped, the nearest first.
    pub dropped: Vec<Example>,
    /// Kept, the nearest first.
    pub kept: Vec<Example>,
}

/// A statistic with what was decided by it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// Its name.
    pub statistic: String,
    /// Whether its tail asks for a logarithmic axis.
    pub log_scale: bool,
    /// The borders of the bins, ascending.
    pub edges: Vec<f64>,
    /// How many rows that the operator kept are in each bin.
    pub kept: Vec<u64>,
    /// How many rows that it dropped by this statistic are in each bin.
    pub dropped: Vec<u64>,
    /// The thresholds that lie where values are, with the rows next to them.
    pub near: Vec<Near>,
}

/// A statistic while its values come in.
#[derive(Debug, Default)]
pub(super) struct Judging {
    statistic: String,
    kept: Tally,
    dropped: Tally,
    near: Vec<Near>,
}

impl Judging {
    /// For the statistic of an operator.
    pub(super) fn new(statistic: &str, operator: &Operator) -> Self {
        let near = |threshold| Near { threshold, dropped: Vec::new(), kept: Vec::new() };
        Self {
            statistic: statistic.to_owned(),
            near: thresholds(statistic, operator).into_iter().map(near).collect(),
            ..Self::default()
        }
    }

    pub(super) fn statistic(&self) -> &str {
        &self.statistic
    }

    /// Takes a value; `example` is asked for rows that are near a threshold, of which `shown` stay.
    pub(super) fn take(
        &mut self,
        value: f64,
        is_kept: bool,
        shown: usize,
        mut example: impl FnMut() -> Example,
    ) {
        if !value.is_finite() {
            return;
        }
        if is_kept { &mut self.kept } else { &mut self.dropped }.push(value);
        for near in &mut self.near {
            let bound = near.threshold.value;
            let beyond = if near.threshold.is_lower { value < bound } else { value > bound };
            // A bound that is open drops the value that lies on it.
            let belongs = is_kept != beyond || value.total_cmp(&bound).is_eq();
            let list = if is_kept { &mut near.kept } else { &mut near.dropped };
            let distance = |known: &Example| (known.value.unwrap_or(bound) - bound).abs();
            let own = (value - bound).abs();
            let place = list.partition_point(|known| distance(known) <= own);
            if belongs && place < shown {
                list.insert(place, Example { value: Some(value), ..example() });
                list.truncate(shown);
            }
        }
    }

    /// The statistic, if it has values.
    pub(super) fn finish(self) -> Option<Judged> {
        let (kept, dropped) = (self.kept.values(), self.dropped.values());
        let ends = || kept.first().into_iter().chain(dropped.first()).map(|(value, _)| *value);
        let tops = || kept.last().into_iter().chain(dropped.last()).map(|(value, _)| *value);
        let (min, max) =
            (ends().fold(f64::INFINITY, f64::min), tops().fold(f64::NEG_INFINITY, f64::max));
        if min > max {
            return None;
        }
        let mut all = kept.clone();
        all.extend(&dropped);
        let integer = all.iter().all(|(value, _)| value.fract() == 0.0);
        all.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let log_scale = min > 0.0 && max / Tally::quantile(&all, 0.5) > 20.0;
        let edges = bins(min, max, Axis { integer, log_scale });
        let inside = |near: &Near| near.threshold.value > min && near.threshold.value < max;
        let near = self.near.into_iter().filter(|near| inside(near) || !near.dropped.is_empty());
        Some(Judged {
            statistic: self.statistic,
            log_scale,
            kept: count_in(&edges, &kept),
            dropped: count_in(&edges, &dropped),
            near: near.collect(),
            edges,
        })
    }
}

/// The parameters that bound a statistic: `min_num` of `num_words`, `max_width` of `image_width`.
fn thresholds(statistic: &str, operator: &Operator) -> Vec<Threshold> {
    let Value::Object(parameters) = &operator.parameters else { return Vec::new() };
    let is_only = operator.info.writes.len() <= 1;
    let bound = |name: &&str| {
        let (end, what) = name.split_once('_')?;
        let of_this = is_only || statistic.ends_with(what) || statistic.contains(what);
        if !of_this || !matches!(end, "min" | "max") {
            return None;
        }
        let value = parameters.get(*name)?.as_f64()?;
        Some(Threshold {
            value,
            label: format!("{name}: {}", parameters[*name]),
            is_lower: end == "min",
        })
    };
    operator.info.thresholds.iter().filter_map(bound).collect()
}
