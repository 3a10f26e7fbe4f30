//! Things that several rows have, by the 64 bits that stand for each.

use crate::profile::{DuplicateGroup, Duplicates, Example};

/// How many groups are shown.
pub(crate) const GROUPS: usize = 10;
/// How many members of each.
pub(crate) const MEMBERS: usize = 3;

/// The groups among `keyed`, pairs of a key and a row.
pub(crate) fn duplicates(mut keyed: Vec<(u64, u64)>) -> Duplicates {
    keyed.sort_unstable();
    let groups = keyed.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1);
    of_groups(groups.map(|group| group.iter().map(|(_, row)| *row).collect()))
}

/// The same of groups that are known, each of ascending rows.
pub(crate) fn of_groups(groups: impl Iterator<Item = Vec<u64>>) -> Duplicates {
    let mut found = Duplicates::default();
    let mut largest: Vec<(u64, Vec<u64>)> = Vec::new();
    for mut rows in groups {
        let count = rows.len() as u64;
        found.groups += 1;
        found.members += count;
        found.repeated += count - 1;
        rows.truncate(MEMBERS);
        let order = |(count, rows): &(u64, Vec<u64>)| (std::cmp::Reverse(*count), rows.clone());
        let place = largest
            .partition_point(|known| order(known) < (std::cmp::Reverse(count), rows.clone()));
        if place < GROUPS {
            largest.insert(place, (count, rows));
            largest.truncate(GROUPS);
        }
    }
    let example = |row: u64| Example { row, ..Example::default() };
    found.largest = largest
        .into_iter()
        .map(|(count, rows)| DuplicateGroup {
            count,
            examples: rows.into_iter().map(example).collect(),
        })
        .collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_and_the_largest_come_first() {
        let found = duplicates(vec![(7, 0), (5, 1), (7, 2), (9, 3), (5, 4), (5, 5)]);
        assert_eq!((found.groups, found.members, found.repeated), (2, 5, 3));
        let rows = |group: &DuplicateGroup| -> Vec<u64> {
            group.examples.iter().map(|example| example.row).collect()
        };
        assert_eq!(rows(&found.largest[0]), [1, 4, 5]);
        assert_eq!(rows(&found.largest[1]), [0, 2]);
    }
}
