//! GQA beyond accuracy: consistency, validity, plausibility, distribution.
//!
//! Source: `eval.py` of the GQA release (Hudson and Manning 2019), as adapted by OpenVQA.

use std::collections::BTreeMap;

/// Common questions ask for one of these, whatever the choices file says.
const COMMON: [&str; 3] = ["color", "material", "shape"];

/// Whether an answer is among the choices of a question whose detailed type is given.
pub fn belongs(answer: &str, choices: &[String], detailed_type: &str) -> bool {
    if detailed_type.contains("Common") {
        COMMON.contains(&answer)
    } else {
        choices.iter().any(|choice| choice == answer)
    }
}

/// How many reasoning steps a question takes: its operations without the final look-ups.
pub fn steps<'a>(operations: impl IntoIterator<Item = (&'a str, &'a str)>) -> usize {
    let counts = |(operation, argument): &(&str, &str)| {
        let both = format!("{operation}: {argument}");
        !["exist", "query: name", "choose name"].iter().any(|free| both.contains(free))
    };
    operations.into_iter().filter(counts).count()
}

/// How far the answers' distribution is from the right one: χ² per global group, weighted by the
/// group's size, divided by 100. Lower is better.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    groups: BTreeMap<String, BTreeMap<String, (usize, usize)>>,
}

impl Distribution {
    /// Counts a right answer and what was said instead.
    pub fn count(&mut self, group: &str, right: &str, said: &str) {
        let answers = self.groups.entry(group.to_owned()).or_default();
        answers.entry(right.to_owned()).or_default().0 += 1;
        answers.entry(said.to_owned()).or_default().1 += 1;
    }

    /// The score; `None` where no question has a group.
    pub fn score(&self) -> Option<f64> {
        let (mut weighted, mut all) = (0.0, 0.0);
        for answers in self.groups.values() {
            let (mut chi_square, mut size) = (0.0, 0.0);
            for (expected, observed) in answers.values().filter(|(expected, _)| *expected > 0) {
                let (expected, observed) = (*expected as f64, *observed as f64);
                chi_square += (observed - expected) * (observed - expected) / expected;
                size += expected;
            }
            weighted += chi_square * size;
            all += size;
        }
        (all > 0.0).then(|| weighted / all / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_distribution_is_at_distance_zero() {
        let mut same = Distribution::default();
        let mut off = Distribution::default();
        for (right, said) in [("red", "blue"), ("blue", "red")] {
            same.count("color", right, said);
            off.count("color", right, "red");
        }
        assert_eq!(same.score(), Some(0.0));
        assert_eq!(off.score(), Some(0.02));
        assert_eq!(Distribution::default().score(), None);
    }

    #[test]
    fn final_look_ups_are_no_steps() {
        let operations = [("select", "table"), ("relate", "on"), ("query", "name"), ("exist", "?")];
        assert_eq!(steps(operations), 2);
        assert!(belongs("color", &[], "twoCommon"));
        assert!(!belongs("red", &[], "query"));
    }
}
