//! VQA accuracy: the official one of VQAv2, and those of lmms-eval and VLMEvalKit.
//!
//! The official code compares raw answers where all annotators said literally the same; the others
//! always make answers comparable first.
//!
//! Source: `vqaEval.py` of GT-Vision-Lab/VQA at a013f00; `tasks/vqav2/utils.py` of lmms-eval at
//! 75571cf; `process_line(method='vqa_score')` of VLMEvalKit at e8e78f0.

use super::vqa_text::{Dialect, clean, normalised, soft_accuracy};

/// An answer and the annotators' answers, made comparable.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The answer.
    pub answer: String,
    /// The annotators' answers.
    pub references: Vec<String>,
}

impl Compared {
    /// Makes answers comparable in one dialect.
    pub fn new(answer: &str, references: &[String], dialect: Dialect) -> Self {
        let references = references.iter().map(|text| normalised(text, dialect)).collect();
        Self { answer: normalised(answer, dialect), references }
    }

    /// The soft accuracy in [0, 1]; `None` without annotators.
    pub fn accuracy(&self) -> Option<f64> {
        soft_accuracy(&self.answer, &self.references)
    }
}

/// Whether the official code makes answers comparable at all: not if all annotators agree to the
/// letter.
pub fn is_normalised(references: &[String]) -> bool {
    let mut cleaned = references.iter().map(|reference| clean(reference));
    let first = cleaned.next();
    cleaned.any(|reference| Some(reference) != first)
}

/// The official accuracy in [0, 1]; `None` without annotators.
pub fn official(answer: &str, references: &[String]) -> Option<f64> {
    if is_normalised(references) {
        Compared::new(answer, references, Dialect::Official).accuracy()
    } else {
        let references: Vec<String> = references.iter().map(|text| clean(text)).collect();
        soft_accuracy(&clean(answer), &references)
    }
}

/// lmms-eval's `vqav2` accuracy in [0, 1].
pub fn lmms_eval(answer: &str, references: &[String]) -> Option<f64> {
    Compared::new(answer, references, Dialect::EvalAi).accuracy()
}

/// VLMEvalKit's `vqa_score` in [0, 1].
pub fn vlmevalkit(answer: &str, references: &[String]) -> Option<f64> {
    Compared::new(answer, references, Dialect::VlmEvalKit).accuracy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unanimous_annotators_make_the_official_code_compare_letters() {
        let references = vec!["black".to_owned(); 10];
        assert_eq!(official("Black.", &references), Some(0.0));
        assert_eq!(lmms_eval("Black.", &references), Some(1.0));
        assert_eq!(vlmevalkit("Black.", &references), Some(1.0));
        assert_eq!(official(" black\n", &references), Some(1.0));
    }
}
