//! The files of a run.

use serde_json::Value;

use crate::bench::{Bench, EVERYTHING, SEED};

#[test]
fn rows_nobody_changed_come_out_byte_for_byte() {
    let bench = Bench::new();
    let odd = [
        "{\"id\": \"a\", \"score\": 1.0, \"text\": \"one two three four\", \"z\": {\"deep\": [1, null]}}",
        "{\"big\": 123456789012345678901234567890, \"text\":\"one two three\\u00e9 four\",\"score\": \"1\"}",
        "{\"text\": \"one two three four\", \"score\": 1, \"when\": \"2024-01-02\", \"a\\/b\": 1e-7}",
    ];
    bench.write("data.jsonl", odd.join("\n"));
    bench
        .recipe("\n  - words_num_filter: {min_num: 1}\n  - whitespace_normalization_mapper:\n", "");
    bench.run(&[]);
    assert_eq!(bench.read("out/kept.jsonl").lines().collect::<Vec<_>>(), odd);
}

#[test]
fn the_order_of_the_input_is_kept() {
    let bench = Bench::new();
    bench.data(500);
    bench.recipe(SEED, "chunk_size: 17\nnp: 4");
    bench.run(&[]);
    let ids = bench.ids("out/kept.jsonl");
    assert!(ids.is_sorted() && ids.len() > 100);
}

#[test]
fn picture_paths_lead_to_the_files_from_wherever_the_export_is() {
    let bench = Bench::new();
    bench.data(20);
    bench.recipe(SEED, "");
    bench.run(&[]);
    let first = &bench.rows("out/kept.jsonl")[0]["images"][0];
    assert_eq!(first.as_str().unwrap(), bench.path("images/a.jpg").to_string_lossy());
    bench.run(&["--fresh", "--set", "export_image_paths=keep"]);
    assert_eq!(bench.rows("out/kept.jsonl")[0]["images"][0], "images/a.jpg");
    // Beside its data the export needs no change.
    let beside = format!("export_path={}", bench.path("kept.jsonl").display());
    bench.run(&["--set", &beside]);
    assert_eq!(bench.rows("kept.jsonl")[0]["images"][0], "images/a.jpg");
    // What was exported can be read again.
    let again = format!("dataset_path={}", bench.path("out/kept.jsonl").display());
    let out = format!("export_path={}", bench.path("again/kept.jsonl").display());
    bench.run(&["--fresh", "--set", "export_image_paths=resolve"]);
    assert_eq!(bench.run(&["--set", &again, "--set", &out])["quarantined"], 0);
}

#[test]
fn an_export_in_shards_has_the_rows_of_one_file() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "");
    bench.run(&[]);
    let whole = bench.read("out/kept.jsonl");
    for size in ["export_shard_rows=40", "export_shard_size=4000"] {
        std::fs::remove_dir_all(bench.path("out")).unwrap();
        let report = bench.run(&["--set", size]);
        let shards: Vec<&Value> = report["exported"].as_array().unwrap().iter().collect();
        assert!(shards.len() > 3, "{size}: {} shards", shards.len());
        let text: String = shards
            .iter()
            .map(|shard| std::fs::read_to_string(shard["path"].as_str().unwrap()).unwrap())
            .collect();
        assert_eq!(text, whole, "{size}");
    }
}

#[test]
fn traces_show_every_dropped_row_with_its_statistics() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "");
    let report = bench.run(&[]);
    for operator in report["operators"].as_array().unwrap() {
        let name = operator["name"].as_str().unwrap();
        let trace = bench.rows(&format!("out/kept.run/trace/sample_trace-{name}.jsonl"));
        assert_eq!(trace.len() as u64, operator["dropped"].as_u64().unwrap(), "{name}");
        assert!(trace.iter().all(|row| row["__dj__stats__"].is_object()), "{name}");
    }
}

#[test]
fn trace_num_bounds_traces_and_open_tracer_turns_them_off() {
    let bench = Bench::new();
    bench.data(300);
    bench.recipe(SEED, "trace_num: 3\nchunk_size: 20\ntrace_legacy_names: true");
    bench.run(&[]);
    let trace = bench.read("out/kept.run/trace/sample_trace-words_num_filter.jsonl");
    assert_eq!(trace.lines().count(), 3);
    assert_eq!(bench.read("out/kept.run/trace/filter-words_num_filter.jsonl"), trace);
    // A trace of an operator that the recipe no longer has would mislead.
    bench.recipe("\n  - text_length_filter: {min_len: 20}\n", "");
    bench.run(&[]);
    let traces = std::fs::read_dir(bench.path("out/kept.run/trace")).unwrap();
    let names: Vec<_> = traces.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["sample_trace-text_length_filter.jsonl"]);
    bench.run(&["--fresh", "--set", "open_tracer=false", "--out", "other"]);
    assert!(!bench.path("other/trace").exists());
}

#[test]
fn a_mapper_is_traced_by_text_before_and_after() {
    let bench = Bench::new();
    bench.write(
        "data.jsonl",
        "{\"id\": 1, \"text\": \"a\u{3000}b\"}\n{\"id\": 2, \"text\": \"ab\"}\n",
    );
    bench.recipe("\n  - whitespace_normalization_mapper:\n", "trace_keys: [id]");
    bench.run(&[]);
    let trace = bench.rows("out/kept.run/trace/sample_trace-whitespace_normalization_mapper.jsonl");
    assert_eq!(trace.len(), 1);
    assert_eq!(trace[0]["original_text"], "a\u{3000}b");
    assert_eq!(trace[0]["processed_text"], "a b");
    assert_eq!(trace[0]["id"], 1);
    let keys: Vec<&String> = trace[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "original_text", "processed_text"]);
    assert_eq!(bench.rows("out/kept.jsonl")[0]["text"], "a b");
}

#[test]
fn duplicates_are_traced_in_pairs_across_chunks() {
    let bench = Bench::new();
    bench.data(600);
    bench.recipe("\n  - document_deduplicator: {}\n", "chunk_size: 50");
    let report = bench.run(&[]);
    let pairs = bench.rows("out/kept.run/trace/duplicate-document_deduplicator.jsonl");
    assert_eq!(pairs.len() as u64, report["operators"][0]["dropped"].as_u64().unwrap());
    assert!(pairs.len() > 20);
    let gone = pairs[0]["dup2"]["id"].as_str().unwrap();
    let why = bench.lagar(&["why", gone, "out/kept.run"]);
    let why = String::from_utf8(why.stdout).unwrap();
    assert!(why.contains("dropped by document_deduplicator: it repeats row:"), "{why}");
    for pair in &pairs {
        assert_eq!(pair["dup1"]["text"], pair["dup2"]["text"]);
        assert!(pair["dup1"]["id"].as_str() < pair["dup2"]["id"].as_str());
    }
}

#[test]
fn operators_on_other_fields_work_where_the_field_lives() {
    let bench = Bench::new();
    bench.write(
        "data.jsonl",
        "{\"id\": \"a\", \"text\": \"t\", \"alt\": \"one\u{3000}two\"}\n{\"id\": \"b\", \"text\": \"t\", \"alt\": \"one\"}\n",
    );
    let process = "
  - whitespace_normalization_mapper: {text_key: alt}
  - words_num_filter: {text_key: alt, min_num: 2}
";
    bench.recipe(process, "");
    bench.run(&[]);
    assert_eq!(
        bench.read("out/kept.jsonl"),
        "{\"id\": \"a\", \"text\": \"t\", \"alt\": \"one two\"}\n"
    );
}

#[test]
fn the_monitor_and_the_events_tell_of_the_run() {
    let bench = Bench::new();
    bench.data(200);
    bench.recipe(EVERYTHING, "open_monitor: true");
    bench.run(&[]);
    let monitor: Value =
        serde_json::from_str(&bench.read("out/kept.run/monitor/monitor.json")).unwrap();
    assert_eq!(monitor.as_array().unwrap().len(), 3);
    assert!(monitor[0]["resource"][0]["CPU count"].as_u64().unwrap() > 0);
    assert!(monitor[0]["resource_analysis"]["Used mem."]["max"].as_f64().unwrap() > 0.0);
    let events = bench.rows("out/kept.run/events.jsonl");
    assert_eq!(events[0]["type"], "run_started");
    assert_eq!(events.last().unwrap()["type"], "run_finished");
    assert!(events.iter().all(|event| event["v"] == 1 && event["time"].as_f64().unwrap() > 0.0));
}

#[test]
fn fields_that_fit_no_parquet_column_are_kept_as_json_with_a_warning() {
    let bench = Bench::new();
    let rows = "{\"text\": \"a b c\", \"score\": 1.0}\n{\"text\": \"d e f\", \"score\": [\"1\"]}\n";
    bench.write("data.jsonl", rows);
    bench.recipe("\n  - words_num_filter: {min_num: 1}\n", "");
    let export = format!("export_path={}", bench.path("out/kept.parquet").display());
    let output = bench.lagar(&["run", "recipe.yaml", "--set", &export]);
    let talk = crate::bench::error_text(&output);
    assert!(talk.contains("warning: ") && talk.contains("score"), "{talk}");
    let back = format!("dataset_path={}", bench.path("out/kept.parquet").display());
    let again = format!("export_path={}", bench.path("again/kept.jsonl").display());
    bench.run(&["--set", &back, "--set", &again]);
    let scores: Vec<Value> =
        bench.rows("again/kept.jsonl").iter().map(|row| row["score"].clone()).collect();
    assert_eq!(scores, [serde_json::json!(1.0), serde_json::json!(["1"])]);
}

#[test]
fn the_export_format_follows_the_ending() {
    let bench = Bench::new();
    bench.data(100);
    bench.recipe(SEED, "");
    bench.run(&[]);
    let rows = bench.rows("out/kept.jsonl");
    for name in ["kept.jsonl.zst", "kept.parquet", "kept.json"] {
        let path = bench.path(&format!("out/{name}"));
        let export = format!("export_path={}", path.display());
        bench.run(&["--set", &export]);
        // Read back through a recipe that keeps everything.
        let data = format!("dataset_path={}", path.display());
        let again = format!("export_path={}", bench.path(&format!("again/{name}.jsonl")).display());
        bench.run(&["--set", &data, "--set", &again]);
        let back = bench.rows(&format!("again/{name}.jsonl"));
        assert_eq!(back, rows, "{name}");
    }
}
