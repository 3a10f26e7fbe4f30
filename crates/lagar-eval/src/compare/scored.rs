//! Scores for bare answers: looked up in the benchmark's own files, given by its own scorer.

use std::collections::{BTreeMap, HashMap};

use lagar_core::models::PictureSource;

use super::{Answer, Side};
use crate::benchmark::Benchmark;
use crate::error::EvalError;
use crate::question::{Answered, Question};

impl Side {
    /// Scores the answers of a side that has none, with the questions of `benchmark`; gives the
    /// number of answers that belong to no question. Those stay without a score.
    ///
    /// # Errors
    /// When no answer belongs to any question.
    pub fn score(
        &mut self,
        benchmark: &dyn Benchmark,
        questions: &[Question],
    ) -> Result<usize, EvalError> {
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, question) in questions.iter().enumerate() {
            let mut keys = benchmark.answer_keys(question);
            keys.sort();
            keys.dedup();
            for key in keys {
                by_key.entry(key).or_default().push(index);
            }
        }
        let mut unknown = 0;
        for one in self.benchmarks.iter_mut().filter(|one| one.is_unnamed) {
            let mut is_taken = vec![false; questions.len()];
            let mut given = Vec::new();
            for (place, answer) in one.answers.iter_mut().enumerate() {
                let candidates = by_key.get(&answer.id).map(Vec::as_slice).unwrap_or_default();
                let Some(index) = choose(candidates, &is_taken, answer, questions) else {
                    unknown += 1;
                    continue;
                };
                is_taken[index] = true;
                describe(answer, &questions[index]);
                given.push((place, Answered::new(questions[index].id.clone(), &answer.text)));
            }
            if given.is_empty() {
                return Err(EvalError::Unmatched {
                    message: format!(
                        "none of {} answers in {} belongs to one of {} questions of {}",
                        one.answers.len(),
                        self.path.display(),
                        questions.len(),
                        benchmark.name()
                    ),
                });
            }
            let (places, answered): (Vec<usize>, Vec<Answered>) = given.into_iter().unzip();
            let scores = benchmark.score(questions, &answered);
            let place_of: HashMap<&str, usize> =
                answered.iter().map(|answer| answer.id.as_str()).zip(places).collect();
            for sample in scores.samples {
                if let Some(place) = place_of.get(sample.id.as_str()) {
                    one.answers[*place].scores = sample.scores;
                }
            }
            one.metric_order = scores.metrics.iter().map(|metric| metric.name.clone()).collect();
            one.reported =
                scores.metrics.into_iter().map(|metric| (metric.name, metric.value)).collect();
            benchmark.name().clone_into(&mut one.name);
            one.settings = BTreeMap::new();
        }
        Ok(unknown)
    }
}

/// The question with the answer's words; if there is only one with its id, that one.
fn choose(
    candidates: &[usize],
    is_taken: &[bool],
    answer: &Answer,
    questions: &[Question],
) -> Option<usize> {
    let free = || candidates.iter().copied().filter(|index| !is_taken[*index]);
    let same = |text: &str| text.trim().to_lowercase();
    let asked = same(&answer.question);
    free()
        .find(|index| same(&questions[*index].text) == asked)
        .or_else(|| free().next().filter(|_| candidates.len() == 1))
}

/// What the benchmark knows of the question.
fn describe(answer: &mut Answer, question: &Question) {
    answer.references.clone_from(&question.references);
    answer.tags.clone_from(&question.tags);
    answer.question.clone_from(&question.text);
    answer.pictures = question
        .pictures
        .iter()
        .filter_map(|picture| match picture {
            PictureSource::File(path) => Some(path.clone()),
            PictureSource::Part { .. } | PictureSource::Bytes(_) => None,
        })
        .collect();
}
