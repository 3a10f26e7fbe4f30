//! A run that was cut off goes on, and nothing is asked twice.

use lagar_eval::EvalError;
use lagar_eval::run::Chunk;

use crate::bench::{Bench, Model, QUESTIONS, Wishes};

/// Different pairs of picture and prompt among the questions.
const DIFFERENT: usize = QUESTIONS - 1;

fn model() -> Model {
    Model { name: "m", ..Model::default() }
}

fn count(model: &Model) -> usize {
    model.asked.lock().unwrap().len()
}

#[test]
fn a_run_stopped_after_any_number_of_answers_ends_with_the_same_bytes() {
    let bench = Bench::new();
    let wishes = Wishes { perturb: vec!["blur:1", "typo"], threads: 3, ..Wishes::default() };
    bench.run("whole", &model(), &wishes).unwrap();
    let expected = bench.outputs("whole");
    assert!(expected.contains_key("toy/perturbed/blur-1/samples.parquet"), "{:?}", expected.keys());
    for moment in (1..60).step_by(7) {
        let run = format!("stopped-{moment}");
        let stopped = Model { stop_after: Some(moment), ..model() };
        match bench.run(&run, &stopped, &wishes) {
            Err(EvalError::Interrupted) => {}
            other => panic!("stopped after {moment}: {other:?}"),
        }
        let rest = model();
        bench.run(&run, &rest, &wishes).unwrap();
        assert_eq!(bench.outputs(&run), expected, "stopped after {moment}");
        let mut asked = stopped.asked.into_inner().unwrap();
        asked.extend(rest.asked.into_inner().unwrap());
        let all = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), all, "nothing is asked twice");
    }
}

#[test]
fn the_number_of_threads_and_the_batch_change_no_byte() {
    let bench = Bench::new();
    bench.run("one", &model(), &Wishes::default()).unwrap();
    for (threads, batch) in [(4, 1), (1, 5), (3, 100)] {
        let run = format!("{threads}-{batch}");
        let wishes = Wishes { threads, batch, ..Wishes::default() };
        bench.run(&run, &model(), &wishes).unwrap();
        assert_eq!(bench.outputs(&run), bench.outputs("one"), "{run}");
    }
}

#[test]
fn chunks_run_apart_and_merged_are_the_whole() {
    let bench = Bench::new();
    let wishes = Wishes { perturb: vec!["crop"], ..Wishes::default() };
    bench.run("whole", &model(), &wishes).unwrap();
    let mut asked = 0;
    for index in [2, 0, 3, 1] {
        let chunk = Some(Chunk::new(index, 4).unwrap());
        let part = model();
        let summary = bench.run("parts", &part, &Wishes { chunk, ..wishes.clone() }).unwrap();
        assert_eq!(summary.benchmarks[0].questions, QUESTIONS / 4);
        asked += count(&part);
    }
    assert_eq!(asked, DIFFERENT + QUESTIONS, "the cut of a crop is a question's own");
    let merge = model();
    bench.run("parts", &merge, &wishes).unwrap();
    assert_eq!(count(&merge), 0, "everything was answered already");
    assert_eq!(bench.outputs("parts"), bench.outputs("whole"));
    let parts = (0..4).map(|index| {
        std::fs::read(bench.path(&format!("parts/toy/chunks/4_{index}.jsonl"))).unwrap()
    });
    let whole = std::fs::read(bench.path("whole/toy/answers.jsonl")).unwrap();
    assert_eq!(parts.collect::<Vec<_>>().concat(), whole);
}

#[test]
fn no_picture_and_question_is_asked_twice() {
    let bench = Bench::new();
    let cached = Wishes { cache: true, ..Wishes::default() };
    let first = model();
    let summary = bench.run("one", &first, &cached).unwrap();
    assert_eq!((count(&first), summary.benchmarks[0].asked), (DIFFERENT, DIFFERENT));

    let second = model();
    let summary = bench.run("two", &second, &cached).unwrap();
    assert_eq!(count(&second), 0, "another run finds all answers in the cache");
    assert_eq!(summary.benchmarks[0].cached, DIFFERENT);
    assert_eq!(bench.outputs("two"), bench.outputs("one"));

    let again = model();
    bench.run("one", &again, &Wishes::default()).unwrap();
    assert_eq!(count(&again), 0, "a finished run asks nothing");

    let fresh = model();
    bench.run("one", &fresh, &Wishes { fresh: true, ..Wishes::default() }).unwrap();
    assert_eq!(count(&fresh), DIFFERENT);

    let other = Model { name: "n", ..Model::default() };
    bench.run("three", &other, &cached).unwrap();
    assert_eq!(count(&other), DIFFERENT, "answers of one model are not another's");
}

#[test]
fn two_runs_at_once_share_a_cache() {
    let bench = Bench::new();
    let wishes = Wishes { cache: true, threads: 2, ..Wishes::default() };
    std::thread::scope(|scope| {
        for run in ["a", "b", "c"] {
            let (bench, wishes) = (&bench, &wishes);
            scope.spawn(move || bench.run(run, &model(), wishes).unwrap());
        }
    });
    assert_eq!(bench.outputs("a"), bench.outputs("b"));
    let last = model();
    bench.run("d", &last, &wishes).unwrap();
    assert_eq!(count(&last), 0);
    assert_eq!(bench.outputs("d"), bench.outputs("a"));
}

#[test]
fn a_folder_of_another_model_is_left_alone() {
    let bench = Bench::new();
    bench.run("one", &model(), &Wishes::default()).unwrap();
    let before = bench.outputs("one");
    let other = Model { name: "n", ..Model::default() };
    let error = bench.run("one", &other, &Wishes::default()).unwrap_err();
    assert!(error.to_string().contains("is of another run: its model differs"), "{error}");
    assert!(error.hint().unwrap().contains("`--fresh`"));
    assert_eq!(bench.outputs("one"), before);
    bench.run("one", &other, &Wishes { fresh: true, ..Wishes::default() }).unwrap();
    assert_ne!(bench.outputs("one"), before);
}
