//! `lagar explore`: from a data set to a recipe that keeps what was foretold.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{Bench, code, error_text};

/// A profile, printed as JSON.
fn profile(bench: &Bench, arguments: &[&str]) -> Value {
    let output = bench.lagar(&[&["explore", "data.jsonl", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", error_text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn the_suggested_recipe_keeps_what_was_foretold() {
    let bench = Bench::new();
    bench.data(600);
    let found = profile(&bench, &["--out", "seen", "--no-report", "--recipe", "recipe.yaml"]);
    assert_eq!(found["schema"], "lagar-profile/1");
    let suggestion = &found["suggestion"];
    assert_eq!(suggestion["exact"], true);
    let report = bench.run(&[]);
    assert_eq!(report["kept"], suggestion["kept"]);
    assert!(suggestion["kept"].as_u64().unwrap() < 600);
    for (ran, step) in
        report["operators"].as_array().unwrap().iter().zip(suggestion["steps"].as_array().unwrap())
    {
        assert_eq!((&ran["name"], &ran["kept"]), (&step["operator"], &step["kept"]));
    }
    let recipe = bench.read("recipe.yaml");
    assert!(recipe.contains("# short_texts") || recipe.contains("# duplicate_texts"), "{recipe}");
    let written: Value = serde_json::from_str(&bench.read("seen/analysis_results.json")).unwrap();
    assert_eq!(written, found);
    assert!(bench.read("seen/overall.csv").starts_with(",num_words,text_len,"));
}

#[test]
fn a_recipe_that_is_there_is_not_replaced_unasked() {
    let bench = Bench::new();
    bench.data(20);
    bench.write("mine.yaml", "# my own\n");
    let output = bench.lagar(&["explore", "data.jsonl", "--recipe", "mine.yaml"]);
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("--fresh"));
    assert_eq!(bench.read("mine.yaml"), "# my own\n");
    let output = bench.lagar(&["explore", "data.jsonl", "--recipe", "mine.yaml", "--fresh"]);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    assert!(bench.read("mine.yaml").starts_with("# Suggested by lagar"));
}

#[test]
fn a_clip_model_and_a_tokenizer_add_their_numbers() {
    let bench = Bench::new();
    bench.data(12);
    let clip = folder("lagar-models/tests/data/vision/clip").display().to_string();
    let tokenizer = folder("../examples/captioner").display().to_string();
    let found = profile(&bench, &["--clip", &clip, "--tokenizer", &tokenizer]);
    let scores = &found["pairs"]["distributions"]["image_text_similarity"];
    assert_eq!(scores["count"], 12);
    assert!(found["dataset"]["clip"].is_string());
    assert!(found["text"]["tokens"]["mean"].as_f64().unwrap() > 3.0);
    assert!(profile(&bench, &[])["text"].get("tokens").is_none());
}

#[test]
fn what_is_not_there_is_named_with_the_right_code() {
    let bench = Bench::new();
    bench.data(5);
    bench.write("rows.docx", "");
    assert_eq!(code(&bench.lagar(&["explore", "nowhere.jsonl"])), 3);
    assert_eq!(code(&bench.lagar(&["explore", "rows.docx"])), 2);
    let output = bench.lagar(&["explore", "data.jsonl", "--clip", "nowhere"]);
    assert_eq!(code(&output), 2);
    let output = bench.lagar(&["explore", "data.jsonl", "--tokenizer", "nowhere.json"]);
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("nowhere.json"));
    assert_eq!(code(&bench.lagar(&["explore", "data.jsonl", "--sample", "0"])), 2);
}
