//! Decisions of a selector: who stays, and in which place.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, UInt32Array, UInt64Array};
use lagar_ops::{Candidates, Selection};
use serde_json::Value;

use super::{Arrivals, positions};
use crate::EngineError;
use crate::decision::{DecisionWriter, Notes};
use crate::delta::SIGNATURE;

pub(super) const ABSENT: u64 = u64::MAX;

/// Writes the decisions that follow from what `choose` makes of the rows that arrived.
///
/// # Errors
/// When rows cannot be chosen, or the file cannot be written.
pub(super) fn write(
    arrivals: &Arrivals<'_>,
    choose: impl FnOnce(Candidates<'_>) -> Result<Selection, EngineError>,
    file: &Path,
) -> Result<(), EngineError> {
    let rows = arrivals.rows() as usize;
    let before = ranks_before(arrivals, rows)?;
    let arrival = arrival_order(before.as_deref());
    let values = values_of(arrivals, arrival.as_deref())?;
    let selection = choose(Candidates { rows: rows as u64, values: &values })?;
    let mut is_in_order = false;
    let (ranks, repeats) = match selection {
        Selection::All => (before, 0),
        Selection::Rows(places) => {
            let mut ranks = vec![ABSENT; rows];
            // From the end, so that a repeated row keeps its first place.
            for (rank, place) in places.iter().enumerate().rev() {
                let row = arrival.as_ref().map_or(*place as usize, |order| order[*place as usize]);
                ranks[row] = rank as u64;
            }
            // Rows that stay in their order need no places, and nobody has to put them there.
            is_in_order = before.is_none() && places.is_sorted_by(|one, next| one < next);
            let repeats = if places.len() > rows { places.len() as u64 } else { 0 };
            (Some(ranks), repeats)
        }
    };
    let ranks = (ranks.as_deref(), is_in_order);
    write_ranks(arrivals, ranks, file, &Notes { repeats, ..Notes::default() })
}

/// Writes the place of each row, in order of the chunks; one that is [`ABSENT`] goes. If the rows are
/// in order already, only who stays is written.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_ranks(
    arrivals: &Arrivals<'_>,
    (ranks, is_in_order): (Option<&[u64]>, bool),
    file: &Path,
    notes: &Notes,
) -> Result<(), EngineError> {
    let mut writer = DecisionWriter::create(file, notes)?;
    let mut start = 0;
    for size in arrivals.sizes() {
        let part = ranks.map(|ranks| &ranks[start..start + size]);
        start += size;
        let keep: BooleanArray =
            (0..size).map(|row| Some(part.is_none_or(|ranks| ranks[row] != ABSENT))).collect();
        let rank: UInt64Array = (0..size)
            .map(|row| {
                let rank = part.filter(|_| !is_in_order).map(|ranks| ranks[row]);
                rank.filter(|rank| *rank != ABSENT)
            })
            .collect();
        writer.push(vec![
            Arc::new(keep),
            Arc::new(UInt64Array::new_null(size)),
            Arc::new(UInt32Array::new_null(size)),
            Arc::new(BooleanArray::from(vec![false; size])),
            Arc::new(rank),
        ])?;
    }
    writer.finish()
}

/// What the rows are chosen by, in the order they arrived; empty if it is nothing.
fn values_of(arrivals: &Arrivals<'_>, order: Option<&[usize]>) -> Result<Vec<Value>, EngineError> {
    let mut values = Vec::new();
    for columns in arrivals.columns() {
        let columns = columns?;
        let Some(column) = columns.column_by_name(SIGNATURE) else {
            return Ok(Vec::new());
        };
        let texts = column.as_string::<i32>();
        let value = |row| serde_json::from_str(texts.value(row)).unwrap_or_default();
        values.extend((0..texts.len()).map(value));
    }
    Ok(match order {
        Some(order) => order.iter().map(|row| std::mem::take(&mut values[*row])).collect(),
        None => values,
    })
}

/// The places rows had from an earlier selector; `None` when they are in input order.
pub(super) fn ranks_before(
    arrivals: &Arrivals<'_>,
    rows: usize,
) -> Result<Option<Vec<u64>>, EngineError> {
    let mut ranks = Vec::with_capacity(rows);
    for columns in arrivals.columns() {
        let columns = columns?;
        if columns.num_rows() == 0 {
            // None of the chunk's rows were selected, so that none of them has a place.
            continue;
        }
        match positions(&columns, "rank") {
            Some(part) => ranks.extend_from_slice(part.values()),
            None => return Ok(None),
        }
    }
    Ok(Some(ranks))
}

/// Which row arrived first, second, … when an earlier selector has reordered them.
pub(super) fn arrival_order(ranks: Option<&[u64]>) -> Option<Vec<usize>> {
    let ranks = ranks?;
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|row| ranks[*row]);
    Some(order)
}
