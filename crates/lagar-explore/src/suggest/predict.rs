//! What a recipe will keep: its operators' own decisions on what was measured of every row.

use std::collections::BTreeSet;

use arrow::array::Array as _;
use lagar_ops::{Built, Filter, Operator, Stats};

use crate::ExploreError;
use crate::measure::{Measured, RowChunk};
use crate::profile::{Example, Step, Suggestion};

/// The rows that are still there, by their places in the table.
struct Rows {
    alive: Vec<bool>,
    position: Vec<u64>,
}

/// What becomes of one row at one step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Dropped,
    PutAside,
}

/// The suggestion of these steps.
///
/// # Errors
/// When what was measured cannot be read.
pub(super) fn predict(
    measured: &mut Measured,
    operators: Vec<(Operator, Step)>,
) -> Result<Suggestion, ExploreError> {
    let mut rows = Rows { alive: Vec::new(), position: Vec::new() };
    measured.table.each(|chunk| {
        rows.position.extend(&chunk.row);
        Ok(())
    })?;
    rows.alive = vec![true; rows.position.len()];
    let looked_at = measured.profile.dataset.looked_at;
    let mut suggestion = Suggestion {
        rows: looked_at,
        unreadable: looked_at - rows.alive.len() as u64,
        exact: measured.profile.dataset.sampled.is_none(),
        ..Suggestion::default()
    };
    for (operator, mut step) in operators {
        step.before = rows.alive.iter().filter(|alive| **alive).count() as u64;
        let known = one(measured, &operator, &mut rows, &mut step)?;
        step.kept = step.before - step.dropped - step.put_aside;
        step.exact = known && suggestion.exact;
        suggestion.exact &= known;
        suggestion.steps.push(step);
    }
    suggestion.kept = rows.alive.iter().filter(|alive| **alive).count() as u64;
    suggestion.retention = suggestion.kept as f64 / suggestion.rows.max(1) as f64;
    Ok(suggestion)
}

/// One step; whether it could be predicted.
fn one(
    measured: &mut Measured,
    operator: &Operator,
    rows: &mut Rows,
    step: &mut Step,
) -> Result<bool, ExploreError> {
    let filter = match &operator.built {
        // What changes texts drops none of these rows.
        Built::Mapper(_) => return Ok(true),
        Built::Filter(filter) => filter,
        Built::Deduplicator(_) => return duplicates(measured, operator, rows, step),
        _ => return Ok(false),
    };
    let Some(gauge) = measured.battery.gauge_of(operator) else {
        return Ok(false);
    };
    measured.table.each(|chunk| {
        let fates = judged(filter.as_ref(), operator, &chunk, gauge);
        for (place, fate) in fates.into_iter().enumerate() {
            rows.meet(chunk.first as usize + place, fate, step);
        }
        Ok(())
    })?;
    Ok(true)
}

/// What a filter decides about the rows of a chunk.
fn judged(filter: &dyn Filter, operator: &Operator, chunk: &RowChunk, gauge: usize) -> Vec<Fate> {
    let Some(columns) = chunk.stats.get(gauge) else {
        return vec![Fate::Kept; chunk.row.len()];
    };
    let stats = Stats::new(columns, chunk.row.len());
    let verdicts = filter.keep(&stats, operator.common.interval());
    let fate = |place: usize| {
        if columns.iter().any(|column| column.values.is_null(place)) {
            // A statistic is missing only where the row could not be measured.
            return Fate::PutAside;
        }
        if verdicts.keep[place] { Fate::Kept } else { Fate::Dropped }
    };
    (0..chunk.row.len()).map(fate).collect()
}

/// The first row of each group stays.
fn duplicates(
    measured: &mut Measured,
    operator: &Operator,
    rows: &mut Rows,
    step: &mut Step,
) -> Result<bool, ExploreError> {
    let battery = &measured.battery;
    if operator.digest() == battery.near_texts.digest() {
        let roots = measured.bands.roots(&rows.alive)?;
        for (place, root) in roots.into_iter().enumerate() {
            let fate = if root as usize == place { Fate::Kept } else { Fate::Dropped };
            rows.meet(place, fate, step);
        }
        return Ok(true);
    }
    let by_look = battery.pictures.as_ref().is_some_and(|own| own.digest() == operator.digest());
    if !by_look && operator.digest() != battery.texts.digest() {
        return Ok(false);
    }
    let mut seen = BTreeSet::new();
    measured.table.each(|chunk| {
        let keys = if by_look { &chunk.look } else { &chunk.text };
        for (place, key) in keys.iter().enumerate() {
            let place = chunk.first as usize + place;
            if !rows.alive[place] {
                continue;
            }
            let fate = match key {
                0 if by_look => Fate::PutAside,
                &u64::MAX if by_look => Fate::Kept,
                key if seen.insert(*key) => Fate::Kept,
                _ => Fate::Dropped,
            };
            rows.meet(place, fate, step);
        }
        Ok(())
    })?;
    Ok(true)
}

impl Rows {
    fn meet(&mut self, place: usize, fate: Fate, step: &mut Step) {
        if !self.alive[place] || fate == Fate::Kept {
            return;
        }
        self.alive[place] = false;
        if fate == Fate::PutAside {
            step.put_aside += 1;
            return;
        }
        step.dropped += 1;
        let row = self.position[place];
        step.example.get_or_insert_with(|| Example { row, ..Example::default() });
    }
}
