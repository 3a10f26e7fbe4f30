//! A handful of different answers to many open questions.

use super::{count, quoted};
use crate::compare::diversity::plain;
use crate::compare::{Answer, Diversity};

const ENOUGH: usize = 40;
/// Few: at most so many, and at most one in so many questions.
const FEW: usize = 20;
const ONE_IN: usize = 20;
/// Fewer than one for so many different right answers.
const RIGHT_ANSWERS_PER_ANSWER: usize = 2;

pub(super) fn find(answers: &[&Answer]) -> Option<String> {
    let found = Diversity::of(answers.iter().copied());
    let is_few = found.total >= ENOUGH
        && (2..=FEW).contains(&found.distinct)
        && found.distinct * ONE_IN <= found.total;
    if !is_few || asks_for_few(answers, &found) {
        return None;
    }
    let list: Vec<String> = found
        .top
        .iter()
        .take(5)
        .map(|(text, times)| format!("{} {}", quoted(text), count(*times)))
        .collect();
    let more = if found.distinct > list.len() { ", …" } else { "" };
    let few = match found.distinct {
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        _ => "",
    };
    let few = if few.is_empty() { found.distinct.to_string() } else { few.to_owned() };
    Some(format!(
        "only {few} distinct answers to {} questions ({}{more}): not real answers of a model that saw \
         the pictures",
        count(found.total),
        list.join(", ")
    ))
}

/// Whether the benchmark has few right answers, as with yes and no or the letters of options.
fn asks_for_few(answers: &[&Answer], found: &Diversity) -> bool {
    let right: std::collections::BTreeSet<&str> =
        answers.iter().filter_map(|answer| Some(answer.references.first()?.as_str())).collect();
    if !right.is_empty() {
        return found.distinct * RIGHT_ANSWERS_PER_ANSWER >= right.len();
    }
    found.top.iter().all(|(text, _)| {
        let plain = plain(text);
        matches!(plain.as_str(), "yes" | "no" | "") || plain.chars().count() == 1
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::answers;
    use super::*;

    fn found(texts: &[&str], references: bool) -> Option<String> {
        let lines = (0..100).map(|i| (format!("q{i}"), texts[i % texts.len()].to_owned()));
        let mut all = answers(lines);
        if references {
            for (place, answer) in all.iter_mut().enumerate() {
                answer.references = vec![format!("right {}", place % texts.len())];
            }
        }
        find(&all.iter().collect::<Vec<_>>())
    }

    #[test]
    fn three_words_for_a_hundred_questions_are_few() {
        let message = found(&["text", "Nike", "unknown"], false).unwrap();
        assert!(
            message.starts_with("only three distinct answers to 100 questions (`text` 34"),
            "{message}"
        );
    }

    #[test]
    fn yes_no_letters_and_as_many_as_right_answers_are_not() {
        assert_eq!(found(&["Yes", "no."], false), None);
        assert_eq!(found(&["A", "B", "C", "D"], false), None);
        assert_eq!(found(&["red", "blue", "green"], true), None);
    }
}
