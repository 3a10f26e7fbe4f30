//! How many bands a signature is best cut into for a threshold of similarity.
//!
//! The best cut has the least sum of two errors: texts below the threshold that meet in a band, and
//! texts above it that do not. Both are areas under a curve, which are integrated numerically.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Abscissae of the 21-point Kronrod rule, and its weights.
const NODES: [(f64, f64); 11] = [
    (0.995_657_163_025_808_1, 0.011_694_638_867_371_874),
    (0.973_906_528_517_171_7, 0.032_558_162_307_964_73),
    (0.930_157_491_355_708_2, 0.054_755_896_574_352),
    (0.865_063_366_688_984_5, 0.075_039_674_810_919_95),
    (0.780_817_726_586_416_9, 0.093_125_454_583_697_6),
    (0.679_409_568_299_024_4, 0.109_387_158_802_297_64),
    (0.562_757_134_668_604_7, 0.123_491_976_262_065_84),
    (0.433_395_394_129_247_2, 0.134_709_217_311_473_34),
    (0.294_392_862_701_460_2, 0.142_775_938_577_060_09),
    (0.148_874_338_981_631_22, 0.147_739_104_901_338_49),
    (0.0, 0.149_445_554_002_916_9),
];
/// Pieces that an interval is cut into; with 21 points each the rule is exact to the last digits.
const PIECES: u32 = 24;

/// The number of bands and of rows per band that fit `threshold` best with `permutations` hashes.
///
/// Source: `optimal_param` of Data-Juicer 1.6.1, from `datasketch`; both errors weigh the same.
pub fn best_bands(threshold: f64, permutations: usize) -> (usize, usize) {
    // Half a second of integrals, and always the same answer.
    static KNOWN: Mutex<BTreeMap<(u64, usize), (usize, usize)>> = Mutex::new(BTreeMap::new());
    let key = (threshold.to_bits(), permutations);
    if let Some(known) = KNOWN.lock().ok().and_then(|known| known.get(&key).copied()) {
        return known;
    }
    let best = find_best(threshold, permutations);
    if let Ok(mut known) = KNOWN.lock() {
        known.insert(key, best);
    }
    best
}

fn find_best(threshold: f64, permutations: usize) -> (usize, usize) {
    let mut best = (0, 0);
    let mut least = f64::INFINITY;
    for bands in 1..=permutations {
        for rows in 1..=permutations / bands {
            let misses = |s: f64| (1.0 - s.powi(rows as i32)).powi(bands as i32);
            let false_positives = integral(|s| 1.0 - misses(s), 0.0, threshold);
            let false_negatives = integral(misses, threshold, 1.0);
            let error = false_positives * 0.5 + false_negatives * 0.5;
            if error < least {
                least = error;
                best = (bands, rows);
            }
        }
    }
    best
}

fn integral(curve: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let half = (to - from) / f64::from(PIECES) / 2.0;
    let piece = |piece: u32| {
        let centre = from + half * f64::from(2 * piece + 1);
        let points = NODES.iter().map(|(node, weight)| {
            let apart = node * half;
            if *node == 0.0 {
                return weight * curve(centre);
            }
            weight * (curve(centre - apart) + curve(centre + apart))
        });
        points.sum::<f64>() * half
    };
    (0..PIECES).map(piece).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `optimal_param` of Data-Juicer 1.6.1 (`quad` of `SciPy`) gives.
    #[test]
    fn the_best_cut_is_data_juicers() {
        for (threshold, permutations, bands, rows) in CASES {
            assert_eq!(best_bands(threshold, permutations), (bands, rows), "{threshold}");
        }
    }

    #[rustfmt::skip]
    const CASES: [(f64, usize, usize, usize); 28] = [
        (0.7, 256, 25, 10), (0.5, 256, 42, 6), (0.9, 256, 9, 28), (0.3, 256, 64, 4),
        (0.85, 256, 13, 19), (0.7, 128, 14, 9), (0.5, 128, 25, 5), (0.9, 128, 5, 25),
        (0.3, 128, 37, 3), (0.85, 128, 8, 16), (0.7, 64, 8, 8), (0.5, 64, 14, 4),
        (0.9, 64, 3, 21), (0.3, 64, 21, 3), (0.85, 64, 4, 15), (0.7, 100, 11, 9),
        (0.5, 100, 20, 5), (0.9, 100, 4, 23), (0.3, 100, 33, 3), (0.85, 100, 6, 16),
        (0.7, 16, 3, 5), (0.5, 16, 5, 3), (0.9, 16, 1, 15), (0.3, 16, 8, 2),
        (0.85, 16, 2, 8), (0.0, 64, 64, 1), (1.0, 64, 1, 64), (0.7, 1, 1, 1),
    ];
}
