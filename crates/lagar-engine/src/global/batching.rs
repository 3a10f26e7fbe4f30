//! Decisions of a grouper: rows of one group in a row, groups in the order of their first rows.

use std::collections::HashMap;
use std::path::Path;

use arrow::array::{Array as _, AsArray as _};

use super::selection::{arrival_order, ranks_before, write_ranks};
use super::{Arrivals, column};
use crate::EngineError;
use crate::decision::Notes;
use crate::delta::SIGNATURE;

/// Writes each row's place among the grouped rows, and how large the groups are.
///
/// # Errors
/// When the arrivals cannot be read or the file cannot be written.
pub(super) fn write(arrivals: &Arrivals<'_>, file: &Path) -> Result<(), EngineError> {
    let rows = arrivals.rows() as usize;
    let order = arrival_order(ranks_before(arrivals, rows)?.as_deref());
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut group_of = Vec::with_capacity(rows);
    for columns in arrivals.columns() {
        let columns = columns?;
        let keys = column(&columns, SIGNATURE)?.as_string::<i32>();
        for row in 0..keys.len() {
            let next = numbers.len();
            group_of.push(*numbers.entry(keys.value(row).to_owned()).or_insert(next));
        }
    }
    // Groups are numbered by arrival, which is another order than the chunks' after a selector.
    let arrived = |place: usize| order.as_ref().map_or(place, |order| order[place]);
    let mut first = vec![usize::MAX; numbers.len()];
    for place in (0..rows).rev() {
        first[group_of[arrived(place)]] = place;
    }
    let mut places: Vec<usize> = (0..rows).collect();
    places.sort_by_key(|place| (first[group_of[arrived(*place)]], *place));
    let mut ranks = vec![0; rows];
    let mut groups: Vec<u64> = Vec::new();
    let mut last = usize::MAX;
    for (rank, place) in places.into_iter().enumerate() {
        let row = arrived(place);
        ranks[row] = rank as u64;
        if group_of[row] != last {
            last = group_of[row];
            groups.push(0);
        }
        if let Some(size) = groups.last_mut() {
            *size += 1;
        }
    }
    let notes = Notes { groups: Some(groups), ..Notes::default() };
    write_ranks(arrivals, (Some(&ranks), false), file, &notes)
}
