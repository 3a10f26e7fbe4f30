//! What each operator of a recipe costs, before a run: measured on a few rows, or known from an
//! earlier run of the same folder.

use std::sync::Arc;

use arrow::array::UInt32Array;
use lagar_core::Digest;
use lagar_ops::picture::Pictures;
use lagar_ops::text::CutTexts;
use lagar_ops::{Context, Operator};
use serde::Serialize;

use crate::plan::{Plan, RunPaths};
use crate::run::Report;
use crate::segment::{self, Kept, Travel};
use crate::source::{DataSet, RawChunk};

/// The most rows that are tried.
const ROWS: usize = 256;

/// What an operator costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OperatorCost {
    /// Seconds of one core per row; `None` where it is not known.
    pub secs_per_row: Option<f64>,
    /// The rows it was measured on.
    pub rows: u64,
    /// Whether it is from the report of an earlier run.
    pub is_from_report: bool,
}

/// The cost of every operator of the plan, in order.
///
/// An operator that an earlier run in this folder has measured is not tried again; one that waits for
/// a model, or fails on the first rows, has no cost yet.
pub fn costs(plan: &Plan, data: &DataSet, paths: &RunPaths) -> Vec<OperatorCost> {
    let earlier = earlier_costs(plan, paths);
    let mut costs: Vec<OperatorCost> = earlier.unwrap_or_default();
    costs.resize(plan.operators.len(), OperatorCost::default());
    if costs.iter().any(|cost| cost.secs_per_row.is_none())
        && let Some(Ok(chunk)) = data.chunks().next()
    {
        try_out(plan, &chunk, &mut costs);
    }
    costs
}

/// What the report of an earlier run says, if it is about the same operators.
fn earlier_costs(plan: &Plan, paths: &RunPaths) -> Option<Vec<OperatorCost>> {
    let text = std::fs::read_to_string(paths.folder.join("report.json")).ok()?;
    let report: Report = serde_json::from_str(&text).ok()?;
    let names = || report.operators.iter().map(|operator| operator.name.as_str());
    if !names().eq(plan.names.iter().copied()) {
        return None;
    }
    let cost = |operator: &crate::run::OperatorReport| OperatorCost {
        secs_per_row: (operator.secs > 0.0 && operator.rows > 0)
            .then(|| operator.secs / operator.rows as f64),
        rows: operator.rows,
        is_from_report: true,
    };
    Some(report.operators.iter().map(cost).collect())
}

/// Runs the operators on the first rows of a chunk, one by one.
fn try_out(plan: &Plan, chunk: &RawChunk, costs: &mut [OperatorCost]) {
    let pictures = Pictures::new(chunk.file.folder()).with_accept_truncated(plan.accept_truncated);
    let (keys, tokens, pictures) = (&plan.keys, &plan.tokens, &pictures);
    let cuts = &CutTexts::default();
    let context = Context { keys, tokens, seed: plan.seed, pictures, cuts, suffix: "" };
    let Ok((batch, _)) = chunk.parse(keys) else {
        return;
    };
    let first: UInt32Array = (0..batch.len().min(ROWS) as u32).collect();
    let Ok(batch) = batch.take(&first) else {
        return;
    };
    let mut travel = Travel::new(batch, Digest::default(), 0);
    for ((index, operator), cost) in plan.operators.iter().zip(costs) {
        if travel.batch.is_empty() || waits_for_model(operator) {
            continue;
        }
        let before = travel.batch.clone();
        let one = [(*index, Arc::clone(operator))];
        match segment::run(&mut travel, &one, &Kept::new(), &context, None) {
            Ok(steps) if cost.secs_per_row.is_none() => {
                let count = steps.counts.first().cloned().unwrap_or_default();
                cost.secs_per_row = Some(count.secs / count.rows.max(1) as f64);
                (cost.rows, cost.is_from_report) = (count.rows, false);
            }
            Ok(_) => {}
            Err(_) => travel.batch = before,
        }
    }
}

fn waits_for_model(operator: &Operator) -> bool {
    operator.model.is_none() && !matches!(operator.built.wish(), Ok(None))
}

impl OperatorCost {
    /// The cost in words (`12 µs a row, measured on 256 rows`).
    pub fn words(&self) -> String {
        let Some(secs) = self.secs_per_row else {
            return "cost not known yet".to_owned();
        };
        let micros = secs * 1e6;
        let time = match micros {
            micros if micros < 10.0 => format!("{micros:.1} µs"),
            micros if micros < 10_000.0 => format!("{micros:.0} µs"),
            micros => format!("{:.0} ms", micros / 1e3),
        };
        let rows = self.rows;
        let how = if self.is_from_report { "in the last run" } else { "tried" };
        format!("{time} a row ({rows} rows, {how})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_said_in_a_unit_that_fits() {
        let cost =
            |secs: f64| OperatorCost { secs_per_row: Some(secs), rows: 9, is_from_report: false };
        assert_eq!(cost(1.25e-6).words(), "1.2 µs a row (9 rows, tried)");
        assert_eq!(cost(3.3e-4).words(), "330 µs a row (9 rows, tried)");
        assert_eq!(cost(0.5).words(), "500 ms a row (9 rows, tried)");
        assert_eq!(OperatorCost::default().words(), "cost not known yet");
    }
}
