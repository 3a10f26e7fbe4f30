//! The standard error of a mean when questions come in groups that share a picture.
//!
//! Two questions about one picture are not two independent looks at a model: if the picture is hard,
//! both fail. Treating them as independent makes an interval too narrow. The formula adds to the plain
//! variance of the mean what values of one cluster have in common.
//!
//! Source: E. Miller, "Adding Error Bars to Evals", 2024, section 2.2; as lmms-eval computes it.

use std::collections::BTreeMap;

use super::Summary;

/// The standard error of the mean of `values`, where `clusters[i]` names the group of `values[i]`.
///
/// It is √(s²/n + Σ over clusters((Σd)² − Σd²)/n²) with d the distance from the mean: the plain
/// standard error when every value has a cluster of its own, and 0 where that is negative.
///
/// # Panics
/// When `values` and `clusters` differ in length.
pub fn clustered_standard_error<K: Ord>(values: &[f64], clusters: &[K]) -> f64 {
    assert_eq!(values.len(), clusters.len(), "one cluster per value");
    let summary = Summary::of(values);
    if summary.n < 2 {
        return 0.0;
    }
    let mut sums: BTreeMap<&K, (f64, f64)> = BTreeMap::new();
    for (value, cluster) in values.iter().zip(clusters) {
        let distance = value - summary.mean;
        let (sum, squares) = sums.entry(cluster).or_default();
        *sum += distance;
        *squares += distance * distance;
    }
    let shared: f64 = sums.values().map(|(sum, squares)| sum * sum - squares).sum();
    let n = summary.n as f64;
    (summary.standard_error.powi(2) + shared / (n * n)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_of_one_change_nothing() {
        let values = [0.0, 1.0, 1.0, 0.3];
        let alone = clustered_standard_error(&values, &[1, 2, 3, 4]);
        assert!((alone - Summary::of(&values).standard_error).abs() < 1e-15);
    }

    #[test]
    fn questions_that_fail_together_are_worth_less() {
        let values = [1.0, 1.0, 0.0, 0.0];
        let together = clustered_standard_error(&values, &["a", "a", "b", "b"]);
        assert!(together > Summary::of(&values).standard_error);
    }
}
