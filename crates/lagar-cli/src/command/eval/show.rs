//! Scores as a person reads them, and the head of a run folder.

use std::path::Path;

use comfy_table::CellAlignment;
use lagar_core::fsio;
use lagar_eval::folder::Model;
use lagar_eval::{MetricValue, Scores, Unit};
use serde_json::{Value, json};

use crate::exit::CommandError;
use crate::show::plain_table;

/// The most groups shown per tag; all of them are in `results.json`.
const GROUPS: usize = 25;

/// A table of all metrics, and one per tag with the headline of each group.
pub(super) fn table(scores: &Scores) -> String {
    let mut table = plain_table();
    table.set_header(["metric", "value", "standard error", "95 % interval", "n"]);
    for metric in &scores.metrics {
        table.add_row(row(&metric.name, metric));
    }
    align(&mut table);
    let mut parts = vec![table.to_string()];
    let notes = scores
        .metrics
        .iter()
        .filter_map(|metric| Some(format!("{}: {}", metric.name, metric.note.as_ref()?)));
    parts.extend(notes);
    let mut tags: Vec<&str> = scores.groups.iter().map(|group| group.tag.as_str()).collect();
    tags.dedup();
    for tag in tags {
        parts.push(String::new());
        parts.push(groups(scores, tag));
    }
    parts.join("\n")
}

fn groups(scores: &Scores, tag: &str) -> String {
    let members: Vec<_> = scores.groups.iter().filter(|group| group.tag == tag).collect();
    let mut shown = members.clone();
    let n = |group: &&&lagar_eval::Group| group.metrics.first().map_or(0, |metric| metric.n);
    shown.sort_by_key(|group| std::cmp::Reverse(n(&group)));
    shown.truncate(GROUPS);
    let headline = shown.first().and_then(|group| group.metrics.first());
    let name = headline.map_or("", |metric| metric.name.as_str());
    let mut table = plain_table();
    table.set_header([tag, name, "standard error", "95 % interval", "n"]);
    for group in &shown {
        if let Some(metric) = group.metrics.first() {
            table.add_row(row(&group.value, metric));
        }
    }
    align(&mut table);
    let rest = members.len() - shown.len();
    let more = if rest > 0 { format!("\n… and {rest} smaller ones") } else { String::new() };
    format!("{table}{more}")
}

fn row(name: &str, metric: &MetricValue) -> [String; 5] {
    let number = |value: f64| match metric.unit {
        Unit::Share => format!("{:.2} %", 100.0 * value),
        Unit::Points => format!("{value:.4}"),
    };
    let interval =
        metric.interval.map(|(low, high)| format!("{} to {}", number(low), number(high)));
    [
        name.to_owned(),
        number(metric.value),
        metric.standard_error.map(number).unwrap_or_default(),
        interval.unwrap_or_default(),
        metric.n.to_string(),
    ]
}

fn align(table: &mut comfy_table::Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Writes `run.json` of a folder that one benchmark was scored into.
pub(super) fn write_run(
    folder: &Path,
    benchmark: &str,
    model: &Model,
    settings: &Value,
) -> Result<(), CommandError> {
    let run = json!({
        "schema": lagar_eval::folder::SCHEMA,
        "settings": settings,
        "model": model,
        "benchmarks": {benchmark: {}},
    });
    fsio::write(folder.join("run.json"), format!("{run:#}\n").as_bytes())?;
    Ok(())
}
