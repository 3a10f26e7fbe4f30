//! `lagar eval run BENCHMARK…`: asks a model and scores what it says.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use lagar_eval::long_tail::AnswerCounts;
use lagar_eval::perturb::Perturbation;
use lagar_eval::run::{BenchmarkSummary, Chunk, EvalRun, Job, Summary};
use lagar_eval::{LoadOptions, PromptStyle};

use super::model::{self, ModelArgs};
use super::progress::EvalProgress;
use super::tables;
use crate::command::{Done, Mood, print, print_json, say};
use crate::exit::CommandError;

/// The most failed questions named on the screen; the file has them all.
const NAMED: usize = 5;

/// What is asked of whom, and how.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct EvalRunArgs {
    /// The benchmarks; `lagar eval list` has their names.
    #[arg(required = true, value_name = "BENCHMARK")]
    benchmarks: Vec<String>,
    #[command(flatten)]
    model: ModelArgs,
    /// The benchmarks' files, or a folder with them.
    #[arg(long, required = true, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// The folder with the pictures, where it is not beside the files.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// The run folder (default: MODEL.eval).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Cut the questions into so many chunks, to be asked by as many processes.
    #[arg(long, value_name = "N", requires = "chunk_idx")]
    num_chunks: Option<usize>,
    /// Ask only this chunk, from 0; once all are done, the same command without chunks scores them.
    #[arg(long, value_name = "K", requires = "num_chunks")]
    chunk_idx: Option<usize>,
    /// Only the first N questions of each benchmark.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Ask everything again under disturbances: `jpeg`, `blur`, `crop`, `typo`, `ocr-drop`, each with
    /// a strength if you like (`jpeg:10,blur:4`).
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    perturb: Vec<String>,
    /// What the disturbances draw with.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Whose prompts to use: `llava`, `lmms-eval` or `vlmevalkit`.
    #[arg(long, default_value = "llava", value_name = "STYLE")]
    prompt: String,
    /// OCR tokens in the prompt: `as-given`, `with` or `without`.
    #[arg(long, default_value = "as-given", value_name = "WHEN")]
    ocr: String,
    /// Accuracy by how frequent the right answers are in the benchmark.
    #[arg(long)]
    long_tail: bool,
    /// The same by how frequent they are in training data (LLaVA's JSON, or JSON lines).
    #[arg(long, value_name = "DATA")]
    long_tail_train: Option<PathBuf>,
    /// Calls in flight at a time (default: 8 for a service, 1 for a local model).
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Questions per call of the model (default: 1 for a service, 8 for a local model).
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// A file of answers that runs share.
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// Stop after so many failed questions in a row.
    #[arg(long, default_value_t = 50, value_name = "N")]
    max_failures: usize,
    /// Forget the answers in the run folder.
    #[arg(long, conflicts_with = "num_chunks")]
    fresh: bool,
    /// Print the summary as JSON on stdout.
    #[arg(long)]
    json: bool,
    /// Do not draw progress bars.
    #[arg(long)]
    no_progress: bool,
}

pub(super) fn run(args: &EvalRunArgs, mood: Mood, stop: &AtomicBool) -> Result<Done, CommandError> {
    let jobs = jobs(args)?;
    let model = model::open(&args.model, &jobs)?;
    let chunk = match (args.chunk_idx, args.num_chunks) {
        (Some(index), Some(count)) => Some(Chunk::new(index, count)?),
        _ => None,
    };
    let perturbations: Result<Vec<Perturbation>, _> =
        args.perturb.iter().map(|text| Perturbation::parse(text)).collect();
    let long_tail = match &args.long_tail_train {
        Some(path) => Some(AnswerCounts::of_training(path)?),
        None => args.long_tail.then(AnswerCounts::default),
    };
    let progress = EvalProgress::new(mood, args.no_progress);
    let run = EvalRun {
        jobs: &jobs,
        model: model.answerer.as_ref(),
        folder: args.out.clone().unwrap_or_else(|| PathBuf::from(folder_name(&model.name))),
        model_name: model.name,
        generation: model.generation,
        cache: args.cache.clone(),
        chunk,
        limit: args.limit,
        perturbations: perturbations?,
        seed: args.seed,
        long_tail,
        threads: args.jobs.unwrap_or(model.jobs),
        batch: args.batch_size.unwrap_or(model.batch).max(1),
        most_failures: args.max_failures,
        fresh: args.fresh,
        stop,
        watch: &progress,
    };
    let summary = run.execute();
    progress.finish();
    let summary = summary?;
    if args.json {
        print_json(&summary);
    } else if !mood.quiet {
        print(&table(&summary, chunk));
    }
    if !mood.quiet {
        summary.benchmarks.iter().for_each(tell_failed);
    }
    Ok(Done(0))
}

fn jobs(args: &EvalRunArgs) -> Result<Vec<Job>, CommandError> {
    let load = LoadOptions {
        data: args.data.clone(),
        pictures: args.pictures.clone(),
        prompt: PromptStyle::parse(&args.prompt)?,
        ocr: super::ocr_tokens(&args.ocr)?,
    };
    let job = |name: &String| {
        let data = super::own_folders(&args.data, name);
        let load = LoadOptions { data, ..load.clone() };
        Ok(Job { benchmark: super::benchmark(name)?, load })
    };
    args.benchmarks.iter().map(job).collect()
}

/// The name of a model as that of a folder.
fn folder_name(model: &str) -> String {
    let letter = |letter: char| {
        let kept = letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if kept { letter } else { '-' }
    };
    format!("{}.eval", model.chars().map(letter).collect::<String>())
}

fn table(summary: &Summary, chunk: Option<Chunk>) -> String {
    let mut lines = Vec::new();
    if let Some(Chunk { index, count }) = chunk {
        for benchmark in &summary.benchmarks {
            let BenchmarkSummary { benchmark, questions, .. } = benchmark;
            lines.push(format!("{benchmark}: chunk {index} of {count}, {questions} questions"));
        }
        lines.push("the same command without chunks scores the answers once all are there".into());
        return lines.join("\n");
    }
    let metrics = summary.benchmarks.iter().map(|one| (one.benchmark.as_str(), &*one.metrics));
    lines.push(tables::metrics(metrics));
    let drops = summary.benchmarks.iter().map(|one| (one.benchmark.as_str(), &*one.drops));
    if drops.clone().any(|(_, drops)| !drops.is_empty()) {
        lines.push("\nunder disturbances (first metric; robustness.json has all)".to_owned());
        lines.push(tables::drops(drops));
    }
    for benchmark in summary.benchmarks.iter().filter(|one| !one.long_tail.is_empty()) {
        lines.push(format!("\n{} by how frequent the right answer is", benchmark.benchmark));
        lines.push(tables::long_tail(&benchmark.long_tail));
    }
    let (asked, cached) = summary
        .benchmarks
        .iter()
        .fold((0, 0), |(asked, cached), one| (asked + one.asked, cached + one.cached));
    lines.push(String::new());
    lines.push(format!("{asked} questions asked, {cached} answers from the cache"));
    lines.push(format!("answers, samples and results in {}", summary.folder.display()));
    lines.join("\n")
}

fn tell_failed(benchmark: &BenchmarkSummary) {
    let failed = &benchmark.failed;
    for one in failed.iter().take(NAMED) {
        say(&format!("no answer: {} question {}: {}", benchmark.benchmark, one.id, one.reason));
    }
    if failed.len() > NAMED {
        say(&format!("… and {} more; failed.jsonl has them all", failed.len() - NAMED));
    }
    if !failed.is_empty() {
        let hint = "they count as wrong; the same command asks them again";
        say(&format!("{}: {} questions have no answer, {hint}", benchmark.benchmark, failed.len()));
    }
}
