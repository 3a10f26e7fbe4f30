//! A run that was cut off goes on, and ends with the bytes of one that was not.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, EVERYTHING, SEED};

/// A few numbers that look random and are the same every time.
fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Kills runs at random moments until `kills` have been cut off, resuming each time; whenever one gets
/// to its end, its outputs must be those of an uninterrupted run.
fn outputs_survive_kills(process: &str, kills: usize) {
    let reference = Bench::new();
    reference.data(1500);
    reference.recipe(process, "chunk_size: 60\nnp: 2");
    let started = Instant::now();
    reference.run(&[]);
    let whole = started.elapsed();
    let expected = names_and_bytes(&reference);

    let bench = Bench::new();
    bench.data(1500);
    bench.recipe(process, "chunk_size: 60\nnp: 2");
    let (mut killed, mut finished) = (0, 0);
    let mut tries = 0_u64;
    while killed < kills || finished == 0 {
        tries += 1;
        assert!(tries < 40 * kills as u64, "{killed} kills and {finished} ends in {tries} tries");
        let mut child = bench.command(&["run", "recipe.yaml", "-q"]).spawn().unwrap();
        let moment = mixed(tries) % (whole.as_micros() as u64 + 1);
        std::thread::sleep(Duration::from_micros(moment));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            finished += 1;
            same(&names_and_bytes(&bench), &expected, killed);
            std::fs::remove_dir_all(bench.path("out")).unwrap();
        } else {
            killed += 1;
        }
    }
    bench.run(&[]);
    same(&names_and_bytes(&bench), &expected, killed);
}

fn same(files: &[(String, Vec<u8>)], expected: &[(String, Vec<u8>)], killed: usize) {
    let names = |files: &[(String, Vec<u8>)]| {
        files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(files), names(expected), "after {killed} kills");
    for ((name, bytes), (_, expected)) in files.iter().zip(expected) {
        assert!(bytes == expected, "{name} differs after {killed} kills");
    }
}

/// Outputs with the bench's own folder taken out of paths.
fn names_and_bytes(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let folder = bench.path("").to_string_lossy().into_owned();
    let cut = |bytes: Vec<u8>| match String::from_utf8(bytes) {
        Ok(text) => text.replace(&folder, "").into_bytes(),
        Err(binary) => binary.into_bytes(),
    };
    let outputs = bench.outputs().into_iter();
    // The ledger names the data file, whose folder differs; its rows are compared below as JSON.
    let texts = outputs.filter(|(name, _)| !name.ends_with(".parquet"));
    let mut files: Vec<_> = texts.map(|(name, bytes)| (name, cut(bytes))).collect();
    let ledger = (0..1500).step_by(97).map(|row| {
        let answer = bench.lagar(&["why", &format!("row:{row}"), "out/kept.run", "--json"]);
        cut(answer.stdout)
    });
    files.push(("ledger".to_owned(), ledger.collect::<Vec<_>>().concat()));
    files
}

#[test]
fn the_seed_recipe_killed_at_thirty_moments_gives_the_same_bytes() {
    outputs_survive_kills(SEED, 30);
}

#[test]
fn global_operators_killed_at_thirty_moments_give_the_same_bytes() {
    outputs_survive_kills(EVERYTHING, 30);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let bench = Bench::new();
    bench.data(1000);
    bench.recipe(EVERYTHING, "chunk_size: 70");
    bench.run(&["--set", "np=1"]);
    let one = bench.outputs();
    for threads in ["np=2", "np=5"] {
        bench.run(&["--fresh", "--set", threads]);
        assert_eq!(bench.outputs(), one, "{threads}");
    }
}

fn seconds(report: &Value) -> Vec<bool> {
    let operators = report["operators"].as_array().unwrap().iter();
    operators.map(|operator| operator["secs"].as_f64().unwrap() > 0.0).collect()
}

#[test]
fn a_second_run_measures_nothing_again() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "");
    let first = bench.run(&[]);
    assert_eq!(seconds(&first), [true; 5]);
    let outputs = bench.outputs();
    let second = bench.run(&[]);
    assert_eq!(seconds(&second), [false; 5]);
    assert_eq!(second["reused_chunks"], second["chunks"]);
    assert_eq!(bench.outputs(), outputs);
    let fresh = bench.run(&["--fresh"]);
    assert_eq!(seconds(&fresh), [true; 5]);
    assert_eq!(bench.outputs(), outputs);
}

#[test]
fn a_changed_parameter_measures_again_only_from_its_operator_on() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "");
    bench.run(&[]);
    let changed = bench.run(&["--set", "process.image_shape_filter.min_width=300"]);
    // The threshold needs no new sizes, but other rows reach what follows.
    assert_eq!(seconds(&changed), [false, false, false, true, true]);
    let changed = bench.run(&["--set", "process.character_repetition_filter.rep_len=6"]);
    assert_eq!(seconds(&changed), [false, false, false, true, true]);
}

#[test]
fn two_runs_at_once_in_one_folder_are_refused() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe(SEED, "");
    bench.run(&[]);
    let lock = std::fs::File::options().write(true).open(bench.path("out/kept.run/.lagar/lock"));
    let lock = lock.unwrap();
    lock.lock().unwrap();
    let refused = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(crate::bench::error_text(&refused).contains("another lagar is working"));
}

#[test]
fn more_data_behind_what_was_done_reuses_what_was_done() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "chunk_size: 100");
    bench.run(&[]);
    let more = bench.read("data.jsonl") + &bench.read("data.jsonl").replace("\"r0", "\"s0");
    bench.write("data.jsonl", more);
    let grown = bench.run(&[]);
    assert_eq!(grown["rows"], 600);
    assert_eq!(grown["reused_chunks"], 3);
}
