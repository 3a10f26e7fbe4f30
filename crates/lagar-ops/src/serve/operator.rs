//! What each kind of operator does with rows, method by method as in Data-Juicer.

use lagar_core::row::STATS_KEY;
use lagar_core::{Batch, RowKeys, StatColumn};
use serde_json::Value;

use super::failure::Failure;
use super::rows::{Row, batch_of, column_of, json_of, set_text};
use crate::{
    Built, Common, Context, Deduplicator, Fault, Filter, Grouping, Mapper, OperatorInfo, PRIVATE,
    Stats,
};

/// An operator that a caller made.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) info: &'static OperatorInfo,
    pub(super) common: Common,
    pub(super) keys: RowKeys,
    pub(super) built: Built,
    /// Why every method fails, where Data-Juicer finds out later than its constructor.
    pub(super) refused: Option<Failure>,
}

/// What a method gives back.
#[derive(Debug)]
pub(super) enum Answer {
    Rows(Vec<Row>),
    Keep(Vec<bool>),
}

impl Served {
    /// `compute_stats`: the rows with what the filter measures; what a row already has stays.
    pub(super) fn compute_stats(
        &self,
        rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Answer, Failure> {
        match &self.built {
            Built::Filter(filter) => {
                self.measured(filter.as_ref(), rows, context).map(Answer::Rows)
            }
            _ => Err(self.lacks("compute_stats")),
        }
    }

    /// `compute_hash`: the rows with what the deduplicator compares.
    pub(super) fn compute_hash(
        &self,
        rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Answer, Failure> {
        match &self.built {
            Built::Deduplicator(deduplicator) => {
                self.hashed(deduplicator.as_ref(), rows, context).map(Answer::Rows)
            }
            _ => Err(self.lacks("compute_hash")),
        }
    }

    /// `process`: a filter decides on statistics that are there, the others give rows.
    pub(super) fn process(&self, rows: Vec<Row>, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.built {
            Built::Filter(filter) => {
                self.decided(filter.as_ref(), &rows, context).map(Answer::Keep)
            }
            Built::Mapper(mapper) => self.mapped(mapper.as_ref(), rows, context).map(Answer::Rows),
            _ => self.dataset_process(rows, 0, context).map(|(rows, _)| Answer::Rows(rows)),
        }
    }

    /// `run`: all that the operator does, on rows as they come.
    pub(super) fn run(&self, rows: Vec<Row>, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.built {
            Built::Filter(filter) => {
                let rows = self.measured(filter.as_ref(), rows, context)?;
                let keep = self.decided(filter.as_ref(), &rows, context)?;
                let kept = rows.into_iter().zip(keep).filter(|(_, keep)| *keep);
                Ok(Answer::Rows(kept.map(|(row, _)| row).collect()))
            }
            Built::Deduplicator(deduplicator) => {
                let rows = self.hashed(deduplicator.as_ref(), rows, context)?;
                self.process(rows, context)
            }
            _ => self.process(rows, context),
        }
    }

    /// `process` of a whole data set: rows, and up to `show_num` groups of duplicates with their
    /// first two rows each, the largest groups first.
    pub(super) fn dataset_process(
        &self,
        rows: Vec<Row>,
        show_num: usize,
        context: &Context<'_>,
    ) -> Result<(Vec<Row>, Vec<Value>), Failure> {
        match &self.built {
            Built::Deduplicator(deduplicator) => {
                self.deduplicated(deduplicator.as_ref(), rows, show_num)
            }
            Built::Selector(selector) => {
                Ok((self.selected(selector.as_ref(), rows, context)?, Vec::new()))
            }
            Built::Grouper(grouper) => {
                Ok((self.regrouped(grouper.as_ref(), rows, context)?, Vec::new()))
            }
            _ => Err(self.lacks("dataset_process")),
        }
    }

    fn lacks(&self, method: &str) -> Failure {
        let (name, kind) = (self.info.name, self.info.kind.name());
        Failure::Type(format!("`{name}` is a {kind} and has no method `{method}`"))
    }

    pub(super) fn batch_of(&self, rows: &[&Row]) -> Result<Batch, Failure> {
        batch_of(rows, &self.keys, self.info)
    }

    fn measured(
        &self,
        filter: &dyn Filter,
        mut rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let has =
            |row: &Row, key: &str| row.get(STATS_KEY).is_some_and(|stats| stats.get(key).is_some());
        let todo: Vec<usize> = (0..rows.len())
            .filter(|row| !self.writes(filter).iter().all(|key| has(&rows[*row], key)))
            .collect();
        let unmeasured: Vec<&Row> = todo.iter().map(|row| &rows[*row]).collect();
        let computed = filter.stats(&self.batch_of(&unmeasured)?, context)?;
        first_fault(&computed.faults, |index| todo[index])?;
        if public(&computed.stats).next().is_none() {
            return Ok(rows);
        }
        for (index, row) in todo.into_iter().enumerate() {
            let stats = rows[row].entry(STATS_KEY).or_insert_with(|| Value::Object(Row::new()));
            let Value::Object(stats) = stats else {
                let message = format!("field `{STATS_KEY}` of row {row} is not an object");
                return Err(Failure::Type(message));
            };
            for column in public(&computed.stats) {
                stats.insert(column.key.clone(), json_of(&column.values, index));
            }
        }
        Ok(rows)
    }

    /// The statistics that a filter writes.
    fn writes(&self, filter: &dyn Filter) -> Vec<String> {
        let fixed = || self.info.writes.iter().map(|key| (*key).to_owned()).collect();
        filter.writes().unwrap_or_else(fixed)
    }

    fn decided(
        &self,
        filter: &dyn Filter,
        rows: &[Row],
        context: &Context<'_>,
    ) -> Result<Vec<bool>, Failure> {
        let mut columns = Vec::new();
        let is_fixed = filter.writes().is_none();
        for key in self.writes(filter) {
            let values = rows.iter().enumerate().map(|(row, fields)| {
                let stat = fields.get(STATS_KEY).and_then(|stats| stats.get(&key));
                stat.ok_or_else(|| Failure::Key(format!("row {row} has no statistic `{key}`")))
            });
            let values = values.collect::<Result<Vec<_>, _>>()?;
            columns.push(if is_fixed {
                column_of(&key, &values)?
            } else {
                let values: Vec<_> = values.into_iter().cloned().map(Some).collect();
                StatColumn { key, values: lagar_core::row::column_of(&values) }
            });
        }
        if !is_fixed || self.info.writes.is_empty() {
            let rows: Vec<&Row> = rows.iter().collect();
            let computed = filter.stats(&self.batch_of(&rows)?, context)?;
            first_fault(&computed.faults, |index| index)?;
            let is_private = |column: &StatColumn| column.key.starts_with(PRIVATE);
            columns.extend(computed.stats.into_iter().filter(is_private));
        }
        Ok(filter.keep(&Stats::new(&columns, rows.len()), self.common.interval()).keep)
    }

    fn mapped(
        &self,
        mapper: &dyn Mapper,
        rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let parents: Vec<&Row> = rows.iter().collect();
        let mapped = mapper.map(&self.batch_of(&parents)?, context)?;
        first_fault(&mapped.faults, |index| index)?;
        let mut rows = match mapped.parents {
            Some(parents) => parents.iter().map(|row| rows[*row as usize].clone()).collect(),
            None => rows,
        };
        for (index, row) in rows.iter_mut().enumerate() {
            if let Some(text) = &mapped.text {
                set_text(row, &self.keys.text, text.value(index));
            }
            if let Some(images) = &mapped.images {
                row.insert(self.keys.images.clone(), json_of(images, index));
            }
            for edit in &mapped.fields {
                if let Some(value) = &edit.values[index] {
                    set_field(row, &edit.path, value);
                }
            }
        }
        Ok(rows)
    }

    fn hashed(
        &self,
        deduplicator: &dyn Deduplicator,
        mut rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let key = deduplicator.hash_key();
        let todo: Vec<usize> =
            (0..rows.len()).filter(|row| !rows[*row].contains_key(key)).collect();
        let unhashed: Vec<&Row> = todo.iter().map(|row| &rows[*row]).collect();
        let signatures = deduplicator.signatures(&self.batch_of(&unhashed)?, context)?;
        first_fault(&signatures.faults, |index| todo[index])?;
        for (index, row) in todo.into_iter().enumerate() {
            let mut hash = json_of(&signatures.values, index);
            if hash.is_null() && deduplicator.grouping() == Grouping::Exact {
                // Data-Juicer's word for "nothing to compare".
                hash = Value::from("");
            }
            rows[row].insert(key.to_owned(), hash);
            if let Some(beside) = &signatures.beside {
                rows[row].insert(beside.key.clone(), json_of(&beside.values, index));
            }
        }
        Ok(rows)
    }
}

/// A caller gets one exception and not a list of faults.
pub(super) fn first_fault(
    faults: &[Fault],
    row_of: impl Fn(usize) -> usize,
) -> Result<(), Failure> {
    faults.first().map_or(Ok(()), |Fault { index, message }| {
        Err(Failure::Value(format!("row {}: {message}", row_of(*index))))
    })
}

/// The statistics that become part of the row.
fn public(stats: &[StatColumn]) -> impl Iterator<Item = &StatColumn> {
    stats.iter().filter(|column| !column.key.starts_with(PRIVATE))
}

/// Puts a value at a path, making the objects on the way.
fn set_field(row: &mut Row, path: &[String], value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        row.insert(first.clone(), value.clone());
        return;
    }
    let inner = row.entry(first.clone()).or_insert_with(|| Value::Object(Row::new()));
    if !inner.is_object() {
        *inner = Value::Object(Row::new());
    }
    if let Value::Object(inner) = inner {
        set_field(inner, rest, value);
    }
}
