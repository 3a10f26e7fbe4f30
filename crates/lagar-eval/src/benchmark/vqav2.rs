//! VQAv2: open questions about COCO pictures, ten annotators each.
//!
//! Source: Goyal et al. 2017; `vqaEval.py`; `convert_vqav2_for_submission.py` of LLaVA at c121f04 (its
//! submissions are processed before the server scores them); `tasks/vqav2` of lmms-eval at 75571cf.

use super::vqa_files::{TAIL, load};
use super::{Benchmark, LoadOptions, answered};
use crate::error::EvalError;
use crate::metric::{evalai, vqa};
use crate::question::{Answered, Question};
use crate::score::{SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct VqaV2;

crate::register_benchmark!(VqaV2);

impl Benchmark for VqaV2 {
    fn name(&self) -> &'static str {
        "vqav2"
    }

    fn about(&self) -> &'static str {
        "open questions about COCO pictures, ten annotators each"
    }

    fn files(&self) -> &'static str {
        "v2_OpenEnded_mscoco_val2014_questions.json, v2_mscoco_val2014_annotations.json"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        load("vqav2", options, TAIL)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let samples = answered(questions, answers)
            .into_iter()
            .map(|(question, answer)| {
                let (text, references) = (answer.text.as_str(), question.references.as_slice());
                let submitted = evalai::processed(text);
                let scores = [
                    ("vqa_official", vqa::official(text, references)),
                    ("vqa_official_llava_submission", vqa::official(&submitted, references)),
                    ("vqa_lmms_eval", vqa::lmms_eval(text, references)),
                    ("vqa_vlmevalkit", vqa::vlmevalkit(text, references)),
                ];
                SampleScore::of_options(question, answer, scores)
            })
            .collect();
        let names =
            ["vqa_official", "vqa_official_llava_submission", "vqa_lmms_eval", "vqa_vlmevalkit"];
        Scores::means(samples, &names, &["answer_type", "question_type"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    #[test]
    fn questions_find_their_annotations_and_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let questions = r#"{"data_subtype": "val2014", "questions": [
            {"image_id": 42, "question": "What colour?", "question_id": 42000}]}"#;
        let annotations = r#"{"annotations": [{"question_id": 42000, "question_type": "what color",
            "answer_type": "other", "answers": [{"answer": "black", "answer_id": 1},
            {"answer": "black", "answer_id": 2}, {"answer": "black", "answer_id": 3},
            {"answer": "black", "answer_id": 4}]}]}"#;
        fsio::write(folder.path().join("q.json"), questions.as_bytes()).unwrap();
        fsio::write(folder.path().join("a.json"), annotations.as_bytes()).unwrap();
        let options =
            LoadOptions { data: vec![folder.path().to_path_buf()], ..LoadOptions::default() };
        let loaded = VqaV2.load(&options).unwrap();
        assert_eq!(loaded[0].picture_names, ["COCO_val2014_000000000042.jpg"]);
        let scores = VqaV2.score(&loaded, &[Answered::new("42000", "Black.")]);
        let score = |name: &str| scores.samples[0].scores[name];
        assert!(score("vqa_official").abs() < 1e-12, "unanimous annotators: letter by letter");
        assert!((score("vqa_official_llava_submission") - 1.0).abs() < 1e-12);
        assert_eq!(scores.groups[0].value, "other");
    }
}
