//! Probabilities corrected for the number of questions one has asked of the data.
//!
//! Of twenty question types, one differs "significantly" by chance alone. Holm's correction keeps the
//! probability of even one such false alarm; Benjamini and Hochberg's keeps the share of false alarms
//! among all alarms, which finds more.
//!
//! Sources: S. Holm, "A simple sequentially rejective multiple test procedure", 1979; Y. Benjamini and
//! Y. Hochberg, "Controlling the false discovery rate", 1995. The adjusted values are those of
//! statsmodels' `multipletests` (`holm`, `fdr_bh`).

/// Holm's adjusted probabilities, in the order of `p`.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let (order, mut adjusted) = (ascending(p), vec![1.0; p.len()]);
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[index]);
        adjusted[index] = largest.min(1.0);
    }
    adjusted
}

/// Benjamini and Hochberg's adjusted probabilities (q-values), in the order of `p`.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let (order, mut adjusted) = (ascending(p), vec![1.0; p.len()]);
    let mut smallest: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        smallest = smallest.min(p.len() as f64 / (rank + 1) as f64 * p[index]);
        adjusted[index] = smallest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_needs_no_correction() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn the_order_of_the_tests_is_kept() {
        assert_eq!(holm(&[0.5, 0.01, 0.04]), [0.5, 0.03, 0.08]);
        let found = benjamini_hochberg(&[0.5, 0.01, 0.04]);
        assert!((found[1] - 0.03).abs() < 1e-15 && (found[2] - 0.06).abs() < 1e-15, "{found:?}");
    }
}
