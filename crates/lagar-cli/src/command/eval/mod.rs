//! `lagar eval`: benchmarks, answers, scores.

mod leak;
mod metrics;
mod model;
mod progress;
mod run;
mod score;
mod show;
mod tables;
mod training;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Subcommand;
use lagar_eval::{Benchmark, OcrTokens};
use serde_json::{Value, json};

use super::{Done, Mood, print, print_json};
use crate::exit::CommandError;
use crate::show::plain_table;

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Ask a model the questions of benchmarks and score its answers.
    ///
    /// A second run of the same command goes on where the first was interrupted.
    Run(Box<run::EvalRunArgs>),
    /// Look for a benchmark's pictures and questions in training data.
    ///
    /// Exit code 1 says that something was found.
    Leak(leak::LeakArgs),
    /// List the benchmarks, and the files each reads.
    List {
        /// Print the list as JSON on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Score a file of answers, without a model.
    Score(Box<score::ScoreArgs>),
    /// Print every metric of free cases, as JSON.
    Metrics {
        /// A JSON file of `[{"id", "prediction", "references"}]`, `.gz` or not; a multiple choice also
        /// has `choices` and `answer`.
        cases: PathBuf,
    },
}

pub(super) fn eval(
    command: EvalCommand,
    mood: Mood,
    stop: &AtomicBool,
) -> Result<Done, CommandError> {
    match command {
        EvalCommand::Run(args) => return run::run(&args, mood, stop),
        EvalCommand::Leak(args) => return leak::leak(&args, mood),
        EvalCommand::List { json } => list(json),
        EvalCommand::Score(args) => score::score(&args, mood)?,
        EvalCommand::Metrics { cases } => metrics::metrics(&cases)?,
    }
    Ok(Done(0))
}

fn list(as_json: bool) {
    let benchmarks = lagar_eval::all();
    if as_json {
        let describe = |benchmark: &&'static dyn Benchmark| {
            json!({
                "name": benchmark.name(),
                "about": benchmark.about(),
                "files": benchmark.files(),
            })
        };
        print_json(&benchmarks.iter().map(describe).collect::<Vec<Value>>());
        return;
    }
    let mut table = plain_table();
    table.set_header(["benchmark", "what it asks", "files"]);
    for benchmark in benchmarks {
        table.add_row([benchmark.name(), benchmark.about(), benchmark.files()]);
    }
    print(&table.to_string());
}

/// The benchmark of that name.
fn benchmark(name: &str) -> Result<&'static dyn Benchmark, CommandError> {
    lagar_eval::find(name).ok_or_else(|| {
        let near = lagar_recipe::suggest(name, lagar_eval::all().into_iter().map(Benchmark::name));
        CommandError::Usage {
            message: format!("there is no benchmark `{name}`"),
            hint: Some(near.map_or_else(
                || "`lagar eval list` shows all of them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            )),
        }
    })
}

/// Whether OCR tokens stand in prompts, by name.
fn ocr_tokens(name: &str) -> Result<OcrTokens, CommandError> {
    match name {
        "as-given" => Ok(OcrTokens::AsGiven),
        "with" => Ok(OcrTokens::With),
        "without" => Ok(OcrTokens::Without),
        _ => Err(CommandError::Usage {
            message: format!("--ocr `{name}`: expected `as-given`, `with` or `without`"),
            hint: None,
        }),
    }
}

/// The data of one of several benchmarks: a folder that holds one of the benchmark's name, as LLaVA's
/// `playground/data/eval` does, stands for that one.
fn own_folders(data: &[PathBuf], benchmark: &str) -> Vec<PathBuf> {
    let own = |path: &PathBuf| {
        let inside = path.join(benchmark);
        if inside.is_dir() { inside } else { path.clone() }
    };
    data.iter().map(own).collect()
}
