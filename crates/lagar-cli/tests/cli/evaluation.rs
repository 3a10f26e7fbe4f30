//! Scoring files of answers: what is printed, what is written, and what is never dropped silently.

use serde_json::Value;

use crate::bench::{Bench, code, error_text};

const QUESTIONS: &str = r#"{"data": [
    {"question_id": 1, "image_id": "a", "question": "What brand?",
     "answers": ["nike","nike","nike","nike","nike","nike","nike","nike","nike","Nike"]},
    {"question_id": 2, "image_id": "a", "question": "How many?",
     "answers": ["3","3","3","3","3","3","3","3","3","three"]}]}"#;

const FIRST: &str = "{\"question_id\": \"a\", \"prompt\": \"what brand?\\nAnswer the question using a single word or phrase.\", \"text\": \"Nike.\"}\n";
const SECOND: &str = "{\"question_id\": \"a\", \"prompt\": \"how many?\\nAnswer the question using a single word or phrase.\", \"text\": \"3.\"}\n";

const SCORE: [&str; 7] =
    ["eval", "score", "textvqa", "--data", "val.json", "--predictions", "answers.jsonl"];

fn prepared(answers: &str) -> Bench {
    let bench = Bench::new();
    bench.write("val.json", QUESTIONS);
    bench.write("answers.jsonl", answers);
    bench
}

#[test]
fn a_file_of_answers_is_scored_as_each_community_does() {
    let bench = prepared(&format!("{FIRST}{SECOND}"));
    let output = bench.lagar(&[&SCORE[..], &["--json", "--out", "run"]].concat());
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = |name: &str| {
        let metrics = results["metrics"].as_array().unwrap();
        metrics.iter().find(|metric| metric["name"] == name).unwrap()["value"].as_f64().unwrap()
    };
    assert!((value("textvqa_llava") - 1.0).abs() < 1e-9);
    assert!((value("textvqa_vlmevalkit") - 0.5).abs() < 1e-9, "`3.` stays `3.` there");
    for file in
        ["run.json", "textvqa/answers.jsonl", "textvqa/samples.jsonl", "textvqa/results.json"]
    {
        assert!(bench.path("run").join(file).is_file(), "{file}");
    }
    assert!(bench.path("run/textvqa/samples.parquet").is_file());
}

#[test]
fn a_question_without_an_answer_stops_the_scoring_unless_told_otherwise() {
    let bench = prepared(FIRST);
    let output = bench.lagar(&SCORE);
    assert_eq!(code(&output), 1);
    let text = error_text(&output);
    assert!(text.contains("1 question(s) without an answer: 2"), "{text}");
    assert!(text.contains("--missing wrong"), "{text}");
    let value = |missing: &str| {
        let output = bench.lagar(&[&SCORE[..], &["--json", "--missing", missing]].concat());
        let results: Value = serde_json::from_slice(&output.stdout).unwrap();
        results["metrics"][0]["value"].as_f64().unwrap()
    };
    assert!((value("wrong") - 0.5).abs() < 1e-9);
    assert!((value("skip") - 1.0).abs() < 1e-9);
}

#[test]
fn an_answer_without_a_question_is_named() {
    let stray = "{\"question_id\": \"zebra\", \"text\": \"x\"}\n";
    let bench = prepared(&format!("{FIRST}{SECOND}{stray}"));
    let output = bench.lagar(&SCORE);
    assert_eq!(code(&output), 0);
    let text = error_text(&output);
    assert!(text.contains("1 answer(s) without a question: line 3 (id zebra)"), "{text}");
}

#[test]
fn free_cases_get_every_metric() {
    let bench = Bench::new();
    let cases = r#"[{"id": "x", "prediction": "B", "references": ["b"], "choices": {"A": "cat", "B": "dog"}, "answer": "B"}]"#;
    bench.write("cases.json", cases);
    let output = bench.lagar(&["eval", "metrics", "cases.json"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["cases"][0]["mcq_vlmevalkit"], "B");
    assert_eq!(printed["corpus"]["n"], 1);
    assert!(printed["corpus"]["coco_ptb"]["ROUGE_L"].is_number());
}

#[test]
fn a_misspelt_benchmark_is_answered_with_a_suggestion() {
    let bench = prepared(FIRST);
    let output =
        bench.lagar(&["eval", "score", "textvq", "--data", ".", "--predictions", "answers.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("did you mean `textvqa`?"));
}
