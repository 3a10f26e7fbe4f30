//! What every statistic was and is, with the interval of its mean's change.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::DiffOptions;
use super::matching::Matching;
use super::resample::{Draws, Groups};
use crate::ExploreError;
use crate::measure::{Measured, Tally, each_number};
use crate::profile::Distribution;

/// A distribution in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moments {
    /// How many values.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (n − 1), if there are two.
    pub sd: Option<f64>,
    /// The middle one.
    pub median: f64,
    /// 5 % are below.
    pub q05: Option<f64>,
    /// 95 % are below.
    pub q95: Option<f64>,
}

impl Moments {
    fn of(found: &Distribution) -> Self {
        Self {
            count: found.count,
            mean: found.mean,
            sd: found.sd,
            median: found.median(),
            q05: found.quantile(0.05),
            q95: found.quantile(0.95),
        }
    }
}

/// A statistic before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What it measures.
    pub about: String,
    /// Its unit, or nothing.
    pub unit: String,
    /// Before.
    pub before: Moments,
    /// After.
    pub after: Moments,
    /// Mean after − mean before.
    pub difference: f64,
    /// That over the mean before.
    pub relative: f64,
    /// The 95 % interval of the difference.
    pub interval: (f64, f64),
    /// Whether rows were drawn with what they are before and after; else both were drawn apart, which
    /// makes the interval wider than it has to be.
    pub paired: bool,
}

impl Change {
    /// Whether 0 is outside the interval.
    pub fn is_clear(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// The changes of all statistics that both have.
pub(super) fn changes(
    (before, after): (&mut Measured, &mut Measured),
    matching: &Matching,
    options: &DiffOptions,
) -> Result<Vec<Change>, ExploreError> {
    let rows = before.profile.integrity.sound.max(after.profile.integrity.sound);
    let draws = Draws::new(rows, options.resamples, options.seed);
    let (old_units, new_units) = matching.units();
    let old = grouped(before, &old_units, &draws)?;
    let new = grouped(after, &new_units, &draws)?;
    let mut changes = Vec::new();
    for (place, (name, one)) in before.profile.distributions().enumerate() {
        let Some(other) = after.profile.distribution(name) else { continue };
        let together = old.get(name).zip(new.get(name));
        let paired = together.is_some();
        let interval = if let Some((old, new)) = together {
            draws.interval(old, new, true)
        } else {
            let deal = |measured: &Measured, stream: u64| {
                let values = measured.tallies.get(name).map(Tally::values);
                draws.deal(&values.unwrap_or_default(), stream)
            };
            let streams = (place as u64 * 2, place as u64 * 2 + 1);
            draws.interval(&deal(before, streams.0), &deal(after, streams.1), false)
        };
        let difference = other.mean - one.mean;
        changes.push(Change {
            name: name.to_owned(),
            about: one.about.clone(),
            unit: one.unit.clone(),
            before: Moments::of(one),
            after: Moments::of(other),
            difference,
            relative: difference / one.mean,
            interval,
            paired,
        });
    }
    Ok(changes)
}

/// What was measured of every row, summed by groups.
fn grouped(
    measured: &mut Measured,
    units: &HashMap<u64, u64>,
    draws: &Draws,
) -> Result<BTreeMap<String, Groups>, ExploreError> {
    let mut sums: BTreeMap<String, Groups> = BTreeMap::new();
    let gauges = measured.battery.gauges.clone();
    measured.table.each(|chunk| {
        let groups: Vec<Option<usize>> =
            chunk.row.iter().map(|row| Some(draws.group_of(*units.get(row)?))).collect();
        let named = gauges.iter().zip(&chunk.stats);
        for (gauge, stat) in named.flat_map(|(gauge, stats)| stats.iter().map(move |s| (gauge, s)))
        {
            let sum = sums.entry(gauge.name_of(&stat.key)).or_insert_with(|| draws.empty());
            each_number(&stat.values, &mut |place, value| sum.add_to(groups[place], value));
        }
        Ok(())
    })?;
    Ok(sums)
}
