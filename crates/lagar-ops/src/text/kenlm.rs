//! N-gram language models in the ARPA format, scored as KenLM does.
//!
//! N-grams are kept as a tree over their words from the last to the first, because that is how they
//! are looked for: the longest one that ends in the new word counts, and what is missing of the
//! context costs its back-off weights. Sums are made in 32-bit floats in KenLM's order.
//!
//! Source: kpu/kenlm, `lm/model.cc`, `lm/read_arpa.cc`; Heafield 2011.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What a word that is not in the model costs, if the model does not say.
const MISSING_UNKNOWN: f32 = -100.0;
const NO_NODE: u32 = u32::MAX;

/// An n-gram language model.
#[derive(Debug)]
pub struct LanguageModel {
    order: usize,
    words: HashMap<String, u32>,
    /// From a node and the word before it to the longer n-gram's node.
    longer: HashMap<(u32, u32), u32>,
    nodes: Vec<Node>,
}

/// One n-gram.
#[derive(Clone, Copy, Debug)]
struct Node {
    score: f32,
    back_off: f32,
}

/// What a score depends on: the last words, newest first, and the weights of their n-grams.
#[derive(Clone, Debug, Default)]
struct State {
    words: Vec<u32>,
    back_offs: Vec<f32>,
}

impl LanguageModel {
    /// The model in a file; one that was opened before is not read again.
    ///
    /// # Errors
    /// In words, when the file cannot be read or is not in the ARPA format.
    pub fn open(path: &Path) -> Result<Arc<Self>, String> {
        static OPEN: Mutex<BTreeMap<PathBuf, Arc<LanguageModel>>> = Mutex::new(BTreeMap::new());
        let mut open =
            OPEN.lock().map_err(|_error| "a model could not be read before".to_owned())?;
        if let Some(model) = open.get(path) {
            return Ok(Arc::clone(model));
        }
        let say = |what: String| format!("{}: {what}", path.display());
        let bytes = fs::read(path).map_err(|error| say(error.to_string()))?;
        if bytes.starts_with(b"mmap lm") {
            let what = "a binary of KenLM; the ARPA text that it was made from is read";
            return Err(say(what.to_owned()));
        }
        let text = str::from_utf8(&bytes).map_err(|error| say(error.to_string()))?;
        let model = Arc::new(Self::parse(text).map_err(say)?);
        open.insert(path.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().map(|(line, text)| (line + 1, text.trim_end()));
        let wrong = || "not a language model in the ARPA format".to_owned();
        lines.find(|(_, line)| *line == "\\data\\").ok_or_else(wrong)?;
        let unknown = Node { score: MISSING_UNKNOWN, back_off: 0.0 };
        let mut model = Self {
            order: 0,
            words: HashMap::from([("<unk>".to_owned(), 0)]),
            longer: HashMap::new(),
            nodes: vec![unknown],
        };
        let mut order = 0;
        for (number, line) in lines {
            let at = |what: &str| format!("line {number}: {what}");
            if line.is_empty() || line.starts_with("ngram ") {
                continue;
            }
            if line == "\\end\\" {
                break;
            }
            if let Some(head) = line.strip_prefix('\\') {
                let head = head.strip_suffix("-grams:").and_then(|order| order.parse().ok());
                order =
                    head.filter(|next| *next == order + 1).ok_or_else(|| at("a bad heading"))?;
                model.order = order;
                continue;
            }
            model.read_ngram(line, order).ok_or_else(|| at("not an n-gram"))?;
        }
        if model.order == 0 { Err(wrong()) } else { Ok(model) }
    }

    fn read_ngram(&mut self, line: &str, order: usize) -> Option<()> {
        let mut fields = line.split('\t');
        let score: f32 = fields.next()?.trim().parse().ok()?;
        let words: Vec<&str> = fields.next()?.split(' ').collect();
        let back_off: f32 = fields.next().map_or(Some(0.0), |weight| weight.trim().parse().ok())?;
        if words.len() != order || order == 0 {
            return None;
        }
        if order == 1 {
            let next = self.nodes.len() as u32;
            let id = *self.words.entry(words[0].to_owned()).or_insert(next);
            if id == next {
                self.nodes.push(Node { score, back_off });
            } else {
                self.nodes[id as usize] = Node { score, back_off };
            }
            return Some(());
        }
        let ids: Option<Vec<u32>> =
            words.iter().map(|word| self.words.get(*word).copied()).collect();
        let ids = ids?;
        let mut node = *ids.last()?;
        for start in (0..order - 1).rev() {
            let key = (node, ids[start]);
            let is_whole = start == 0;
            node = if let Some(found) = self.longer.get(&key) {
                *found
            } else {
                // A shorter n-gram that the file left out costs what backing off costs.
                let score = if is_whole { score } else { self.backed_off(&ids[start..]) };
                self.nodes.push(Node { score, back_off: 0.0 });
                let new = self.nodes.len() as u32 - 1;
                self.longer.insert(key, new);
                new
            };
            if is_whole {
                self.nodes[node as usize] = Node { score, back_off };
            }
        }
        Some(())
    }

    /// What the last of some words costs behind the others, by shorter n-grams.
    fn backed_off(&self, ids: &[u32]) -> f32 {
        let (last, context) = (ids[ids.len() - 1], &ids[..ids.len() - 1]);
        let mut state = State::default();
        for length in 1..=context.len() {
            let Some(node) = self.find(&context[context.len() - length..]) else {
                break;
            };
            state.words.push(context[context.len() - length]);
            state.back_offs.push(self.nodes[node as usize].back_off);
        }
        self.step(&state, last).0
    }

    /// The node of an n-gram, words in their order.
    fn find(&self, ids: &[u32]) -> Option<u32> {
        let (last, before) = ids.split_last()?;
        before.iter().rev().try_fold(*last, |node, word| self.longer.get(&(node, *word)).copied())
    }

    /// What a word costs in a state, and the state behind it.
    fn step(&self, state: &State, word: u32) -> (f32, State) {
        let mut node = word;
        let mut score = self.nodes[node as usize].score;
        let mut next =
            State { words: vec![word], back_offs: vec![self.nodes[node as usize].back_off] };
        let mut length = 1;
        for before in &state.words {
            node = self.longer.get(&(node, *before)).copied().unwrap_or(NO_NODE);
            if node == NO_NODE {
                break;
            }
            let found = self.nodes[node as usize];
            score = found.score;
            length += 1;
            next.words.push(*before);
            next.back_offs.push(found.back_off);
        }
        for back_off in state.back_offs.iter().skip(length - 1) {
            score += back_off;
        }
        next.words.truncate(self.order.saturating_sub(1));
        next.back_offs.truncate(self.order.saturating_sub(1));
        (score, next)
    }

    /// The logarithm, to base 10, of the probability of a line of words with its beginning and end.
    pub fn score(&self, line: &str) -> f32 {
        let id = |word: &str| self.words.get(word).copied().unwrap_or_default();
        let begin = id("<s>");
        let mut state = State::default();
        if self.order > 1 {
            state.words.push(begin);
            state.back_offs.push(self.nodes[begin as usize].back_off);
        }
        let mut total = 0.0;
        for word in split(line).map(id).chain([id("</s>")]) {
            let (score, next) = self.step(&state, word);
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

    /// `tests/data/models/make.py` wrote the model and KenLM's scores.
    #[test]
    fn scores_are_kenlms() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
        let model = LanguageModel::open(&folder.join("trigram.arpa")).unwrap();
        let golden = fs::read_to_string(folder.join("kenlm.jsonl")).unwrap();
        let mut compared = 0;
        for line in golden.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let score = f64::from(model.score(case["line"].as_str().unwrap()));
            let expected = case["score"].as_f64().unwrap();
            assert!((score - expected).abs() < 1e-12, "{score} {line}");
            compared += 1;
        }
        assert!(compared > 300, "{compared}");
    }

    #[test]
    fn other_files_are_refused_in_words() {
        assert!(LanguageModel::parse("no model").unwrap_err().contains("ARPA"));
        let error = LanguageModel::parse("\\data\\\n\\1-grams:\nx\ta\n").unwrap_err();
        assert_eq!(error, "line 3: not an n-gram");
    }
}
