//! Numbers and verdicts as people read them.

use lagar_report::Tone;

use crate::compare::{BenchmarkComparison, Difference};

/// A share in percent: 0.5612 → `56.12`; a score on another scale as it is.
pub fn points(value: f64) -> String {
    format!("{:.2}", 100.0 * value)
}

/// A difference in percentage points, with its sign.
pub fn signed_points(value: f64) -> String {
    let rounded = format!("{:+.2}", 100.0 * value).replace('-', "−");
    if rounded == "−0.00" { "+0.00".to_owned() } else { rounded }
}

/// A probability: four digits, or how small it is.
pub fn probability(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}

/// The outcome on a benchmark in a sentence, and how it is meant.
pub fn verdict(benchmark: &BenchmarkComparison, alpha: f64) -> (Tone, String) {
    let name = &benchmark.name;
    let agreement = &benchmark.agreement;
    let Some(found) = benchmark.headline() else {
        let share = points(agreement.identical as f64 / agreement.total.max(1) as f64);
        let text = format!(
            "{name}: nothing was scored; the answers are equal on {} of {} questions ({share} %)",
            agreement.identical, agreement.total
        );
        return (Tone::Plain, text);
    };
    let percent = (1.0 - alpha) * 100.0;
    let facts = format!(
        "{} → {} ({} points, {percent:.0} % interval {} to {}, p = {}, n = {})",
        points(found.a.value),
        points(found.b.value),
        signed_points(found.difference),
        signed_points(found.interval.0),
        signed_points(found.interval.1),
        probability(found.p_holm),
        found.n
    );
    let metric = &found.metric;
    if !found.is_significant(alpha) {
        let text = format!("{name}, {metric}: no difference shown: {facts}{}", limit(found));
        return (Tone::Plain, text);
    }
    if found.difference > 0.0 {
        (Tone::Good, format!("{name}, {metric}: B is better: {facts}"))
    } else {
        (Tone::Bad, format!("{name}, {metric}: B is worse: {facts}"))
    }
}

/// What could have been shown.
fn limit(found: &Difference) -> String {
    found.detectable.map_or_else(String::new, |least| {
        format!("; so many questions can show {} points or more", points(least))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_shown_and_nothing_has_a_plus() {
        assert_eq!(signed_points(-0.0148), "−1.48");
        assert_eq!(signed_points(0.5), "+50.00");
        assert_eq!(signed_points(-0.000_001), "+0.00");
        assert_eq!(probability(0.000_05), "< 0.0001");
    }
}
