//! Greedy decoding and sampling: every text goes its own way.

use lagar_nn::ops::KvCache;

use crate::generate::logits::{draw, largest, log_sum, warp};
use crate::generate::random::Random;
use crate::generate::search::Row;
use crate::generate::{Generated, Rules};

/// The texts of one request.
#[derive(Debug)]
pub(super) struct Chains(Vec<Chain>);

#[derive(Debug)]
struct Chain {
    cache: KvCache,
    random: Random,
    tokens: Vec<u32>,
    logprob: f64,
    is_done: bool,
}

impl Chains {
    pub(super) fn start(rules: &Rules, seed: u64, cache: &KvCache, logits: &[f32]) -> Self {
        let count = rules.settings().num_return_sequences as u64;
        let start = |number| {
            let mut chain = Chain {
                cache: cache.clone(),
                random: Random::new(seed, number),
                tokens: Vec::new(),
                logprob: 0.0,
                is_done: false,
            };
            chain.advance(rules, logits);
            chain
        };
        Self((0..count).map(start).collect())
    }

    pub(super) fn rows(&mut self) -> Vec<Row<'_>> {
        let open = self.0.iter_mut().filter(|chain| !chain.is_done);
        open.map(|chain| {
            let newest = chain.tokens.len().saturating_sub(1);
            Row { cache: &mut chain.cache, token: &chain.tokens[newest..] }
        })
        .collect()
    }

    pub(super) fn open(&self) -> usize {
        self.0.iter().filter(|chain| !chain.is_done).count()
    }

    pub(super) fn advance(&mut self, rules: &Rules, logits: &[&[f32]]) {
        let open = self.0.iter_mut().filter(|chain| !chain.is_done);
        open.zip(logits).for_each(|(chain, logits)| chain.advance(rules, logits));
    }

    pub(super) fn finish(self) -> Vec<Generated> {
        let finish = |chain: Chain| Generated {
            token_ids: chain.tokens,
            logprob: chain.logprob,
            score: chain.logprob,
        };
        self.0.into_iter().map(finish).collect()
    }
}

impl Chain {
    fn advance(&mut self, rules: &Rules, logits: &[f32]) {
        let mut scores = logits.to_vec();
        rules.forbid(self.tokens.len(), &mut scores);
        let place = if rules.settings().do_sample {
            warp(rules.settings(), &mut scores);
            draw(&scores, self.random.unit())
        } else {
            largest(&scores)
        };
        let token = place as u32;
        self.logprob += f64::from(logits[place]) - log_sum(logits);
        self.tokens.push(token);
        self.is_done = rules.stops(token) || self.tokens.len() >= rules.settings().max_new_tokens;
    }
}
