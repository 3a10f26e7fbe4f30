//! From the logits of a row to log-probabilities, and to the tokens that may be drawn.

use std::cmp::Ordering;

use lagar_core::models::GenerationSettings;

/// The logarithm of the sum of the exponentials.
pub(super) fn log_sum(logits: &[f32]) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !top.is_finite() {
        return f64::from(top);
    }
    // in f32 per element as PyTorch, summed in f64
    let sum: f64 = logits.iter().map(|x| f64::from((x - top).exp())).sum();
    f64::from(top) + sum.ln()
}

/// Log-probabilities in place of logits.
pub(super) fn log_softmax(logits: &mut [f32]) {
    let sum = log_sum(logits);
    for x in logits {
        *x = (f64::from(*x) - sum) as f32;
    }
}

/// The place of the largest element, the first of equals.
pub(super) fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] || (scores[best].is_nan() && !score.is_nan()) {
            best = place;
        }
    }
    best
}

/// The `count` largest of `(score, place)`, largest first, of equals the lower place.
pub(super) fn top<T: Copy + Ord>(
    count: usize,
    scores: impl IntoIterator<Item = (f32, T)>,
) -> Vec<(f32, T)> {
    let mut best: Vec<(f32, T)> = Vec::with_capacity(count + 1);
    for (score, place) in scores {
        if best.len() == count && best.last().is_none_or(|(worst, _)| score <= *worst) {
            continue;
        }
        let after = best.partition_point(|(kept, at)| match kept.partial_cmp(&score) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => *at < place,
            _ => false,
        });
        best.insert(after, (score, place));
        best.truncate(count);
    }
    best
}

/// Leaves the logits that may be drawn and sets the others to negative infinity: temperature, then
/// the `top_k` largest, then the largest that together have probability `top_p`.
pub(super) fn warp(settings: &GenerationSettings, logits: &mut [f32]) {
    let temperature = settings.temperature as f32;
    for x in logits.iter_mut() {
        *x /= temperature;
    }
    if settings.top_k > 0 && settings.top_k < logits.len() {
        let kept = top(settings.top_k, logits.iter().copied().zip(0_usize..));
        let least = kept.last().map_or(f32::NEG_INFINITY, |(score, _)| *score);
        logits.iter_mut().filter(|x| **x < least).for_each(|x| *x = f32::NEG_INFINITY);
    }
    if settings.top_p < 1.0 {
        keep_nucleus(settings.top_p, logits);
    }
}

/// Source: Holtzman et al. 2019; as in transformers, the token that crosses the share stays.
fn keep_nucleus(share: f64, logits: &mut [f32]) {
    let sum = log_sum(logits);
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    let mut before = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        let probability = (f64::from(logits[place]) - sum).exp();
        if rank > 0 && before >= share {
            logits[place] = f32::NEG_INFINITY;
        }
        before += probability;
    }
}

/// Draws a token with the probabilities of the (warped) logits; `unit` is in [0, 1).
pub(super) fn draw(logits: &[f32], unit: f64) -> usize {
    let sum = log_sum(logits);
    let mut left = unit;
    let mut last = largest(logits);
    for (place, x) in logits.iter().enumerate() {
        let probability = (f64::from(*x) - sum).exp();
        if probability > 0.0 {
            last = place;
            left -= probability;
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_is_the_largest() {
        assert_eq!(largest(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(largest(&[f32::NAN, -1.0]), 1);
        let best = top(3, [1.0, 3.0, 2.0, 3.0].into_iter().zip(0..));
        assert_eq!(best, [(3.0, 1), (3.0, 3), (2.0, 2)]);
    }

    #[test]
    fn log_probabilities_sum_to_one() {
        let mut row = [1.0, 2.0, -500.0, 3.5];
        log_softmax(&mut row);
        assert!((row.iter().map(|x| x.exp()).sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn warping_keeps_what_transformers_keeps() {
        let settings = GenerationSettings { top_k: 2, ..GenerationSettings::default() };
        let mut row = [1.0, 4.0, 2.0, 2.0];
        warp(&settings, &mut row);
        // of equals at the border all stay
        assert_eq!(row.map(f32::is_finite), [false, true, true, true]);
        let settings = GenerationSettings { top_k: 0, top_p: 0.6, ..settings };
        let mut row = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
        warp(&settings, &mut row);
        assert!(row[0].is_finite() && row[1].is_finite() && row[2].is_infinite());
    }

    #[derive(serde::Deserialize)]
    struct Fixtures {
        warped: Vec<Warped>,
    }

    #[derive(serde::Deserialize)]
    struct Warped {
        settings: GenerationSettings,
        logits: Vec<f32>,
        kept: Vec<usize>,
    }

    #[test]
    fn warping_agrees_with_the_warpers_of_transformers() {
        let text = include_str!("../../tests/data/blip2/fixtures.json");
        let fixtures: Fixtures = serde_json::from_str(text).unwrap();
        assert!(fixtures.warped.len() >= 4);
        for Warped { settings, mut logits, kept } in fixtures.warped {
            warp(&settings, &mut logits);
            let left = (0..logits.len()).filter(|place| logits[*place].is_finite());
            assert_eq!(left.collect::<Vec<_>>(), kept, "{settings:?}");
        }
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let row = [0.25_f32.ln(), f32::NEG_INFINITY, 0.75_f32.ln()];
        assert_eq!([0.0, 0.24, 0.26, 0.9999].map(|unit| draw(&row, unit)), [0, 0, 2, 2]);
        assert_eq!(draw(&row, 1.0 - 1e-17), 2);
    }
}
