//! Who answers: a service, a local model, or a file of answers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lagar_core::Digest;
use lagar_core::models::Answerer;
use lagar_eval::run::{Job, SavedAnswers};
use lagar_eval::{files, predictions};
use lagar_models::mgm::MgmAnswerer;
use lagar_remote::{ApiKey, ChatModel, ChatSettings, Retry};
use serde_json::{Value, json};

use crate::command::answering::{AnsweringArgs, generation};
use crate::environment::variable;
use crate::exit::CommandError;

/// Where a service is looked for unless it is said.
const OPENAI: &str = "https://api.openai.com/v1";

/// Threads that wait for the answers of a service.
const THREADS: usize = 8;
/// Questions that a local model is handed at a time: what is lost at most when the process is killed.
const LOCAL_BATCH: usize = 8;

/// Who answers, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// The folder of a local model (MGM), or `openai:NAME` for a service that speaks the `OpenAI` chat API.
    #[arg(long, value_name = "SPEC", required_unless_present = "answers")]
    model: Option<String>,
    /// Ask nobody and take the answers of this file: LLaVA's JSON lines or an official result file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "perturb"])]
    answers: Option<PathBuf>,
    #[command(flatten)]
    answering: AnsweringArgs,
    /// The service's address up to and with its version (default: the variable `OPENAI_BASE_URL`, or
    /// the service of that name).
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The service's key (default: the variable `OPENAI_API_KEY`).
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// The most tokens of an answer.
    #[arg(long, default_value_t = 128, value_name = "N")]
    max_new_tokens: usize,
    /// 0 takes the likeliest token each time.
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    temperature: f64,
    /// The seed of draws, where a service knows one.
    #[arg(long, value_name = "N")]
    sampling_seed: Option<u64>,
    /// A system message ahead of each question.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// How long an answer may take, in seconds.
    #[arg(long, default_value_t = 120.0, value_name = "SECONDS")]
    timeout: f64,
    /// How often a busy service is asked again.
    #[arg(long, default_value_t = 5, value_name = "N")]
    retries: u32,
}

/// A model that is ready to answer.
pub(super) struct OpenModel {
    pub(super) answerer: Box<dyn Answerer>,
    pub(super) name: String,
    pub(super) generation: Value,
    /// Calls in flight at a time, and questions per call, unless somebody says otherwise.
    pub(super) jobs: usize,
    pub(super) batch: usize,
}

/// Opens the model that the arguments name; a file of answers has to know what will be asked.
pub(super) fn open(args: &ModelArgs, jobs: &[Job]) -> Result<OpenModel, CommandError> {
    if let Some(path) = &args.answers {
        let name = files::plain_name(path);
        let answerer = Box::new(saved(path, jobs)?);
        return Ok(OpenModel { answerer, name, generation: Value::Null, jobs: THREADS, batch: 1 });
    }
    let model = args.model.as_deref().unwrap_or_default();
    let generation = json!({
        "max_new_tokens": args.max_new_tokens,
        "temperature": args.temperature,
        "seed": args.sampling_seed,
        "system": args.system,
    });
    if let Some(name) = model.strip_prefix("openai:") {
        let answerer = Box::new(service(args, name)?);
        let name = name.to_owned();
        return Ok(OpenModel { answerer, name, generation, jobs: THREADS, batch: 1 });
    }
    let folder = args.answering.adapter().unwrap_or(Path::new(model));
    let answerer = Box::new(local(args, model)?);
    let name = folder.file_name().map_or_else(|| model.to_owned(), |n| n.to_string_lossy().into());
    Ok(OpenModel { answerer, name, generation, jobs: 1, batch: LOCAL_BATCH })
}

/// The answers of a file to the questions of all benchmarks.
fn saved(path: &Path, jobs: &[Job]) -> Result<SavedAnswers, CommandError> {
    let mut saved = SavedAnswers::new(Digest::of(&files::read(path)?));
    let predictions = predictions::read(path)?;
    for Job { benchmark, load } in jobs {
        let questions = benchmark.load(load)?;
        let matched = predictions::matched(*benchmark, &questions, &predictions);
        saved.add(&questions, &matched.answers);
    }
    Ok(saved)
}

fn service(args: &ModelArgs, name: &str) -> Result<ChatModel, CommandError> {
    let timeout = Duration::try_from_secs_f64(args.timeout).map_err(|error| {
        let message = format!("--timeout {}: {error}", args.timeout);
        CommandError::Usage { message, hint: None }
    })?;
    let base_url =
        args.base_url.clone().or_else(|| variable("OPENAI_BASE_URL")).unwrap_or(OPENAI.to_owned());
    let mut settings = ChatSettings::new(base_url, name);
    settings.api_key = args.api_key.clone().or_else(|| variable("OPENAI_API_KEY")).map(ApiKey::new);
    settings.temperature = args.temperature;
    settings.seed = args.sampling_seed;
    settings.max_tokens = args.max_new_tokens;
    settings.system.clone_from(&args.system);
    settings.timeout = timeout;
    settings.retry = Retry { attempts: args.retries.saturating_add(1), ..Retry::default() };
    Ok(ChatModel::new(settings))
}

/// A model in a folder.
fn local(args: &ModelArgs, model: &str) -> Result<MgmAnswerer, CommandError> {
    if args.system.is_some() {
        let message = "--system: the template of a local model has no place for it".to_owned();
        return Err(CommandError::Usage { message, hint: None });
    }
    let settings = generation(args.max_new_tokens, args.temperature);
    args.answering.open(model, settings, (args.sampling_seed.unwrap_or(0), None))
}
