//! One operator while rows pass it: values of its statistics, rows it dropped otherwise, texts it changed.

use lagar_engine::ledger::Entry;
use lagar_engine::run::OperatorReport;
use lagar_ops::{Kind, Operator};
use serde_json::Value;

use super::Removed;
use super::judged::Judging;
use crate::diff::Edit;
use crate::profile::Example;

/// How many texts and other rows are shown of an operator.
const SHOWN: usize = 12;

/// An operator that is followed.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) judging: Vec<Judging>,
    pub(super) examples: Vec<Example>,
    pub(super) edited: Vec<Edit>,
    pub(super) note: Option<String>,
}

impl Following {
    pub(super) fn new(operator: &Operator) -> Self {
        let is_filter = operator.info.kind == Kind::Filter;
        let statistics = operator.info.writes.iter().filter(|_| is_filter);
        Self {
            judging: statistics.map(|statistic| Judging::new(statistic, operator)).collect(),
            examples: Vec::new(),
            edited: Vec::new(),
            note: None,
        }
    }

    /// Whether one more changed text is wanted.
    pub(super) fn wants_edits(&self) -> bool {
        self.edited.len() < SHOWN
    }

    /// Whether one more row that was dropped without a number is wanted.
    pub(super) fn wants_examples(&self) -> bool {
        self.examples.len() < SHOWN
    }

    /// Takes a row that the operator dropped; `false` where no number of its statistics is the reason.
    pub(super) fn dropped(
        &mut self,
        entry: &Entry,
        shown: usize,
        mut example: impl FnMut() -> Example,
    ) -> bool {
        let Some(reason) = &entry.reason else { return false };
        let judging = self.judging.iter_mut().find(|one| one.statistic() == reason.statistic);
        let Some(judging) = judging else { return false };
        let values = numbers(&reason.value);
        for value in &values {
            judging.take(*value, false, shown, &mut example);
        }
        !values.is_empty()
    }

    pub(super) fn finish(self, report: &OperatorReport, parameters: Value) -> Removed {
        Removed {
            name: report.name.clone(),
            kind: report.kind.clone(),
            parameters,
            rows: report.rows,
            dropped: report.dropped,
            quarantined: report.quarantined,
            changed: report.changed,
            kept: report.kept,
            statistics: self.judging.into_iter().filter_map(Judging::finish).collect(),
            examples: self.examples,
            edited: self.edited,
            note: self.note,
        }
    }
}

/// The numbers of a reason: one, or those of a list.
fn numbers(value: &str) -> Vec<f64> {
    match serde_json::from_str(value) {
        Ok(Value::Number(number)) => number.as_f64().into_iter().collect(),
        Ok(Value::Array(list)) => list.iter().filter_map(Value::as_f64).collect(),
        _ => Vec::new(),
    }
}
