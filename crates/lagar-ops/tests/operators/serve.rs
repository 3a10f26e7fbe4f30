//! The server, spoken to as a Python program would.

use std::fs;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lagar_ops::serve::Server;
use serde_json::{Value, json};

use crate::support::{exif, jpeg};

fn ask(server: &mut Server, request: &Value) -> Value {
    serde_json::from_str(&server.handle(&request.to_string())).unwrap()
}

fn init(server: &mut Server, op: &str, args: &Value, kwargs: &Value) -> Value {
    let request = json!({ "method": "init", "op": op, "args": args, "kwargs": kwargs });
    ask(server, &request)["id"].clone()
}

fn call(server: &mut Server, method: &str, id: &Value, rows: &Value) -> Value {
    ask(server, &json!({ "method": method, "id": id, "rows": rows }))
}

fn failure(answer: &Value) -> (&str, &str) {
    let error = &answer["error"];
    (error["type"].as_str().unwrap(), error["msg"].as_str().unwrap())
}

#[test]
fn statistics_come_at_full_precision_and_decide_at_full_precision() {
    let mut server = Server::new(".");
    let name = "word_repetition_filter";
    let id = init(&mut server, name, &json!(["en", false, 1, 0.0, 0.3]), &json!({}));
    let rows = json!([{ "text": "a b c a d e f g h i", "n": 1.50 }, { "text": "x x y" }]);
    let answer = call(&mut server, "compute_stats", &id, &rows);
    assert_eq!(answer["rows"][0]["__dj__stats__"], json!({ "word_rep_ratio": 0.2 }));
    let ratio = answer["rows"][1]["__dj__stats__"]["word_rep_ratio"].as_f64().unwrap();
    assert_eq!(ratio.to_bits(), (2.0_f64 / 3.0).to_bits());
    let keep = call(&mut server, "process", &id, &answer["rows"]);
    assert_eq!(keep, json!({ "keep": [true, false] }));
    let run = call(&mut server, "run", &id, &rows);
    assert_eq!(run["rows"].as_array().unwrap().len(), 1);
    assert_eq!(run["rows"][0], answer["rows"][0]);
}

#[test]
fn a_statistic_that_is_there_is_not_computed_again() {
    let mut server = Server::new(".");
    let id = init(&mut server, "text_length_filter", &json!([]), &json!({ "min_len": 3 }));
    let rows = json!([
        { "text": "ab", "__dj__stats__": { "text_len": 99, "other": 1 } },
        { "text": "ab", "__dj__stats__": { "other": 1 } },
    ]);
    let answer = call(&mut server, "run", &id, &rows);
    assert_eq!(answer["rows"], json!([rows[0]]));
}

#[test]
fn thresholds_obey_the_parameters_that_all_filters_have() {
    let mut server = Server::new(".");
    let kwargs = json!({ "max_num": 5, "reversed_range": true, "text_key": "a.b", "num_proc": 4 });
    let id = init(&mut server, "words_num_filter", &json!(["en", false, 3]), &kwargs);
    let rows: Vec<Value> =
        (1..=7).map(|count| json!({ "a": { "b": "w ".repeat(count) } })).collect();
    let answer = call(&mut server, "compute_stats", &id, &json!(rows));
    let keep = call(&mut server, "process", &id, &answer["rows"]);
    assert_eq!(keep["keep"], json!([true, true, true, false, true, true, true]));
}

#[test]
fn a_mapper_changes_the_field_it_was_told() {
    let mut server = Server::new(".");
    let name = "whitespace_normalization_mapper";
    let id = init(&mut server, name, &json!([]), &json!({ "text_key": "a.b" }));
    let rows = json!([{ "z": 1, "a": { "b": " x\u{a0}y " } }]);
    let answer = call(&mut server, "process", &id, &rows);
    assert_eq!(answer, json!({ "rows": [{ "z": 1, "a": { "b": "x y" } }] }));
}

#[test]
fn duplicates_are_shown_in_pairs_the_largest_group_first() {
    let mut server = Server::new(".");
    let id = init(&mut server, "document_deduplicator", &json!([true]), &json!({}));
    let texts = ["a", "b", "B ", "c", "C", "c"];
    let rows: Vec<Value> = texts.iter().map(|text| json!({ "text": text })).collect();
    let hashed = call(&mut server, "compute_hash", &id, &json!(rows));
    assert_eq!(hashed["rows"][0]["__dj__hash"], json!("0cc175b9c0f1b6a831c399e269772661"));
    let request = |show: usize| json!({ "method": "dataset_process", "id": id, "rows": hashed["rows"], "show_num": show });
    let answer = ask(&mut server, &request(1));
    let kept: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| &row["text"]).collect();
    assert_eq!(kept, ["a", "b", "c"]);
    let c = &hashed["rows"];
    assert_eq!(answer["dup_pairs"], json!([[c[3]["__dj__hash"], [c[3], c[4]]]]));
    assert_eq!(ask(&mut server, &request(9))["dup_pairs"].as_array().unwrap().len(), 2);
    assert_eq!(ask(&mut server, &request(0))["dup_pairs"], json!([]));
    assert_eq!(call(&mut server, "run", &id, &json!(rows))["rows"], answer["rows"]);
    let unhashed = call(&mut server, "process", &id, &json!(rows));
    assert_eq!(failure(&unhashed), ("KeyError", "row 0 has no field `__dj__hash`"));
}

#[test]
fn a_selector_picks_the_rows_numpy_would() {
    let mut server = Server::new(".");
    let id = init(&mut server, "random_selector", &json!([null, 3]), &json!({}));
    let rows: Vec<Value> = (0..10).map(|number| json!({ "n": number })).collect();
    for method in ["process", "run", "dataset_process"] {
        let answer = call(&mut server, method, &id, &json!(rows));
        assert_eq!(answer["rows"], json!([{ "n": 5 }, { "n": 6 }, { "n": 0 }]), "{method}");
    }
}

#[test]
fn pictures_are_read_by_path_or_from_the_bytes_of_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let turned = jpeg(60, 40, &[(0xe1, &exif(6))]);
    fs::File::create(folder.path().join("a.jpg")).unwrap().write_all(&turned).unwrap();
    let mut server = Server::new(folder.path());
    let id = init(&mut server, "image_shape_filter", &json!([]), &json!({}));
    let bytes = json!([{ "__b64__": BASE64_STANDARD.encode(&turned) }, null]);
    let rows = json!([
        { "images": ["a.jpg"] },
        { "images": ["in the row", "a.jpg"], "image_bytes": bytes },
        { "images": [] },
        {},
    ]);
    let answer = call(&mut server, "compute_stats", &id, &rows);
    let stats = |row: usize| answer["rows"][row]["__dj__stats__"].clone();
    assert_eq!(stats(0), json!({ "image_width": [40], "image_height": [60] }));
    assert_eq!(stats(1), json!({ "image_width": [60, 40], "image_height": [40, 60] }));
    assert_eq!(stats(2), json!({ "image_width": [], "image_height": [] }));
    assert_eq!(stats(3), stats(2));
    assert_eq!(answer["rows"][1]["image_bytes"], bytes);
    let keep = call(&mut server, "process", &id, &answer["rows"]);
    assert_eq!(keep["keep"], json!([true, true, true, true]));
    let gone = call(&mut server, "run", &id, &json!([{}, { "images": ["gone.jpg"] }]));
    let (kind, message) = failure(&gone);
    assert_eq!(kind, "ValueError");
    assert!(message.starts_with("row 1: picture `gone.jpg` is missing"), "{message}");
}

/// Sends a request that must fail, and checks the exception and a part of its message.
fn check_failure(server: &mut Server, request: &Value, kind: &str, part: &str) {
    let answer = ask(server, request);
    let (got, message) = failure(&answer);
    assert_eq!(got, kind, "{request} → {message}");
    assert!(message.contains(part), "{request} → {message}");
}

#[test]
fn constructors_fail_as_python_constructors_do() {
    let mut server = Server::new(".");
    let words = "words_num_filter";
    let cases = [
        ("word_num_filter", json!([]), json!({}), "KeyError", "did you mean `words_num_filter`?"),
        (words, json!([]), json!({ "min_nun": 1 }), "TypeError", "did you mean `min_num`?"),
        (words, json!(["en", false, 1, 2, "m", 3]), json!({}), "TypeError", "at most 5"),
        (words, json!(["en"]), json!({ "lang": "de" }), "TypeError", "several values"),
        (words, json!([]), json!({ "min_num": "six" }), "TypeError", "min_num"),
        (
            "image_shape_filter",
            json!([]),
            json!({ "any_or_all": "no" }),
            "ValueError",
            "any_or_all",
        ),
    ];
    for (op, args, kwargs, kind, part) in cases {
        let request = json!({ "method": "init", "op": op, "args": args, "kwargs": kwargs });
        check_failure(&mut server, &request, kind, part);
    }
}

#[test]
fn methods_fail_as_python_methods_do() {
    let mut server = Server::new(".");
    let id = init(&mut server, "text_length_filter", &json!([]), &json!({}));
    let cases = [
        ("run", json!(7), json!([]), "KeyError", "id 7"),
        ("run", json!(null), json!([]), "KeyError", "no `id`"),
        ("jump", id.clone(), json!([]), "ValueError", "no method `jump`"),
        ("compute_hash", id.clone(), json!([]), "TypeError", "is a filter"),
        ("run", id.clone(), json!([{ "txt": 1 }]), "KeyError", "row 0 has no field `text`"),
        ("run", id.clone(), json!([{ "text": null }]), "TypeError", "is null"),
        ("process", id, json!([{ "text": "a" }]), "KeyError", "no statistic `text_len`"),
    ];
    for (method, id, rows, kind, part) in cases {
        let request = json!({ "method": method, "id": id, "rows": rows });
        check_failure(&mut server, &request, kind, part);
    }
    let answer: Value = serde_json::from_str(&server.handle("{nonsense")).unwrap();
    assert_eq!(failure(&answer).0, "ValueError");
}
