//! Asking: which questions still need an answer, and several of them in flight at a time.
//!
//! First the keys of all questions, then each key that nobody has answered yet once, so that the same
//! picture and prompt are never asked twice, not even within a run.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use lagar_core::Digest;
use lagar_core::models::{Answerer, PictureSource};

use super::key::{PictureDigests, key};
use super::store::AnswerStore;
use super::watch::Watch;
use crate::perturb::Perturbation;
use crate::{EvalError, Question};

/// What asking needs besides the questions.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) model: &'a dyn Answerer,
    pub(super) journal: &'a AnswerStore,
    pub(super) cache: Option<&'a AnswerStore>,
    pub(super) digests: &'a PictureDigests,
    pub(super) jobs: usize,
    pub(super) batch: usize,
    pub(super) most_failures: usize,
    pub(super) seed: u64,
    pub(super) stop: &'a AtomicBool,
    pub(super) watch: &'a dyn Watch,
}

/// The answers to questions, in their order, and where they came from.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Per question what was asked.
    pub(super) prompts: Vec<String>,
    /// Per question the answer, or why there is none.
    pub(super) answers: Vec<Result<String, String>>,
    /// How many were put to the model.
    pub(super) count: usize,
    /// How many were found in the cache that runs share.
    pub(super) cached: usize,
    /// How many differ from the undisturbed question.
    pub(super) disturbed: usize,
}

/// A question as it is to be put.
#[derive(Debug)]
struct Item {
    question: usize,
    prompt: String,
    /// What is done to the pictures, with the seed of this question.
    disturbance: Option<(Perturbation, u64)>,
    key: Digest,
}

/// What became of a key: `Err` says why there is no answer.
type Outcome = (Digest, Result<(), String>);

impl Asking<'_> {
    /// Answers `questions`, under `perturbation` if there is one.
    pub(super) fn run(
        &self,
        what: &str,
        questions: &[Question],
        perturbation: Option<Perturbation>,
    ) -> Result<Asked, EvalError> {
        let items = self.items(questions, perturbation)?;
        let mut asked = Asked::default();
        let mut reasons: BTreeMap<Digest, String> = BTreeMap::new();
        let mut open: Vec<&Item> = Vec::new();
        let mut seen = HashSet::new();
        for item in items.iter().flatten().filter(|item| seen.insert(item.key)) {
            if self.journal.get(item.key).is_some() {
                continue;
            }
            match self.cache.and_then(|cache| cache.get(item.key)) {
                Some(text) => {
                    self.journal.put(item.key, &text)?;
                    asked.cached += 1;
                }
                None => open.push(item),
            }
        }
        self.watch.started(what, seen.len(), seen.len() - open.len());
        asked.count = open.len();
        self.ask(questions, &open, &mut reasons)?;
        for (question, item) in questions.iter().zip(items) {
            let (prompt, answer) = match item {
                Err(reason) => (question.prompt.clone(), Err(reason)),
                Ok(item) => {
                    let is_disturbed = item.disturbance.is_some() || item.prompt != question.prompt;
                    asked.disturbed += usize::from(is_disturbed);
                    let answer = self.journal.get(item.key).ok_or_else(|| {
                        let reason = reasons.get(&item.key).map(String::as_str);
                        reason.unwrap_or("no answer came").to_owned()
                    });
                    (item.prompt, answer)
                }
            };
            asked.prompts.push(prompt);
            asked.answers.push(answer);
        }
        Ok(asked)
    }

    /// Every question with its key; `Err` where a picture cannot be read.
    fn items(
        &self,
        questions: &[Question],
        perturbation: Option<Perturbation>,
    ) -> Result<Vec<Result<Item, String>>, EvalError> {
        let slots: Vec<Mutex<Option<Result<Item, String>>>> =
            questions.iter().map(|_| Mutex::new(None)).collect();
        in_parallel(questions.len(), self.jobs, |place| {
            let item = self.item(place, &questions[place], perturbation);
            *slots[place].lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
            !self.stop.load(Ordering::Relaxed)
        });
        let items: Option<Vec<_>> = slots
            .into_iter()
            .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        items.ok_or(EvalError::Interrupted)
    }

    fn item(
        &self,
        place: usize,
        question: &Question,
        perturbation: Option<Perturbation>,
    ) -> Result<Item, String> {
        let digests: Result<Vec<Digest>, String> =
            question.pictures.iter().map(|source| self.digests.of(source)).collect();
        let digests = digests?;
        let mut prompt = question.prompt.clone();
        let mut disturbance = None;
        if let Some(perturbation) = perturbation {
            let seed = perturbation.seed_of(self.seed, &question.id);
            if let Some(changed) = perturbation.prompt(question, seed) {
                prompt = changed;
            }
            disturbance = (perturbation.is_about_pictures() && !digests.is_empty())
                .then_some((perturbation, seed));
        }
        let label = disturbance.map(|(perturbation, seed)| perturbation.label(seed));
        let key = key(self.model.digest(), &prompt, &digests, label.as_deref());
        Ok(Item { question: place, prompt, disturbance, key })
    }

    fn ask(
        &self,
        questions: &[Question],
        open: &[&Item],
        reasons: &mut BTreeMap<Digest, String>,
    ) -> Result<(), EvalError> {
        let groups: Vec<&[&Item]> = open.chunks(self.batch.max(1)).collect();
        let failed: Mutex<Vec<(Digest, String)>> = Mutex::new(Vec::new());
        let ended: Mutex<Option<EvalError>> = Mutex::new(None);
        let in_a_row = AtomicUsize::new(0);
        in_parallel(groups.len(), self.jobs, |place| {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            let results = match self.group(questions, groups[place]) {
                Ok(results) => results,
                Err(error) => {
                    ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    return false;
                }
            };
            self.watch.answered(results.len());
            for (key, result) in results {
                let Err(reason) = result else {
                    in_a_row.store(0, Ordering::Relaxed);
                    continue;
                };
                let count = in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
                if count >= self.most_failures {
                    let error = EvalError::TooManyFailures { count, last: reason.clone() };
                    ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
                failed.lock().unwrap_or_else(PoisonError::into_inner).push((key, reason));
            }
            ended.lock().unwrap_or_else(PoisonError::into_inner).is_none()
        });
        if let Some(error) = ended.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(EvalError::Interrupted);
        }
        reasons.extend(failed.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Puts a group of questions to the model and keeps the answers; says which failed, and why.
    fn group(&self, questions: &[Question], items: &[&Item]) -> Result<Vec<Outcome>, EvalError> {
        let mut results = Vec::with_capacity(items.len());
        let (mut keys, mut ready) = (Vec::new(), Vec::new());
        for item in items {
            match pictures(&questions[item.question], item) {
                Ok(pictures) => {
                    keys.push(item.key);
                    ready.push((pictures, item.prompt.clone()));
                }
                Err(reason) => results.push((item.key, Err(reason))),
            }
        }
        let answers = if ready.is_empty() { Vec::new() } else { self.model.answer(&ready)? };
        for (key, answer) in keys.into_iter().zip(answers) {
            if let Ok(text) = &answer {
                self.journal.put(key, text)?;
                if let Some(cache) = self.cache {
                    cache.put(key, text)?;
                }
            }
            results.push((key, answer.map(|_| ())));
        }
        Ok(results)
    }
}

fn pictures(question: &Question, item: &Item) -> Result<Vec<PictureSource>, String> {
    let Some((perturbation, seed)) = item.disturbance else {
        return Ok(question.pictures.clone());
    };
    let disturb = |source| {
        let bytes = perturbation.picture(source, seed);
        bytes.map(PictureSource::Bytes).map_err(|error| format!("the picture {error}"))
    };
    question.pictures.iter().map(disturb).collect()
}

/// Calls `one` with every place below `count` from `jobs` threads, until it says `false`.
fn in_parallel(count: usize, jobs: usize, one: impl Fn(usize) -> bool + Sync) {
    let (next, go_on) = (AtomicUsize::new(0), AtomicBool::new(true));
    let work = || {
        while go_on.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            if !one(place) {
                go_on.store(false, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.min(count) {
            scope.spawn(work);
        }
        work();
    });
}
