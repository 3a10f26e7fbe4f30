//! `lagar eval`: benchmarks, answers, scores.

mod metrics;

use std::path::PathBuf;

use clap::Subcommand;
use lagar_eval::Benchmark;
use serde_json::{Value, json};

use super::{Done, Mood, print, print_json};
use crate::exit::CommandError;
use crate::show::plain_table;

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// List the benchmarks, and the files each reads.
    List {
        /// Print the list as JSON on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Print every metric of free cases, as JSON.
    Metrics {
        /// A JSON file of `[{"id", "prediction", "references"}]`, `.gz` or not; a multiple choice also
        /// has `choices` and `answer`.
        cases: PathBuf,
    },
}

pub(super) fn eval(command: EvalCommand, _mood: Mood) -> Result<Done, CommandError> {
    match command {
        EvalCommand::List { json } => list(json),
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
