//! Continuous batching: the batch is filled up in every step.

use std::collections::VecDeque;

use lagar_nn::Tensor;
use lagar_nn::ops::KvCache;

use crate::ModelsError;
use crate::generate::search::{Row, Search};
use crate::generate::{Decoder, Generated, Input, Rules, Turn};

/// A text to be continued.
#[derive(Debug)]
pub struct Request {
    /// What stands before the new tokens, as vectors `[tokens, width]`.
    pub prefix: Tensor,
    /// The seed of what is drawn.
    pub seed: u64,
}

/// Runs requests through a decoder, as many at once as there are slots.
pub struct Scheduler<'a> {
    decoder: &'a dyn Decoder,
    rules: &'a Rules,
    slots: usize,
}

impl std::fmt::Debug for Scheduler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").field("rules", self.rules).field("slots", &self.slots).finish()
    }
}

/// A request on its way: its number, what it has seen, and its search once the prefix is read.
struct Active {
    number: usize,
    request: Request,
    cache: KvCache,
    search: Option<Search>,
}

impl<'a> Scheduler<'a> {
    /// A scheduler with so many slots: sequences that are continued at once. A request takes one per
    /// beam or text, and is taken on alone if it needs more than there are.
    pub fn new(decoder: &'a dyn Decoder, rules: &'a Rules, slots: usize) -> Self {
        Self { decoder, rules, slots }
    }

    /// Runs all requests that `feed` gives until it gives `None`. It is asked for one whenever a
    /// place is free, so that preparing a request may be costly. `done` gets each request's number
    /// (in the order in which they were fed) and its texts, as soon as they are there.
    ///
    /// # Errors
    /// What `feed` or the decoder return.
    pub fn run(
        &self,
        mut feed: impl FnMut() -> Result<Option<Request>, ModelsError>,
        mut done: impl FnMut(usize, Vec<Generated>),
    ) -> Result<(), ModelsError> {
        let mut active: VecDeque<Active> = VecDeque::new();
        let (mut fed, mut is_empty) = (0, false);
        loop {
            while !is_empty && self.has_room(&active) {
                match feed()? {
                    Some(request) => {
                        let (number, cache) = (fed, KvCache::new());
                        active.push_back(Active { number, request, cache, search: None });
                        fed += 1;
                    }
                    None => is_empty = true,
                }
            }
            if active.is_empty() {
                return Ok(());
            }
            self.step(&mut active)?;
            let mut going = VecDeque::with_capacity(active.len());
            for request in active {
                match request.search {
                    Some(search) if search.open() == 0 => {
                        done(request.number, search.finish(self.rules));
                    }
                    _ => going.push_back(request),
                }
            }
            active = going;
        }
    }

    fn has_room(&self, active: &VecDeque<Active>) -> bool {
        let rows = |request: &Active| match &request.search {
            Some(search) => search.open(),
            None => self.rules.rows(),
        };
        let taken: usize = active.iter().map(rows).sum();
        active.is_empty() || taken + self.rules.rows() <= self.slots
    }

    /// One forward pass: prefixes of new requests and newest tokens of the others together.
    fn step(&self, active: &mut VecDeque<Active>) -> Result<(), ModelsError> {
        let mut turns = Vec::new();
        let mut counts = Vec::with_capacity(active.len());
        for Active { request, cache, search, .. } in active.iter_mut() {
            let before = turns.len();
            match search {
                None => turns.push(Turn { cache, input: Input::Vectors(&request.prefix) }),
                Some(search) => turns.extend(search.rows().into_iter().map(|row| {
                    let Row { cache, token } = row;
                    Turn { cache, input: Input::Tokens(token) }
                })),
            }
            counts.push(turns.len() - before);
        }
        let logits = self.decoder.forward(&mut turns)?.to_vec()?;
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(ModelsError::NotANumber);
        }
        let mut rows = logits.chunks_exact(self.decoder.vocabulary().max(1));
        for (request, count) in active.iter_mut().zip(counts) {
            let rows: Vec<&[f32]> = rows.by_ref().take(count).collect();
            if let Some(search) = &mut request.search {
                search.advance(self.rules, &rows);
                continue;
            }
            let logits = rows.first().copied().unwrap_or_default();
            let seed = request.request.seed;
            request.search = Some(Search::start(self.rules, seed, &request.cache, logits));
            request.cache = KvCache::new();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use lagar_core::models::GenerationSettings;
    use lagar_nn::Device;
    use lagar_nn::ops::Heads;

    use super::*;

    /// A decoder whose next token is a function of the sum of all it has seen, kept in the cache as
    /// the number of its tokens; token 0 ends a text.
    struct Counting {
        widest: AtomicUsize,
        steps: AtomicUsize,
    }

    const HEADS: Heads = Heads { queries: 1, keys: 1, width: 1 };

    impl Decoder for Counting {
        fn vocabulary(&self) -> usize {
            7
        }

        fn places(&self) -> usize {
            100
        }

        fn forward(&self, turns: &mut [Turn<'_>]) -> Result<Tensor, ModelsError> {
            self.widest.fetch_max(turns.len(), Ordering::Relaxed);
            self.steps.fetch_add(1, Ordering::Relaxed);
            let mut logits = Vec::new();
            for turn in turns.iter_mut() {
                let new = match &turn.input {
                    Input::Vectors(vectors) => vectors.shape()[0],
                    Input::Tokens(tokens) => tokens.len(),
                };
                turn.cache.append(0, HEADS, &vec![0.0; new], &vec![0.0; new]);
                let seen = turn.cache.tokens();
                let next = if seen % 5 == 4 { 0 } else { 1 + seen % 6 };
                logits.extend(
                    (0..7).map(|token| if token == next { 3.0 } else { 0.1 * token as f32 }),
                );
            }
            Ok(Tensor::from_vec(logits, &[turns.len(), 7], &Device::cpu())?)
        }
    }

    fn run(
        lengths: &[usize],
        slots: usize,
        settings: &GenerationSettings,
    ) -> (Vec<Vec<Generated>>, Counting) {
        let decoder = Counting { widest: AtomicUsize::new(0), steps: AtomicUsize::new(0) };
        let rules = Rules::new(settings, &[0]).unwrap();
        let mut results = vec![Vec::new(); lengths.len()];
        let mut requests = lengths.iter().zip(1_u64..).map(|(length, seed)| Request {
            prefix: Tensor::zeros(&[*length, 1], &Device::cpu()).unwrap(),
            seed,
        });
        let scheduler = Scheduler::new(&decoder, &rules, slots);
        scheduler.run(|| Ok(requests.next()), |number, texts| results[number] = texts).unwrap();
        (results, decoder)
    }

    #[test]
    fn results_are_the_same_for_any_number_of_slots() {
        let lengths = [1, 9, 3, 4, 2, 8, 5];
        for settings in [
            GenerationSettings::default(),
            GenerationSettings { num_beams: 3, num_return_sequences: 2, ..Default::default() },
            GenerationSettings { do_sample: true, num_return_sequences: 2, ..Default::default() },
        ] {
            let (alone, _) = run(&lengths, 1, &settings);
            assert!(alone.iter().all(|texts| texts.len() == settings.num_return_sequences));
            for slots in [2, 4, 100] {
                assert_eq!(run(&lengths, slots, &settings).0, alone, "{slots}");
            }
        }
    }

    #[test]
    fn a_finished_text_makes_room_at_once() {
        // a prefix of 4 ends at once, one of 5 needs five tokens
        let (results, decoder) = run(&[5, 4, 4, 4, 4], 2, &GenerationSettings::default());
        assert_eq!(results[0][0].token_ids.len(), 5);
        assert_eq!(results[1][0].token_ids, [0]);
        assert_eq!(decoder.widest.into_inner(), 2);
        assert_eq!(decoder.steps.into_inner(), 5);
    }

    #[test]
    fn a_text_ends_no_sooner_than_asked_and_no_later() {
        let settings =
            GenerationSettings { min_new_tokens: 3, max_new_tokens: 4, ..Default::default() };
        let (results, _) = run(&[4, 5], 8, &settings);
        assert!(!results[0][0].token_ids[..3].contains(&0));
        assert_eq!(results[1][0].token_ids.len(), 4);
    }
}
