//! POPE: does the model see objects that are not there?
//!
//! Source: `evaluate.py` of POPE and `eval_pope.py` of LLaVA at c121f04; `tasks/pope/utils.py` of
//! lmms-eval at 75571cf; `POPE_rating` of VLMEvalKit at e8e78f0.

use super::python;

/// The official reading: the first sentence has `No`, `no` or `not` as a word, or it means yes.
pub fn official(answer: &str) -> &'static str {
    let sentence = answer.split('.').next().unwrap_or_default().replace(',', "");
    let negates = sentence.split(' ').any(|word| matches!(word, "No" | "not" | "no"));
    if negates { "no" } else { "yes" }
}

/// lmms-eval's reading: the whole answer, stripped and lower-cased; only `yes` and `no` mean
/// something.
pub fn lmms_eval(answer: &str) -> String {
    python::strip(&answer.to_lowercase()).to_owned()
}

/// Precision, recall and F1 of "yes", the share of right answers and of yes-answers, each in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// The share of right answers.
    pub accuracy: f64,
    /// Among the yes-answers, the share of right ones.
    pub precision: f64,
    /// Among the questions to be answered with yes, the share of right answers.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// The share of yes-answers.
    pub yes_ratio: f64,
}

/// Counts of (is it there?, what was said: yes, no, or neither).
#[derive(Clone, Copy, Debug, Default)]
pub struct Table {
    /// Said yes, is there.
    pub true_yes: usize,
    /// Said yes, is not there.
    pub false_yes: usize,
    /// Said no, is not there.
    pub true_no: usize,
    /// Said no, is there.
    pub false_no: usize,
    /// Said neither, is there.
    pub unknown_yes: usize,
    /// Said neither, is not there.
    pub unknown_no: usize,
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn harmonic(precision: f64, recall: f64) -> f64 {
    let sum = precision + recall;
    if sum > 0.0 { 2.0 * (precision * recall) / sum } else { 0.0 }
}

impl Table {
    /// Counts one answer; `said` is `None` where it is neither yes nor no.
    pub fn count(&mut self, is_there: bool, said: Option<bool>) {
        let cell = match (is_there, said) {
            (true, Some(true)) => &mut self.true_yes,
            (false, Some(true)) => &mut self.false_yes,
            (false, Some(false)) => &mut self.true_no,
            (true, Some(false)) => &mut self.false_no,
            (true, None) => &mut self.unknown_yes,
            (false, None) => &mut self.unknown_no,
        };
        *cell += 1;
    }

    fn all(&self) -> usize {
        self.true_yes
            + self.false_yes
            + self.true_no
            + self.false_no
            + self.unknown_yes
            + self.unknown_no
    }

    /// The official rates, and VLMEvalKit's: an answer that is neither is not a yes, and counts
    /// against recall.
    pub fn official(&self) -> Rates {
        let precision = ratio(self.true_yes, self.true_yes + self.false_yes);
        let recall = ratio(self.true_yes, self.true_yes + self.false_no + self.unknown_yes);
        Rates {
            accuracy: ratio(self.true_yes + self.true_no, self.all()),
            precision,
            recall,
            f1: harmonic(precision, recall),
            yes_ratio: ratio(self.true_yes + self.false_yes, self.all()),
        }
    }

    /// lmms-eval's rates: an answer that is neither leaves recall's denominator, and the yes-ratio is
    /// that of the right answers, whatever the model said.
    pub fn lmms_eval(&self) -> Rates {
        let precision = ratio(self.true_yes, self.true_yes + self.false_yes);
        let recall = ratio(self.true_yes, self.true_yes + self.false_no);
        Rates {
            accuracy: ratio(self.true_yes + self.true_no, self.all()),
            precision,
            recall,
            f1: harmonic(precision, recall),
            yes_ratio: ratio(self.true_yes + self.false_no + self.unknown_yes, self.all()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_without_a_negation_means_yes() {
        assert_eq!(official("No, there is not"), "no");
        assert_eq!(official("There is. No."), "yes");
        assert_eq!(official("NO"), "yes");
        assert_eq!(official(""), "yes");
        assert_eq!(official("it,is,no"), "yes");
    }

    #[test]
    fn a_mumbled_answer_hurts_recall_officially_but_not_in_lmms_eval() {
        let mut table = Table::default();
        table.count(true, Some(true));
        table.count(true, None);
        table.count(false, Some(false));
        assert!((table.official().recall - 0.5).abs() < 1e-12);
        assert!((table.lmms_eval().recall - 1.0).abs() < 1e-12);
        assert!((table.official().yes_ratio - 1.0 / 3.0).abs() < 1e-12);
        assert!((table.lmms_eval().yes_ratio - 2.0 / 3.0).abs() < 1e-12);
    }
}
