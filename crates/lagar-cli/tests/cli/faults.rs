//! Bad input costs one row each, with a reason; never a batch, never silently.

use serde_json::Value;

use crate::bench::{Bench, SEED, code, error_text};

#[test]
fn one_truncated_and_one_missing_picture_among_two_thousand_cost_one_row_each() {
    let bench = Bench::new();
    bench.data(2000);
    let whole = bench.jpeg("images/cut.jpg", 336, 252);
    bench.write("images/cut.jpg", &whole[..whole.len() / 2]);
    let data = bench.read("data.jsonl");
    let wide_open = "\n  - image_shape_filter: {}\n";
    let mut lines: Vec<String> = data.lines().map(str::to_owned).collect();
    lines[700] = lines[700].replace("images/b.jpg", "images/cut.jpg");
    lines[1234] = lines[1234].replace("images/b.jpg", "images/nowhere.jpg");
    assert!(lines[700].contains("cut.jpg") && lines[1234].contains("nowhere.jpg"));
    bench.write("data.jsonl", lines.join("\n"));
    bench.recipe(wide_open, "");
    let report = bench.run(&[]);
    assert_eq!(report["rows"], 2000);
    assert_eq!(report["kept"], 1998);
    assert_eq!(report["quarantined"], 2);
    let aside = bench.rows("out/kept.run/quarantine.jsonl");
    let named: Vec<_> = aside.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(named, ["r000700", "r001234"]);
    assert!(aside[0]["error"].as_str().unwrap().contains("cut.jpg"), "{}", aside[0]);
    let why = bench.lagar(&["why", "r001234", "out/kept.run"]);
    let sentence = String::from_utf8(why.stdout).unwrap();
    assert!(sentence.contains("put aside by image_shape_filter"), "{sentence}");
    assert!(sentence.contains("nowhere.jpg"), "{sentence}");

    let plain = bench.lagar(&["run", "recipe.yaml", "--fresh"]);
    assert!(error_text(&plain).contains("2 rows were put aside"), "{}", error_text(&plain));
}

#[test]
fn a_picture_that_comes_back_is_looked_at_again() {
    let bench = Bench::new();
    bench.data(60);
    std::fs::remove_file(bench.path("images/b.jpg")).unwrap();
    bench.recipe(SEED, "");
    assert!(bench.run(&[])["quarantined"].as_u64().unwrap() > 0);
    bench.jpeg("images/b.jpg", 400, 300);
    assert_eq!(bench.run(&[])["quarantined"], 0);
}

#[test]
fn on_error_fail_stops_at_the_first_bad_row() {
    let bench = Bench::new();
    bench.data(60);
    std::fs::remove_file(bench.path("images/b.jpg")).unwrap();
    bench.recipe(SEED, "on_error: fail");
    let output = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&output), 1);
    assert!(error_text(&output).contains("images/b.jpg"), "{}", error_text(&output));
    assert!(!bench.path("out/kept.jsonl").exists());
}

#[test]
fn lines_that_are_not_rows_are_put_aside_with_their_line_numbers() {
    let bench = Bench::new();
    let good = |id: &str| {
        format!("{{\"id\": \"{id}\", \"text\": \"one two three four five six seven\"}}\n")
    };
    let bad = "{\"text\": \"cut off\n\n[1, 2]\n{\"id\": \"n\", \"text\": 5}\n{\"id\": \"z\", \"text\": null}\n";
    bench.write("data.jsonl", good("a") + bad + &good("b"));
    bench.recipe("\n  - words_num_filter: {min_num: 3}\n", "");
    let report = bench.run(&[]);
    assert_eq!(bench.ids("out/kept.jsonl"), ["a", "b"]);
    assert_eq!(report["rows"], 6);
    assert_eq!((&report["unreadable"], &report["without_text"]), (&3.into(), &1.into()));
    let aside = bench.rows("out/kept.run/quarantine.jsonl");
    let lines: Vec<_> = aside.iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 4, 5]);
    assert_eq!(aside[1]["source"], "[1, 2]");
    let why = bench.lagar(&["why", "z", "out/kept.run", "--json"]);
    let why: Value = serde_json::from_slice(&why.stdout).unwrap();
    assert_eq!(why[0]["outcome"], "dropped");
    assert_eq!(why[0]["operator"], "(load)");
}

#[test]
fn another_file_at_the_export_path_is_never_replaced_unasked() {
    let bench = Bench::new();
    bench.data(20);
    bench.recipe(SEED, "");
    bench.write("out/kept.jsonl", "somebody's work\n");
    let refused = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&refused), 3);
    assert!(error_text(&refused).contains("--fresh"));
    assert_eq!(bench.read("out/kept.jsonl"), "somebody's work\n");
    bench.run(&["--fresh"]);
    // Ours now; but not after somebody has worked on it.
    bench.run(&[]);
    bench.write("out/kept.jsonl", "edited\n");
    assert_eq!(code(&bench.lagar(&["run", "recipe.yaml"])), 3);
}

#[test]
fn shards_of_somebody_else_are_not_replaced_unasked() {
    let bench = Bench::new();
    bench.data(60);
    bench.recipe(SEED, "export_shard_rows: 10");
    bench.write("out/kept-00-of-09.jsonl", "somebody's work\n");
    let refused = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&refused), 3);
    assert_eq!(bench.read("out/kept-00-of-09.jsonl"), "somebody's work\n");
    bench.run(&["--fresh"]);
    assert!(!bench.path("out/kept-00-of-09.jsonl").exists());
    // Our own shards of another count are replaced.
    bench.run(&["--set", "export_shard_rows=20"]);
}

#[test]
fn an_export_onto_its_own_input_is_refused() {
    let bench = Bench::new();
    bench.data(20);
    bench.recipe(SEED, "");
    let before = bench.read("data.jsonl");
    let data = format!("export_path={}", bench.path("data.jsonl").display());
    let output = bench.lagar(&["run", "recipe.yaml", "--fresh", "--set", &data]);
    assert_eq!(code(&output), 3);
    assert_eq!(bench.read("data.jsonl"), before);
}

#[test]
fn every_input_row_stands_in_the_ledger_exactly_once() {
    let bench = Bench::new();
    bench.data(500);
    bench.recipe(crate::bench::EVERYTHING, "chunk_size: 64");
    let report = bench.run(&[]);
    let mut outcomes = std::collections::BTreeMap::<String, u64>::new();
    for row in 0..500 {
        let answer = bench.lagar(&["why", &format!("row:{row}"), "out/kept.run", "--json"]);
        let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!(answer.as_array().unwrap().len(), 1, "row {row}");
        *outcomes.entry(answer[0]["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(outcomes["kept"], report["kept"].as_u64().unwrap());
    assert_eq!(outcomes.values().sum::<u64>(), 500);
}
