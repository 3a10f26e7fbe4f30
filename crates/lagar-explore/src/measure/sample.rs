//! Which rows a sample has: one at random out of each of as many equal stretches of the data.

use lagar_core::Digest;
use lagar_engine::source::DataSet;

use crate::ExploreError;

/// The positions of `wanted` rows, ascending; all rows where there are no more.
///
/// # Errors
/// When the data cannot be read.
pub(crate) fn draw(data: &DataSet, wanted: u64, seed: u64) -> Result<Vec<u64>, ExploreError> {
    let mut rows = 0;
    for chunk in data.chunks() {
        rows += chunk?.rows();
    }
    Ok(positions(rows, wanted, seed))
}

fn positions(rows: u64, wanted: u64, seed: u64) -> Vec<u64> {
    let wanted = wanted.min(rows);
    let edge =
        |stretch: u64| (u128::from(stretch) * u128::from(rows) / u128::from(wanted.max(1))) as u64;
    let draw = |stretch: u64| {
        let Digest(bytes) = Digest::of_parts([
            b"sample".as_slice(),
            seed.to_le_bytes().as_slice(),
            stretch.to_le_bytes().as_slice(),
        ]);
        let mut short = [0; 8];
        short.copy_from_slice(&bytes[..8]);
        let (start, end) = (edge(stretch), edge(stretch + 1));
        start + u64::from_le_bytes(short) % (end - start)
    };
    (0..wanted).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_as_many_different_rows_as_wanted() {
        let rows = positions(1_000, 37, 7);
        assert_eq!(rows.len(), 37);
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]) && rows[36] < 1_000);
        assert_eq!(positions(5, 10, 7), [0, 1, 2, 3, 4]);
        assert_ne!(positions(1_000, 37, 8), rows);
    }
}
