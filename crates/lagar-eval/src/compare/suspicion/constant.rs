//! One answer to (nearly) every question.

use super::{count, quoted};
use crate::compare::{Answer, Diversity};

const ENOUGH: usize = 20;
const SHARE: f64 = 0.98;

pub(super) fn find(answers: &[&Answer]) -> Option<String> {
    let found = Diversity::of(answers.iter().copied());
    let (text, times) = found.top.first()?;
    let is_constant = found.total >= ENOUGH && *times as f64 >= SHARE * found.total as f64;
    // Where the right answer is the same everywhere, so may be the model's.
    let asked: std::collections::BTreeSet<&str> =
        answers.iter().filter_map(|answer| Some(answer.references.first()?.as_str())).collect();
    (is_constant && asked.len() != 1).then(|| {
        format!(
            "{} of {} answers are {}, whatever is asked",
            count(*times),
            count(found.total),
            quoted(text)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::answers;
    use super::*;

    #[test]
    fn one_answer_to_everything_is_found_unless_it_is_always_right() {
        let lines = (0..30).map(|i| (format!("q{i}"), "yes".to_owned()));
        let mut all = answers(lines);
        let found = find(&all.iter().collect::<Vec<_>>());
        assert_eq!(found.unwrap(), "30 of 30 answers are `yes`, whatever is asked");
        for answer in &mut all {
            answer.references = vec!["yes".to_owned()];
        }
        assert_eq!(find(&all.iter().collect::<Vec<_>>()), None);
    }
}
