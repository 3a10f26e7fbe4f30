//! TextVQA: questions about text in pictures, ten annotators each.
//!
//! LLaVA's question file puts the *picture's* id into `question_id` and, if it has them, OCR tokens into
//! the prompt; its answers are therefore joined on (picture, lower-cased question). Numbers of papers
//! are mostly with OCR tokens; every result says which.
//!
//! Source: `eval_textvqa.py` of LLaVA at c121f04; `tasks/textvqa` of lmms-eval at 75571cf;
//! `ImageVQADataset` of VLMEvalKit at e8e78f0; Singh et al. 2019.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Value, json};

use super::source::{self, Content, SHORT_ANSWER, Source};
use super::table::list;
use super::{Benchmark, LoadOptions, OcrTokens, PromptStyle, answered};
use crate::error::EvalError;
use crate::metric::{evalai, vqa};
use crate::predictions::question_of_prompt;
use crate::question::{Answered, Question};
use crate::score::{SampleScore, Scores};

const OCR: &str = "Reference OCR token: ";

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct TextVqa;

crate::register_benchmark!(TextVqa);

impl Benchmark for TextVqa {
    fn name(&self) -> &'static str {
        "textvqa"
    }

    fn about(&self) -> &'static str {
        "text in pictures, ten annotators each"
    }

    fn files(&self) -> &'static str {
        "TextVQA_0.5.1_val.json, with it llava_textvqa_val_v051_ocr.jsonl or \
         TextVQA_Rosetta_OCR_v0.2_val.json; or TextVQA_VAL.tsv"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let sources = source::read_all(options)?;
        for source in &sources {
            if let Content::Table(rows) = &source.content {
                return source::from_table(options, &source.path, rows, |question, row| {
                    question.references = row.get("answer").map(list).unwrap_or_default();
                    question.prompt = prompt(options, &question.text, &[]);
                    *question = finished(std::mem::take(question));
                });
            }
        }
        let ocr = ocr_tokens(&sources);
        let annotations = sources.iter().find_map(|source| match &source.content {
            Content::Json(value) if has_questions(value) => Some((source, value)),
            _ => None,
        });
        let Some((annotation_source, value)) = annotations else {
            let message = "no file with `{\"data\": [{\"question\", …}]}` (TextVQA_0.5.1_val.json)";
            return Err(EvalError::Data { benchmark: "textvqa", message: message.to_owned() });
        };
        let mut questions = Vec::new();
        for (index, item) in value["data"].as_array().into_iter().flatten().enumerate() {
            questions.push(official(options, annotation_source, index, item, &ocr)?);
        }
        for source in &sources {
            if let Content::Lines(lines) = &source.content {
                return joined(options, &source.path, lines, questions);
            }
        }
        if options.ocr == OcrTokens::With
            && let Some(question) = questions.iter().find(|question| !question.prompt.contains(OCR))
        {
            return Err(no_tokens(&question.id));
        }
        Ok(questions)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let samples = answered(questions, answers)
            .into_iter()
            .map(|(question, answer)| {
                let (text, references) = (answer.text.as_str(), question.references.as_slice());
                let scores = [
                    ("textvqa_llava", evalai::llava(text, references)),
                    ("textvqa_lmms_eval", evalai::lmms_eval(text, references)),
                    ("textvqa_vlmevalkit", vqa::vlmevalkit(text, references)),
                    ("vqa_official", vqa::official(text, references)),
                ];
                SampleScore::of_options(question, answer, scores)
            })
            .collect();
        let names = ["textvqa_llava", "textvqa_lmms_eval", "textvqa_vlmevalkit", "vqa_official"];
        Scores::means(samples, &names, &["ocr_tokens", "question_type"])
    }

    fn answer_keys(&self, question: &Question) -> Vec<String> {
        let image = source::text(&question.extra, "image_id");
        let mut keys = vec![question.question_id_text(), question.id.clone()];
        keys.extend(image);
        keys
    }
}

fn has_questions(value: &Value) -> bool {
    value["data"]
        .as_array()
        .and_then(|items| items.first())
        .is_some_and(|item| item.get("question").is_some())
}

fn no_tokens(id: &str) -> EvalError {
    EvalError::Data {
        benchmark: "textvqa",
        message: format!("question {id} has no OCR tokens, but they were asked for"),
    }
}

/// OCR tokens by picture, from a file that has nothing else (Rosetta's).
fn ocr_tokens(sources: &[Source]) -> HashMap<String, Vec<String>> {
    let mut tokens = HashMap::new();
    for source in sources {
        if let Content::Json(value) = &source.content
            && !has_questions(value)
        {
            for item in value["data"].as_array().into_iter().flatten() {
                if let Some(image) = source::text(item, "image_id") {
                    tokens.insert(image, source::texts(item.get("ocr_tokens"), ""));
                }
            }
        }
    }
    tokens
}

fn official(
    options: &LoadOptions,
    source: &Source,
    index: usize,
    item: &Value,
    ocr: &HashMap<String, Vec<String>>,
) -> Result<Question, EvalError> {
    let place = format!("data[{index}]");
    let need = |field: &str| source::need(&source.path, &place, item, field);
    let (image, text, id) = (need("image_id")?, need("question")?, need("question_id")?);
    let mut tokens = source::texts(item.get("ocr_tokens"), "");
    if tokens.is_empty() {
        tokens = ocr.get(&image).cloned().unwrap_or_default();
    }
    let name = format!("{image}.jpg");
    let folders = ["train_images", "train_val_images/train_images", "images", "."];
    let picture = source::picture(options, &source.path, &folders, &name);
    Ok(finished(Question {
        prompt: prompt(options, &text, &tokens),
        id,
        question_id: item["question_id"].clone(),
        pictures: vec![picture],
        picture_names: vec![name],
        text,
        references: source::texts(item.get("answers"), "answer"),
        extra: json!({ "image_id": image }),
        ..Question::default()
    }))
}

fn finished(mut question: Question) -> Question {
    let with = if question.prompt.contains(OCR) { "with" } else { "without" };
    question.tags.insert("ocr_tokens".to_owned(), with.to_owned());
    question.tags.insert("question_type".to_owned(), source::opening(&question.text));
    question
}

/// The question in a template. LLaVA's has OCR tokens where there are any, the others only on demand.
fn prompt(options: &LoadOptions, question: &str, tokens: &[String]) -> String {
    let wanted = match options.ocr {
        OcrTokens::With => true,
        OcrTokens::Without => false,
        OcrTokens::AsGiven => options.prompt == PromptStyle::Llava,
    };
    let ocr = if wanted && !tokens.is_empty() {
        format!("\n{OCR}{}", tokens.join(", "))
    } else {
        String::new()
    };
    let question = match options.prompt {
        PromptStyle::LmmsEval => capitalized(question),
        PromptStyle::Llava | PromptStyle::VlmEvalKit => question.to_owned(),
    };
    format!("{question}{ocr}\n{SHORT_ANSWER}")
}

/// `str.capitalize()`: the first letter large, all others small.
fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().collect::<String>() + &chars.as_str().to_lowercase()
}

/// LLaVA's question file over the official one: its order, its ids, and its prompts if asked for.
fn joined(
    options: &LoadOptions,
    path: &Path,
    lines: &[(usize, Value)],
    questions: Vec<Question>,
) -> Result<Vec<Question>, EvalError> {
    let key = |image: &str, question: &str| (image.to_owned(), question.to_lowercase());
    let mut by_key: BTreeMap<(String, String), Question> = questions
        .into_iter()
        .map(|question| {
            let image = source::text(&question.extra, "image_id").unwrap_or_default();
            (key(&image, &question.text), question)
        })
        .collect();
    let mut out = Vec::with_capacity(lines.len());
    for (line, value) in lines {
        let place = format!("line {line}");
        let image = source::need(path, &place, value, "question_id")?;
        let asked = source::need(path, &place, value, "text")?;
        let bare = question_of_prompt(&asked);
        let mut question = by_key.remove(&key(&image, bare)).ok_or_else(|| {
            let message = format!("picture {image} has no question `{bare}` in the annotations");
            EvalError::form(path, place.as_str(), message)
        })?;
        let has_tokens = asked.contains(OCR);
        match (options.prompt, options.ocr) {
            (PromptStyle::Llava, OcrTokens::With) if !has_tokens => {
                return Err(no_tokens(&question.id));
            }
            (PromptStyle::Llava, OcrTokens::AsGiven | OcrTokens::With) => question.prompt = asked,
            _ => {}
        }
        if let Some(name) = source::text(value, "image") {
            let folders = ["train_images", "images", "."];
            question.pictures = vec![source::picture(options, path, &folders, &name)];
            question.picture_names = vec![name];
        }
        question.question_id = value["question_id"].clone();
        out.push(finished(question));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    const VAL: &str = r#"{"data": [
        {"question_id": 7, "image_id": "a1", "question": "What Brand is it?",
         "answers": ["nike","nike","nike","nike","Nike","nike","nike","nike","nike","the nike"]},
        {"question_id": 8, "image_id": "a1", "question": "how many?",
         "answers": ["3","3","three","3","3","3","3","3","3","3"]}]}"#;

    fn load(files: &[(&str, &str)], options: LoadOptions) -> Vec<Question> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fsio::write(folder.path().join(name), text.as_bytes()).unwrap();
        }
        let data = vec![folder.path().to_path_buf()];
        TextVqa.load(&LoadOptions { data, ..options }).unwrap()
    }

    #[test]
    fn two_questions_about_one_picture_are_told_apart_by_their_words() {
        let llava = concat!(
            r#"{"question_id": "a1", "image": "a1.jpg", "text": "how many?\nReference OCR token: 3, X\nAnswer the question using a single word or phrase."}"#,
            "\n",
            r#"{"question_id": "a1", "image": "a1.jpg", "text": "what brand is it?\nReference OCR token: N\nAnswer the question using a single word or phrase."}"#,
            "\n",
        );
        let questions = load(&[("v.json", VAL), ("q.jsonl", llava)], LoadOptions::default());
        let ids: Vec<&str> = questions.iter().map(|question| question.id.as_str()).collect();
        assert_eq!(ids, ["8", "7"]);
        assert_eq!(questions[0].question_id, "a1");
        assert_eq!(questions[0].tags["ocr_tokens"], "with");
        assert!(questions[1].prompt.contains("Reference OCR token: N"));
    }

    #[test]
    fn each_community_asks_in_its_own_words() {
        let style = |prompt| LoadOptions { prompt, ..LoadOptions::default() };
        let ask = |prompt| load(&[("v.json", VAL)], style(prompt))[0].prompt.clone();
        let tail = "\nAnswer the question using a single word or phrase.";
        assert_eq!(ask(PromptStyle::Llava), format!("What Brand is it?{tail}"));
        assert_eq!(ask(PromptStyle::LmmsEval), format!("What brand is it?{tail}"));
        assert_eq!(ask(PromptStyle::VlmEvalKit), format!("What Brand is it?{tail}"));
    }

    #[test]
    fn one_answer_gets_the_scores_of_all_communities() {
        let questions = load(&[("v.json", VAL)], LoadOptions::default());
        let scores = TextVqa.score(&questions, &[Answered::new("8", "3.")]);
        let score = |name: &str| scores.samples[0].scores[name];
        assert!((score("textvqa_llava") - 1.0).abs() < 1e-12);
        assert!(score("textvqa_vlmevalkit").abs() < 1e-12);
        assert_eq!(scores.metrics[0].name, "textvqa_llava");
    }
}
