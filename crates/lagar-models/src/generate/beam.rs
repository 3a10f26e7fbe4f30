//! Beam search with the scores, the stopping rule and the tie rules of transformers.
//!
//! Source: `GenerationMixin._beam_search` of transformers 5.24 (`early_stopping=False`), for one
//! request. Scores are summed in `f32` as there; of equal ones the first counts.

use lagar_nn::ops::KvCache;

use crate::generate::logits::{log_softmax, top};
use crate::generate::search::Row;
use crate::generate::{Generated, Rules};

/// Stands for "not possible" in scores, as in transformers.
const NEVER: f32 = -1e9;

/// The beams of one request.
#[derive(Debug)]
pub(super) struct Beams {
    running: Vec<Beam>,
    /// At most `num_beams`, best first.
    finished: Vec<Finished>,
    generated: usize,
    is_done: bool,
}

#[derive(Clone, Debug)]
struct Beam {
    cache: KvCache,
    tokens: Vec<u32>,
    score: f32,
}

#[derive(Clone, Debug)]
struct Finished {
    tokens: Vec<u32>,
    logprob: f32,
    score: f32,
}

/// A running beam with one more token.
struct Candidate {
    beam: usize,
    token: u32,
    logprob: f32,
    ends: bool,
}

impl Beams {
    pub(super) fn start(rules: &Rules, cache: &KvCache, logits: &[f32]) -> Self {
        let first = Beam { cache: cache.clone(), tokens: Vec::new(), score: 0.0 };
        let mut beams =
            Self { running: vec![first], finished: Vec::new(), generated: 0, is_done: false };
        beams.advance(rules, &[logits]);
        beams
    }

    pub(super) fn rows(&mut self) -> Vec<Row<'_>> {
        if self.is_done {
            return Vec::new();
        }
        self.running
            .iter_mut()
            .map(|Beam { cache, tokens, .. }| {
                let newest = tokens.len().saturating_sub(1);
                Row { cache, token: &tokens[newest..] }
            })
            .collect()
    }

    pub(super) fn open(&self) -> usize {
        if self.is_done { 0 } else { self.running.len() }
    }

    pub(super) fn advance(&mut self, rules: &Rules, logits: &[&[f32]]) {
        let width = rules.settings().num_beams;
        let candidates = self.candidates(rules, logits);
        let running = candidates.iter().enumerate().map(|(place, candidate)| {
            let penalty = if candidate.ends { NEVER } else { 0.0 };
            (candidate.logprob + penalty, place)
        });
        let running = top(width, running);
        self.finish_best(rules, &candidates[..width.min(candidates.len())]);
        let all_end = candidates.iter().all(|candidate| candidate.ends);
        let next = running.into_iter().map(|(score, place)| {
            let Candidate { beam, token, .. } = candidates[place];
            let mut beam = self.running[beam].clone();
            beam.tokens.push(token);
            Beam { score, ..beam }
        });
        self.running = next.collect();
        self.generated += 1;
        self.is_done = all_end || !self.may_improve(rules);
    }

    /// The best continuations of all beams, more than are kept, so that enough go on if some end.
    fn candidates(&self, rules: &Rules, logits: &[&[f32]]) -> Vec<Candidate> {
        let settings = rules.settings();
        let kept = (1 + rules.stop_ids.len()).max(2) * settings.num_beams;
        let is_last = self.generated + 1 >= settings.max_new_tokens;
        let mut best: Vec<(f32, (usize, u32))> = Vec::new();
        for (place, (beam, logits)) in self.running.iter().zip(logits).enumerate() {
            let mut scores = logits.to_vec();
            log_softmax(&mut scores);
            rules.forbid(self.generated, &mut scores);
            let scores = scores.iter().map(|score| score + beam.score).zip(0_u32..);
            let of_beam = top(kept, scores).into_iter();
            best.extend(of_beam.map(|(score, token)| (score, (place, token))));
        }
        let candidate = |(logprob, (beam, token))| {
            let ends = is_last || rules.stops(token);
            Candidate { beam, token, logprob, ends }
        };
        top(kept, best).into_iter().map(candidate).collect()
    }

    /// Takes the candidates that end, if they are better than what has ended before.
    fn finish_best(&mut self, rules: &Rules, candidates: &[Candidate]) {
        let settings = rules.settings();
        let length = length_factor(self.generated + 1, settings.length_penalty);
        for candidate in candidates.iter().filter(|candidate| candidate.ends) {
            let mut tokens = self.running[candidate.beam].tokens.clone();
            tokens.push(candidate.token);
            let score = candidate.logprob / length;
            let after = self.finished.partition_point(|finished| finished.score >= score);
            let finished = Finished { tokens, logprob: candidate.logprob, score };
            self.finished.insert(after, finished);
        }
        self.finished.truncate(settings.num_beams);
    }

    /// Whether the best running beam could still end better than the worst that has ended, judged by
    /// its score so far.
    fn may_improve(&self, rules: &Rules) -> bool {
        let settings = rules.settings();
        let Some(worst) = self.finished.last() else { return true };
        if self.finished.len() < settings.num_beams {
            return true;
        }
        let length = length_factor(self.generated, settings.length_penalty);
        self.running.first().is_some_and(|best| best.score / length > worst.score)
    }

    pub(super) fn finish(mut self, rules: &Rules) -> Vec<Generated> {
        self.finished.truncate(rules.settings().num_return_sequences);
        let generated = |finished: Finished| Generated {
            token_ids: finished.tokens,
            logprob: f64::from(finished.logprob),
            score: f64::from(finished.score),
        };
        self.finished.into_iter().map(generated).collect()
    }
}

fn length_factor(tokens: usize, penalty: f64) -> f32 {
    (tokens as f64).powf(penalty) as f32
}
