//! Answers that follow from single words of the question: who asks for a brand is told `Nike`.
//!
//! A decision list is learned from the questions alone: the word after which (nearly) always the same
//! answer comes, for as many questions as possible; then again on the questions that are left. If a
//! short list explains nearly all answers, the pictures had no part in them.

use std::collections::{BTreeSet, HashMap};

use super::{count, quoted};
use crate::compare::Answer;

/// Below so many questions a list explains anything.
const ENOUGH: usize = 60;
/// The longest list.
const RULES: usize = 20;
/// A word must decide at least so many questions, and one in so many.
const SUPPORT: usize = 5;
const SUPPORT_ONE_IN: usize = 200;
/// After a word comes its answer in so large a share of the questions.
const PURITY: f64 = 0.97;
/// The list explains so large a share of all answers.
const EXPLAINED: f64 = 0.95;

struct Keyword<'a> {
    word: &'a str,
    answer: &'a str,
    questions: usize,
}

pub(super) fn find(answers: &[&Answer]) -> Option<String> {
    if answers.len() < ENOUGH {
        return None;
    }
    let lower: Vec<String> = answers.iter().map(|answer| answer.question.to_lowercase()).collect();
    let mut left: Vec<(BTreeSet<&str>, &str)> = lower
        .iter()
        .zip(answers)
        .map(|(question, answer)| (words(question), answer.text.as_str()))
        .collect();
    let support = SUPPORT.max(answers.len() / SUPPORT_ONE_IN);
    let mut keywords: Vec<Keyword<'_>> = Vec::new();
    while keywords.len() < RULES
        && let Some(best) = best_keyword(&left, support)
    {
        left.retain(|(words, _)| !words.contains(best.word));
        keywords.push(best);
    }
    let rest = most_frequent(&left);
    let explained = keywords.iter().map(|one| one.questions).sum::<usize>() + rest;
    let different: BTreeSet<&str> = keywords.iter().map(|one| one.answer).collect();
    let is_explained = explained as f64 >= EXPLAINED * answers.len() as f64;
    // Where answers repeat little, a long list would only be learned by heart.
    (is_explained && different.len() >= 2).then(|| sentence(keywords, explained, answers.len()))
}

fn words(question: &str) -> BTreeSet<&str> {
    question
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The word that decides most questions; between equals the first of the alphabet.
fn best_keyword<'a>(left: &[(BTreeSet<&'a str>, &'a str)], support: usize) -> Option<Keyword<'a>> {
    let mut with_word: HashMap<&str, usize> = HashMap::new();
    let mut with_both: HashMap<(&'a str, &'a str), usize> = HashMap::new();
    for (words, answer) in left {
        for word in words {
            *with_word.entry(word).or_default() += 1;
            *with_both.entry((word, answer)).or_default() += 1;
        }
    }
    with_both
        .into_iter()
        .filter(|((word, _), questions)| {
            *questions >= support && *questions as f64 >= PURITY * with_word[word] as f64
        })
        .max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)))
        .map(|((word, answer), questions)| Keyword { word, answer, questions })
}

fn most_frequent(left: &[(BTreeSet<&str>, &str)]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (_, answer) in left {
        *counts.entry(answer).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

fn sentence(mut keywords: Vec<Keyword<'_>>, explained: usize, total: usize) -> String {
    keywords.sort_by(|one, other| {
        other.questions.cmp(&one.questions).then_with(|| one.word.cmp(other.word))
    });
    // The list is clearest when every answer is shown with its strongest word.
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    let list: Vec<String> = keywords
        .iter()
        .filter(|one| shown.insert(one.answer))
        .take(5)
        .map(|one| format!("\"{}\" → {}", one.word, quoted(one.answer)))
        .collect();
    format!(
        "words of the question alone explain {} of {} answers ({}): the pictures had no part in them",
        count(explained),
        count(total),
        list.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::answers;
    use super::*;

    fn search(answer: impl Fn(usize, &str) -> String) -> Option<String> {
        let asked = ["brand", "number", "color", "word"];
        let lines = (0..400).map(|i| {
            let word = asked[i % 4];
            (format!("What {word} is on thing {} of shelf {}?", i % 37, i % 11), answer(i, word))
        });
        let all = answers(lines);
        find(&all.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_script_that_looks_for_words_is_found_out() {
        let script = |_: usize, word: &str| match word {
            "brand" => "Nike".to_owned(),
            "number" => "3".to_owned(),
            "color" => "blue".to_owned(),
            _ => "text".to_owned(),
        };
        let message = search(script).unwrap();
        assert!(message.starts_with("words of the question alone explain 400 of 400"), "{message}");
        assert!(message.contains("\"brand\" → `Nike`"), "{message}");
    }

    #[test]
    fn answers_that_vary_with_the_picture_are_left_in_peace() {
        assert_eq!(search(|i, word| format!("{word} {}", i * 7 % 23)), None);
        assert_eq!(search(|i, _| (if i * 7919 % 13 < 7 { "yes" } else { "no" }).to_owned()), None);
    }
}
