//! Tables and plans as a person reads them.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use lagar_engine::costs::costs;
use lagar_engine::source::DataSet;
use lagar_engine::{Plan, Report, RunPaths};
use lagar_ops::Cost;
use serde_json::{Value, json};

/// A table with lines above, below and under the head only.
pub(crate) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    for line in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(line);
    }
    table
}

/// The table of a finished run, and where its files are.
pub(crate) fn report(report: &Report) -> String {
    let mut table = plain_table();
    table.set_header(["operator", "rows in", "kept", "dropped", "put aside", "changed", "seconds"]);
    let aside = report.unreadable.to_string();
    let sound = report.rows - report.unreadable - report.without_text;
    table.add_row([
        "(load)".to_owned(),
        report.rows.to_string(),
        sound.to_string(),
        report.without_text.to_string(),
        aside,
        String::new(),
        String::new(),
    ]);
    for operator in &report.operators {
        let changed =
            if operator.kind == "mapper" { operator.changed.to_string() } else { String::new() };
        table.add_row([
            operator.name.clone(),
            operator.rows.to_string(),
            operator.kept.to_string(),
            operator.dropped.to_string(),
            operator.quarantined.to_string(),
            changed,
            format!("{:.3}", operator.secs),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut lines = vec![table.to_string(), String::new()];
    let files: Vec<String> =
        report.exported.iter().map(|file| file.path.display().to_string()).collect();
    let files = match files.as_slice() {
        [one] => one.clone(),
        [first, .., last] => format!("{first} … {last}"),
        [] => "(nothing)".to_owned(),
    };
    lines.push(format!("kept {} of {} rows → {files}", report.kept, report.rows));
    if report.reused_chunks > 0 {
        lines.push(format!("reused {} of {} chunks", report.reused_chunks, report.chunks));
    }
    lines.push(format!(
        "{:.2} s; ledger, traces and events in {}",
        report.secs,
        report.run_folder.display()
    ));
    lines.join("\n")
}

/// The plan of a run in words.
pub(crate) fn plan(plan: &Plan, data: &DataSet, paths: &RunPaths, threads: usize) -> String {
    let costs = costs(plan, data, paths);
    let mut lines = vec![format!("project   {}", plan.project)];
    for file in data.files() {
        lines.push(format!(
            "input     {} ({:?}, {} bytes)",
            file.path.display(),
            file.format,
            file.bytes
        ));
    }
    lines.push(format!("export    {}", paths.export.display()));
    lines.push(format!("run       {}", paths.folder.display()));
    lines.push(format!("threads   {threads}"));
    let memory = memory_bytes(threads) >> 20;
    lines.push(format!("memory    about {memory} MiB at the most, whatever the size of the data"));
    lines.push("models    none".to_owned());
    for (number, pass) in plan.passes.iter().enumerate() {
        let operators = plan.operators_of(pass);
        if operators.is_empty() && plan.passes.len() > 1 {
            continue;
        }
        lines.push(format!("\npass {} of {}", number + 1, plan.passes.len()));
        for group in fused(plan, number) {
            if group.len() > 1 {
                lines.push(format!(
                    "  fused: {} operators share one look at each picture",
                    group.len()
                ));
            }
            for index in group {
                let info = plan.operators[index].1.info;
                lines.push(format!(
                    "  {:>2} {} [{}, {}] reads {} writes {}",
                    index + 1,
                    info.name,
                    info.kind.name(),
                    info.cost.name(),
                    list(info.reads),
                    list(info.writes),
                ));
                lines.push(format!("     {}", plan.operators[index].1.parameters));
                lines.push(format!("     {}", costs[index].words()));
            }
        }
    }
    lines.join("\n")
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// An upper bound for what a run holds: chunks in flight and their results.
fn memory_bytes(threads: usize) -> u64 {
    const CHUNK: u64 = 24 << 20;
    const BASE: u64 = 32 << 20;
    BASE + CHUNK * (threads as u64 * 3 + 1)
}

/// Operators of a pass in groups: neighbours that look at pictures share what they see.
fn fused(plan: &Plan, pass: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let looks =
        |index: usize| matches!(plan.operators[index].1.info.cost, Cost::Header | Cost::Pixels);
    for (index, _) in plan.operators_of(&plan.passes[pass]) {
        match groups.last_mut() {
            Some(group) if looks(*index) && group.iter().all(|other| looks(*other)) => {
                group.push(*index);
            }
            _ => groups.push(vec![*index]),
        }
    }
    groups
}

/// The plan of a run for scripts.
pub(crate) fn plan_json(plan: &Plan, data: &DataSet, paths: &RunPaths, threads: usize) -> Value {
    let costs = costs(plan, data, paths);
    let files: Vec<Value> = data
        .files()
        .iter()
        .map(|file| json!({"path": file.path, "format": format!("{:?}", file.format), "bytes": file.bytes}))
        .collect();
    let passes: Vec<Value> = (0..plan.passes.len())
        .map(|number| {
            let operator = |index: &usize| {
                let (_, operator) = &plan.operators[*index];
                json!({
                    "index": index,
                    "name": operator.info.name,
                    "kind": operator.info.kind,
                    "cost": operator.info.cost,
                    "secs_per_row": costs[*index].secs_per_row,
                    "version": operator.info.version,
                    "reads": operator.info.reads,
                    "writes": operator.info.writes,
                    "parameters": operator.parameters,
                })
            };
            let groups: Vec<Vec<Value>> = fused(plan, number)
                .iter()
                .map(|group| group.iter().map(operator).collect())
                .collect();
            json!({ "groups": groups })
        })
        .collect();
    json!({
        "project": plan.project,
        "inputs": files,
        "export": paths.export,
        "run_folder": paths.folder,
        "threads": threads,
        "memory_bytes": memory_bytes(threads),
        "models": [],
        "passes": passes,
    })
}
