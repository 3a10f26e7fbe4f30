//! COCO-style captioning: BLEU-1 to 4, ROUGE-L and CIDEr against several captions per picture.
//!
//! The COCO evaluation (and lmms-eval) tokenises with the PTB tokenizer; VLMEvalKit does not, and
//! multiplies by 100, so that its numbers are not COCO's. Both are printed.
//!
//! Source: pycocoevalcap 1.2; `tasks/coco_cap` of lmms-eval at 75571cf; `image_caption.py` of
//! VLMEvalKit at e8e78f0.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::source::{self, Content};
use super::table::list;
use super::{Benchmark, LoadOptions, PromptStyle, answered};
use crate::error::EvalError;
use crate::metric::ngram::{Segment, Words};
use crate::metric::{cider, coco_bleu, ptb, rouge};
use crate::question::{Answered, Question};
use crate::score::{MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct CocoCaption;

crate::register_benchmark!(CocoCaption);

const ASK: &str = "Provide a one-sentence caption for the provided image.";
const ASK_KIT: &str = "Please describe this image in general. Directly provide the description, do not \
                       include prefix like \"This image depicts\". ";

impl Benchmark for CocoCaption {
    fn name(&self) -> &'static str {
        "coco_caption"
    }

    fn about(&self) -> &'static str {
        "captions beside those of several people"
    }

    fn files(&self) -> &'static str {
        "captions_val2014.json (or another COCO caption file); or COCO_VAL.tsv"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let ask = if options.prompt == PromptStyle::VlmEvalKit { ASK_KIT } else { ASK };
        let mut questions = Vec::new();
        for source in source::read_all(options)? {
            match &source.content {
                Content::Table(rows) => {
                    let asked = |row: &super::table::Row| row.get("question").is_none();
                    let with_question: Vec<_> = rows
                        .iter()
                        .cloned()
                        .map(|row| if asked(&row) { row.with("question", ask) } else { row })
                        .collect();
                    let found = source::from_table(
                        options,
                        &source.path,
                        &with_question,
                        |question, row| {
                            question.references = row.get("answer").map(list).unwrap_or_default();
                            question.prompt.clone_from(&question.text);
                        },
                    );
                    questions.extend(found?);
                }
                Content::Json(value) => {
                    questions.extend(official(options, &source.path, value, ask));
                }
                Content::Lines(_) => {}
            }
        }
        if questions.is_empty() {
            let message = "no file with `{\"images\": […], \"annotations\": […]}` was found";
            return Err(EvalError::Data { benchmark: "coco_caption", message: message.to_owned() });
        }
        Ok(questions)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let coco = captions(&pairs, ptb::captions);
        let kit = captions(&pairs, untouched);
        let mut samples = Vec::with_capacity(pairs.len());
        for (place, (question, answer)) in pairs.iter().enumerate() {
            let scores: BTreeMap<String, f64> =
                NAMES.iter().map(|name| (*name).to_owned()).zip(coco.each[place]).collect();
            samples.push(SampleScore::new(question, &answer.text, scores));
        }
        let mut scores = Scores { samples, ..Scores::default() };
        for (name, value) in NAMES.iter().zip(coco.all) {
            scores.metrics.push(MetricValue::points(name, value, pairs.len()));
        }
        for (name, value) in NAMES.iter().zip(kit.all) {
            let name = format!("{name}_vlmevalkit");
            let metric = MetricValue::points(&name, 100.0 * value, pairs.len());
            scores.metrics.push(metric.with_note("untokenised, times 100: not COCO's number"));
        }
        scores
    }
}

const NAMES: [&str; 6] = ["CIDEr", "Bleu_4", "Bleu_3", "Bleu_2", "Bleu_1", "ROUGE_L"];

fn untouched(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

struct Captions {
    all: [f64; 6],
    each: Vec<[f64; 6]>,
}

fn captions(pairs: &[(&Question, &Answered)], tokenized: fn(&[&str]) -> Vec<String>) -> Captions {
    let answers: Vec<&str> = pairs.iter().map(|(_, answer)| answer.text.as_str()).collect();
    let references: Vec<&str> =
        pairs.iter().flat_map(|(question, _)| &question.references).map(String::as_str).collect();
    let mut answers = tokenized(&answers).into_iter();
    let mut references = tokenized(&references).into_iter();
    let mut words = Words::default();
    let (mut segments, mut rouge) = (Vec::new(), Vec::new());
    for (question, _) in pairs {
        let answer = answers.next().unwrap_or_default();
        let references: Vec<String> = references.by_ref().take(question.references.len()).collect();
        rouge.push(rouge::score(&answer, &references));
        segments.push(Segment {
            answer: words.split(&answer),
            references: references.iter().map(|text| words.split(text)).collect(),
        });
    }
    let (bleu, each_bleu) = coco_bleu::scores(&segments);
    let (cider, each_cider) = cider::scores(&segments);
    let line = |bleu: &[f64; 4], cider: f64, rouge: f64| {
        [cider, bleu[3], bleu[2], bleu[1], bleu[0], rouge]
    };
    let mean = rouge.iter().sum::<f64>() / rouge.len().max(1) as f64;
    let each =
        (0..rouge.len()).map(|place| line(&each_bleu[place], each_cider[place], rouge[place]));
    Captions { all: line(&bleu, cider, mean), each: each.collect() }
}

fn official(
    options: &LoadOptions,
    path: &std::path::Path,
    value: &Value,
    ask: &str,
) -> Vec<Question> {
    let mut captions: HashMap<String, Vec<String>> = HashMap::new();
    let mut order = Vec::new();
    for annotation in value["annotations"].as_array().into_iter().flatten() {
        let image = source::text(annotation, "image_id");
        if let (Some(image), Some(caption)) = (image, source::text(annotation, "caption")) {
            let list = captions.entry(image.clone()).or_default();
            if list.is_empty() {
                order.push((image, annotation["image_id"].clone()));
            }
            list.push(caption);
        }
    }
    let names: HashMap<String, String> = value["images"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|image| Some((source::text(image, "id")?, source::text(image, "file_name")?)))
        .collect();
    let question = |(image, id): (String, Value)| {
        let name = names.get(&image).cloned().unwrap_or_else(|| format!("{image}.jpg"));
        let folders = ["val2014", "val2017", "images", "."];
        Question {
            pictures: vec![source::picture(options, path, &folders, &name)],
            picture_names: vec![name],
            text: ask.to_owned(),
            prompt: ask.to_owned(),
            references: captions.get(&image).cloned().unwrap_or_default(),
            question_id: id,
            id: image,
            ..Question::default()
        }
    };
    order.into_iter().map(question).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    #[test]
    fn tokenised_and_untokenised_scores_stand_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        let text = r#"{"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
            "annotations": [{"image_id": 1, "caption": "A dog on a beach."},
            {"image_id": 1, "caption": "A dog."}, {"image_id": 2, "caption": "Two men play chess."}]}"#;
        fsio::write(&path, text.as_bytes()).unwrap();
        let options = LoadOptions { data: vec![path], ..LoadOptions::default() };
        let questions = CocoCaption.load(&options).unwrap();
        assert_eq!(questions[0].references.len(), 2);
        let answers =
            [Answered::new("1", "a dog on a beach"), Answered::new("2", "two men play chess")];
        let scores = CocoCaption.score(&questions, &answers);
        let metric =
            |name: &str| scores.metrics.iter().find(|metric| metric.name == name).unwrap().value;
        assert!((metric("Bleu_4") - 1.0).abs() < 1e-6);
        assert!(metric("Bleu_1_vlmevalkit") < 90.0);
    }
}
