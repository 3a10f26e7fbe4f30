//! Trouble with one question costs that question; trouble with the model costs time and nothing else.

use lagar_eval::EvalError;
use serde_json::Value;

use crate::bench::{Bench, Model, QUESTIONS, Wishes};

fn model() -> Model {
    Model { name: "m", ..Model::default() }
}

fn lines(bench: &Bench, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_missing_picture_fails_its_questions_alone_and_they_count_as_wrong() {
    let bench = Bench::new();
    bench.run("sound", &model(), &Wishes::default()).unwrap();
    let kept = std::fs::read(bench.path("data/4.png")).unwrap();
    std::fs::remove_file(bench.path("data/4.png")).unwrap();
    let summary = bench.run("run", &model(), &Wishes::default()).unwrap();
    let failed = &summary.benchmarks[0].failed;
    assert_eq!(failed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["q8", "q9"]);
    assert!(failed[0].reason.contains("the picture is missing"), "{}", failed[0].reason);
    assert_eq!(lines(&bench, "run/toy/answers.jsonl").len(), QUESTIONS - 2);
    let written = lines(&bench, "run/toy/failed.jsonl");
    assert_eq!((written.len(), &written[0]["question_id"]), (2, &8.into()));
    let samples = lines(&bench, "run/toy/samples.jsonl");
    assert_eq!((samples.len(), &samples[8]["scores"]["accuracy"]), (QUESTIONS, &0.0.into()));
    let results = std::fs::read_to_string(bench.path("run/toy/results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    assert_eq!((&results["failed"], &results["metrics"][0]["n"]), (&2.into(), &QUESTIONS.into()));

    // It comes back: only its questions are asked, and the run ends like one without trouble.
    lagar_core::fsio::write(bench.path("data/4.png"), &kept).unwrap();
    let rest = model();
    bench.run("run", &rest, &Wishes::default()).unwrap();
    assert_eq!(rest.asked.lock().unwrap().len(), 2);
    assert_eq!(bench.outputs("run"), bench.outputs("sound"));
}

#[test]
fn a_question_that_the_model_cannot_answer_fails_alone_with_its_reason() {
    let bench = Bench::new();
    let shy = Model { fails_on: Some("large"), ..model() };
    let wishes = Wishes { batch: 4, ..Wishes::default() };
    let summary = bench.run("run", &shy, &wishes).unwrap();
    assert_eq!(summary.benchmarks[0].failed.len(), QUESTIONS / 2 - 1);
    assert_eq!(summary.benchmarks[0].failed[0].reason, "I cannot say `large`");
}

#[test]
fn a_model_that_is_down_ends_the_run_and_keeps_what_was_answered() {
    let bench = Bench::new();
    let limited = Wishes { limit: Some(10), ..Wishes::default() };
    bench.run("run", &model(), &limited).unwrap();
    let down = Model { is_down: true, ..model() };
    let error = bench.run("run", &down, &Wishes::default()).unwrap_err();
    assert_eq!(error.to_string(), "toy: is down");
    let rest = model();
    bench.run("run", &rest, &Wishes::default()).unwrap();
    assert_eq!(rest.asked.lock().unwrap().len(), QUESTIONS - 1 - 10);
}

#[test]
fn failures_without_end_end_the_run() {
    let bench = Bench::new();
    let shy = Model { fails_on: Some("Answer shortly"), ..model() };
    let wishes = Wishes { most_failures: Some(5), ..Wishes::default() };
    match bench.run("run", &shy, &wishes).unwrap_err() {
        EvalError::TooManyFailures { count: 5, last } => assert!(last.contains("cannot say")),
        other => panic!("{other}"),
    }
    assert_eq!(shy.asked.lock().unwrap().len(), 5);
}

#[test]
fn two_runs_at_once_in_one_folder_are_refused() {
    let bench = Bench::new();
    bench.run("run", &model(), &Wishes::default()).unwrap();
    let lock = std::fs::File::options().write(true).open(bench.path("run/.lagar/lock")).unwrap();
    lock.lock().unwrap();
    let error = bench.run("run", &model(), &Wishes::default()).unwrap_err();
    assert!(error.to_string().starts_with("another lagar is working in "), "{error}");
}
