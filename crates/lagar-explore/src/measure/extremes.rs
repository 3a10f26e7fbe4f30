//! The rows with the smallest and the largest values.

/// How many of each are kept.
pub(crate) const KEPT: usize = 10;

/// A value and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) value: f64,
    pub(crate) row: u64,
    /// The picture it is of, if it is of one.
    pub(crate) picture: Option<String>,
}

/// The extremes of what was seen so far; of equal values, the first ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extremes {
    pub(crate) lowest: Vec<Found>,
    pub(crate) highest: Vec<Found>,
}

impl Extremes {
    /// Takes a value in; values must come in the order of their rows.
    pub(crate) fn push(&mut self, value: f64, row: u64, picture: Option<&str>) {
        insert(&mut self.lowest, value, row, picture, |new, old| new < old);
        insert(&mut self.highest, value, row, picture, |new, old| new > old);
    }
}

fn insert(
    kept: &mut Vec<Found>,
    value: f64,
    row: u64,
    picture: Option<&str>,
    beats: impl Fn(f64, f64) -> bool,
) {
    if kept.len() == KEPT && !kept.last().is_some_and(|worst| beats(value, worst.value)) {
        return;
    }
    let place = kept.partition_point(|old| !beats(value, old.value));
    kept.insert(place, Found { value, row, picture: picture.map(str::to_owned) });
    kept.truncate(KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_values_the_first_rows_stay() {
        let mut extremes = Extremes::default();
        for row in 0..100_u64 {
            extremes.push((row % 7) as f64, row, None);
        }
        let rows: Vec<u64> = extremes.lowest.iter().map(|found| found.row).collect();
        assert_eq!(rows, [0, 7, 14, 21, 28, 35, 42, 49, 56, 63]);
        assert!(extremes.highest.iter().all(|found| found.row % 7 == 6));
    }
}
