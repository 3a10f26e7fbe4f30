//! Every statistic against scipy, statsmodels and lmms-eval, to nine digits.
//!
//! `data/stats.json` is made by `data/make_stats.py`. `data/stats_lmms.json.gz` holds the answers of
//! lmms-eval's own functions (`mean_stderr`, `clustered_stderr`, `paired_ttest`, `power_analysis` at
//! 75571cf) and, for McNemar and Wilson, of scipy.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::Read as _;

use lagar_eval::stats::{
    Bootstrap, Design, McNemar, PairedT, Resampling, Summary, benjamini_hochberg,
    clustered_standard_error, holm, normal_cdf, normal_quantile, t_quantile, t_two_sided,
    wilson_interval,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn stats() -> Value {
    serde_json::from_str(include_str!("data/stats.json")).unwrap()
}

fn lmms() -> Value {
    let mut text = String::new();
    let packed = include_bytes!("data/stats_lmms.json.gz").as_slice();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| unreachable!("{key} is a list"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[track_caller]
fn near(found: f64, expected: f64, what: &str) {
    let apart = (found - expected).abs();
    // Infinities are equal, and their distance is no number.
    assert!(
        found.total_cmp(&expected).is_eq() || apart < TOLERANCE * expected.abs().max(1.0),
        "{what}: {found} ≠ {expected}"
    );
}

#[track_caller]
fn near_relative(found: f64, expected: f64, what: &str) {
    assert!((found / expected - 1.0).abs() < TOLERANCE, "{what}: {found} ≠ {expected}");
}

#[track_caller]
fn near_pair(found: (f64, f64), expected: &Value, what: &str) {
    near(found.0, number(&expected[0]), what);
    near(found.1, number(&expected[1]), what);
}

fn differences(case: &Value) -> Vec<f64> {
    let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
    a.iter().zip(&b).map(|(a, b)| b - a).collect()
}

#[test]
fn paired_tests_equal_those_of_scipy_and_statsmodels() {
    let stats = stats();
    assert_eq!(list(&stats, "pairs").len(), 14);
    for case in list(&stats, "pairs") {
        let differences = differences(case);
        let test = PairedT::of(&differences, 0.95);
        near(test.mean, number(&case["mean"]), "mean");
        near(test.standard_deviation, number(&case["sd"]), "sd");
        near(test.standard_error, number(&case["se"]), "standard error");
        near(test.t, number(&case["t"]), "t");
        near_relative(test.p, number(&case["p"]), "p of t");
        near_pair(test.interval, &case["interval"], "interval of t");
        let test = McNemar::of_differences(&differences);
        near_relative(test.p, number(&case["mcnemar_p"]), "exact p");
        near(test.chi_squared, number(&case["chi2"]), "χ²");
        near(test.p_chi_squared, number(&case["chi2_p"]), "p of χ²");
    }
}

#[test]
fn bootstrap_intervals_of_given_resamples_equal_those_of_scipy() {
    let stats = stats();
    let given: Vec<_> =
        list(&stats, "pairs").iter().filter(|case| !case["means"].is_null()).collect();
    assert_eq!(given.len(), 11);
    for case in given {
        let bootstrap = Bootstrap::from_means(&differences(case), numbers(&case["means"]));
        near_pair(bootstrap.percentile(0.95), &case["percentile"], "percentile");
        near_pair(bootstrap.bca(0.95), &case["bca"], "BCa");
    }
}

#[test]
fn resampling_comes_to_the_interval_that_scipy_comes_to() {
    let stats = stats();
    for case in list(&stats, "pairs").iter().filter(|case| !case["bca_of_200000"].is_null()) {
        let resampling = Resampling { resamples: 50_000, seed: 11 };
        let (low, high) = Bootstrap::of_mean(&differences(case), resampling).bca(0.95);
        let expected = numbers(&case["bca_of_200000"]);
        let width = expected[1] - expected[0];
        assert!((low - expected[0]).abs() < 0.02 * width, "{low} {expected:?}");
        assert!((high - expected[1]).abs() < 0.02 * width, "{high} {expected:?}");
    }
}

#[test]
fn corrections_equal_those_of_statsmodels() {
    for case in list(&stats(), "corrections") {
        let p = numbers(&case["p"]);
        for (found, expected) in holm(&p).iter().zip(numbers(&case["holm"])) {
            near(*found, expected, "Holm");
        }
        for (found, expected) in benjamini_hochberg(&p).iter().zip(numbers(&case["bh"])) {
            near(*found, expected, "Benjamini-Hochberg");
        }
    }
}

#[test]
fn wilson_intervals_equal_those_of_statsmodels() {
    for case in list(&stats(), "wilson") {
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let found = wilson_interval(count("k"), count("n"), number(&case["confidence"]));
        near_pair(found, &case["interval"], "Wilson");
    }
}

#[test]
fn distributions_equal_those_of_scipy() {
    let stats = stats();
    for case in list(&stats, "student") {
        let freedom = number(&case["freedom"]);
        for (p, expected) in case["quantiles"].as_object().unwrap() {
            let found = t_quantile(p.parse().unwrap(), freedom);
            near(found, number(expected), &format!("quantile {p} of t with {freedom}"));
        }
        for (t, expected) in case["two_sided"].as_object().unwrap() {
            let found = t_two_sided(t.parse().unwrap(), freedom);
            near_relative(found, number(expected), &format!("tails beyond {t} with {freedom}"));
        }
    }
    for case in list(&stats, "normal") {
        let found = normal_quantile(number(&case["p"]));
        near(found, number(&case["quantile"]), "normal quantile");
        near_relative(normal_cdf(found), number(&case["cdf_of_quantile"]), "normal cdf");
    }
}

#[test]
fn exact_tests_hold_for_many_discordant_questions() {
    for case in list(&stats(), "tosses") {
        let (a, b) = (case["a"].as_u64().unwrap(), case["b"].as_u64().unwrap());
        near_relative(McNemar::of(a, b).p, number(&case["p"]), &format!("{a} against {b}"));
    }
}

#[test]
fn standard_errors_and_paired_tests_equal_those_of_lmms_eval() {
    for case in list(&lmms(), "cases") {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        let summary = Summary::of(&a);
        near(summary.mean, number(&case["mean_a"]), "mean of a");
        near(Summary::of(&b).mean, number(&case["mean_b"]), "mean of b");
        near(summary.standard_error, number(&case["stderr_a"]), "standard error");
        let clusters: Vec<i64> =
            list(case, "cluster").iter().map(|cluster| cluster.as_i64().unwrap()).collect();
        let clustered = clustered_standard_error(&a, &clusters);
        near(clustered, number(&case["clustered_stderr_a"]), "clustered standard error");
        // lmms-eval subtracts the baseline: its difference is a − b.
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let (test, expected) = (PairedT::of(&differences, 0.95), &case["paired_ttest"]);
        near(test.mean, number(&expected["mean_diff"]), "mean difference");
        near(test.standard_error, number(&expected["se_diff"]), "its standard error");
        near(test.interval.0, number(&expected["ci_lower"]), "lower end");
        near(test.interval.1, number(&expected["ci_upper"]), "upper end");
        near(test.t, number(&expected["t_stat"]), "t");
        near(test.p, number(&expected["p_value"]), "p");
        let test = McNemar::of_differences(&differences);
        assert_eq!(test.only_b, case["wins_a"].as_u64().unwrap());
        assert_eq!(test.only_a, case["wins_b"].as_u64().unwrap());
        near_relative(test.p, number(&case["mcnemar_exact_p"]), "exact p");
        near(test.chi_squared, number(&case["mcnemar_chi2_cc"]), "χ²");
        if case["wilson95_a"].is_array() {
            let right = a.iter().filter(|score| **score > 0.5).count();
            near_pair(wilson_interval(right, a.len(), 0.95), &case["wilson95_a"], "Wilson");
        }
    }
}

#[test]
fn power_equals_that_of_lmms_eval() {
    for case in list(&lmms(), "power") {
        let (arguments, expected) = (&case["args"], &case["result"]);
        let design = Design {
            alpha: number(&expected["alpha"]),
            power: number(&expected["power"]),
            ..Design::of_models(
                number(&expected["std_a"]),
                number(&expected["std_b"]),
                number(&expected["correlation"]),
            )
        };
        let effect = number(&arguments["effect_size"]);
        assert_eq!(design.questions_needed(effect), expected["min_n"].as_u64());
        if let Some(n) = expected["current_n"].as_u64() {
            // lmms-eval rounds these to four digits.
            let (power, least) = (design.power_at(n, effect), design.detectable_difference(n));
            assert!((power - number(&expected["current_power"])).abs() < 0.5001e-4);
            assert!((least - number(&expected["min_detectable_effect"])).abs() < 0.5001e-4);
        }
    }
}
