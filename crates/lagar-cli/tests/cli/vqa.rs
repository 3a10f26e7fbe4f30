//! `lagar vqa`, and `lagar eval run` with a local model, on the tiny MGM of lagar-models.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{Bench, code, error_text};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lagar-models/tests/data/mgm")
}

fn path(name: &str) -> String {
    models().join(name).display().to_string()
}

/// A question of the fixtures, with what the reference answers.
fn known(place: usize) -> Value {
    let text = std::fs::read(models().join("fixtures.json")).unwrap();
    let fixtures: Value = serde_json::from_slice(&text).unwrap();
    fixtures["runs"][place].clone()
}

/// The first question that the fixtures put to a form of the model.
fn known_of(form: &str) -> Value {
    let mut places = (0..).map(known);
    places.find(|run| run["form"] == form).unwrap()
}

fn words(run: &Value) -> String {
    run["exchanges"][0][0].as_str().unwrap().to_owned()
}

fn lines(output: &std::process::Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_answer_is_alone_on_stdout_and_its_tokens_are_in_the_json() {
    let (bench, run) = (Bench::new(), known(0));
    let (model, image, question) = (path("mgm"), path("picture_0.png"), words(&run));
    let asked = ["vqa", "--model", &model, "--image", &image, "--question", &question];
    let plain = bench.lagar(&[&asked[..], &["--max-new-tokens", "12"]].concat());
    assert_eq!(code(&plain), 0, "{}", error_text(&plain));
    let text = run["text"].as_str().unwrap();
    assert_eq!(String::from_utf8_lossy(&plain.stdout), format!("{text}\n"));
    let json = bench.lagar(&[&asked[..], &["--max-new-tokens", "12", "--json"]].concat());
    let line = &lines(&json)[0];
    assert_eq!(line["token_ids"], run["new_ids"]);
    assert_eq!(line["prompt"], run["prompt"]);
    assert_eq!(line["text"], run["text"]);
    assert!(line["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn questions_and_pictures_pair_up_or_one_serves_all() {
    let bench = Bench::new();
    let (model, first, second) = (path("mgm"), path("picture_0.png"), path("picture_1.png"));
    let (one, other) = (known(0), known(1));
    let (question, another) = (words(&one), words(&other));
    let fixed = ["vqa", "--model", &model, "--max-new-tokens", "12", "--json"];
    let pairs = ["--image", &first, "--image", &second, "--question", &question];
    let paired = bench.lagar(&[&fixed[..], &pairs, &["--question", &another]].concat());
    let paired = lines(&paired);
    assert_eq!(paired[0]["token_ids"], one["new_ids"]);
    assert_eq!(paired[1]["token_ids"], other["new_ids"]);
    let all = bench.lagar(&[&fixed[..], &pairs].concat());
    let all = lines(&all);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["token_ids"], one["new_ids"]);
    assert_eq!(all[1]["question"], question.as_str());
    let three = [&pairs[..], &["--question", "a", "--question", "b"]].concat();
    let refused = bench.lagar(&[&fixed[..], &three].concat());
    assert_eq!(code(&refused), 2);
    assert!(
        error_text(&refused).contains("2 pictures and 3 questions"),
        "{}",
        error_text(&refused)
    );
    let alone = known(2);
    let question = words(&alone);
    let text = bench.lagar(&[&fixed[..], &["--question", &question]].concat());
    assert_eq!(lines(&text)[0]["token_ids"], alone["new_ids"]);
}

#[test]
fn an_adapter_says_the_same_beside_its_base_and_worked_in() {
    let bench = Bench::new();
    let (base, adapter, image) = (path("base"), path("lora"), path("picture_0.png"));
    let adapted = known_of("lora");
    let question = words(&known(0));
    let fixed = ["vqa", "--model", &base, "--adapter", &adapter, "--image", &image, "--json"];
    let asked = [&fixed[..], &["--max-new-tokens", "12", "--question", &question]].concat();
    let beside = lines(&bench.lagar(&asked));
    let merged = lines(&bench.lagar(&[&asked[..], &["--merge"]].concat()));
    assert_eq!(beside[0]["token_ids"], merged[0]["token_ids"]);
    assert_eq!(beside[0]["token_ids"], adapted["new_ids"]);
}

#[test]
fn a_picture_that_is_none_and_a_model_that_is_none_are_told_apart() {
    let bench = Bench::new();
    let model = path("mgm");
    bench.write("no.png", "no picture");
    let bad = ["vqa", "--model", &model, "--image", "no.png", "--question", "What is it?"];
    let output = bench.lagar(&bad);
    assert_eq!(code(&output), 1);
    assert!(error_text(&output).contains("no.png"), "{}", error_text(&output));
    let base = path("base");
    let output = bench.lagar(&["vqa", "--model", &base, "--question", "What is it?"]);
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("base of an MGM"), "{}", error_text(&output));
    let output = bench.lagar(&["vqa", "--model", "nowhere/at/all", "--question", "What?"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn a_benchmark_is_put_to_a_local_model_and_costs_nothing_twice() {
    let bench = Bench::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/benchmark");
    let (model, data) = (path("mgm"), data.display().to_string());
    let asked = [
        "eval",
        "run",
        "textvqa",
        "--model",
        &model,
        "--data",
        &data,
        "--limit",
        "6",
        "--out",
        "run",
        "--max-new-tokens",
        "8",
        "--json",
    ];
    let first = bench.lagar(&asked);
    assert_eq!(code(&first), 0, "{}", error_text(&first));
    let summary: Value = serde_json::from_slice(&first.stdout).unwrap();
    let counts = &summary["benchmarks"][0];
    assert_eq!(
        (counts["benchmark"].as_str(), counts["asked"].as_u64()),
        (Some("textvqa"), Some(6))
    );
    let answers = bench.read("run/textvqa/answers.jsonl");
    assert_eq!(answers.lines().count(), 6);
    let again = bench.lagar(&asked);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["benchmarks"][0]["asked"], 0);
    assert_eq!(bench.read("run/textvqa/answers.jsonl"), answers);
}
