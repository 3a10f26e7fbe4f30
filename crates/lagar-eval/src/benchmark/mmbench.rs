//! MMBench: multiple choice in twenty abilities, circular (every rotation of the options must be
//! right) and vanilla (each row for itself).
//!
//! Three readings of an answer stand side by side: VLMEvalKit's (letter or option text inferred),
//! lmms-eval's static one, and the strictest, in which the answer must be the letter and nothing else.
//!
//! Source: Liu et al. 2023; `multiple_choice.py` of VLMEvalKit at e8e78f0; `mmbench_evals.py` of
//! lmms-eval at 75571cf; `model_vqa_mmbench.py` of LLaVA at c121f04.

use std::collections::BTreeMap;

use super::source::{self, Content};
use super::table::Row;
use super::{Benchmark, LoadOptions, PromptStyle, answered};
use crate::error::EvalError;
use crate::metric::{mcq_lmms, mcq_vlmevalkit, python};
use crate::question::{Answered, Question};
use crate::score::{Group, MetricValue, SampleScore, Scores};

/// The benchmark.
#[derive(Clone, Copy, Debug)]
pub struct MmBench;

crate::register_benchmark!(MmBench);

/// Rotation `k` of a question has its index + k × this.
const ROTATION: i64 = 1_000_000;

const READINGS: [&str; 3] = ["vlmevalkit", "lmms_static", "exact_string"];
const TAGS: [&str; 3] = ["split", "l2-category", "category"];

impl Benchmark for MmBench {
    fn name(&self) -> &'static str {
        "mmbench"
    }

    fn about(&self) -> &'static str {
        "multiple choice in twenty abilities, circular and vanilla"
    }

    fn files(&self) -> &'static str {
        "mmbench_dev_20230712.tsv, MMBench_DEV_EN.tsv, MMBench_DEV_EN_V11.tsv, …"
    }

    fn load(&self, options: &LoadOptions) -> Result<Vec<Question>, EvalError> {
        let mut questions = Vec::new();
        for source in source::read_all(options)? {
            let Content::Table(rows) = source.content else { continue };
            let found = source::from_table(options, &source.path, &rows, |question, row| {
                question.options = row.options();
                question.references = row.get("answer").map(str::to_owned).into_iter().collect();
                question.prompt = prompt(options.prompt, row, question);
            });
            questions.extend(found?);
        }
        if questions.is_empty() {
            let message = "no table (.tsv) was found".to_owned();
            return Err(EvalError::Data { benchmark: "mmbench", message });
        }
        Ok(questions)
    }

    fn score(&self, questions: &[Question], answers: &[Answered]) -> Scores {
        let pairs = answered(questions, answers);
        let hits: Vec<[bool; 3]> = pairs.iter().map(|(q, answer)| readings(q, answer)).collect();
        let mut circular: BTreeMap<i64, [bool; 3]> = BTreeMap::new();
        for ((question, _), hits) in pairs.iter().zip(&hits) {
            let whole = circular.entry(group(question)).or_insert([true; 3]);
            for place in 0..READINGS.len() {
                whole[place] &= hits[place];
            }
        }
        let mut samples = Vec::with_capacity(pairs.len());
        for ((question, answer), hits) in pairs.iter().zip(&hits) {
            let whole = is_main(question).then(|| circular[&group(question)]);
            let mut sample = SampleScore::new(question, &answer.text, BTreeMap::new());
            for (place, reading) in READINGS.iter().enumerate() {
                let score = |hit: bool| f64::from(u8::from(hit));
                sample.scores.insert(vanilla(reading), score(hits[place]));
                if let Some(whole) = whole {
                    sample.scores.insert(circled(reading), score(whole[place]));
                }
            }
            samples.push(sample);
        }
        let names: Vec<String> = READINGS
            .iter()
            .map(|r| circled(r))
            .chain(READINGS.iter().map(|r| vanilla(r)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut scores = Scores::means(samples, &names, &TAGS);
        if pairs.iter().all(|(question, _)| is_main(question)) {
            let note = "no rotations in the data: circular equals vanilla";
            annotate(&mut scores.metrics, note);
            for Group { metrics, .. } in &mut scores.groups {
                annotate(metrics, note);
            }
        }
        scores
    }
}

fn annotate(metrics: &mut [MetricValue], note: &str) {
    for metric in metrics.iter_mut().filter(|metric| metric.name.contains("circular")) {
        metric.note = Some(note.to_owned());
    }
}

fn circled(reading: &str) -> String {
    format!("mmbench_circular_{reading}")
}

fn vanilla(reading: &str) -> String {
    format!("mmbench_vanilla_{reading}")
}

fn index(question: &Question) -> i64 {
    question.id.parse().unwrap_or(0)
}

fn group(question: &Question) -> i64 {
    index(question).rem_euclid(ROTATION)
}

fn is_main(question: &Question) -> bool {
    index(question) < ROTATION
}

fn readings(question: &Question, answer: &Answered) -> [bool; 3] {
    let Some(right) = question.references.first().filter(|_| !answer.is_missing) else {
        return [false; 3];
    };
    let is_right = |letter: Option<char>| letter.is_some_and(|letter| right.chars().eq([letter]));
    let text = &answer.text;
    [
        is_right(Some(mcq_vlmevalkit::exact(text, &question.options))),
        is_right(mcq_lmms::fixed(python::strip(text), &question.options)),
        text == right,
    ]
}

fn prompt(style: PromptStyle, row: &Row, question: &Question) -> String {
    let hint = row.get("hint");
    let lines: Vec<String> =
        question.options.iter().map(|(letter, text)| format!("{letter}. {text}\n")).collect();
    let options = lines.concat();
    let text = &question.text;
    match style {
        PromptStyle::Llava => {
            let hint = hint.map(|hint| format!("{hint}\n")).unwrap_or_default();
            format!(
                "{hint}{text}\n{options}Answer with the option's letter from the given choices directly."
            )
        }
        PromptStyle::LmmsEval => {
            let hint = hint.map(|hint| format!("{hint} ")).unwrap_or_default();
            let options = options.trim_end_matches('\n');
            format!(
                "{hint}{text} There are several options:\n{options}\n\nAnswer with the option's letter from the given choices directly."
            )
        }
        PromptStyle::VlmEvalKit => {
            let hint = hint.map(|hint| format!("Hint: {hint}\n")).unwrap_or_default();
            let choice = if question.options.is_empty() {
                String::new()
            } else {
                format!(
                    "Options:\n{options}Please select the correct answer from the options above. \n"
                )
            };
            format!("{hint}Question: {text}\n{choice}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_core::fsio;

    const TABLE: &str = "index\tquestion\thint\tA\tB\tanswer\tcategory\tl2-category\tsplit\n\
        1\tWhat is it?\tLook.\tcat\tdog\tA\tanimals\tperception\tdev\n\
        1000001\tWhat is it?\tLook.\tdog\tcat\tB\tanimals\tperception\tdev\n\
        2\tHow many?\t\t1\t2\tB\tcounting\tperception\tdev\n";

    fn questions(prompt: PromptStyle) -> Vec<Question> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.tsv");
        fsio::write(&path, TABLE.as_bytes()).unwrap();
        MmBench.load(&LoadOptions { data: vec![path], prompt, ..LoadOptions::default() }).unwrap()
    }

    #[test]
    fn a_question_counts_circularly_only_if_every_rotation_is_right() {
        let questions = questions(PromptStyle::Llava);
        let answers =
            [Answered::new("1", "A"), Answered::new("1000001", "a dog"), Answered::new("2", "B.")];
        let scores = MmBench.score(&questions, &answers);
        let metric = |name: &str| {
            let metric = scores.metrics.iter().find(|metric| metric.name == name).unwrap();
            (metric.value, metric.n)
        };
        assert_eq!(metric("mmbench_circular_vlmevalkit"), (0.5, 2));
        assert_eq!(metric("mmbench_vanilla_vlmevalkit"), (2.0 / 3.0, 3));
        assert_eq!(metric("mmbench_circular_exact_string"), (0.0, 2));
        assert_eq!(metric("mmbench_vanilla_exact_string"), (1.0 / 3.0, 3));
    }

    #[test]
    fn each_community_asks_in_its_own_words() {
        let ask = |style| questions(style)[0].prompt.clone();
        let tail = "Answer with the option's letter from the given choices directly.";
        assert_eq!(ask(PromptStyle::Llava), format!("Look.\nWhat is it?\nA. cat\nB. dog\n{tail}"));
        assert_eq!(
            ask(PromptStyle::LmmsEval),
            format!("Look. What is it? There are several options:\nA. cat\nB. dog\n\n{tail}")
        );
        assert_eq!(
            ask(PromptStyle::VlmEvalKit),
            "Hint: Look.\nQuestion: What is it?\nOptions:\nA. cat\nB. dog\n\
             Please select the correct answer from the options above. \n"
        );
    }
}
