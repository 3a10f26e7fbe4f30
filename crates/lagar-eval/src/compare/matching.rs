//! Which answer of A belongs to which answer of B: by question id, with the prompt as a check.
//!
//! Ids alone are not enough: in LLaVA's TextVQA file the id is that of the picture, and 5,000
//! questions share 3,166 of them. So an id that occurs more than once is told apart by its prompt.

use std::collections::HashMap;

use serde::Serialize;

use super::Answer;

/// Two answers to one question.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The answer of A.
    pub a: &'a Answer,
    /// The answer of B.
    pub b: &'a Answer,
}

/// What was paired and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Matching {
    /// Questions that both answered.
    pub paired: usize,
    /// How many questions only A answered.
    pub only_a: usize,
    /// The first ids of them.
    pub only_a_ids: Vec<String>,
    /// How many questions only B answered.
    pub only_b: usize,
    /// The first ids of them.
    pub only_b_ids: Vec<String>,
    /// How many pairs were asked in different words.
    pub prompts_differ: usize,
    /// The first ids of them.
    pub prompts_differ_ids: Vec<String>,
}

/// The most ids that are named.
const NAMED: usize = 20;

impl Matching {
    /// A sentence about what does not fit together, or nothing.
    pub(super) fn warning(&self, benchmark: &str) -> Option<String> {
        let mut parts = Vec::new();
        let mut say = |count: usize, what: &str, ids: &[String]| {
            if count > 0 {
                let shown: Vec<&str> = ids.iter().take(3).map(String::as_str).collect();
                let more = if count > shown.len() { ", …" } else { "" };
                parts.push(format!("{count} {what} ({}{more})", shown.join(", ")));
            }
        };
        say(self.only_a, "questions have an answer of A only", &self.only_a_ids);
        say(self.only_b, "questions have an answer of B only", &self.only_b_ids);
        say(self.prompts_differ, "were asked in different words", &self.prompts_differ_ids);
        if parts.is_empty() {
            return None;
        }
        Some(format!("{benchmark}: {} questions were paired; {}", self.paired, parts.join("; ")))
    }
}

/// Pairs answers, in the order of A.
pub(super) fn pair<'a>(a: &'a [Answer], b: &'a [Answer]) -> (Vec<Pair<'a>>, Matching) {
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::with_capacity(b.len());
    for (index, answer) in b.iter().enumerate() {
        waiting.entry(&answer.id).or_default().push(index);
    }
    let mut matching = Matching::default();
    let mut partner = vec![None; a.len()];
    let mut is_taken = vec![false; b.len()];
    // First those with the same words, then those where only the id is left to go by.
    for same_words in [true, false] {
        for (index, answer) in a.iter().enumerate().filter(|(_, answer)| !answer.id.is_empty()) {
            let Some(others) = waiting.get(answer.id.as_str()) else { continue };
            let free = || others.iter().copied().filter(|other| !is_taken[*other]);
            let found = if same_words {
                free().find(|other| words_agree(answer, &b[*other]))
            } else {
                free().next().filter(|_| others.len() == 1)
            };
            if let (None, Some(other)) = (partner[index], found) {
                partner[index] = Some(other);
                is_taken[other] = true;
            }
        }
    }
    let mut pairs = Vec::with_capacity(a.len());
    for (answer, partner) in a.iter().zip(&partner) {
        let Some(other) = partner else {
            matching.only_a += 1;
            name(&mut matching.only_a_ids, answer);
            continue;
        };
        let pair = Pair { a: answer, b: &b[*other] };
        if !words_agree(pair.a, pair.b) {
            matching.prompts_differ += 1;
            name(&mut matching.prompts_differ_ids, answer);
        }
        pairs.push(pair);
    }
    for (answer, _) in b.iter().zip(&is_taken).filter(|(_, is_taken)| !**is_taken) {
        matching.only_b += 1;
        name(&mut matching.only_b_ids, answer);
    }
    matching.paired = pairs.len();
    (pairs, matching)
}

/// Whether two prompts are the same; where one file has no prompts there is nothing to check.
fn words_agree(a: &Answer, b: &Answer) -> bool {
    a.prompt == b.prompt
        || a.prompt.is_empty()
        || b.prompt.is_empty()
        // A run's samples have the bare question, a file of answers the whole prompt.
        || (a.question == b.question && (a.prompt == a.question || b.prompt == b.question))
}

fn name(ids: &mut Vec<String>, answer: &Answer) {
    if ids.len() < NAMED {
        ids.push(answer.id.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: &str, prompt: &str) -> Answer {
        let question = super::super::answer::question_of(prompt);
        Answer { id: id.to_owned(), prompt: prompt.to_owned(), question, ..Answer::default() }
    }

    #[test]
    fn questions_about_one_picture_are_told_apart_by_their_words() {
        let a = [answer("p", "what?"), answer("p", "who?"), answer("q", "why?")];
        let b = [answer("q", "why?"), answer("p", "who?"), answer("p", "what?")];
        let (pairs, matching) = pair(&a, &b);
        assert!(pairs.iter().all(|pair| pair.a.prompt == pair.b.prompt));
        assert_eq!((matching.paired, matching.warning("x")), (3, None));
    }

    #[test]
    fn what_only_one_side_has_is_counted_and_named() {
        let a = [answer("1", "what?"), answer("2", "who?")];
        let b = [answer("2", "who?"), answer("3", "why?"), answer("4", "when?")];
        let (_, matching) = pair(&a, &b);
        assert_eq!((matching.paired, matching.only_a, matching.only_b), (1, 1, 2));
        assert_eq!(matching.only_b_ids, ["3", "4"]);
        assert!(
            matching
                .warning("gqa")
                .unwrap()
                .contains("2 questions have an answer of B only (3, 4)")
        );
    }

    #[test]
    fn other_words_under_one_id_are_paired_and_said() {
        let a = [answer("1", "what?\nAnswer briefly.")];
        let b = [answer("1", "what?\nExplain.")];
        let (pairs, matching) = pair(&a, &b);
        assert_eq!((pairs.len(), matching.prompts_differ), (1, 1));
        // The same id twice with other words could be anything.
        let twice = [answer("1", "red?"), answer("1", "blue?")];
        assert_eq!(pair(&a, &twice).0.len(), 0);
    }

    #[test]
    fn a_bare_question_fits_its_whole_prompt() {
        let (a, b) = ([answer("1", "what?\nAnswer briefly.")], [answer("1", "what?")]);
        let (pairs, matching) = pair(&a, &b);
        assert_eq!((pairs.len(), matching.prompts_differ), (1, 0));
    }
}
