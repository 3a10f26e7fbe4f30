//! What operators that need all rows do with them in memory.

#![expect(clippy::cast_possible_truncation, reason = "rows are counted in memory")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringBuilder};
use lagar_core::fsio;
use serde_json::Value;

use super::failure::Failure;
use super::operator::Served;
use super::rows::{Row, set_text};
use crate::near::{Union, join_near};
use crate::{
    Candidates, Context, Deduplicator, Grouper, Grouping, Regroup, Selection, Selector, gather,
    scatter,
};

/// The field of a batched row that is about the batch.
const BATCH_META: &str = "__dj__batch_meta__";

/// Rows, and groups of duplicates to show.
type Deduplicated = (Vec<Row>, Vec<Value>);

impl Served {
    pub(super) fn deduplicated(
        &self,
        deduplicator: &dyn Deduplicator,
        rows: Vec<Row>,
        show_num: usize,
    ) -> Result<Deduplicated, Failure> {
        if rows.len() <= 1 {
            return Ok((rows, Vec::new()));
        }
        let key = deduplicator.hash_key();
        match deduplicator.grouping() {
            Grouping::Exact => Ok(equal(&hashes_of(&rows, key, deduplicator)?, rows, show_num)),
            Grouping::Bands => banded(deduplicator, rows, show_num),
            Grouping::Hamming { distance } => near(key, distance, rows, show_num),
            Grouping::Frequent { more_than } => {
                self.without_frequent(deduplicator, more_than, rows, show_num)
            }
        }
    }

    fn without_frequent(
        &self,
        deduplicator: &dyn Deduplicator,
        more_than: u64,
        mut rows: Vec<Row>,
        show_num: usize,
    ) -> Result<Deduplicated, Failure> {
        let key = deduplicator.hash_key();
        let lists = rows.iter().enumerate().map(|(number, row)| strings_at(row, number, key));
        let lists = lists.collect::<Result<Vec<_>, _>>()?;
        let mut counts: BTreeMap<&String, u64> = BTreeMap::new();
        for list in &lists {
            let once: BTreeSet<&String> = list.iter().filter(|one| !one.is_empty()).collect();
            for string in once {
                *counts.entry(string).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count > more_than);
        let frequent: BTreeSet<String> = counts.keys().map(|string| (*string).clone()).collect();
        let texts: Vec<String> = rows.iter().map(|row| self.text(row)).collect();
        let mut shown: Vec<(&String, u64)> = counts.into_iter().collect();
        shown.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let pairs = shown.iter().take(show_num).map(|(string, _)| {
            let holds = |row: &usize| lists[*row].contains(string);
            let texts = (0..lists.len()).filter(holds).map(|row| Value::from(texts[row].as_str()));
            Value::Array(vec![Value::from(string.as_str()), texts.take(2).collect()])
        });
        let pairs = pairs.collect();
        let all: Vec<&Row> = rows.iter().collect();
        let batch = self.batch_of(&all)?;
        let mut signatures = ListBuilder::new(StringBuilder::new());
        for list in &lists {
            for string in list {
                signatures.values().append_value(string);
            }
            signatures.append(true);
        }
        let signatures: ArrayRef = Arc::new(signatures.finish());
        let mapped = deduplicator.cut(&batch, &signatures, &frequent);
        for (number, row) in rows.iter_mut().enumerate() {
            if let Some(text) = &mapped.text {
                set_text(row, &self.keys.text, text.value(number));
            }
            row.shift_remove(key);
        }
        Ok((rows, pairs))
    }

    fn text(&self, row: &Row) -> String {
        let text = row.get(&self.keys.text).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    pub(super) fn selected(
        &self,
        selector: &dyn Selector,
        rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let all: Vec<&Row> = rows.iter().collect();
        let values = selector.values(&self.batch_of(&all)?, context)?.unwrap_or_default();
        let candidates = Candidates { rows: rows.len() as u64, values: &values };
        Ok(match selector.select(candidates, context.seed)? {
            Selection::All => rows,
            Selection::Rows(order) => {
                order.into_iter().map(|row| rows[row as usize].clone()).collect()
            }
        })
    }

    pub(super) fn regrouped(
        &self,
        grouper: &dyn Grouper,
        rows: Vec<Row>,
        context: &Context<'_>,
    ) -> Result<Vec<Row>, Failure> {
        if grouper.regroup() == Regroup::Scatter {
            return scattered(grouper, rows);
        }
        let all: Vec<&Row> = rows.iter().collect();
        let keys = grouper.keys(&self.batch_of(&all)?, context)?;
        let mut groups: Vec<Vec<Row>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (row, key) in rows.into_iter().zip(keys) {
            let place = *places.entry(key).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(row);
        }
        Ok(groups.into_iter().map(gather).collect())
    }
}

fn scattered(grouper: &dyn Grouper, rows: Vec<Row>) -> Result<Vec<Row>, Failure> {
    let (mut apart, mut metas) = (Vec::new(), Vec::new());
    let is_empty = rows.is_empty();
    for mut row in rows {
        metas.extend(row.shift_remove(BATCH_META));
        let rows = scatter(row);
        apart.extend(rows.map_err(|field| {
            Failure::Type(format!("field `{field}` is not a list as long as the others"))
        })?);
    }
    if let Some(path) = grouper.batch_meta_path().filter(|_| !is_empty) {
        let lines: String = metas.iter().flat_map(|meta| [meta.to_string(), "\n".into()]).collect();
        fsio::write(path, lines.as_bytes())?;
    }
    Ok(apart)
}

fn value_at<'a>(row: &'a Row, number: usize, key: &str) -> Result<&'a Value, Failure> {
    row.get(key).ok_or_else(|| Failure::Key(format!("row {number} has no field `{key}`")))
}

fn strings_at(row: &Row, number: usize, key: &str) -> Result<Vec<String>, Failure> {
    let items = value_at(row, number, key)?.as_array().cloned().unwrap_or_default();
    let text = |item: Value| match item {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(items.into_iter().map(text).collect())
}

/// The hash of each row, with the one beside it if there is one.
fn hashes_of(
    rows: &[Row],
    key: &str,
    deduplicator: &dyn Deduplicator,
) -> Result<Vec<Value>, Failure> {
    let hash = |(number, row): (usize, &Row)| {
        let first = value_at(row, number, key)?;
        match deduplicator.beside_key() {
            Some(beside) if !first.is_null() => {
                Ok(Value::Array(vec![first.clone(), value_at(row, number, beside)?.clone()]))
            }
            _ if first.as_str() == Some("") => Ok(Value::Null),
            _ => Ok(first.clone()),
        }
    };
    rows.iter().enumerate().map(hash).collect()
}

/// The first row of each group of equal hashes, and pairs of the largest groups.
fn equal(hashes: &[Value], rows: Vec<Row>, show_num: usize) -> Deduplicated {
    // Groups in the order of their first rows; a null hash is a group of its own.
    let mut groups: Vec<(&Value, Vec<usize>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, hash) in hashes.iter().enumerate() {
        let known = (!hash.is_null()).then(|| hash.to_string());
        if let Some(place) = known.as_ref().and_then(|hash| places.get(hash)) {
            groups[*place].1.push(number);
        } else {
            places.extend(known.map(|hash| (hash, groups.len())));
            groups.push((hash, vec![number]));
        }
    }
    let mut repeated: Vec<_> = groups.iter().filter(|(_, members)| members.len() > 1).collect();
    repeated.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let pair = |(hash, members): &&(&Value, Vec<usize>)| {
        let rows = members[..2].iter().map(|member| Value::Object(rows[*member].clone()));
        Value::Array(vec![(*hash).clone(), rows.collect()])
    };
    let pairs = repeated.iter().take(show_num).map(pair).collect();
    let mut kept = vec![false; rows.len()];
    for (_, members) in &groups {
        kept[members[0]] = true;
    }
    (pick(rows, &kept), pairs)
}

fn pick(rows: Vec<Row>, kept: &[bool]) -> Vec<Row> {
    rows.into_iter().zip(kept).filter(|(_, keep)| **keep).map(|(row, _)| row).collect()
}

/// The first row of each group that is connected through equal bands.
fn banded(
    deduplicator: &dyn Deduplicator,
    mut rows: Vec<Row>,
    show_num: usize,
) -> Result<Deduplicated, Failure> {
    let key = deduplicator.hash_key();
    let mut union = Union::new(rows.len());
    let mut first: HashMap<(usize, String), u32> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        for (band, bytes) in strings_at(row, number, key)?.into_iter().enumerate() {
            let other = *first.entry((band, bytes)).or_insert(number as u32);
            union.join(other, number as u32);
        }
    }
    // As Data-Juicer does: the bytes would break its export.
    for row in &mut rows {
        row.shift_remove(key);
    }
    let mut best: Vec<u32> = (0..rows.len() as u32).collect();
    if let Some(field) = deduplicator.priority_key() {
        let number = |(place, row): (usize, &Row)| {
            let value = value_at(row, place, field)?;
            value.as_i64().ok_or_else(|| Failure::Type(format!("`{field}` is no whole number")))
        };
        let numbers = rows.iter().enumerate().map(number).collect::<Result<Vec<_>, _>>()?;
        for (row, number) in numbers.iter().enumerate() {
            let root = union.root(row as u32) as usize;
            if (*number, row) < (numbers[best[root] as usize], best[root] as usize) {
                best[root] = row as u32;
            }
        }
    }
    let leaders: Vec<usize> =
        (0..rows.len()).map(|row| best[union.root(row as u32) as usize] as usize).collect();
    let mut pairs: Vec<(usize, Vec<Value>)> = Vec::new();
    for (row, leader) in leaders.iter().enumerate() {
        if pairs.len() >= show_num {
            break;
        }
        if *leader != row {
            let value = |row: usize| Value::Object(rows[row].clone());
            match pairs.iter_mut().find(|(known, _)| known == leader) {
                Some((_, members)) => members.push(value(row)),
                None => pairs.push((*leader, vec![value(*leader), value(row)])),
            }
        }
    }
    let pairs = pairs
        .into_iter()
        .map(|(leader, members)| Value::Array(vec![Value::from(leader), Value::Array(members)]));
    let pairs = pairs.collect();
    let kept: Vec<bool> = leaders.iter().enumerate().map(|(row, leader)| row == *leader).collect();
    Ok((pick(rows, &kept), pairs))
}

/// The first row of each group that is connected through hashes that differ in few bits.
fn near(
    key: &str,
    distance: u32,
    rows: Vec<Row>,
    show_num: usize,
) -> Result<Deduplicated, Failure> {
    let hash = |(number, row): (usize, &Row)| match value_at(row, number, key)? {
        Value::Null => Ok(None),
        value => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let wrong = || Failure::Value(format!("`{key}` of row {number} is no 64-bit number"));
            text.parse::<u64>().map(Some).map_err(|_error| wrong())
        }
    };
    let hashes = rows.iter().enumerate().map(hash).collect::<Result<Vec<_>, _>>()?;
    let mut distinct: Vec<u64> = hashes.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let mut union = Union::new(distinct.len());
    join_near(&distinct, distance, &mut union);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); distinct.len()];
    let mut kept = vec![true; rows.len()];
    for (row, hash) in hashes.iter().enumerate() {
        let place = hash.and_then(|hash| distinct.binary_search(&hash).ok());
        if let Some(place) = place {
            let group = &mut members[union.root(place as u32) as usize];
            kept[row] = group.is_empty();
            group.push(row);
        }
    }
    let mut groups: Vec<&Vec<usize>> = members.iter().filter(|group| group.len() > 1).collect();
    groups.sort();
    let pairs = groups.iter().take(show_num).enumerate().map(|(number, group)| {
        let rows = group.iter().take(2).map(|row| Value::Object(rows[*row].clone()));
        Value::Array(vec![Value::from(number), rows.collect()])
    });
    let pairs = pairs.collect();
    Ok((pick(rows, &kept), pairs))
}
