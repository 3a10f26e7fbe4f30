//! The ARPA format: n-grams as text, kept as a tree over their words from the last to the first.
//!
//! Source: kpu/kenlm, `lm/read_arpa.cc`.

use std::collections::HashMap;

use super::{Gram, Grams, State, step};

/// What a word that is not in the model costs, if the model does not say.
const MISSING_UNKNOWN: f32 = -100.0;

/// The n-grams of a file.
#[derive(Debug)]
pub(super) struct Tree {
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

impl Grams for Tree {
    fn order(&self) -> usize {
        self.order
    }

    fn word(&self, word: &str) -> u32 {
        self.words.get(word).copied().unwrap_or_default()
    }

    fn unigram(&self, word: u32) -> Gram {
        self.gram(word)
    }

    fn longer(&self, gram: &Gram, _length: usize, word: u32) -> Option<Gram> {
        self.longer.get(&(gram.place[0] as u32, word)).map(|node| self.gram(*node))
    }
}

/// Reads a file.
///
/// # Errors
/// In words, with the line.
pub(super) fn parse(text: &str) -> Result<Tree, String> {
    let mut lines = text.lines().enumerate().map(|(line, text)| (line + 1, text.trim_end()));
    let wrong = || "not a language model in the ARPA format".to_owned();
    lines.find(|(_, line)| *line == "\\data\\").ok_or_else(wrong)?;
    let unknown = Node { score: MISSING_UNKNOWN, back_off: 0.0 };
    let mut model = Tree {
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
            order = head.filter(|next| *next == order + 1).ok_or_else(|| at("a bad heading"))?;
            model.order = order;
            continue;
        }
        model.read_ngram(line, order).ok_or_else(|| at("not an n-gram"))?;
    }
    if model.order == 0 { Err(wrong()) } else { Ok(model) }
}

impl Tree {
    fn gram(&self, node: u32) -> Gram {
        let Node { score, back_off } = self.nodes[node as usize];
        Gram { score, back_off, place: [u64::from(node), 0] }
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
        step(self, &state, last).0
    }

    /// The node of an n-gram, words in their order.
    fn find(&self, ids: &[u32]) -> Option<u32> {
        let (last, before) = ids.split_last()?;
        before.iter().rev().try_fold(*last, |node, word| self.longer.get(&(node, *word)).copied())
    }
}
