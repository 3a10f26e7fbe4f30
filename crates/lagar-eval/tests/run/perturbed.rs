//! The same questions under disturbances.

use serde_json::Value;

use crate::bench::{Bench, Model, QUESTIONS, Wishes};

fn model() -> Model {
    Model { name: "m", ..Model::default() }
}

#[test]
fn every_disturbance_has_a_folder_of_its_own_and_a_line_of_what_it_costs() {
    let bench = Bench::new();
    let perturb = vec!["jpeg", "blur", "crop", "typo", "ocr-drop"];
    let summary = bench.run("run", &model(), &Wishes { perturb, ..Wishes::default() }).unwrap();
    let drops = &summary.benchmarks[0].drops;
    let names: Vec<&str> = drops.iter().map(|drop| drop.perturbation.as_str()).collect();
    assert_eq!(names, ["jpeg:20", "blur:2", "crop:80", "typo:20", "ocr-drop:50"]);
    for drop in drops {
        assert_eq!((drop.n, drop.metric.as_str()), (QUESTIONS, "accuracy"));
        assert!((drop.plain - drop.disturbed - drop.drop).abs() < 1e-12);
        assert!(drop.standard_error.is_some());
    }
    for drop in &drops[..4] {
        assert_eq!(drop.changed, QUESTIONS, "{}", drop.perturbation);
    }
    let outputs = bench.outputs("run");
    let read = |name: &str| -> Value { serde_json::from_slice(&outputs[name]).unwrap() };
    assert_eq!(read("toy/robustness.json").as_array().unwrap().len(), 5);
    let results = read("toy/perturbed/ocr-drop-50/results.json");
    assert_eq!(results["settings"]["perturbation"], "ocr-drop:50");
    let answers = &outputs["toy/perturbed/typo-20/answers.jsonl"];
    let first: Value =
        serde_json::from_slice(answers.split(|b| *b == b'\n').next().unwrap()).unwrap();
    let prompt = first["prompt"].as_str().unwrap();
    assert!(!prompt.starts_with("what colour is the square?"), "{prompt}");
    assert!(prompt.ends_with("\nReference OCR token: red, blue\nAnswer shortly."), "{prompt}");
}

#[test]
fn a_question_that_a_disturbance_leaves_as_it_is_is_not_asked_again() {
    let bench = Bench::new();
    bench.run("run", &model(), &Wishes::default()).unwrap();
    let again = model();
    let perturb = vec!["ocr-drop:1"];
    let summary = bench.run("run", &again, &Wishes { perturb, ..Wishes::default() }).unwrap();
    let drop = &summary.benchmarks[0].drops[0];
    assert!(drop.changed < QUESTIONS / 2, "{drop:?}");
    assert!(again.asked.lock().unwrap().len() <= drop.changed);
}

#[test]
fn accuracy_is_told_by_how_frequent_the_answers_are() {
    let bench = Bench::new();
    let summary = bench.run("run", &model(), &Wishes::default()).unwrap();
    let groups = &summary.benchmarks[0].long_tail;
    assert_eq!(groups.iter().map(|group| group.metric.n).sum::<usize>(), QUESTIONS);
    assert_eq!(groups[0].frequency, "4-10");
    assert!(bench.outputs("run").contains_key("toy/long_tail.json"));
}
