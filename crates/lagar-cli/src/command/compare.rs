//! `lagar compare RUN_A RUN_B`: which model is better, how sure that is, and where they differ.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use comfy_table::CellAlignment;
use lagar_core::fsio;
use lagar_eval::compare::page::{
    PageOptions, Pictures, page, points, probability, signed_points, verdict,
};
use lagar_eval::compare::{
    BenchmarkComparison, CompareOptions, Comparison, Difference, Side, compare as compare_sides,
};
use lagar_eval::{Benchmark, EvalError, LoadOptions, find};

use super::{Done, Mood, print, print_json, say};
use crate::exit::CommandError;
use crate::show::plain_table;

/// What `lagar compare` can be told.
#[derive(Debug, ClapArgs)]
pub(crate) struct CompareArgs {
    /// The baseline: a run folder of `lagar eval run`, or a file of answers (.jsonl, .jsonl.gz).
    pub(crate) run_a: PathBuf,
    /// The other one; differences are B − A.
    pub(crate) run_b: PathBuf,
    /// Where comparison.json and comparison.html go (default: `comparison` beside a run folder B,
    /// or here).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the whole comparison as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only this benchmark; with `--data`, the one to score bare answers with.
    #[arg(long, value_name = "NAME")]
    pub(crate) benchmark: Option<String>,
    /// The benchmark's question files, to score bare answers with.
    #[arg(long, value_name = "FILE", requires = "benchmark")]
    pub(crate) data: Vec<PathBuf>,
    /// The folder of pictures, where the answers do not say where they are.
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// The metric that groups, lists and power are about (default: the first of each benchmark).
    #[arg(long)]
    pub(crate) metric: Option<String>,
    /// The probability to call a difference real that is none.
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    pub(crate) alpha: f64,
    /// What decides the draws of the bootstrap.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// How often the bootstrap draws.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub(crate) resamples: u32,
    /// The most questions shown in each list of the page.
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub(crate) show: usize,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_error| format!("`{text}` is not a number"))?;
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err("expected a number between 0 and 1".to_owned())
    }
}

pub(super) fn compare(args: &CompareArgs, mood: Mood) -> Result<Done, CommandError> {
    let (mut a, mut b) = (Side::read(&args.run_a)?, Side::read(&args.run_b)?);
    if !args.data.is_empty() {
        score(args, [&mut a, &mut b], mood)?;
    }
    let options = CompareOptions {
        benchmark: args.benchmark.clone(),
        metric: args.metric.clone(),
        alpha: args.alpha,
        resamples: args.resamples as usize,
        seed: args.seed,
        ..CompareOptions::default()
    };
    let comparison = compare_sides(&a, &b, &options).map_err(unmatched)?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.run_b));
    let (json, html) = (folder.join("comparison.json"), folder.join("comparison.html"));
    let text = serde_json::to_vec_pretty(&comparison).unwrap_or_default();
    fsio::write(&json, &text)?;
    let pictures = Pictures { folder: args.images.clone(), ..Pictures::default() };
    let shown = PageOptions { shown: args.show, pictures };
    fsio::write(&html, page(&comparison, &shown).render().as_bytes())?;
    if args.json {
        print_json(&comparison);
    } else if !mood.quiet {
        print(&screen(&comparison));
        print(&format!("\npage with the questions and their pictures: {}", html.display()));
        print(&format!("all numbers: {}", json.display()));
    }
    Ok(Done(0))
}

fn default_folder(run_b: &Path) -> PathBuf {
    let beside = if run_b.is_dir() { fsio::parent(run_b) } else { Path::new(".") };
    beside.join("comparison")
}

/// Scores bare answers with the benchmark's own files.
fn score(args: &CompareArgs, sides: [&mut Side; 2], mood: Mood) -> Result<(), CommandError> {
    let name = args.benchmark.as_deref().unwrap_or_default();
    let benchmark: &dyn Benchmark = find(name).ok_or_else(|| EvalError::Setting {
        setting: "benchmark",
        value: name.to_owned(),
        expected: lagar_eval::all().iter().map(|one| one.name()).collect::<Vec<_>>().join(", "),
    })?;
    let load = LoadOptions {
        data: args.data.clone(),
        pictures: args.images.clone(),
        ..LoadOptions::default()
    };
    let questions = benchmark.load(&load)?;
    for side in sides {
        let unknown = side.score(benchmark, &questions)?;
        if unknown > 0 && !mood.quiet {
            say(&format!("warning: {}: {unknown} answers have no question in {name}", side.name));
        }
    }
    Ok(())
}

/// Files that do not belong together are a check that failed, with a hint of its own.
fn unmatched(error: EvalError) -> CommandError {
    match error {
        EvalError::Unmatched { message } => CommandError::Check { message },
        other => CommandError::Eval(other),
    }
}

/// The comparison as a person reads it: what to doubt first, then what was found.
fn screen(comparison: &Comparison) -> String {
    let mut lines: Vec<String> =
        comparison.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!("A  {}", comparison.a.path));
    lines.push(format!("B  {}", comparison.b.path));
    let alpha = comparison.options.alpha;
    for benchmark in &comparison.benchmarks {
        lines.push(String::new());
        lines.push(verdict(benchmark, alpha).1);
        if !benchmark.metrics.is_empty() {
            lines.push(table(&benchmark.metrics, alpha));
        }
        let mut clear: Vec<Difference> =
            benchmark.groups.iter().filter(|found| found.is_significant(alpha)).cloned().collect();
        clear.sort_by(|one, other| other.difference.abs().total_cmp(&one.difference.abs()));
        if !benchmark.groups.is_empty() {
            let (groups, some) = (benchmark.groups.len(), clear.len());
            lines.push(format!("{some} of {groups} groups differ after correction"));
        }
        if !clear.is_empty() {
            lines.push(table(&clear, alpha));
        }
        lines.push(answers(benchmark));
    }
    lines.join("\n")
}

fn table(rows: &[Difference], alpha: f64) -> String {
    let mut table = plain_table();
    table.set_header([
        "",
        "n",
        "A %",
        "B %",
        "B − A",
        "interval",
        "won",
        "lost",
        "tied",
        "p corrected",
    ]);
    for found in rows {
        let name = match &found.group {
            Some((tag, value)) => format!("{tag}: {value}"),
            None => found.metric.clone(),
        };
        let star = if found.is_significant(alpha) { " *" } else { "" };
        table.add_row([
            name,
            found.n.to_string(),
            points(found.a.value),
            points(found.b.value),
            signed_points(found.difference),
            format!("{} … {}", signed_points(found.interval.0), signed_points(found.interval.1)),
            found.wins.to_string(),
            found.losses.to_string(),
            found.ties.to_string(),
            format!("{}{star}", probability(found.p_holm)),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// What both say, without scores.
fn answers(benchmark: &BenchmarkComparison) -> String {
    let (a, b) = (&benchmark.answers_a, &benchmark.answers_b);
    let mut table = plain_table();
    table.set_header(["answers", "A", "B"]);
    let top = |place: usize| {
        let one = |top: &[(String, usize)]| {
            top.get(place).map_or_else(String::new, |(text, times)| {
                let short: String = text.chars().take(32).collect();
                format!("{} × {times}", short.escape_debug())
            })
        };
        ["most frequent".to_owned(), one(&a.top), one(&b.top)]
    };
    table.add_row(["all".to_owned(), a.total.to_string(), b.total.to_string()]);
    table.add_row(["different".to_owned(), a.distinct.to_string(), b.distinct.to_string()]);
    let share = |value: f64| format!("{value:.4}");
    table.add_row(["different / all".to_owned(), share(a.diversity), share(b.diversity)]);
    for place in 0..a.top.len().max(b.top.len()).min(5) {
        table.add_row(top(place));
    }
    let agreement = &benchmark.agreement;
    let percent = |part: usize| points(part as f64 / agreement.total.max(1) as f64);
    format!(
        "{table}\nidentical answers: {} of {} ({} %); {} kinds of questions",
        agreement.identical,
        agreement.total,
        percent(agreement.identical),
        benchmark.question_types.len()
    )
}
