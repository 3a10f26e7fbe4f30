//! Signs that answers are not those of a model that saw the pictures. One rule per file.
//!
//! The comparison that lagar was built to replace reported "diversity improvement +0.0 %" over two
//! files in which one script had written `Nike` wherever the question says "brand". No statistic is
//! worth anything before that has been ruled out.

mod blank;
mod constant;
mod declared;
mod few_answers;
mod identical;
mod keywords;

use serde::Serialize;

use super::{Answer, Pair};

/// A sign that answers are not real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suspicion {
    /// The rule that found it.
    pub rule: &'static str,
    /// `A`, `B` or `A and B`.
    pub who: &'static str,
    /// What was found, in numbers.
    pub message: String,
}

/// What a rule finds in the answers of one side: the predicate of a sentence.
type Rule = fn(&[&Answer]) -> Option<String>;

/// The rules that look at one side, the clearest sign first.
const RULES: [(&str, Rule); 5] = [
    ("declared", declared::find),
    ("constant", constant::find),
    ("few_answers", few_answers::find),
    ("keywords", keywords::find),
    ("blank", blank::find),
];

/// All signs, the clearest first.
pub(super) fn of(pairs: &[Pair<'_>]) -> Vec<Suspicion> {
    let a: Vec<&Answer> = pairs.iter().map(|pair| pair.a).collect();
    let b: Vec<&Answer> = pairs.iter().map(|pair| pair.b).collect();
    let mut found: Vec<Suspicion> = identical::find(pairs).into_iter().collect();
    for (rule, find) in RULES {
        let mut add = |who: &'static str, message: Option<String>| {
            let said = message.map(|message| format!("{who}: {message}"));
            found.extend(said.map(|message| Suspicion { rule, who, message }));
        };
        match (find(&a), find(&b)) {
            (Some(one), Some(other)) if one == other => add("A and B", Some(one)),
            (one, other) => {
                add("A", one);
                add("B", other);
            }
        }
    }
    found
}

/// A number with a comma between thousands.
fn count(number: usize) -> String {
    lagar_report::words::count(number as u64)
}

/// An answer in backticks, cut where it is long.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 30;
    if text.chars().count() <= SHOWN {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(SHOWN).collect::<String>())
}

#[cfg(test)]
pub(super) mod testing {
    use super::super::Answer;

    /// Answers to questions, in the form `question → answer`.
    pub(in super::super) fn answers(
        lines: impl IntoIterator<Item = (String, String)>,
    ) -> Vec<Answer> {
        let one = |(place, (question, text)): (usize, (String, String))| Answer {
            id: place.to_string(),
            prompt: question.clone(),
            question,
            text,
            ..Answer::default()
        };
        lines.into_iter().enumerate().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [count(7), count(999), count(5_000), count(1_234_567)],
            ["7", "999", "5,000", "1,234,567"]
        );
    }

    #[test]
    fn what_holds_for_both_is_said_once() {
        let answers =
            testing::answers((0..40).map(|i| (format!("question {i}?"), "yes".to_owned())));
        let pairs: Vec<Pair<'_>> = answers.iter().map(|one| Pair { a: one, b: one }).collect();
        let found = of(&pairs);
        let rules: Vec<(&str, &str)> = found.iter().map(|one| (one.rule, one.who)).collect();
        assert_eq!(rules, [("identical", "A and B"), ("constant", "A and B")]);
    }
}
