//! `overall.csv` as `dj-analyze` writes it: pandas' `describe` of every statistic.
//!
//! Source: Data-Juicer 1.6.1, `analysis/overall_analysis.py`: lists are flattened, values that are
//! missing are left out, and numbers are written as Python does.

use std::fmt::Write as _;

use lagar_ops::whole_row::float_repr;

use super::Measured;
use crate::profile::Distribution;

/// One number of a distribution.
type Number = fn(&Distribution) -> Option<f64>;

/// The file's text, for the statistics that Data-Juicer's filters measure with their defaults.
pub fn overall_csv(measured: &Measured) -> String {
    let gauges = measured.battery.gauges.iter().filter(|gauge| gauge.is_default());
    let names = gauges.flat_map(|gauge| gauge.operator.info.writes);
    let columns: Vec<(&str, &Distribution)> =
        names.filter_map(|name| Some((*name, measured.profile.distribution(name)?))).collect();
    let mut text = String::new();
    for (name, _) in &columns {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    let rows: [(&str, Number); 8] = [
        ("count", |found| Some(found.count as f64)),
        ("mean", |found| Some(found.mean)),
        ("std", |found| found.sd),
        ("min", |found| Some(found.min)),
        ("25%", |found| found.quantile(0.25)),
        ("50%", |found| found.quantile(0.5)),
        ("75%", |found| found.quantile(0.75)),
        ("max", |found| Some(found.max)),
    ];
    for (name, number) in rows {
        text.push_str(name);
        for (_, found) in &columns {
            let number = number(found).map(float_repr).unwrap_or_default();
            let written = write!(text, ",{number}");
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        text.push('\n');
    }
    text
}
