//! A captioner that never captions the same picture twice.
//!
//! Captions cost seconds each and depend on the picture's bytes, the model, the prompt and the
//! settings alone. So they are kept on disk under a key of just that, between rows, runs, recipes and
//! processes, and a run that is killed in the middle of a chunk goes on behind its last caption.

mod key;
mod store;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lagar_core::models::{Caption, CaptionRequest, Captioner, GenerationSettings, ModelError};
use lagar_core::{CoreError, Digest};

use self::store::CaptionStore;

/// A captioner with a store of what it wrote before.
#[derive(Debug)]
pub struct CachedCaptioner {
    inner: Arc<dyn Captioner>,
    model: Digest,
    name: String,
    group: usize,
    store: Mutex<CaptionStore>,
    found: AtomicU64,
    written: AtomicU64,
}

/// Where a request's captions come from.
enum Place {
    /// They, or the reason why there are none.
    Known(Result<Vec<Caption>, String>),
    /// The captioner; the number is the place among what it is asked.
    Asked(usize),
}

/// What is asked of the captioner, under the key that its answer is kept under.
type Missing = (Digest, CaptionRequest);

impl CachedCaptioner {
    /// Puts the store in `folder` in front of `inner`, which is asked for `group` captions at a time:
    /// so many are lost at most when the process is killed.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn new(
        inner: Arc<dyn Captioner>,
        name: &str,
        folder: &Path,
        group: usize,
    ) -> Result<Self, CoreError> {
        let model = inner.digest();
        Ok(Self {
            store: Mutex::new(CaptionStore::open(folder, model)?),
            inner,
            model,
            name: name.to_owned(),
            group: group.max(1),
            found: AtomicU64::new(0),
            written: AtomicU64::new(0),
        })
    }

    /// How many requests were answered from the store, and how many the captioner was asked.
    pub fn counts(&self) -> (u64, u64) {
        (self.found.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed))
    }

    /// Looks every request up; returns where each is, and what has to be asked with its key.
    fn look_up(
        &self,
        store: &mut CaptionStore,
        requests: &[CaptionRequest],
        keys: Vec<Result<Digest, String>>,
    ) -> Result<(Vec<Place>, Vec<Missing>), CoreError> {
        store.refresh()?;
        let (mut places, mut missing) = (Vec::with_capacity(requests.len()), Vec::new());
        let mut asked: HashMap<Digest, usize> = HashMap::new();
        for (request, key) in requests.iter().zip(keys) {
            let key = match key {
                Ok(key) => key,
                Err(message) => {
                    places.push(Place::Known(Err(message)));
                    continue;
                }
            };
            if let Some(captions) = store.get(key)? {
                self.found.fetch_add(1, Ordering::Relaxed);
                places.push(Place::Known(Ok(captions)));
                continue;
            }
            let place = *asked.entry(key).or_insert_with(|| {
                missing.push((key, request.clone()));
                missing.len() - 1
            });
            places.push(Place::Asked(place));
        }
        Ok((places, missing))
    }

    /// Asks the captioner, and keeps each caption as soon as it is there.
    fn ask(
        &self,
        store: &mut CaptionStore,
        missing: &[Missing],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        let unanswered = || Err("the captioner gave no answer".to_owned());
        let mut answers: Vec<_> = missing.iter().map(|_| unanswered()).collect();
        for (number, group) in missing.chunks(self.group).enumerate() {
            let start = number * self.group;
            let requests: Vec<_> = group.iter().map(|(_, request)| request.clone()).collect();
            let mut kept = Ok(());
            self.inner.caption_each(&requests, settings, &mut |place, answer| {
                self.written.fetch_add(u64::from(answer.is_ok()), Ordering::Relaxed);
                if let (Ok(captions), true) = (&answer, kept.is_ok()) {
                    kept = store.put(group[place].0, captions);
                }
                answers[start + place] = answer;
            })?;
            kept.map_err(|error| self.failed(&error))?;
        }
        Ok(answers)
    }

    fn failed(&self, error: &CoreError) -> ModelError {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        let message = format!("caption cache: {error}{}", cause.unwrap_or_default());
        ModelError { model: self.name.clone(), message }
    }
}

impl Captioner for CachedCaptioner {
    fn digest(&self) -> Digest {
        self.model
    }

    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        let keys = key::keys_of(requests, settings);
        // One chunk at a time: the model has all cores for it, and nobody asks what is being written.
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.look_up(&mut store, requests, keys);
        let (places, missing) = found.map_err(|error| self.failed(&error))?;
        let answers = self.ask(&mut store, &missing, settings)?;
        let answer = |place| match place {
            Place::Known(captions) => captions,
            Place::Asked(place) => answers[place].clone(),
        };
        Ok(places.into_iter().map(answer).collect())
    }
}

#[cfg(test)]
mod tests;
