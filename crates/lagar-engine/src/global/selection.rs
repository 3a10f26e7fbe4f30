//! Decisions of a selector: who stays, and in which place.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{BooleanArray, UInt32Array, UInt64Array};
use lagar_ops::Selection;

use super::{Arrivals, positions};
use crate::EngineError;
use crate::decision::DecisionWriter;

const ABSENT: u64 = u64::MAX;

/// Writes the decisions that follow from a selection.
///
/// # Errors
/// When rows are to be repeated, or the file cannot be written.
pub(super) fn write(
    arrivals: &Arrivals<'_>,
    selection: Selection,
    file: &Path,
) -> Result<(), EngineError> {
    let rows = arrivals.rows() as usize;
    let before = ranks_before(arrivals, rows)?;
    let (ranks, repeats) = match selection {
        Selection::All => (before, 0),
        Selection::Rows(places) => {
            let arrival = arrival_order(before.as_deref());
            let mut ranks = vec![ABSENT; rows];
            // From the end, so that a repeated row keeps its first place.
            for (rank, place) in places.iter().enumerate().rev() {
                let row = arrival.as_ref().map_or(*place as usize, |order| order[*place as usize]);
                ranks[row] = rank as u64;
            }
            let repeats = if places.len() > rows { places.len() as u64 } else { 0 };
            (Some(ranks), repeats)
        }
    };
    let mut writer = DecisionWriter::create(file, repeats)?;
    let mut start = 0;
    for size in arrivals.sizes() {
        let part = ranks.as_ref().map(|ranks| &ranks[start..start + size]);
        start += size;
        let keep: BooleanArray =
            (0..size).map(|row| Some(part.is_none_or(|ranks| ranks[row] != ABSENT))).collect();
        let rank: UInt64Array = (0..size)
            .map(|row| part.map(|ranks| ranks[row]).filter(|rank| *rank != ABSENT))
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

/// The places rows had from an earlier selector; `None` when they are in input order.
fn ranks_before(arrivals: &Arrivals<'_>, rows: usize) -> Result<Option<Vec<u64>>, EngineError> {
    let mut ranks = Vec::with_capacity(rows);
    for columns in arrivals.columns() {
        match positions(&columns?, "rank") {
            Some(part) => ranks.extend_from_slice(part.values()),
            None => return Ok(None),
        }
    }
    Ok(Some(ranks))
}

/// Which row arrived first, second, … when an earlier selector has reordered them.
fn arrival_order(ranks: Option<&[u64]>) -> Option<Vec<usize>> {
    let ranks = ranks?;
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|row| ranks[*row]);
    Some(order)
}
