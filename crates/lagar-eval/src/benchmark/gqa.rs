//! GQA: compositional questions about scenes, with one right answer each.
//!
//! Only balanced questions count. Consistency needs answers to the entailed questions, validity and
//! plausibility a file of choices; where those are not there, these metrics are left out.
//!
//! Source: `eval.py` of GQA (Hudson and Manning 2019); `convert_gqa_for_eval.py` of LLaVA at c121f04;
//! `tasks/gqa` of lmms-eval at 75571cf; `GQA_TestDev_Balanced` of VLMEvalKit at e8e78f0.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::source::{self, Content, SHORT_ANSWER};
use super::table::Row;
use super::{Benchmark, LoadOptions, answered};
use crate::error::EvalError;
use crate::metric::exact_match;
use crate::metric::gqa::{Distribution, belongs, steps};
use crate::question::{Answered, Question};
use crate::score::{MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Gqa;

crate::register_benchmark!(Gqa);

const NAMES: [&str; 4] = ["gqa_official", "gqa_llava", "gqa_lmms_eval", "gqa_vlmevalkit"];
const DETAILS: [&str; 5] = ["binary", "open", "consistency", "validity", "plausibility"];
const TAGS: [&str; 5] = ["answer_type", "structural", "semantic", "steps", "words"];

impl Benchmark for Gqa {
    fn name(&self) -> &'static str {
        "gqa"
    }

    fn about(&self) -> &'static str {
        "compositional questions about scenes, one right answer each"
    }

    fn files(&self) -> &'static str {
        "testdev_balanced_questions.json (or val_…), with it val_choices.json; or \
         GQA_TestDev_Balanced.tsv"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let sources = source::read_all(options)?;
        let (mut questions, mut choices) = (Vec::new(), Map::new());
        for source in &sources {
            match &source.content {
                Content::Table(rows) => {
                    questions.extend(source::from_table(options, &source.path, rows, from_row)?);
                }
                Content::Json(Value::Object(map)) => {
                    for (id, item) in map.iter().filter(|(_, item)| item.get("valid").is_some()) {
                        choices.insert(id.clone(), item.clone());
                    }
                    for (id, item) in map.iter().filter(|(_, item)| item.get("question").is_some())
                    {
                        questions.push(official(options, &source.path, id, item)?);
                    }
                }
                _ => {}
            }
        }
        if questions.is_empty() {
            let message = "no file of questions `{id: {\"question\", \"answer\", …}}` was found";
            return Err(EvalError::Data { benchmark: "gqa", message: message.to_owned() });
        }
        for question in &mut questions {
            if let Some(choices) = choices.remove(&question.id) {
                question.extra["choices"] = choices;
            }
        }
        Ok(questions)
    }

    fn is_required(&self, question: &Question) -> bool {
        question.extra["isBalanced"] != false
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let right: HashMap<&str, bool> = pairs
            .iter()
            .map(|(question, answer)| (question.id.as_str(), is_right(question, answer)))
            .collect();
        let mut distribution = Distribution::default();
        let mut samples = Vec::new();
        for (question, answer) in pairs {
            if !self.is_required(question) {
                continue;
            }
            if let Some(group) = question.extra["group"].as_str() {
                let gold = question.references.first().map_or("", String::as_str);
                distribution.count(group, gold, &answer.text);
            }
            samples.push(sample(question, answer, &right));
        }
        let names: Vec<&str> = NAMES.into_iter().chain(DETAILS).collect();
        let mut scores = Scores::means(samples, &names, &TAGS);
        if let Some(value) = distribution.score() {
            let n = scores.samples.len();
            let metric = MetricValue::points("distribution", value, n);
            scores.metrics.push(metric.with_note("lower is better"));
        }
        scores
    }
}

fn from_row(question: &mut Question, row: &Row) {
    question.references = row.get("answer").map(str::to_owned).into_iter().collect();
    question.prompt = format!("{}\n{SHORT_ANSWER}", question.text);
    question.extra = json!({ "isBalanced": true });
}

fn is_right(question: &Question, answer: &Answered) -> bool {
    !answer.is_missing && question.references.first() == Some(&answer.text)
}

fn official(
    options: &LoadOptions,
    path: &Path,
    id: &str,
    item: &Value,
) -> Result<Question, EvalError> {
    let place = format!("question {id}");
    let need = |field: &str| source::need(path, &place, item, field);
    let (text, image) = (need("question")?, need("imageId")?);
    let answer = source::text(item, "answer");
    let name = format!("{image}.jpg");
    let kind = |kind: &str| item["types"][kind].as_str().map(str::to_owned);
    let mut question = Question {
        id: id.to_owned(),
        question_id: id.into(),
        pictures: vec![source::picture(options, path, &["images", "."], &name)],
        picture_names: vec![name],
        prompt: format!("{text}\n{SHORT_ANSWER}"),
        references: answer.into_iter().collect(),
        extra: json!({
            "isBalanced": item["isBalanced"].as_bool().unwrap_or(true),
            "group": item["groups"]["global"],
            "entailed": item["entailed"],
            "detailed": item["types"]["detailed"],
        }),
        ..Question::default()
    };
    let tags = &mut question.tags;
    for name in ["structural", "semantic"] {
        if let Some(value) = kind(name) {
            tags.insert(name.to_owned(), value);
        }
    }
    if let Some(structural) = kind("structural") {
        let answer_type = if structural == "query" { "open" } else { "binary" };
        tags.insert("answer_type".to_owned(), answer_type.to_owned());
    }
    if let Some(operations) = item["semantic"].as_array() {
        let text =
            |value: &'_ Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let operations: Vec<(String, String)> = operations
            .iter()
            .map(|operation| (text(operation, "operation"), text(operation, "argument")))
            .collect();
        let count = steps(operations.iter().map(|(name, what)| (name.as_str(), what.as_str())));
        tags.insert("steps".to_owned(), format!("{count:02}"));
    }
    tags.insert("words".to_owned(), format!("{:02}", text.split_whitespace().count()));
    question.text = text;
    Ok(question)
}

fn sample(question: &Question, answer: &Answered, right: &HashMap<&str, bool>) -> SampleScore {
    let (text, references) = (answer.text.as_str(), question.references.as_slice());
    let accuracy = exact_match::strict(text, references);
    let of_type = |name: &str| {
        let answer_type = question.tags.get("answer_type").map(String::as_str);
        (answer_type == Some(name)).then_some(accuracy)
    };
    let choices = &question.extra["choices"];
    let among = |kind: &str| {
        let choices = choices.get(kind).map(|list| source::texts(Some(list), ""))?;
        let detailed = question.extra["detailed"].as_str().unwrap_or_default();
        Some(f64::from(u8::from(belongs(text, &choices, detailed))))
    };
    let scores = [
        ("gqa_official", Some(accuracy)),
        ("gqa_llava", Some(exact_match::llava_gqa(text, references))),
        ("gqa_lmms_eval", Some(exact_match::lmms_gqa(text, references))),
        ("gqa_vlmevalkit", Some(exact_match::strip_lower(text, references))),
        ("binary", of_type("binary")),
        ("open", of_type("open")),
        ("consistency", consistency(question, accuracy, right)),
        ("validity", among("valid")),
        ("plausibility", among("plausible")),
    ];
    SampleScore::of_options(question, answer, scores)
}

/// For a right answer: the share of right answers among the entailed questions. `None` where there
/// are none, or one of them was not answered.
fn consistency(question: &Question, accuracy: f64, right: &HashMap<&str, bool>) -> Option<f64> {
    let entailed = source::texts(question.extra.get("entailed"), "");
    let others: Vec<&String> = entailed.iter().filter(|id| **id != question.id).collect();
    if accuracy < 1.0 || others.is_empty() {
        return None;
    }
    let hits: Option<Vec<bool>> = others.iter().map(|id| right.get(id.as_str()).copied()).collect();
    let hits = hits?;
    Some(hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    const QUESTIONS: &str = r#"{
      "1": {"question": "Is it red?", "answer": "yes", "imageId": "n1", "isBalanced": true,
            "types": {"structural": "verify", "semantic": "attr", "detailed": "verify"},
            "groups": {"global": null}, "entailed": ["1", "2"],
            "semantic": [{"operation": "select", "argument": "x"}]},
      "2": {"question": "What is it?", "answer": "dog", "imageId": "n1", "isBalanced": true,
            "types": {"structural": "query", "semantic": "obj", "detailed": "query"},
            "groups": {"global": "animal"}, "entailed": [],
            "semantic": [{"operation": "query", "argument": "name"}]}}"#;

    #[test]
    fn the_four_communities_and_the_details_stand_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        fsio::write(folder.path().join("q.json"), QUESTIONS.as_bytes()).unwrap();
        let choices = r#"{"1": {"valid": ["yes", "no"], "plausible": ["yes", "no"]},
                          "2": {"valid": ["dog", "cat"], "plausible": ["dog"]}}"#;
        fsio::write(folder.path().join("c.json"), choices.as_bytes()).unwrap();
        let options =
            LoadOptions { data: vec![folder.path().to_path_buf()], ..LoadOptions::default() };
        let questions = Gqa.load(&options).unwrap();
        let answers = [Answered::new("1", "yes"), Answered::new("2", "Cat.")];
        let scores = Gqa.score(&questions, &answers);
        let metric = |name: &str| {
            scores.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
        };
        assert_eq!(metric("gqa_official"), Some(0.5));
        assert_eq!(metric("binary"), Some(1.0));
        assert_eq!(metric("open"), Some(0.0));
        assert_eq!(metric("consistency"), Some(0.0));
        assert_eq!(metric("validity"), Some(0.5));
        assert_eq!(metric("distribution"), Some(0.01));
        assert_eq!(questions[1].tags["steps"], "00");
    }
}
