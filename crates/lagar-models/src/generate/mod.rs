//! Generating text with a decoder: greedy, sampling and beam search, several requests at once.
//!
//! A [`Decoder`] only computes: new tokens of several sequences in, the scores of their next tokens
//! out. Which token is taken is decided by a search per request, and the [`Scheduler`] keeps the batch
//! full: whenever a request is done, the next takes its place at once, in the very step in which the
//! others go on. Since a row's numbers are the same bits alone and in company (`lagar_nn`), so is
//! every request's text.
//!
//! Rules and scores are those of transformers' `generate` (5.24), tie rules included.

mod beam;
mod chain;
mod logits;
mod random;
mod rows;
mod scheduler;
mod search;

use lagar_core::models::GenerationSettings;
use lagar_nn::Tensor;
use lagar_nn::ops::KvCache;

pub(crate) use rows::{last_rows, positions};
pub use scheduler::{Request, Scheduler};

use crate::ModelsError;

/// A model that says how likely every token is to come next.
pub trait Decoder: Sync {
    /// How many tokens there are.
    fn vocabulary(&self) -> usize;

    /// The most tokens a sequence can have, prompt and picture included.
    fn places(&self) -> usize;

    /// Appends new tokens to several sequences and returns, per sequence, the logits behind its last
    /// one, `[turns, vocabulary]`.
    ///
    /// # Errors
    /// When a sequence gets too long, or an input does not fit the model.
    fn forward(&self, turns: &mut [Turn<'_>]) -> Result<Tensor, ModelsError>;
}

/// What is appended to one sequence.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What the sequence has seen.
    pub cache: &'a mut KvCache,
    /// What is new.
    pub input: Input<'a>,
}

/// New tokens of a sequence.
#[derive(Debug)]
pub enum Input<'a> {
    /// By their ids.
    Tokens(&'a [u32]),
    /// As vectors, `[tokens, width]`: where a picture stands among them.
    Vectors(&'a Tensor),
}

/// A generated text.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The new tokens, the one that stopped it included.
    pub token_ids: Vec<u32>,
    /// The sum of their natural log-probabilities.
    pub logprob: f64,
    /// What beams are ranked by: the log-probability over the length to the power of the length
    /// penalty.
    pub score: f64,
}

/// Settings that have been checked, and the tokens that end a text.
#[derive(Clone, Debug)]
pub struct Rules {
    settings: GenerationSettings,
    stop_ids: Vec<u32>,
}

impl Rules {
    /// Checks settings.
    ///
    /// # Errors
    /// When they contradict each other or ask for something that is not built.
    pub fn new(settings: &GenerationSettings, stop_ids: &[u32]) -> Result<Self, ModelsError> {
        let refuse = |setting, message: &str| {
            Err(ModelsError::Setting { setting, message: message.to_owned() })
        };
        let wanted = settings.num_return_sequences;
        if settings.max_new_tokens == 0 {
            return refuse("max_new_tokens", "expected at least 1");
        }
        if settings.min_new_tokens > settings.max_new_tokens {
            return refuse("min_new_tokens", "expected at most `max_new_tokens`");
        }
        if settings.num_beams == 0 || wanted == 0 {
            return refuse("num_beams", "it and `num_return_sequences` are at least 1");
        }
        if settings.do_sample && settings.num_beams > 1 {
            return refuse("do_sample", "sampling among beams is not built: set `num_beams` to 1");
        }
        if !settings.do_sample && wanted > settings.num_beams {
            return refuse("num_return_sequences", "expected at most `num_beams` without sampling");
        }
        if settings.temperature.is_nan() || settings.temperature <= 0.0 {
            return refuse("temperature", "expected a number above 0");
        }
        if !(settings.top_p > 0.0 && settings.top_p <= 1.0) {
            return refuse("top_p", "expected a share above 0 and up to 1");
        }
        if !settings.length_penalty.is_finite() {
            return refuse("length_penalty", "expected a number");
        }
        Ok(Self { settings: settings.clone(), stop_ids: stop_ids.to_vec() })
    }

    /// The settings.
    pub fn settings(&self) -> &GenerationSettings {
        &self.settings
    }

    /// Sequences that one request occupies.
    pub(crate) fn rows(&self) -> usize {
        self.settings.num_beams.max(self.settings.num_return_sequences)
    }

    fn stops(&self, token: u32) -> bool {
        self.stop_ids.contains(&token)
    }

    /// Takes from `scores` the tokens that may not come yet, after `generated` tokens.
    fn forbid(&self, generated: usize, scores: &mut [f32]) {
        if generated < self.settings.min_new_tokens {
            for stop in &self.stop_ids {
                if let Some(score) = scores.get_mut(*stop as usize) {
                    *score = f32::NEG_INFINITY;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let with = |change: fn(&mut GenerationSettings)| {
            let mut settings = GenerationSettings::default();
            change(&mut settings);
            Rules::new(&settings, &[2]).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(with(|_| {}), "");
        assert!(with(|s| s.max_new_tokens = 0).contains("max_new_tokens"));
        assert!(with(|s| s.min_new_tokens = 21).contains("min_new_tokens"));
        assert!(with(|s| s.num_beams = 0).contains("num_beams"));
        assert!(with(|s| s.num_return_sequences = 2).contains("num_return_sequences"));
        assert!(with(|s| s.temperature = 0.0).contains("temperature"));
        assert!(with(|s| s.top_p = 1.5).contains("top_p"));
        assert!(with(|s| (s.do_sample, s.num_beams) = (true, 3)).contains("do_sample"));
        assert_eq!(with(|s| (s.do_sample, s.num_return_sequences) = (true, 3)), "");
    }
}
