//! `lagar eval score`: an existing file of answers, without a model.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use lagar_core::Digest;
use lagar_eval::folder::{Model, Scored};
use lagar_eval::predictions::{self, Missing};
use lagar_eval::{Answered, LoadOptions, PromptStyle, Question, files};
use serde_json::json;

use super::{benchmark, ocr_tokens, own_folders, show};
use crate::command::{Mood, print, print_json, say};
use crate::exit::CommandError;

#[derive(Debug, ClapArgs)]
pub(crate) struct ScoreArgs {
    /// The benchmark, see `lagar eval list`.
    benchmark: String,
    /// The benchmark's files, or folders that hold them; may be given several times.
    #[arg(long, required = true, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// The folder with the pictures, where it is not beside the files.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Whose prompts were used: `llava`, `lmms-eval` or `vlmevalkit`.
    #[arg(long, default_value = "llava", value_name = "STYLE")]
    prompt: String,
    /// OCR tokens in the prompt: `as-given`, `with` or `without`.
    #[arg(long, default_value = "as-given", value_name = "WHEN")]
    ocr: String,
    /// The file of answers: LLaVA's JSON lines, an official result file, or a table.
    #[arg(long, value_name = "FILE")]
    predictions: PathBuf,
    /// What to do about questions without an answer.
    #[arg(long, default_value = "refuse", value_name = "WHAT")]
    missing: MissingArg,
    /// Write a run folder: answers, samples with their scores, results.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the results as JSON on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MissingArg {
    /// Stop with exit code 1 and name them.
    Refuse,
    /// Count them as answered wrongly.
    Wrong,
    /// Leave them out.
    Skip,
}

pub(super) fn score(args: &ScoreArgs, mood: Mood) -> Result<(), CommandError> {
    let benchmark = benchmark(&args.benchmark)?;
    let options = LoadOptions {
        data: own_folders(&args.data, benchmark.name()),
        pictures: args.pictures.clone(),
        prompt: PromptStyle::parse(&args.prompt)?,
        ocr: ocr_tokens(&args.ocr)?,
    };
    let questions = benchmark.load(&options)?;
    let predictions = predictions::read(&args.predictions)?;
    let matched = predictions::matched(benchmark, &questions, &predictions);
    let remark = (!matched.is_whole()).then(|| matched.summary());
    let missing = match args.missing {
        MissingArg::Refuse => Missing::Refuse,
        MissingArg::Wrong => Missing::Wrong,
        MissingArg::Skip => Missing::Skip,
    };
    let answers = matched.settled(missing)?;
    if let Some(remark) = remark.filter(|_| !mood.quiet) {
        say(&format!("warning: {remark}"));
    }
    let scores = benchmark.score(&questions, &answers);
    let name = name_of(&args.predictions);
    let model = Model { name, digest: Digest::of(&files::read(&args.predictions)?) };
    let settings = json!({
        "prompt": args.prompt,
        "ocr": args.ocr,
        "missing": format!("{:?}", args.missing).to_lowercase(),
    });
    let results = json!({
        "schema": lagar_eval::folder::SCHEMA,
        "benchmark": benchmark.name(),
        "metrics": scores.metrics,
        "groups": scores.groups,
        "settings": settings,
        "model": model,
    });
    if let Some(folder) = &args.out {
        let answers = in_order(&questions, &answers);
        let scored = Scored {
            benchmark: benchmark.name(),
            questions: &questions,
            picture_folder: "pictures",
            prompts: &[],
            answers: &answers,
            scores: &scores,
            model: &model,
            settings: &settings,
        };
        scored.write(&folder.join(benchmark.name()))?;
        show::write_run(folder, benchmark.name(), &model, &settings)?;
    }
    if args.json {
        print_json(&results);
    } else {
        print(&show::table(&scores));
        if let Some(folder) = args.out.as_ref().filter(|_| !mood.quiet) {
            say(&format!("written to {}", folder.join(benchmark.name()).display()));
        }
    }
    Ok(())
}

/// Per question its answer, or why there is none.
fn in_order(questions: &[Question], answers: &[Answered]) -> Vec<Result<String, String>> {
    let given: HashMap<&str, &str> = answers
        .iter()
        .filter(|answer| !answer.is_missing)
        .map(|answer| (answer.id.as_str(), answer.text.as_str()))
        .collect();
    let of = |question: &Question| match given.get(question.id.as_str()) {
        Some(text) => Ok((*text).to_owned()),
        None => Err("not in the file of answers".to_owned()),
    };
    questions.iter().map(of).collect()
}

/// The name of an answer file without its endings.
fn name_of(path: &Path) -> String {
    let name = files::plain_name(path);
    name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned())
}
