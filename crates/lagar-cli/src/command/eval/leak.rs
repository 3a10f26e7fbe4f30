//! `lagar eval leak`: is the test in the training data?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

use lagar_eval::leak::{Leak, LeakIndex, LeakKind, LeakSettings, TrainingRow};
use lagar_eval::{LoadOptions, Question};
use serde::Serialize;

use super::training;
use crate::command::{Done, Mood, print, print_json, say};
use crate::exit::{CommandError, FAILED};
use crate::show::plain_table;

/// The most pairs shown on the screen; `--json` has them all.
const SHOWN: usize = 20;

/// What is compared with what, and how strictly.
#[derive(Debug, clap::Args)]
pub(crate) struct LeakArgs {
    /// The training data, in any format that `lagar run` reads.
    #[arg(long, value_name = "DATA")]
    train: PathBuf,
    /// The benchmarks.
    #[arg(long = "benchmark", required = true, value_name = "BENCHMARK", value_delimiter = ',')]
    benchmarks: Vec<String>,
    /// The benchmarks' files, or a folder with them.
    #[arg(long, required = true, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// The folder with the benchmarks' pictures, where it is not beside the files.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// The most bits, of 64, in which the hashes of two pictures may differ.
    #[arg(long, default_value_t = 6, value_name = "BITS")]
    distance: u32,
    /// Words of an n-gram.
    #[arg(long, default_value_t = 8, value_name = "N")]
    ngram: usize,
    /// The least share of a question's n-grams that a training text must have.
    #[arg(long, default_value_t = 0.8, value_name = "SHARE")]
    overlap: f64,
    /// Print all pairs as JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Report {
    settings: LeakSettings,
    training_rows: usize,
    unreadable_rows: usize,
    questions: usize,
    /// Questions whose picture is in the training data.
    leaked_pictures: usize,
    /// Questions whose text is.
    leaked_texts: usize,
    /// Questions that stand there with their picture.
    leaked_both: usize,
    unreadable_pictures: Vec<String>,
    leaks: Vec<Leak>,
}

pub(super) fn leak(args: &LeakArgs, mood: Mood) -> Result<Done, CommandError> {
    let LeakArgs { distance, ngram, overlap, .. } = *args;
    let settings = LeakSettings { distance, ngram, overlap };
    let index = LeakIndex::new(settings, questions(args)?);
    let data = training::open(&args.train)?;
    let (mut rows, mut unreadable_rows) = (0, 0);
    let (mut leaks, mut unreadable) = (Vec::new(), index.unreadable().to_vec());
    for chunk in data.chunks() {
        let (part, bad) = training::rows(&chunk?)?;
        (rows, unreadable_rows) = (rows + part.len(), unreadable_rows + bad);
        let (found, named) = check(&index, &part);
        leaks.extend(found);
        unreadable.extend(named);
    }
    leaks.sort_by_key(|leak| leak.kind);
    let count = |kinds: [LeakKind; 2]| {
        let wanted = leaks.iter().filter(|leak| kinds.contains(&leak.kind));
        wanted.map(|leak| (&leak.benchmark, &leak.question)).collect::<BTreeSet<_>>().len()
    };
    let report = Report {
        settings,
        training_rows: rows,
        unreadable_rows,
        questions: index.questions(),
        leaked_pictures: count([LeakKind::Picture, LeakKind::Both]),
        leaked_texts: count([LeakKind::Text, LeakKind::Both]),
        leaked_both: count([LeakKind::Both; 2]),
        unreadable_pictures: unreadable,
        leaks,
    };
    if args.json {
        print_json(&report);
    } else if !mood.quiet {
        print(&table(&report));
    }
    if !mood.quiet && !report.unreadable_pictures.is_empty() {
        let bad = &report.unreadable_pictures;
        say(&format!("{} pictures could not be compared, first {}", bad.len(), bad[0]));
    }
    Ok(Done(if report.leaks.is_empty() { 0 } else { FAILED }))
}

fn questions(args: &LeakArgs) -> Result<Vec<(String, Vec<Question>)>, CommandError> {
    let one = |name: &String| {
        let load = LoadOptions {
            data: super::own_folders(&args.data, name),
            pictures: args.pictures.clone(),
            ..LoadOptions::default()
        };
        Ok((name.clone(), super::benchmark(name)?.load(&load)?))
    };
    args.benchmarks.iter().map(one).collect()
}

/// Compares rows on all cores; findings in the order of the rows.
fn check(index: &LeakIndex, rows: &[TrainingRow]) -> (Vec<Leak>, Vec<String>) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<&[TrainingRow]> = rows.chunks(rows.len().div_ceil(threads).max(1)).collect();
    let found: Vec<Mutex<(Vec<Leak>, Vec<String>)>> =
        parts.iter().map(|_| Mutex::default()).collect();
    thread::scope(|scope| {
        for (part, found) in parts.iter().zip(&found) {
            scope.spawn(move || {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                let (leaks, unreadable) = &mut *found;
                for row in *part {
                    leaks.extend(index.check(row, |bad| unreadable.push(bad)));
                }
            });
        }
    });
    let mut all = (Vec::new(), Vec::new());
    for part in found {
        let (leaks, unreadable) = part.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.0.extend(leaks);
        all.1.extend(unreadable);
    }
    all
}

fn table(report: &Report) -> String {
    let mut table = plain_table();
    table.set_header(["leak", "benchmark", "question", "text", "training row", "how near"]);
    for leak in report.leaks.iter().take(SHOWN) {
        let kind = match leak.kind {
            LeakKind::Both => "picture and text",
            LeakKind::Picture => "picture",
            LeakKind::Text => "text",
        };
        let bits = leak.distance.map(|bits| format!("{bits} bits"));
        let share = leak.overlap.map(|share| format!("{:.0} % of words", share * 100.0));
        let near: Vec<String> = bits.into_iter().chain(share).collect();
        let (question, row) = (&leak.question, &leak.training_row);
        let near = near.join(", ");
        table.add_row([kind, &leak.benchmark, question, &leak.text, row, &near]);
    }
    let more = report.leaks.len().saturating_sub(SHOWN);
    let mut lines = Vec::new();
    if !report.leaks.is_empty() {
        lines.push(table.to_string());
    }
    if more > 0 {
        lines.push(format!("… and {more} more pairs; `--json` has them all"));
    }
    let Report { questions, training_rows, leaked_pictures, leaked_texts, leaked_both, .. } =
        report;
    lines.push(format!("{questions} questions against {training_rows} training rows"));
    lines.push(format!(
        "found again: the picture of {leaked_pictures}, the text of {leaked_texts}, both of \
         {leaked_both}"
    ));
    lines.join("\n")
}
