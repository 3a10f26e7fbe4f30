//! What `lagar doctor` says, and what lowering the kernels does.

use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, code, error_text};

fn findings(bench: &Bench) -> Value {
    let output = bench.lagar(&["doctor", "--json"]);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_machine_is_described_for_people_and_for_scripts() {
    let bench = Bench::new();
    let found = findings(&bench);
    assert!(found["cpu"]["processors"].as_u64().unwrap() >= 1);
    assert!(found["memory"]["total_bytes"].as_u64() > found["memory"]["available_bytes"].as_u64());
    let levels = found["cpu"]["available_levels"].as_array().unwrap();
    assert_eq!(levels[0], "portable");
    assert_eq!(levels.last(), Some(&found["cpu"]["level"]));
    let told = bench.lagar(&["doctor"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains(found["cpu"]["level"].as_str().unwrap()), "{told}");
    assert!(told.contains("memory"), "{told}");
}

#[test]
fn models_of_the_cache_are_listed_by_name() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("hub/models--owner--name")).unwrap();
    std::fs::create_dir_all(bench.path("hub/datasets--owner--other")).unwrap();
    let output = bench
        .command(&["doctor", "--json"])
        .env("HF_HUB_CACHE", bench.path("hub"))
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["hub"]["models"], serde_json::json!(["owner/name"]));
}

#[test]
fn the_bundled_captioner_says_the_same_at_every_level_of_this_machine_and_in_every_format() {
    let bench = Bench::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let model = examples.join("captioner").display().to_string();
    let picture = examples.join("sample/images/000/000000001.jpg").display().to_string();
    let found = findings(&bench);
    let mut captions = Vec::new();
    for dtype in ["f32", "bf16", "int8"] {
        for level in found["cpu"]["available_levels"].as_array().unwrap() {
            let arguments = ["caption", "--model", &model, "--dtype", dtype, &picture];
            let mut command = bench.command(&arguments);
            let output = command.env("LAGAR_KERNELS", level.as_str().unwrap()).output().unwrap();
            assert_eq!(code(&output), 0, "{}", error_text(&output));
            captions.push((dtype, level.clone(), String::from_utf8(output.stdout).unwrap()));
        }
    }
    let (_, _, first) = captions[0].clone();
    assert!(first.trim().len() > 3, "{first}");
    for (dtype, level, caption) in captions {
        assert_eq!(caption, first, "{dtype} {level}");
    }
}

#[test]
fn a_level_that_is_not_there_is_a_mistake_on_the_command_line() {
    let bench = Bench::new();
    let output = bench.command(&["ops", "list"]).env("LAGAR_KERNELS", "sse9").output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("LAGAR_KERNELS"), "{}", error_text(&output));
}
