//! MME: pairs of questions about one picture, one to be answered with yes, one with no.
//!
//! A category's score is 100 × accuracy + 100 × the share of pictures with both answers right, so 200
//! at the most; perception sums ten categories, cognition four.
//!
//! Source: MME's `eval_tool/calculation.py`; `tasks/mme/utils.py` of lmms-eval at 75571cf.

use super::python;

/// The categories of perception.
pub const PERCEPTION: [&str; 10] = [
    "existence",
    "count",
    "position",
    "color",
    "posters",
    "celebrity",
    "scene",
    "landmark",
    "artwork",
    "OCR",
];

/// The categories of cognition (VLMEvalKit says reasoning).
pub const COGNITION: [&str; 4] =
    ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"];

/// `yes`, `no` or `other`, by the first four characters.
pub fn parsed(answer: &str) -> &'static str {
    let text = python::strip(&answer.to_lowercase()).replace('.', "");
    match text.as_str() {
        "yes" | "y" => return "yes",
        "no" | "n" => return "no",
        _ => {}
    }
    let start: String = text.chars().take(4).collect();
    if start.contains("yes") {
        "yes"
    } else if start.contains("no") {
        "no"
    } else {
        "other"
    }
}

/// A category's score, from the pictures' answers (right or wrong).
pub fn category_score(pictures: &[Vec<bool>]) -> f64 {
    let answers: usize = pictures.iter().map(Vec::len).sum();
    if answers == 0 {
        return 0.0;
    }
    let right = pictures.iter().flatten().filter(|is_right| **is_right).count();
    let whole = pictures.iter().filter(|answers| answers.iter().all(|right| *right)).count();
    100.0 * right as f64 / answers as f64 + 100.0 * whole as f64 / pictures.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_four_characters_decide() {
        assert_eq!(parsed("Yes."), "yes");
        assert_eq!(parsed("n"), "no");
        assert_eq!(parsed("I know"), "other");
        assert_eq!(parsed("not so"), "no");
        assert_eq!(parsed("."), "other");
    }

    #[test]
    fn a_picture_counts_only_with_both_answers_right() {
        let score = category_score(&[vec![true, true], vec![true, false]]);
        assert!((score - 125.0).abs() < 1e-12);
    }
}
