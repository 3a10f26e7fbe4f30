//! How often two numbers come together, in cells that are evenly spaced in powers of two.

use std::collections::BTreeMap;

use crate::profile::Grid;

/// Cells per doubling.
const PER_DOUBLING: f64 = 2.0;

/// Counts of cells so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    counts: BTreeMap<(i32, i32), u64>,
}

impl Cells {
    /// Counts a pair of numbers above 0; others have no cell.
    pub(crate) fn push(&mut self, x: f64, y: f64) {
        if x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite() {
            *self.counts.entry((cell(x), cell(y))).or_default() += 1;
        }
    }

    /// All cells, empty ones included; nothing without any pair.
    pub(crate) fn grid(&self) -> Grid {
        let columns = || self.counts.keys().map(|(column, _)| *column);
        let rows = || self.counts.keys().map(|(_, row)| *row);
        let (Some(left), Some(right)) = (columns().min(), columns().max()) else {
            return Grid::default();
        };
        let (low, high) = (rows().min().unwrap_or(0), rows().max().unwrap_or(0));
        let edges = |from: i32, to: i32| (from..=to + 1).map(edge).collect();
        let count = |row: i32| {
            (left..=right)
                .map(|column| self.counts.get(&(column, row)).copied().unwrap_or_default())
                .collect()
        };
        Grid {
            x_edges: edges(left, right),
            y_edges: edges(low, high),
            counts: (low..=high).map(count).collect(),
        }
    }
}

fn cell(number: f64) -> i32 {
    (number.log2() * PER_DOUBLING).floor() as i32
}

fn edge(cell: i32) -> f64 {
    (f64::from(cell) / PER_DOUBLING).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_between_the_edges_of_its_cell() {
        let mut cells = Cells::default();
        for (x, y) in [(0.3, 1.0), (0.3, 9.0), (4.0, 9.0), (0.0, 3.0), (f64::NAN, 3.0)] {
            cells.push(x, y);
        }
        let grid = cells.grid();
        assert_eq!(grid.counts.iter().flatten().sum::<u64>(), 3);
        assert_eq!(grid.counts.len() + 1, grid.y_edges.len());
        assert_eq!(grid.counts[0].len() + 1, grid.x_edges.len());
        assert!(grid.x_edges[0] <= 0.3 && grid.x_edges[1] > 0.3 && grid.counts[0][0] == 1);
        assert_eq!(Cells::default().grid(), Grid::default());
    }
}
