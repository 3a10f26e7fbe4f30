//! Exact match, in the forms in which benchmarks use it.
//!
//! Each takes the right answers and counts the best of them; without any, nothing matches.
//!
//! Source: GQA's `eval.py`; `convert_gqa_for_eval.py` of LLaVA at c121f04; the `accuracy` method of
//! VLMEvalKit at e8e78f0; Hugging Face's `exact_match` as in lmms-eval at 75571cf.

use fancy_regex::Regex;

use super::python;

fn any(references: &[String], is_equal: impl Fn(&str) -> bool) -> f64 {
    f64::from(u8::from(references.iter().any(|reference| is_equal(reference))))
}

/// Letter by letter: GQA's official `eval.py`.
pub fn strict(answer: &str, references: &[String]) -> f64 {
    any(references, |reference| answer == reference)
}

/// LLaVA's GQA: the answer loses full stops at its end and is lower-cased, the reference is not.
pub fn llava_gqa(answer: &str, references: &[String]) -> f64 {
    let answer = answer.trim_end_matches('.').to_lowercase();
    any(references, |reference| answer == reference)
}

/// VLMEvalKit's: both stripped and lower-cased.
pub fn strip_lower(answer: &str, references: &[String]) -> f64 {
    let answer = python::strip(answer).to_lowercase();
    any(references, |reference| answer == python::strip(reference).to_lowercase())
}

/// What Hugging Face's `exact_match` disregards.
#[derive(Clone, Debug, Default)]
pub struct Disregard {
    /// Case.
    pub case: bool,
    /// ASCII punctuation.
    pub punctuation: bool,
    /// ASCII digits.
    pub numbers: bool,
    /// Whatever these match, before anything else.
    pub patterns: Vec<Regex>,
}

impl Disregard {
    /// Case and punctuation: the setting of lmms-eval's `gqa`.
    pub fn case_and_punctuation() -> Self {
        Self { case: true, punctuation: true, ..Self::default() }
    }

    fn applied(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for pattern in &self.patterns {
            text = pattern.replace_all(&text, "").into_owned();
        }
        if self.case {
            text = text.to_lowercase();
        }
        let goes = |c: &char| {
            (self.punctuation && c.is_ascii_punctuation()) || (self.numbers && c.is_ascii_digit())
        };
        text.chars().filter(|c| !goes(c)).collect()
    }
}

/// Hugging Face's `exact_match`.
pub fn hugging_face(answer: &str, references: &[String], disregard: &Disregard) -> f64 {
    let answer = disregard.applied(answer);
    any(references, |reference| answer == disregard.applied(reference))
}

/// lmms-eval's `gqa`: the answer is stripped, then case and punctuation are disregarded.
pub fn lmms_gqa(answer: &str, references: &[String]) -> f64 {
    hugging_face(python::strip(answer), references, &Disregard::case_and_punctuation())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn the_forms_disagree_where_their_authors_did() {
        let scores = |answer: &str, reference: &str| {
            let reference = one(reference);
            [
                strict(answer, &reference),
                llava_gqa(answer, &reference),
                strip_lower(answer, &reference),
                lmms_gqa(answer, &reference),
            ]
            .map(|score| score > 0.5)
        };
        assert_eq!(scores("yes", "yes"), [true, true, true, true]);
        assert_eq!(scores("Yes.", "yes"), [false, true, false, true]);
        assert_eq!(scores(" Yes", "yes"), [false, false, true, true]);
        assert_eq!(scores("US", "US"), [true, false, true, true]);
        assert_eq!(scores("t-shirt", "tshirt"), [false, false, false, true]);
    }

    #[test]
    fn numbers_and_patterns_can_be_disregarded() {
        let disregard = Disregard {
            numbers: true,
            patterns: vec![Regex::new("^the ").unwrap()],
            ..Disregard::default()
        };
        let score = hugging_face("the cat 9", &one("cat 12"), &disregard);
        assert_eq!(score.to_bits(), 1.0_f64.to_bits());
    }
}
