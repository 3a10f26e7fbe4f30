//! N-gram language models of KenLM: the ARPA format and its binaries, scored as KenLM does.
//!
//! The longest n-gram that ends in the new word counts, and what is missing of the context costs its
//! back-off weights. Sums are made in 32-bit floats in KenLM's order.
//!
//! Source: kpu/kenlm, `lm/model.cc`; Heafield 2011.

mod arpa;
mod binary;
mod probing;
mod trie;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// An n-gram language model.
#[derive(Debug)]
pub struct LanguageModel(Box<dyn Grams>);

/// One n-gram.
#[derive(Clone, Copy, Debug)]
struct Gram {
    score: f32,
    back_off: f32,
    /// Where longer ones are found; what it means is the table's own business.
    place: [u64; 2],
}

/// A table of n-grams, looked for from their last word to their first.
trait Grams: Debug + Send + Sync {
    /// The words of the longest n-grams.
    fn order(&self) -> usize;

    /// The number of a word; 0 for one that the model does not know.
    fn word(&self, word: &str) -> u32;

    /// The n-gram of one word.
    fn unigram(&self, word: u32) -> Gram;

    /// The n-gram that has `word` before `gram`, which has `length` words.
    fn longer(&self, gram: &Gram, length: usize, word: u32) -> Option<Gram>;
}

/// What a score depends on: the last words, newest first, and the weights of their n-grams.
#[derive(Clone, Debug, Default)]
struct State {
    words: Vec<u32>,
    back_offs: Vec<f32>,
}

/// What a word costs in a state, and the state behind it.
fn step(grams: &dyn Grams, state: &State, word: u32) -> (f32, State) {
    let mut gram = grams.unigram(word);
    let mut score = gram.score;
    let mut next = State { words: vec![word], back_offs: vec![gram.back_off] };
    let mut length = 1;
    for before in &state.words {
        let Some(found) = grams.longer(&gram, length, *before) else { break };
        gram = found;
        score = found.score;
        length += 1;
        next.words.push(*before);
        next.back_offs.push(found.back_off);
    }
    for back_off in state.back_offs.iter().skip(length - 1) {
        score += back_off;
    }
    next.words.truncate(grams.order().saturating_sub(1));
    next.back_offs.truncate(grams.order().saturating_sub(1));
    (score, next)
}

impl LanguageModel {
    /// The model in a file; one that was opened before is not read again.
    ///
    /// # Errors
    /// In words, when the file cannot be read or is no model.
    pub fn open(path: &Path) -> Result<Arc<Self>, String> {
        static OPEN: Mutex<BTreeMap<PathBuf, Arc<LanguageModel>>> = Mutex::new(BTreeMap::new());
        let mut open =
            OPEN.lock().map_err(|_error| "a model could not be read before".to_owned())?;
        if let Some(model) = open.get(path) {
            return Ok(Arc::clone(model));
        }
        let say = |what: String| format!("{}: {what}", path.display());
        let bytes = fs::read(path).map_err(|error| say(error.to_string()))?;
        let model = Arc::new(Self::from_bytes(bytes).map_err(say)?);
        open.insert(path.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    fn from_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        if binary::is_binary(&bytes) {
            return binary::open(bytes).map(Self);
        }
        let text = str::from_utf8(&bytes).map_err(|error| error.to_string())?;
        arpa::parse(text).map(|tree| Self(Box::new(tree)))
    }

    /// The logarithm, to base 10, of the probability of a line of words with its beginning and end.
    pub fn score(&self, line: &str) -> f32 {
        let grams = &*self.0;
        let begin = grams.word("<s>");
        let mut state = State::default();
        if grams.order() > 1 {
            state.words.push(begin);
            state.back_offs.push(grams.unigram(begin).back_off);
        }
        let mut total = 0.0;
        let words = split(line).map(|word| grams.word(word));
        for word in words.chain([grams.word("</s>")]) {
            let (score, next) = step(grams, &state, word);
            total += score;
            state = next;
        }
        total
    }
}

/// The words of a line: KenLM's binding splits at the white space of ASCII.
fn split(line: &str) -> impl Iterator<Item = &str> {
    let is_space = |character: char| matches!(character, ' ' | '\t'..='\r');
    line.split(is_space).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models")
    }

    /// `tests/data/models/make.py` wrote the models and KenLM's scores.
    #[test]
    fn scores_are_kenlms_in_every_format() {
        let golden = fs::read_to_string(folder().join("kenlm.jsonl")).unwrap();
        for name in ["trigram.arpa", "trigram.probing.bin", "trigram.trie.bin"] {
            let model = LanguageModel::open(&folder().join(name)).unwrap();
            let mut compared = 0;
            for line in golden.lines() {
                let case: serde_json::Value = serde_json::from_str(line).unwrap();
                let score = f64::from(model.score(case["line"].as_str().unwrap()));
                let expected = case["score"].as_f64().unwrap();
                assert!((score - expected).abs() < 1e-12, "{name} {score} {line}");
                compared += 1;
            }
            assert!(compared > 300, "{compared}");
        }
    }

    #[test]
    fn other_files_are_refused_in_words() {
        let refused = |bytes: &[u8]| LanguageModel::from_bytes(bytes.to_vec()).unwrap_err();
        assert!(refused(b"no model").contains("ARPA"));
        assert_eq!(refused(b"\\data\\\n\\1-grams:\nx\ta\n"), "line 3: not an n-gram");
        let whole = fs::read(folder().join("trigram.trie.bin")).unwrap();
        let mut other = whole.clone();
        other[96] = 3; // the kind of table
        assert!(refused(&other).contains("trie with quantization"));
        for cut in [20, 100, 200, whole.len() / 2] {
            assert!(refused(&whole[..cut]).contains("cut off"), "{cut}");
        }
    }

    #[test]
    fn a_damaged_binary_never_ends_in_a_panic() {
        for name in ["trigram.probing.bin", "trigram.trie.bin"] {
            let whole = fs::read(folder().join(name)).unwrap();
            for place in (88..whole.len()).step_by(97) {
                let mut damaged = whole.clone();
                damaged[place] = !damaged[place];
                if let Ok(model) = LanguageModel::from_bytes(damaged) {
                    // Any number will do, as long as there is one.
                    let _score = model.score("the dog runs on a red beach");
                }
            }
        }
    }
}
