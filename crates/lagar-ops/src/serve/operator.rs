//! What each kind of operator does with rows, method by method as in Data-Juicer.

#![expect(clippy::cast_possible_truncation, reason = "rows are counted in memory")]

use std::collections::HashMap;

use lagar_core::row::STATS_KEY;
use lagar_core::{Batch, RowKeys};
use serde_json::Value;

use super::failure::Failure;
use super::rows::{Row, batch_of, column_of, json_of, set_text};
use crate::{
    Built, Common, Context, Deduplicator, Fault, Filter, Grouping, Mapper, OperatorInfo, Selection,
    Selector, Stats,
};

/// An operator that a caller made.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) info: &'static OperatorInfo,
    pub(super) common: Common,
    pub(super) keys: RowKeys,
    pub(super) built: Built,
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
            Built::Filter(filter) => self.decided(filter.as_ref(), &rows).map(Answer::Keep),
            Built::Mapper(mapper) => self.mapped(mapper.as_ref(), rows, context).map(Answer::Rows),
            _ => self.dataset_process(rows, 0, context).map(|(rows, _)| Answer::Rows(rows)),
        }
    }

    /// `run`: all that the operator does, on rows as they come.
    pub(super) fn run(&self, rows: Vec<Row>, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.built {
            Built::Filter(filter) => {
                let rows = self.measured(filter.as_ref(), rows, context)?;
                let keep = self.decided(filter.as_ref(), &rows)?;
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
                let Grouping::Exact = deduplicator.grouping();
                deduplicated(deduplicator.hash_key(), rows, show_num)
            }
            Built::Selector(selector) => {
                Ok((selected(selector.as_ref(), rows, context)?, Vec::new()))
            }
            _ => Err(self.lacks("dataset_process")),
        }
    }

    fn lacks(&self, method: &str) -> Failure {
        let (name, kind) = (self.info.name, self.info.kind.name());
        Failure::Type(format!("`{name}` is a {kind} and has no method `{method}`"))
    }

    fn batch_of(&self, rows: &[&Row]) -> Result<Batch, Failure> {
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
            .filter(|row| !self.info.writes.iter().all(|key| has(&rows[*row], key)))
            .collect();
        let unmeasured: Vec<&Row> = todo.iter().map(|row| &rows[*row]).collect();
        let computed = filter.stats(&self.batch_of(&unmeasured)?, context)?;
        first_fault(&computed.faults, |index| todo[index])?;
        for (index, row) in todo.into_iter().enumerate() {
            let stats = rows[row].entry(STATS_KEY).or_insert_with(|| Value::Object(Row::new()));
            let Value::Object(stats) = stats else {
                let message = format!("field `{STATS_KEY}` of row {row} is not an object");
                return Err(Failure::Type(message));
            };
            for column in &computed.stats {
                stats.insert(column.key.clone(), json_of(&column.values, index));
            }
        }
        Ok(rows)
    }

    fn decided(&self, filter: &dyn Filter, rows: &[Row]) -> Result<Vec<bool>, Failure> {
        let mut columns = Vec::new();
        for key in self.info.writes {
            let values = rows.iter().enumerate().map(|(row, fields)| {
                let stat = fields.get(STATS_KEY).and_then(|stats| stats.get(*key));
                stat.ok_or_else(|| Failure::Key(format!("row {row} has no statistic `{key}`")))
            });
            columns.push(column_of(key, &values.collect::<Result<Vec<_>, _>>()?)?);
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
            rows[row].insert(key.to_owned(), json_of(&signatures.values, index));
        }
        Ok(rows)
    }
}

/// The first row of each group of equal hashes, and pairs of the largest groups.
fn deduplicated(
    key: &str,
    rows: Vec<Row>,
    show_num: usize,
) -> Result<(Vec<Row>, Vec<Value>), Failure> {
    if rows.len() <= 1 {
        return Ok((rows, Vec::new()));
    }
    // Groups in the order of their first rows; a null hash is a group of its own.
    let mut groups: Vec<(Value, Vec<usize>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        let hash = row
            .get(key)
            .ok_or_else(|| Failure::Key(format!("row {number} has no field `{key}`")))?;
        let known = (!hash.is_null()).then(|| hash.to_string());
        if let Some(place) = known.as_ref().and_then(|hash| places.get(hash)) {
            groups[*place].1.push(number);
        } else {
            places.extend(known.map(|hash| (hash, groups.len())));
            groups.push((hash.clone(), vec![number]));
        }
    }
    let mut repeated: Vec<_> = groups.iter().filter(|(_, members)| members.len() > 1).collect();
    repeated.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let pair = |(hash, members): &&(Value, Vec<usize>)| {
        let rows = members[..2].iter().map(|member| Value::Object(rows[*member].clone()));
        Value::Array(vec![hash.clone(), rows.collect()])
    };
    let pairs = repeated.iter().take(show_num).map(pair).collect();
    let mut kept = vec![false; rows.len()];
    for (_, members) in &groups {
        kept[members[0]] = true;
    }
    let kept = rows.into_iter().zip(kept).filter(|(_, keep)| *keep).map(|(row, _)| row);
    Ok((kept.collect(), pairs))
}

fn selected(
    selector: &dyn Selector,
    rows: Vec<Row>,
    context: &Context<'_>,
) -> Result<Vec<Row>, Failure> {
    match selector.select(rows.len() as u64, context.seed)? {
        Selection::All => Ok(rows),
        Selection::Rows(order) => {
            Ok(order.into_iter().map(|row| rows[row as usize].clone()).collect())
        }
    }
}

/// A caller gets one exception and not a list of faults.
fn first_fault(faults: &[Fault], row_of: impl Fn(usize) -> usize) -> Result<(), Failure> {
    faults.first().map_or(Ok(()), |Fault { index, message }| {
        Err(Failure::Value(format!("row {}: {message}", row_of(*index))))
    })
}
