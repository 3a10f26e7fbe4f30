//! `lagar diff BEFORE AFTER`: what a recipe made of a data set, and how sure every change is.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use clap::Args as ClapArgs;
use comfy_table::CellAlignment;
use lagar_core::{RowKeys, fsio};
use lagar_explore::diff::{Change, Diff, DiffOptions, RunFolder, diff as compare, find_run, write};
use lagar_explore::{Options, Watch};
use lagar_report::words::{count, number, percent, signed, signed_percent};

use super::{Done, Mood, print, print_json};
use crate::exit::CommandError;
use crate::progress::Progress;
use crate::show::plain_table;

/// What `lagar diff` can be told.
#[derive(Debug, ClapArgs)]
pub(crate) struct DiffArgs {
    /// The data set as it was.
    pub(crate) before: PathBuf,
    /// The data set as it is: a file, a folder of data, or the folder of the run that made it.
    pub(crate) after: PathBuf,
    /// Where diff.json, diff.md, diff.html and the charts go (default: `diff` beside AFTER).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the whole comparison as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// The folder of the run that made AFTER of BEFORE (default: `NAME.run` beside AFTER).
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Decode the pictures, too: sharpness, brightness.
    #[arg(long)]
    pub(crate) pixels: bool,
    /// The text field; dots go into nested objects.
    #[arg(long, default_value = "text", value_name = "FIELD")]
    pub(crate) text_key: String,
    /// The field with the list of picture paths.
    #[arg(long, default_value = "images", value_name = "FIELD")]
    pub(crate) image_key: String,
    /// What decides the draws of the bootstrap.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// How often the bootstrap draws.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub(crate) resamples: u32,
    /// The most rows shown in each list of the page.
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub(crate) show: usize,
    /// Worker threads (default: one per processor).
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Do not draw progress bars.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

pub(super) fn diff(args: &DiffArgs, mood: Mood, stop: &AtomicBool) -> Result<Done, CommandError> {
    let run = match &args.run {
        Some(folder) => Some(RunFolder::open(folder)?.ok_or_else(|| CommandError::Usage {
            message: format!("{} is not the folder of a finished run", folder.display()),
            hint: Some("it has no `report.json` and `ledger.parquet`".to_owned()),
        })?),
        None => find_run(&args.after)?,
    };
    let files = match &run {
        Some(run) if args.after.is_dir() => run.exported(),
        _ => vec![args.after.clone()],
    };
    let (before, after) = (options(args, vec![args.before.clone()]), options(args, files));
    let data = (before.find()?, after.find()?);
    let progress = Progress::new(mood, args.no_progress);
    let wanted = DiffOptions {
        resamples: args.resamples as usize,
        seed: args.seed,
        shown: args.show,
        ..DiffOptions::new(before)
    };
    let watch = Watch { stop, listener: &progress };
    let found = compare((&data.0, &data.1), run.as_ref(), &wanted, watch);
    progress.finish();
    let (found, shown) = found?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.after));
    write(&found, &shown, &folder, wanted.side)?;
    if args.json {
        print_json(&found);
    } else if !mood.quiet {
        print(&screen(&found));
        print(&format!(
            "\npage with the rows and their pictures: {}",
            folder.join("diff.html").display()
        ));
        print(&format!("all numbers: {}", folder.join("diff.json").display()));
    }
    Ok(Done(0))
}

fn default_folder(after: &Path) -> PathBuf {
    fsio::parent(after).join("diff")
}

fn options(args: &DiffArgs, paths: Vec<PathBuf>) -> Options {
    let threads = args.threads.filter(|threads| *threads > 0);
    Options {
        keys: RowKeys {
            text: args.text_key.clone(),
            images: args.image_key.clone(),
            ..RowKeys::default()
        },
        threads: threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)),
        pixels: args.pixels,
        ..Options::new(paths, std::env::temp_dir())
    }
}

/// What a person wants to know first.
fn screen(diff: &Diff) -> String {
    let matched = &diff.matched;
    let mut lines = vec![
        format!(
            "{} → {} rows: {} kept",
            count(diff.before.rows),
            count(diff.after.rows),
            percent(diff.retention)
        ),
        format!(
            "found again by {}: {} ({} with the same text, {} changed); gone {}, new {}",
            matched.by.name(),
            count(matched.rows),
            count(matched.unchanged),
            count(matched.edited),
            count(matched.gone),
            count(matched.added)
        ),
        String::new(),
        table(&diff.statistics),
        String::new(),
        diversity(diff),
        format!(
            "words gained {}, lost {}",
            count(diff.vocabulary.gained),
            count(diff.vocabulary.lost)
        ),
    ];
    if !diff.operators.is_empty() {
        let mut table = plain_table();
        table.set_header(["operator", "rows in", "dropped", "put aside", "changed", "rows out"]);
        for one in &diff.operators {
            let numbers = [one.rows, one.dropped, one.quarantined, one.changed, one.kept];
            table.add_row([one.name.clone()].into_iter().chain(numbers.map(count)));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        lines.extend([String::new(), table.to_string()]);
    }
    lines.join("\n")
}

fn table(changes: &[Change]) -> String {
    let mut table = plain_table();
    table.set_header(["", "before", "after", "change", "", "95 % interval"]);
    for change in changes {
        let star = if change.is_clear() { " *" } else { "" };
        table.add_row([
            change.name.clone(),
            number(change.before.mean),
            number(change.after.mean),
            signed(change.difference),
            signed_percent(change.relative),
            format!("{} … {}{star}", signed(change.interval.0), signed(change.interval.1)),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Different words over all, as it is and at equal size.
fn diversity(diff: &Diff) -> String {
    let found = &diff.diversity;
    let line = |one: f64, other: f64| {
        format!("{} → {} ({})", number(one), number(other), signed_percent(other / one - 1.0))
    };
    format!(
        "different words over all words: {}; among {} words of each: {}",
        line(found.ratio_before, found.ratio_after),
        count(found.matched_tokens),
        line(found.matched_before, found.matched_after)
    )
}
