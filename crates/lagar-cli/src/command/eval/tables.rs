//! Tables of an evaluation as a person reads them.

use comfy_table::{CellAlignment, Table};
use lagar_eval::long_tail::Frequency;
use lagar_eval::perturb::Drop;
use lagar_eval::{MetricValue, Unit};

use crate::show::plain_table;

/// Metrics of benchmarks: shares in percent, with their intervals.
pub(super) fn metrics<'a>(
    benchmarks: impl Iterator<Item = (&'a str, &'a [MetricValue])>,
) -> String {
    let mut table = plain_table();
    table.set_header(["benchmark", "metric", "value", "± error", "95 % interval", "n"]);
    let mut notes: Vec<&str> = Vec::new();
    for (benchmark, metrics) in benchmarks {
        for (place, metric) in metrics.iter().enumerate() {
            let name = if place == 0 { benchmark } else { "" };
            let [value, error, interval] = cells(metric);
            table.add_row([name, &metric.name, &value, &error, &interval, &metric.n.to_string()]);
            notes.extend(metric.note.as_deref());
        }
    }
    align_right(&mut table, 2);
    notes.sort_unstable();
    notes.dedup();
    let lines = notes.iter().map(|note| format!("note: {note}"));
    [table.to_string()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// What disturbances cost benchmarks, by their first metrics.
pub(super) fn drops<'a>(benchmarks: impl Iterator<Item = (&'a str, &'a [Drop])>) -> String {
    let mut table = plain_table();
    table.set_header([
        "benchmark",
        "disturbance",
        "metric",
        "plain",
        "disturbed",
        "drop",
        "95 % interval",
        "changed",
    ]);
    for (benchmark, drops) in benchmarks {
        let first = drops.first().map_or("", |drop| drop.metric.as_str());
        for (place, drop) in drops.iter().filter(|drop| drop.metric == first).enumerate() {
            let name = if place == 0 { benchmark } else { "" };
            let scale = if drop.unit == Unit::Share { 100.0 } else { 1.0 };
            let number = |value: f64| format!("{:.2}", value * scale);
            let interval = drop.interval.map_or_else(String::new, |(low, high)| {
                format!("{} to {}", number(low), number(high))
            });
            table.add_row([
                name,
                &drop.perturbation,
                &drop.metric,
                &number(drop.plain),
                &number(drop.disturbed),
                &number(drop.drop),
                &interval,
                &format!("{} of {}", drop.changed, drop.n),
            ]);
        }
    }
    align_right(&mut table, 3);
    table.to_string()
}

/// A metric by the frequency of answers.
pub(super) fn long_tail(groups: &[Frequency]) -> String {
    let mut table = plain_table();
    table.set_header([
        "answer occurs (times)",
        "answers",
        "value",
        "± error",
        "95 % interval",
        "n",
    ]);
    for group in groups {
        let [value, error, interval] = cells(&group.metric);
        let (answers, n) = (group.answers.to_string(), group.metric.n.to_string());
        table.add_row([&group.frequency, &answers, &value, &error, &interval, &n]);
    }
    align_right(&mut table, 1);
    table.to_string()
}

/// Value, standard error and interval.
fn cells(metric: &MetricValue) -> [String; 3] {
    let scale = if metric.unit == Unit::Share { 100.0 } else { 1.0 };
    let number = |value: f64| format!("{:.2}", value * scale);
    let interval = metric
        .interval
        .map_or_else(String::new, |(low, high)| format!("{} to {}", number(low), number(high)));
    let error = metric.standard_error.map_or_else(String::new, number);
    [number(metric.value), error, interval]
}

fn align_right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
