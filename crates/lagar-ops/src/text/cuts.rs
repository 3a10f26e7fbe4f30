//! Texts cut into pieces by a model, remembered for the operators that come after.
//!
//! Cutting costs a hundred times what looking it up does. Splitting at spaces costs less than
//! remembering would, so words are split by each operator anew.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::SentencePieces;

/// How many bytes of texts and pieces one generation holds; there are two.
const GENERATION_BYTES: usize = 16 << 20;

/// Pieces of texts, by model and text. One per worker is best; sharing one is safe.
#[derive(Debug, Default)]
pub struct CutTexts {
    is_shared: bool,
    state: Mutex<State>,
    made: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    recent: HashMap<(usize, String), Arc<[String]>>,
    older: HashMap<(usize, String), Arc<[String]>>,
    len: usize,
}

impl CutTexts {
    /// A memory for so many operators with a model; one alone needs none.
    pub fn shared_by(operators: usize) -> Self {
        Self { is_shared: operators > 1, ..Self::default() }
    }

    /// The pieces of a text.
    pub fn pieces(&self, model: &Arc<SentencePieces>, text: &str) -> Arc<[String]> {
        if !self.is_shared {
            self.made.fetch_add(1, Ordering::Relaxed);
            return model.pieces(text).into();
        }
        // Models that are open stay open, so that the address is a name.
        let key = (Arc::as_ptr(model) as usize, text.to_owned());
        let known = self.lock(|state| state.recall(&key));
        known.unwrap_or_else(|| {
            self.made.fetch_add(1, Ordering::Relaxed);
            let pieces: Arc<[String]> = model.pieces(text).into();
            self.lock(|state| state.remember(key, &pieces));
            pieces
        })
    }

    /// How many texts were cut and not recalled.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    fn lock<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        // Nothing here can be left half done, so a panic elsewhere does not spoil it.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn recall(&mut self, key: &(usize, String)) -> Option<Arc<[String]>> {
        if let Some(pieces) = self.recent.get(key) {
            return Some(Arc::clone(pieces));
        }
        let (key, pieces) = self.older.remove_entry(key)?;
        self.remember(key, &pieces);
        Some(pieces)
    }

    fn remember(&mut self, key: (usize, String), pieces: &Arc<[String]>) {
        let held: usize = pieces.iter().map(|piece| piece.len() + size_of::<String>()).sum();
        let len = key.1.len() + held;
        if self.len + len > GENERATION_BYTES {
            self.older = mem::take(&mut self.recent);
            self.len = 0;
        }
        self.len += len;
        self.recent.insert(key, Arc::clone(pieces));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_shared_text_is_cut_once_per_model() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
        let [one, other] = ["unigram.model", "bpe.model"]
            .map(|name| SentencePieces::open(&folder.join(name)).unwrap());
        let cuts = CutTexts::shared_by(2);
        for _ in 0..3 {
            assert_eq!(cuts.pieces(&one, "the dog runs")[..], one.pieces("the dog runs")[..]);
            assert_eq!(cuts.pieces(&other, "the dog runs")[..], other.pieces("the dog runs")[..]);
        }
        assert_eq!(cuts.made(), 2);
    }
}
