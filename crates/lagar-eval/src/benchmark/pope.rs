//! POPE: does the model see objects that are not there? Three ways of choosing them.
//!
//! Source: Li et al. 2023, `coco_pope_{random,popular,adversarial}.json`; `llava_pope_test.jsonl` and
//! `eval_pope.py` of LLaVA at c121f04; `tasks/pope` of lmms-eval at 75571cf; `POPE.tsv` of VLMEvalKit
//! at e8e78f0.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::source::{self, Content, SHORT_ANSWER};
use super::table::Row;
use super::{Benchmark, LoadOptions, answered};
use crate::error::EvalError;
use crate::files;
use crate::metric::pope::{self, Rates, Table};
use crate::metric::yes_no;
use crate::question::{Answered, Question};
use crate::score::{Group, MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Pope;

crate::register_benchmark!(Pope);

const CATEGORIES: [&str; 3] = ["adversarial", "popular", "random"];

impl Benchmark for Pope {
    fn name(&self) -> &'static str {
        "pope"
    }

    fn about(&self) -> &'static str {
        "objects that are there, and objects that are not"
    }

    fn files(&self) -> &'static str {
        "coco_pope_random.json, coco_pope_popular.json, coco_pope_adversarial.json, with them \
         llava_pope_test.jsonl; or POPE.tsv"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let mut labelled: BTreeMap<String, Vec<Question>> = BTreeMap::new();
        let mut llava = Vec::new();
        for source in source::read_all(options)? {
            match source.content {
                Content::Table(rows) => {
                    let found = source::from_table(options, &source.path, &rows, from_row)?;
                    labelled.entry(String::new()).or_default().extend(found);
                }
                Content::Lines(lines) => {
                    let category = category_of(&source.path);
                    let (with, without): (Vec<_>, Vec<_>) =
                        lines.into_iter().partition(|(_, value)| value.get("label").is_some());
                    for (line, value) in with {
                        let question = official(options, &source.path, line, &value, category)?;
                        labelled.entry(category.to_owned()).or_default().push(question);
                    }
                    let here = |(line, value)| (source.path.clone(), line, value);
                    llava.extend(without.into_iter().map(here));
                }
                Content::Json(_) => {}
            }
        }
        if labelled.is_empty() {
            let message = "no lines with `label` were found (coco_pope_random.json)".to_owned();
            return Err(EvalError::Data { benchmark: "pope", message });
        }
        lay_over(&mut labelled, llava)?;
        Ok(labelled.into_values().flatten().collect())
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let mut scores = Scores { metrics: metrics(&pairs), ..Scores::default() };
        for category in CATEGORIES {
            let members: Vec<_> =
                pairs.iter().copied().filter(|(question, _)| is_in(question, category)).collect();
            if !members.is_empty() {
                let (tag, value) = ("category".to_owned(), category.to_owned());
                scores.groups.push(Group { tag, value, metrics: metrics(&members) });
            }
        }
        scores.samples = pairs.into_iter().map(sample).collect();
        scores
    }
}

/// Takes ids and prompts from LLaVA's question file: the k-th line of a category belongs to its k-th
/// label.
fn lay_over(
    labelled: &mut BTreeMap<String, Vec<Question>>,
    llava: Vec<(PathBuf, usize, Value)>,
) -> Result<(), EvalError> {
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for (path, line, value) in llava {
        let place = format!("line {line}");
        let category = source::need(&path, &place, &value, "category")?;
        let count = next.entry(category.clone()).or_default();
        let question = labelled.get_mut(&category).and_then(|list| list.get_mut(*count));
        let question = question.ok_or_else(|| {
            let message = format!("category `{category}` has only {count} labels");
            EvalError::form(&path, place.as_str(), message)
        })?;
        *count += 1;
        question.question_id = value["question_id"].clone();
        question.prompt = source::need(&path, &place, &value, "text")?;
    }
    Ok(())
}

fn from_row(question: &mut Question, row: &Row) {
    question.references = vec![row.get("answer").unwrap_or_default().to_lowercase()];
    question.prompt = format!("{}\n{SHORT_ANSWER}", question.text);
}

fn is_in(question: &Question, category: &str) -> bool {
    let categories = question.tags.get("category").map_or("", String::as_str);
    categories.split(',').any(|one| one.trim() == category)
}

fn category_of(path: &Path) -> &'static str {
    let name = files::plain_name(path);
    CATEGORIES.into_iter().find(|category| name.contains(category)).unwrap_or("all")
}

fn official(
    options: &LoadOptions,
    path: &Path,
    line: usize,
    value: &Value,
    category: &str,
) -> Result<Question, EvalError> {
    let place = format!("line {line}");
    let need = |field: &str| source::need(path, &place, value, field);
    let (id, text, image, label) =
        (need("question_id")?, need("text")?, need("image")?, need("label")?);
    let mut question = Question {
        id: format!("{category}/{id}"),
        question_id: value["question_id"].clone(),
        pictures: vec![source::picture(options, path, &["val2014", "."], &image)],
        picture_names: vec![image],
        prompt: format!("{text}\n{SHORT_ANSWER}"),
        text,
        references: vec![label.to_lowercase()],
        ..Question::default()
    };
    question.tags.insert("category".to_owned(), category.to_owned());
    Ok(question)
}

fn is_there(question: &Question) -> bool {
    question.references.first().is_some_and(|label| label != "no")
}

/// What an answer says in each of the three readings; a missing one says the wrong thing.
fn readings(question: &Question, answer: &Answered) -> [Option<bool>; 3] {
    if answer.is_missing {
        return [Some(!is_there(question)); 3];
    }
    let lmms = match pope::lmms_eval(&answer.text).as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let kit = match yes_no::vlmevalkit(&answer.text) {
        "Yes" => Some(true),
        "No" => Some(false),
        _ => None,
    };
    [Some(pope::official(&answer.text) == "yes"), lmms, kit]
}

fn metrics(pairs: &[(&Question, &Answered)]) -> Vec<MetricValue> {
    let mut tables = [Table::default(); 3];
    let mut right = [const { Vec::new() }; 3];
    for (question, answer) in pairs {
        for (place, said) in readings(question, answer).into_iter().enumerate() {
            tables[place].count(is_there(question), said);
            right[place].push(f64::from(u8::from(said == Some(is_there(question)))));
        }
    }
    let rates = [tables[0].official(), tables[1].lmms_eval(), tables[2].official()];
    let names = ["official", "lmms_eval", "vlmevalkit"];
    let mut out = Vec::new();
    for ((name, rates), right) in names.into_iter().zip(rates).zip(&right) {
        let Rates { accuracy: _, precision, recall, f1, yes_ratio } = rates;
        out.push(MetricValue::mean(&format!("pope_accuracy_{name}"), right));
        let n = pairs.len();
        for (metric, value) in
            [("f1", f1), ("precision", precision), ("recall", recall), ("yes_ratio", yes_ratio)]
        {
            out.push(MetricValue::share(&format!("pope_{metric}_{name}"), value, n));
        }
    }
    out
}

fn sample((question, answer): (&Question, &Answered)) -> SampleScore {
    let score = |said: Option<bool>| Some(f64::from(u8::from(said == Some(is_there(question)))));
    let [official, lmms, kit] = readings(question, answer);
    let scores = [
        ("pope_accuracy_official", score(official)),
        ("pope_accuracy_lmms_eval", score(lmms)),
        ("pope_accuracy_vlmevalkit", score(kit)),
    ];
    SampleScore::of_options(question, answer, scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    #[test]
    fn llavas_question_file_lies_over_the_labels_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let labels = "{\"question_id\": 1, \"image\": \"a.jpg\", \"text\": \"Is there a cat?\", \"label\": \"yes\"}\n{\"question_id\": 2, \"image\": \"a.jpg\", \"text\": \"Is there a dog?\", \"label\": \"no\"}\n";
        fsio::write(folder.path().join("coco_pope_random.json"), labels.as_bytes()).unwrap();
        let asked = "{\"question_id\": 70, \"image\": \"a.jpg\", \"text\": \"Is there a cat?\\nShort.\", \"category\": \"random\"}\n";
        fsio::write(folder.path().join("llava_pope_test.jsonl"), asked.as_bytes()).unwrap();
        let options =
            LoadOptions { data: vec![folder.path().to_path_buf()], ..LoadOptions::default() };
        let questions = Pope.load(&options).unwrap();
        assert_eq!(
            (questions[0].question_id_text().as_str(), questions[0].id.as_str()),
            ("70", "random/1")
        );
        let answers = [Answered::new("random/1", "Yes."), Answered::missing("random/2")];
        let scores = Pope.score(&questions, &answers);
        let metric = |name: &str| {
            scores.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
        };
        assert_eq!(metric("pope_accuracy_official"), Some(0.5));
        assert_eq!(metric("pope_accuracy_lmms_eval"), Some(0.0), "`Yes.` is not `yes`");
        assert_eq!(metric("pope_precision_official"), Some(0.5));
    }
}
