//! MME: two questions about each picture, one to be answered with yes, one with no.
//!
//! Source: Fu et al. 2023, `MME_Benchmark_release_version` and its `eval_tool`; `llava_mme.jsonl` and
//! `model_vqa` of LLaVA at c121f04; `tasks/mme` of lmms-eval at 75571cf; `MME.tsv` of VLMEvalKit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagar_core::fsio;
use serde_json::json;

use super::source::{self, Content, SHORT_ANSWER};
use super::table::Row;
use super::{Benchmark, LoadOptions, answered};
use crate::error::EvalError;
use crate::files;
use crate::metric::{mme, yes_no};
use crate::question::{Answered, Question};
use crate::score::{Group, MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Mme;

crate::register_benchmark!(Mme);

/// What MME's own questions end in, and LLaVA's prompts replace.
const YES_OR_NO: &str = " Please answer yes or no.";

impl Benchmark for Mme {
    fn name(&self) -> &'static str {
        "mme"
    }

    fn about(&self) -> &'static str {
        "fourteen abilities, two yes-no questions for each picture"
    }

    fn files(&self) -> &'static str {
        "MME_Benchmark_release_version (a folder for each category); or MME.tsv"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let mut questions = Vec::new();
        for path in &options.data {
            if path.is_dir() {
                for category in mme::PERCEPTION.into_iter().chain(mme::COGNITION) {
                    from_folder(options, &path.join(category), category, &mut questions)?;
                }
            }
        }
        if questions.is_empty() {
            for source in source::read_all(options)? {
                let Content::Table(rows) = source.content else { continue };
                questions.extend(source::from_table(options, &source.path, &rows, from_row)?);
            }
        }
        if questions.is_empty() {
            let message = "no folder named like a category (`existence`, …) was found".to_owned();
            return Err(EvalError::Data { benchmark: "mme", message });
        }
        Ok(questions)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let samples: Vec<SampleScore> = pairs.iter().copied().map(sample).collect();
        let mut scores = Scores { samples, ..Scores::default() };
        for reading in ["lmms_eval", "vlmevalkit"] {
            let name = format!("mme_{reading}");
            let by_category = categories(&pairs, &scores.samples, &name);
            let sum = |names: &[&str]| -> (f64, usize) {
                let found = names.iter().filter_map(|category| by_category.get(*category));
                found.fold((0.0, 0), |(sum, n), (score, count)| (sum + score, n + count))
            };
            let parts =
                [("perception", sum(&mme::PERCEPTION)), ("cognition", sum(&mme::COGNITION))];
            for (part, (value, n)) in parts {
                let metric = MetricValue::points(&format!("mme_{part}_{reading}"), value, n);
                scores.metrics.push(metric);
            }
            for (category, (value, n)) in by_category {
                scores.groups.push(Group {
                    tag: "category".to_owned(),
                    value: category,
                    metrics: vec![MetricValue::points(&name, value, n)],
                });
            }
        }
        let accuracy: Vec<f64> = scores
            .samples
            .iter()
            .filter_map(|sample| sample.scores.get("mme_lmms_eval").copied())
            .collect();
        scores.metrics.push(MetricValue::mean("mme_accuracy_lmms_eval", &accuracy));
        scores
    }
}

fn from_row(question: &mut Question, row: &Row) {
    question.references = vec![row.get("answer").unwrap_or_default().to_lowercase()];
    question.prompt = prompt(&question.text);
    question.extra = json!({ "picture": row.get("image_path") });
}

fn prompt(text: &str) -> String {
    format!("{}\n{SHORT_ANSWER}", text.replace(YES_OR_NO, ""))
}

/// Text files beside their pictures, or in a folder of their own (`questions_answers_YN`, `images`).
fn from_folder(
    options: &LoadOptions,
    folder: &Path,
    category: &str,
    questions: &mut Vec<Question>,
) -> Result<(), EvalError> {
    if !folder.is_dir() {
        return Ok(());
    }
    let split = folder.join("questions_answers_YN");
    let (texts, pictures) = if split.is_dir() {
        (split, folder.join("images"))
    } else {
        (folder.into(), folder.into())
    };
    for file in fsio::list_files(&texts)? {
        if files::ending(&file) != "txt" {
            continue;
        }
        let picture = picture_of(&pictures, &file);
        let name = picture.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let id = format!("{category}/{name}");
        let lines = fsio::read_text(&file)?;
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (text, answer) = line.split_once('\t').ok_or_else(|| {
                let message = "expected a question, a tab and an answer";
                EvalError::form(&file, format!("line {}", index + 1), message)
            })?;
            let mut question = Question {
                id: format!("{id}#{}", index + 1),
                question_id: id.clone().into(),
                pictures: vec![source::picture(options, &picture, &["."], &name)],
                picture_names: vec![id.clone()],
                text: text.trim().to_owned(),
                prompt: prompt(text.trim()),
                references: vec![answer.trim().to_lowercase().replace('.', "")],
                extra: json!({ "picture": id }),
                ..Question::default()
            };
            question.tags.insert("category".to_owned(), category.to_owned());
            questions.push(question);
        }
    }
    Ok(())
}

fn picture_of(folder: &Path, text: &Path) -> PathBuf {
    let stem = text.file_stem().unwrap_or_default();
    let with = |ending: &str| folder.join(stem).with_extension(ending);
    ["jpg", "png", "jpeg"]
        .map(with)
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| with("jpg"))
}

fn sample((question, answer): (&Question, &Answered)) -> SampleScore {
    let right = question.references.first().map_or("", String::as_str);
    let score = |said: &str| Some(f64::from(u8::from(said == right)));
    let scores = [
        ("mme_lmms_eval", score(mme::parsed(&answer.text))),
        ("mme_vlmevalkit", score(&yes_no::vlmevalkit(&answer.text).to_lowercase())),
    ];
    SampleScore::of_options(question, answer, scores)
}

/// Per category its score and how many questions it has.
fn categories(
    pairs: &[(&Question, &Answered)],
    samples: &[SampleScore],
    name: &str,
) -> BTreeMap<String, (f64, usize)> {
    let mut pictures: BTreeMap<String, BTreeMap<String, Vec<bool>>> = BTreeMap::new();
    for ((question, _), sample) in pairs.iter().zip(samples) {
        let category = question.tags.get("category").cloned().unwrap_or_default();
        let picture =
            source::text(&question.extra, "picture").unwrap_or_else(|| question.question_id_text());
        let is_right = sample.scores.get(name).is_some_and(|score| *score > 0.5);
        pictures.entry(category).or_default().entry(picture).or_default().push(is_right);
    }
    pictures
        .into_iter()
        .map(|(category, pictures)| {
            let pictures: Vec<Vec<bool>> = pictures.into_values().collect();
            let n = pictures.iter().map(Vec::len).sum();
            (category, (mme::category_score(&pictures), n))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_with_both_answers_right_counts_twice() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            "Is it red? Please answer yes or no.\tYes\nIs it blue? Please answer yes or no.\tNo\n";
        fsio::write(folder.path().join("color/0001.txt"), text.as_bytes()).unwrap();
        let options =
            LoadOptions { data: vec![folder.path().to_path_buf()], ..LoadOptions::default() };
        let questions = Mme.load(&options).unwrap();
        assert_eq!(
            questions[0].prompt,
            "Is it red?\nAnswer the question using a single word or phrase."
        );
        assert_eq!(questions[1].question_id, "color/0001.jpg");
        let answers: Vec<Answered> = questions
            .iter()
            .zip(["Yes", "no"])
            .map(|(q, text)| Answered::new(q.id.as_str(), text))
            .collect();
        let scores = Mme.score(&questions, &answers);
        assert_eq!(scores.metrics[0].name, "mme_perception_lmms_eval");
        assert!((scores.metrics[0].value - 200.0).abs() < 1e-12);
    }
}
