//! TextVQA's accuracy: EvalAI's answer processor of mmf (M4C), as LLaVA, MGM and lmms-eval use it.
//!
//! Before the steps of the VQA evaluation it lower-cases, deletes commas and question marks and
//! cuts `'s` off (`mountain's` → `mountain 's`).
//!
//! Source: `m4c_evaluator.py` of LLaVA at c121f04, `vqa_eval_metric.py` of lmms-eval at 75571cf.

use super::python;
use super::vqa_text::{Dialect, normalised, soft_accuracy};

/// How many annotators LLaVA's evaluator insists on.
pub const ANNOTATORS: usize = 10;

/// An answer as `EvalAIAnswerProcessor` leaves it.
pub fn processed(answer: &str) -> String {
    let words = answer.to_lowercase().replace([',', '?'], "").replace("'s", " 's");
    normalised(python::strip(&words), Dialect::EvalAi)
}

/// lmms-eval's `textvqa` and `ok_vqa` accuracy in [0, 1], for any number of annotators but none.
pub fn lmms_eval(answer: &str, references: &[String]) -> Option<f64> {
    let references: Vec<String> = references.iter().map(|text| processed(text)).collect();
    soft_accuracy(&processed(answer), &references)
}

/// LLaVA's TextVQA accuracy in [0, 1]; `None` unless there are ten annotators.
pub fn llava(answer: &str, references: &[String]) -> Option<f64> {
    (references.len() == ANNOTATORS).then(|| lmms_eval(answer, references)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_of_mmfs_own_test_hold() {
        let cases = [
            ("two", "2"),
            ("a building", "building"),
            ("snow, mountain", "snow mountain"),
            ("isnt", "isn't"),
            ("the two mountain's \t \n   ", "2 mountain 's"),
        ];
        for (answer, expected) in cases {
            assert_eq!(processed(answer), expected);
        }
    }
}
