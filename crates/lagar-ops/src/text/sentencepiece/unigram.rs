//! Unigram models: the cut with the highest sum of scores (Viterbi).

use super::proto::Kind;
use super::{Cut, SentencePieces};

/// How much worse than the worst piece an unknown character is.
const UNKNOWN_PENALTY: f32 = 10.0;

#[derive(Clone, Copy)]
struct Best {
    start: usize,
    score: f32,
    is_unknown: bool,
    is_set: bool,
}

impl SentencePieces {
    pub(super) fn cut_unigram<'a>(&self, text: &'a str) -> Vec<Cut<'a>> {
        let nothing = Best { start: 0, score: 0.0, is_unknown: false, is_set: false };
        let mut best = vec![nothing; text.len() + 1];
        let unknown = self.least_score - UNKNOWN_PENALTY;
        for (start, character) in text.char_indices() {
            let here = best[start].score;
            let width = character.len_utf8();
            let mut is_known = false;
            let mut improve = |end: usize, score: f32, is_unknown: bool| {
                let so_far = &mut best[end];
                if !so_far.is_set || score > so_far.score {
                    *so_far = Best { start, score, is_unknown, is_set: true };
                }
            };
            self.trie.prefixes(&text.as_bytes()[start..], |length, id| {
                let score = match self.kind(id) {
                    Kind::Unused => return,
                    // A piece of the user wins over all others of its length.
                    Kind::UserDefined => (f64::from(length as f32 * self.most_score) - 0.1) as f32,
                    _ => self.score(id),
                };
                is_known |= length == width;
                improve(start + length, here + score, false);
            });
            if !is_known {
                improve(start + width, here + unknown, true);
            }
        }
        let mut cuts = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Best { start, is_unknown, .. } = best[end];
            cuts.push(Cut { piece: &text[start..end], is_unknown });
            end = start;
        }
        cuts.reverse();
        cuts
    }
}
