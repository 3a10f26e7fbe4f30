//! Many questions without an answer.

use super::count;
use crate::compare::Answer;

const SHARE: f64 = 0.2;
const ENOUGH: usize = 10;

pub(super) fn find(answers: &[&Answer]) -> Option<String> {
    let blank = answers.iter().filter(|answer| answer.text.trim().is_empty()).count();
    let is_many = answers.len() >= ENOUGH && blank as f64 >= SHARE * answers.len() as f64;
    is_many.then(|| format!("{} of {} answers are empty", count(blank), count(answers.len())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::answers;
    use super::*;

    #[test]
    fn a_fifth_of_nothing_is_said() {
        let some = |blank: usize| {
            let text = |i: usize| if i < blank { " ".to_owned() } else { format!("a{i}") };
            let all = answers((0..50).map(|i| (format!("q{i}"), text(i))));
            find(&all.iter().collect::<Vec<_>>())
        };
        assert_eq!(some(10).unwrap(), "10 of 50 answers are empty");
        assert_eq!(some(9), None);
    }
}
