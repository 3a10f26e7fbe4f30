//! OK-VQA: questions that need knowledge from outside the picture; five annotators, each twice.
//!
//! Source: Marino et al. 2019; `tasks/ok_vqa` of lmms-eval at 75571cf, whose prompt offers a way out
//! (`Unanswerable`).

use super::vqa_files::{TAIL, load};
use super::{Benchmark, LoadOptions, PromptStyle, answered};
use crate::error::EvalError;
use crate::metric::{evalai, vqa};
use crate::question::{Answered, Question};
use crate::score::{SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct OkVqa;

crate::register_benchmark!(OkVqa);

const LMMS_TAIL: &str = "When the provided information is insufficient, respond with \
                         'Unanswerable'.\nAnswer the question using a single word or phrase.";

impl Benchmark for OkVqa {
    fn name(&self) -> &'static str {
        "okvqa"
    }

    fn about(&self) -> &'static str {
        "questions that need outside knowledge, ten answers each"
    }

    fn files(&self) -> &'static str {
        "OpenEnded_mscoco_val2014_questions.json, mscoco_val2014_annotations.json"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let tail = if options.prompt == PromptStyle::LmmsEval { LMMS_TAIL } else { TAIL };
        load("okvqa", options, tail)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let samples = answered(questions, answers)
            .into_iter()
            .map(|(question, answer)| {
                let (text, references) = (answer.text.as_str(), question.references.as_slice());
                let scores = [
                    ("vqa_official", vqa::official(text, references)),
                    ("okvqa_lmms_eval", evalai::lmms_eval(text, references)),
                ];
                SampleScore::of_options(question, answer, scores)
            })
            .collect();
        let names = ["vqa_official", "okvqa_lmms_eval"];
        Scores::means(samples, &names, &["answer_type", "question_type"])
    }
}
