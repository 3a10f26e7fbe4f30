//! `lagar adapter`, with the adapters that lagar-models is tested with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{Bench, code, error_text};

fn adapter(name: &str) -> String {
    let data: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../lagar-models/tests/data/adapters");
    data.join(name).display().to_string()
}

#[test]
fn a_sound_adapter_passes_and_finds_its_base_beside_it() {
    let bench = Bench::new();
    let output = bench.lagar(&["adapter", "check", &adapter("dora"), "--json"]);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["ok"], true);
    assert_eq!((&found["modules"], &found["matched"]), (&6.into(), &6.into()));
    assert!(found["base"].as_str().unwrap().ends_with("llama"));
    let share = found["trainable_share"].as_f64().unwrap();
    let parameters = found["parameters"].as_f64().unwrap();
    let all = parameters + found["base_parameters"].as_f64().unwrap();
    assert!((share - parameters / all).abs() < 1e-12);
}

#[test]
fn an_adapter_of_another_base_fails_and_says_why() {
    let bench = Bench::new();
    let (adapter, base) = (adapter("plain"), adapter("gpt2"));
    let output = bench.lagar(&["adapter", "check", &adapter, "--base", &base]);
    assert_eq!(code(&output), 1);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("error: none of its 14 modules is in the base"), "{told}");
    assert!(told.ends_with("1 finding speaks against it\n"), "{told}");

    let out = bench.path("merged").display().to_string();
    let output = bench.lagar(&["adapter", "merge", &adapter, "--base", &base, "--out", &out]);
    assert_eq!(code(&output), 1);
    assert!(error_text(&output).contains("lagar adapter check"), "{}", error_text(&output));
    assert!(!bench.path("merged").exists());
}

#[test]
fn a_damaged_adapter_is_a_finding_and_a_missing_one_an_error() {
    let bench = Bench::new();
    let config = fs::read(Path::new(&adapter("plain")).join("adapter_config.json")).unwrap();
    bench.write("cut/adapter_config.json", config);
    let weights = fs::read(Path::new(&adapter("plain")).join("adapter_model.safetensors")).unwrap();
    bench.write("cut/adapter_model.safetensors", &weights[..weights.len() / 2]);
    let cut = bench.path("cut").display().to_string();
    let output = bench.lagar(&["adapter", "check", &cut, "--json"]);
    assert_eq!(code(&output), 1);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = found["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("adapter_model.safetensors"), "{message}");
    for command in ["check", "info"] {
        let output = bench.lagar(&["adapter", command, "nowhere"]);
        assert_eq!(code(&output), 3, "{}", error_text(&output));
        assert!(error_text(&output).contains("nowhere"));
    }
}

#[test]
fn a_merge_reports_what_rounding_costs_and_writes_nothing_over() {
    let bench = Bench::new();
    let out = bench.path("merged").display().to_string();
    let adapter = adapter("rslora");
    let arguments = ["adapter", "merge", &adapter, "--out", &out, "--dtype", "bf16", "--json"];
    let output = bench.lagar(&arguments);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["modules"].as_array().unwrap().len(), 12);
    let share = report["rounding"]["share_of_update"].as_f64().unwrap();
    assert!(share > 0.0 && share < 0.2, "{report}");
    assert!(bench.path("merged/config.json").is_file());
    let output = bench.lagar(&arguments);
    assert_eq!(code(&output), 3, "{}", error_text(&output));
    assert!(error_text(&output).contains("merged"), "{}", error_text(&output));
}

#[test]
fn info_says_what_is_in_an_adapter() {
    let bench = Bench::new();
    let output = bench.lagar(&["adapter", "info", &adapter("biases")]);
    assert_eq!(code(&output), 0);
    let told = String::from_utf8(output.stdout).unwrap();
    for part in ["LoRA of rank 2, alpha 3", "lm_head.weight", "model.layers.*.mlp.up_proj", "1.5"] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}
