//! What every way of choosing tokens can do.

use lagar_nn::ops::KvCache;

use crate::generate::beam::Beams;
use crate::generate::chain::Chains;
use crate::generate::{Generated, Rules};

/// A sequence that is to be continued: its cache and its newest token.
pub(super) struct Row<'a> {
    pub(super) cache: &'a mut KvCache,
    pub(super) token: &'a [u32],
}

/// The state of one request.
#[derive(Debug)]
pub(super) enum Search {
    /// Greedy or sampling.
    Chains(Chains),
    /// Beam search.
    Beams(Beams),
}

impl Search {
    /// Begins behind a prefix that `cache` has seen, whose last token left `logits`.
    pub(super) fn start(rules: &Rules, seed: u64, cache: &KvCache, logits: &[f32]) -> Self {
        if rules.settings().num_beams > 1 {
            Self::Beams(Beams::start(rules, cache, logits))
        } else {
            Self::Chains(Chains::start(rules, seed, cache, logits))
        }
    }

    /// The sequences to be continued, none if the request is done.
    pub(super) fn rows(&mut self) -> Vec<Row<'_>> {
        match self {
            Self::Chains(chains) => chains.rows(),
            Self::Beams(beams) => beams.rows(),
        }
    }

    /// How many sequences are to be continued.
    pub(super) fn open(&self) -> usize {
        match self {
            Self::Chains(chains) => chains.open(),
            Self::Beams(beams) => beams.open(),
        }
    }

    /// Takes the logits behind each of [`Self::rows`].
    pub(super) fn advance(&mut self, rules: &Rules, logits: &[&[f32]]) {
        match self {
            Self::Chains(chains) => chains.advance(rules, logits),
            Self::Beams(beams) => beams.advance(rules, logits),
        }
    }

    /// The texts, best first.
    pub(super) fn finish(self, rules: &Rules) -> Vec<Generated> {
        match self {
            Self::Chains(chains) => chains.finish(),
            Self::Beams(beams) => beams.finish(rules),
        }
    }
}
