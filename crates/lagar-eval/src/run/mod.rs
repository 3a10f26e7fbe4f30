//! `lagar eval run`: asks a model the questions of benchmarks and scores its answers.
//!
//! Each answer is in the journal of the run folder before the next is asked for, so a kill costs what
//! is in flight; what a reader of the folder sees is written at the end, aside and renamed, in the
//! order of the questions. The same command after a kill therefore gives the same bytes.

mod ask;
pub mod chunk;
mod folder;
mod key;
mod saved;
pub mod store;
pub mod watch;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use lagar_core::models::Answerer;
use serde::Serialize;
use serde_json::{Value, json};

pub use chunk::Chunk;
pub use saved::SavedAnswers;
pub use store::AnswerStore;
pub use watch::{Unwatched, Watch};

use self::ask::{Asked, Asking};
use self::folder::RunFolder;
use self::key::PictureDigests;
use crate::folder::{Model, Scored, write_answers, write_json};
use crate::long_tail::{AnswerCounts, Frequency, long_tail};
use crate::perturb::{Drop, Perturbation, drops};
use crate::{
    Answered, Benchmark, EvalError, LoadOptions, MetricValue, OcrTokens, Question, Scores,
};

/// A benchmark that is to be run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The benchmark.
    pub benchmark: &'static dyn Benchmark,
    /// Where its files are and how it is asked.
    pub load: LoadOptions,
}

/// Everything a run is told.
#[derive(Debug)]
pub struct EvalRun<'a> {
    /// The benchmarks, one after the other.
    pub jobs: &'a [Job],
    /// Who answers.
    pub model: &'a dyn Answerer,
    /// Its name for people and answer files.
    pub model_name: String,
    /// How it generates, as `run.json` is to show it.
    pub generation: Value,
    /// The run folder.
    pub folder: PathBuf,
    /// The file of answers that runs share.
    pub cache: Option<PathBuf>,
    /// Only this part of the questions; the answers are scored once a run without it has all.
    pub chunk: Option<Chunk>,
    /// Only so many questions of each benchmark, from its beginning.
    pub limit: Option<usize>,
    /// Disturbances under which everything is asked again.
    pub perturbations: Vec<Perturbation>,
    /// What the disturbances draw with.
    pub seed: u64,
    /// Whether accuracy is reported by the frequency of answers: among the benchmark's own, or among
    /// those of a training file.
    pub long_tail: Option<AnswerCounts>,
    /// Threads that ask.
    pub threads: usize,
    /// Questions per call of the model.
    pub batch: usize,
    /// So many failures in a row end the run.
    pub most_failures: usize,
    /// Forget what the run folder holds.
    pub fresh: bool,
    /// Set from outside to end the run early.
    pub stop: &'a AtomicBool,
    /// Hears of the progress.
    pub watch: &'a dyn Watch,
}

/// What a run has done.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The run folder.
    pub folder: PathBuf,
    /// One entry per benchmark.
    pub benchmarks: Vec<BenchmarkSummary>,
}

/// What became of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct BenchmarkSummary {
    /// Its name.
    pub benchmark: String,
    /// Its questions, those of the chunk only if there is one.
    pub questions: usize,
    /// Questions (disturbed ones included) that this run put to the model.
    pub asked: usize,
    /// Those it found in the shared cache.
    pub cached: usize,
    /// Undisturbed questions without an answer, with the reason.
    pub failed: Vec<Failure>,
    /// The metrics; none for a chunk.
    pub metrics: Vec<MetricValue>,
    /// What each disturbance costs.
    pub drops: Vec<Drop>,
    /// The first metric by the frequency of answers.
    pub long_tail: Vec<Frequency>,
}

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The question's id.
    pub id: String,
    /// Why there is no answer.
    pub reason: String,
}

impl EvalRun<'_> {
    /// Runs all benchmarks.
    ///
    /// # Errors
    /// When a benchmark cannot be read, the folder holds another model's answers or cannot be written,
    /// the model fails as a whole, or the run is stopped.
    pub fn execute(&self) -> Result<Summary, EvalError> {
        let model = Model { name: self.model_name.clone(), digest: self.model.digest() };
        let folder = RunFolder::open(&self.folder, self.chunk, self.fresh)?;
        let cache = self.cache.as_deref().map(AnswerStore::open).transpose()?;
        let digests = PictureDigests::default();
        let mut loaded: Vec<(&Job, Vec<Question>)> = Vec::new();
        for job in self.jobs {
            let mut questions = job.benchmark.load(&job.load)?;
            questions.truncate(self.limit.unwrap_or(usize::MAX));
            loaded.push((job, questions));
        }
        let about = loaded
            .iter()
            .map(|(job, questions)| (job.benchmark.name(), self.about(job, questions.len())))
            .collect();
        folder.agree(&model, &self.shared_settings(), about)?;
        let mut benchmarks = Vec::new();
        for (job, questions) in &loaded {
            let name = job.benchmark.name();
            let asking = Asking {
                model: self.model,
                journal: &folder.journal(name)?,
                cache: cache.as_ref(),
                digests: &digests,
                jobs: self.threads.max(1),
                batch: self.batch,
                most_failures: self.most_failures.max(1),
                seed: self.seed,
                stop: self.stop,
                watch: self.watch,
            };
            benchmarks.push(self.benchmark(job, questions, &asking, &model)?);
        }
        Ok(Summary { folder: self.folder.clone(), benchmarks })
    }

    /// What holds for all benchmarks and must not change within a run folder.
    fn shared_settings(&self) -> Value {
        json!({"generation": self.generation, "seed": self.seed})
    }

    /// What else decides the results of one benchmark.
    fn about(&self, job: &Job, questions: usize) -> Value {
        let names: Vec<String> = self.perturbations.iter().map(ToString::to_string).collect();
        json!({
            "prompt": job.load.prompt.name(),
            "ocr": match job.load.ocr {
                OcrTokens::AsGiven => "as-given",
                OcrTokens::With => "with",
                OcrTokens::Without => "without",
            },
            "questions": questions,
            "limit": self.limit,
            "perturbations": names,
        })
    }

    fn benchmark(
        &self,
        job: &Job,
        questions: &[Question],
        asking: &Asking<'_>,
        model: &Model,
    ) -> Result<BenchmarkSummary, EvalError> {
        let name = job.benchmark.name();
        if let Some(chunk) = self.chunk {
            let part = &questions[chunk.range(questions.len())];
            return self.chunk(name, part, asking, (chunk, model));
        }
        let mut summary = BenchmarkSummary::new(name, questions.len());
        let home = self.folder.join(name);
        let plain = asking.run(name, questions, None)?;
        summary.add(&plain);
        summary.failed = failures(questions, &plain);
        let scores = self.scored(job, questions, (&plain, None), model)?;
        for perturbation in &self.perturbations {
            let what = format!("{name} with {perturbation}");
            let disturbed = asking.run(&what, questions, Some(*perturbation))?;
            summary.add(&disturbed);
            let disturbed_scores =
                self.scored(job, questions, (&disturbed, Some(*perturbation)), model)?;
            let label = perturbation.to_string();
            summary.drops.extend(drops(&label, &scores, &disturbed_scores, disturbed.disturbed));
        }
        if !self.perturbations.is_empty() {
            write_json(&home.join("robustness.json"), &summary.drops)?;
        }
        if let Some(counts) = &self.long_tail {
            summary.long_tail = long_tail(questions, &scores, &counts.or_own(questions));
            write_json(&home.join("long_tail.json"), &summary.long_tail)?;
        }
        summary.metrics = scores.metrics;
        Ok(summary)
    }

    /// Asks the questions of a chunk; scoring waits for the run that has all of them.
    fn chunk(
        &self,
        name: &str,
        questions: &[Question],
        asking: &Asking<'_>,
        (Chunk { index, count }, model): (Chunk, &Model),
    ) -> Result<BenchmarkSummary, EvalError> {
        let mut summary = BenchmarkSummary::new(name, questions.len());
        let plain = asking.run(name, questions, None)?;
        summary.add(&plain);
        summary.failed = failures(questions, &plain);
        let path = self.folder.join(format!("{name}/chunks/{count}_{index}.jsonl"));
        write_answers(&path, questions, &plain.prompts, &plain.answers, model)?;
        for perturbation in &self.perturbations {
            let what = format!("{name} with {perturbation}");
            summary.add(&asking.run(&what, questions, Some(*perturbation))?);
        }
        Ok(summary)
    }

    /// Scores answers and writes their folder.
    fn scored(
        &self,
        job: &Job,
        questions: &[Question],
        (asked, perturbation): (&Asked, Option<Perturbation>),
        model: &Model,
    ) -> Result<Scores, EvalError> {
        let name = job.benchmark.name();
        let scores = job.benchmark.score(questions, &answered(questions, asked));
        let mut settings = self.shared_settings();
        settings["about"] = self.about(job, questions.len());
        settings["perturbation"] = json!(perturbation.map(|one| one.to_string()));
        let home = self.folder.join(name);
        let (place, picture_folder) = match perturbation {
            None => (home, "pictures"),
            Some(perturbation) => {
                (home.join("perturbed").join(perturbation.folder_name()), "../../pictures")
            }
        };
        let scored = Scored {
            benchmark: name,
            questions,
            picture_folder,
            prompts: &asked.prompts,
            answers: &asked.answers,
            scores: &scores,
            model,
            settings: &settings,
        };
        scored.write(&place)?;
        Ok(scores)
    }
}

impl BenchmarkSummary {
    fn new(benchmark: &str, questions: usize) -> Self {
        Self {
            benchmark: benchmark.to_owned(),
            questions,
            asked: 0,
            cached: 0,
            failed: Vec::new(),
            metrics: Vec::new(),
            drops: Vec::new(),
            long_tail: Vec::new(),
        }
    }

    fn add(&mut self, asked: &Asked) {
        self.asked += asked.count;
        self.cached += asked.cached;
    }
}

/// The answers as a benchmark scores them: a question that failed counts as answered wrongly.
fn answered(questions: &[Question], asked: &Asked) -> Vec<Answered> {
    let answer = |(question, answer): (&Question, &Result<String, String>)| match answer {
        Ok(text) => Answered::new(&question.id, text),
        Err(_) => Answered::missing(&question.id),
    };
    questions.iter().zip(&asked.answers).map(answer).collect()
}

fn failures(questions: &[Question], asked: &Asked) -> Vec<Failure> {
    let failure = |(question, answer): (&Question, &Result<String, String>)| {
        let reason = answer.as_ref().err()?.clone();
        Some(Failure { id: question.id.clone(), reason })
    };
    questions.iter().zip(&asked.answers).filter_map(failure).collect()
}
