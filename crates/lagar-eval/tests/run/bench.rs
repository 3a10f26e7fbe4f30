//! The work bench: a benchmark over a folder of pictures, and a model that answers from their bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lagar_core::models::{Answerer, ModelError, PictureSource};
use lagar_core::{Digest, fsio};
use lagar_eval::perturb::Perturbation;
use lagar_eval::run::{Chunk, EvalRun, Job, Summary, Unwatched};
use lagar_eval::{Answered, Benchmark, EvalError, LoadOptions, Question, SampleScore, Scores};
use lagar_image::{Mode, Picture};
use serde_json::json;

/// Questions of the benchmark.
pub(crate) const QUESTIONS: usize = 24;

/// Two questions about each picture of the folder; the last repeats the first.
#[derive(Debug)]
struct Toy;

impl Benchmark for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn about(&self) -> &'static str {
        "questions about coloured squares"
    }

    fn files(&self) -> &'static str {
        "*.png"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let question = |place: usize| {
            let number = if place + 1 == QUESTIONS { 0 } else { place };
            let name = format!("{}.png", number / 2);
            let text = ["what colour is the square?", "how large is it?"][number % 2];
            Question {
                id: format!("q{place}"),
                question_id: json!(place),
                pictures: vec![PictureSource::File(options.data[0].join(&name))],
                picture_names: vec![name],
                text: text.to_owned(),
                prompt: format!("{text}\nReference OCR token: red, blue\nAnswer shortly."),
                references: vec![format!("answer {}", number % 3)],
                tags: [("kind".to_owned(), (number % 2).to_string())].into(),
                ..Question::default()
            }
        };
        Ok((0..QUESTIONS).map(question).collect())
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let sample = |(question, answer): (&Question, &Answered)| {
            let right = !answer.is_missing && answer.text.len() % 3 == 0;
            let scores = BTreeMap::from([("accuracy".to_owned(), f64::from(right))]);
            SampleScore::new(question, &answer.text, scores)
        };
        let samples = questions.iter().zip(answers).map(sample).collect();
        Scores::means(samples, &["accuracy"], &["kind"])
    }
}

/// Answers from the digest of picture and prompt; what it was asked is counted.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    /// Questions that were put to it.
    pub(crate) asked: Mutex<Vec<String>>,
    /// After so many questions it pulls the plug.
    pub(crate) stop_after: Option<usize>,
    pub(crate) stop: AtomicBool,
    /// Fails questions whose prompt holds this.
    pub(crate) fails_on: Option<&'static str>,
    /// Fails as a whole.
    pub(crate) is_down: bool,
}

impl Answerer for Model {
    fn digest(&self) -> Digest {
        Digest::of(self.name.as_bytes())
    }

    fn answer(
        &self,
        questions: &[(Vec<PictureSource>, String)],
    ) -> Result<Vec<Result<String, String>>, ModelError> {
        if self.is_down {
            return Err(ModelError { model: "toy".to_owned(), message: "is down".to_owned() });
        }
        let answer = |(pictures, prompt): &(Vec<PictureSource>, String)| {
            let bytes =
                lagar_image::read_source(&pictures[0]).map_err(|error| error.to_string())?;
            let digest = Digest::of_parts([&bytes, prompt.as_bytes()]).to_string();
            let mut asked = self.asked.lock().unwrap();
            asked.push(digest.clone());
            if self.stop_after.is_some_and(|most| asked.len() >= most) {
                self.stop.store(true, Ordering::Relaxed);
            }
            match self.fails_on {
                Some(word) if prompt.contains(word) => Err(format!("I cannot say `{word}`")),
                _ => Ok(digest[..5 + usize::from(digest.as_bytes()[0] % 4)].to_owned()),
            }
        };
        Ok(questions.iter().map(answer).collect())
    }
}

/// A folder of its own for one test.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// What a test changes of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) chunk: Option<Chunk>,
    pub(crate) perturb: Vec<&'static str>,
    pub(crate) cache: bool,
    pub(crate) threads: usize,
    pub(crate) batch: usize,
    pub(crate) fresh: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) most_failures: Option<usize>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("data")).unwrap();
        for number in 0..QUESTIONS / 2 {
            let pixels = (0..40 * 30 * 3).map(|n| ((n * (number + 2)) % 200) as u8).collect();
            let picture = Picture::new(40, 30, Mode::Rgb, pixels).unwrap();
            let path = bench.path(&format!("data/{number}.png"));
            fsio::write(path, &picture.encode_png().unwrap()).unwrap();
        }
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the benchmark into the folder `run`.
    pub(crate) fn run(
        &self,
        run: &str,
        model: &Model,
        wishes: &Wishes,
    ) -> Result<Summary, EvalError> {
        let load = LoadOptions { data: vec![self.path("data")], ..LoadOptions::default() };
        let perturbations = wishes.perturb.iter().map(|name| Perturbation::parse(name).unwrap());
        EvalRun {
            jobs: &[Job { benchmark: &Toy, load }],
            model,
            model_name: model.name.to_owned(),
            generation: json!({}),
            folder: self.path(run),
            cache: wishes.cache.then(|| self.path("cache.jsonl")),
            chunk: wishes.chunk,
            limit: wishes.limit,
            perturbations: perturbations.collect(),
            seed: 1,
            long_tail: Some(lagar_eval::long_tail::AnswerCounts::default()),
            threads: wishes.threads.max(1),
            batch: wishes.batch.max(1),
            most_failures: wishes.most_failures.unwrap_or(1000),
            fresh: wishes.fresh,
            stop: &model.stop,
            watch: &Unwatched,
        }
        .execute()
    }

    /// What a reader of a run folder sees: every file that is not hidden, chunks aside.
    pub(crate) fn outputs(&self, run: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(run), &self.path(run), &mut files);
        files
    }
}

fn collect(base: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == ".lagar" || name == "chunks" {
            continue;
        }
        if path.is_dir() {
            collect(base, &path, files);
        } else {
            let name = path.strip_prefix(base).unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}
