//! What the command says, and where: data on stdout, talk on stderr, exit codes as documented.

use serde_json::Value;

use crate::bench::{Bench, SEED, code, error_text};

#[test]
fn a_misspelt_operator_is_shown_in_its_line_with_a_suggestion() {
    let bench = Bench::new();
    bench.write(
        "recipe.yaml",
        "dataset_path: d.jsonl\nprocess:\n  - word_num_filter: {min_num: 6}\n",
    );
    let output = bench.lagar(&["check", "recipe.yaml"]);
    assert_eq!(code(&output), 2);
    let text = error_text(&output);
    assert!(text.contains("there is no operator `word_num_filter`"), "{text}");
    assert!(text.contains("recipe.yaml:3:5"), "{text}");
    assert!(text.contains("^^^^^^^^^^^^^^^"), "{text}");
    assert!(text.contains("did you mean `words_num_filter`?"), "{text}");
}

#[test]
fn all_errors_of_a_recipe_are_shown_at_once() {
    let bench = Bench::new();
    let recipe = "dataset_path: d.jsonl\nprocess:\n  - words_num_filter: {min_nun: 6}\n  - text_length_filter: {max_len: long}\n";
    bench.write("recipe.yaml", recipe);
    let output = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&output), 2);
    let text = error_text(&output);
    assert!(text.contains("did you mean `min_num`?"), "{text}");
    assert!(text.contains("expected an integer") && text.contains("recipe.yaml:4:35"), "{text}");
}

#[test]
fn a_parameter_without_meaning_is_a_warning_not_an_error() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe("\n  - words_num_filter: {min_num: 1, num_proc: 4}\n", "turbo: true");
    let output = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&output), 0);
    let text = error_text(&output);
    assert!(text.contains("`num_proc` has no meaning here"), "{text}");
    assert!(text.contains("turbo"), "{text}");
}

#[test]
fn the_data_that_a_script_wants_is_alone_on_stdout() {
    let bench = Bench::new();
    bench.data(30);
    bench.recipe(SEED, "");
    let output = bench.lagar(&["run", "recipe.yaml", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["operators"][0]["name"], "words_num_filter");
    let quiet = bench.lagar(&["run", "recipe.yaml", "-q"]);
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn the_table_of_a_run_shows_rows_in_kept_and_dropped() {
    let bench = Bench::new();
    bench.data(60);
    bench.recipe("\n  - image_shape_filter: {min_width: 224, min_height: 224}\n", "");
    let output = bench.lagar(&["run", "recipe.yaml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("image_shape_filter")).unwrap();
    let numbers: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(&numbers[1..4], ["60", "50", "10"]);
    assert!(text.contains("kept 50 of 60 rows"));
}

#[test]
fn an_operator_of_data_juicer_that_is_not_there_is_explained_in_its_line() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe("\n  - text_length_filter:\n  - video_duration_filter:\n", "");
    let output = bench.lagar(&["check", "recipe.yaml"]);
    assert_eq!(code(&output), 2);
    let text = error_text(&output);
    let message = "`video_duration_filter` is not in lagar yet, because it works on video";
    assert!(text.contains(message) && text.contains("recipe.yaml:6:5"), "{text}");
    let list = bench.lagar(&["ops", "list", "--missing", "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert!(list.as_array().unwrap().iter().any(|op| op["name"] == "video_duration_filter"));
}

#[test]
fn a_dry_run_prints_the_plan_and_touches_nothing() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe(crate::bench::EVERYTHING, "");
    let output = bench.lagar(&["run", "recipe.yaml", "--dry-run"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("pass 1 of 3") && text.contains("pass 3 of 3"), "{text}");
    assert!(text.contains("document_deduplicator [deduplicator, text] reads text"), "{text}");
    assert!(!bench.path("out").exists());
    let output = bench.lagar(&["run", "recipe.yaml", "--dry-run", "--json"]);
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["passes"].as_array().unwrap().len(), 3);
    let first = &plan["passes"][0]["groups"][0][0];
    assert!(first["secs_per_row"].as_f64().unwrap() > 0.0, "{first}");
}

#[test]
fn a_missing_data_set_fails_the_check_and_the_run() {
    let bench = Bench::new();
    bench.recipe(SEED, "");
    assert_eq!(code(&bench.lagar(&["check", "recipe.yaml"])), 1);
    let output = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&output), 3);
    assert!(error_text(&output).contains("data.jsonl"));
}

#[test]
fn a_row_that_nobody_knows_is_not_found() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe(SEED, "");
    bench.run(&[]);
    assert_eq!(code(&bench.lagar(&["why", "nobody", "out/kept.run"])), 1);
    assert_eq!(code(&bench.lagar(&["why", "nobody", "elsewhere"])), 3);
}

#[test]
fn operators_can_be_listed_shown_and_driven() {
    let bench = Bench::new();
    let list = bench.lagar(&["ops", "list", "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert!(list.as_array().unwrap().iter().any(|op| op["name"] == "random_selector"));
    let page = String::from_utf8(bench.lagar(&["ops", "show", "words_num_filter"]).stdout).unwrap();
    assert!(page.contains("min_num") && page.contains("Web captions"), "{page}");
    assert_eq!(code(&bench.lagar(&["ops", "show", "words_filter"])), 2);
    let schema = bench.lagar(&["ops", "schema"]);
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(schema["properties"]["process"].is_object());
}
