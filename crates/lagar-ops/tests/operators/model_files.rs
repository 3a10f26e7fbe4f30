//! Filters that work with a model file give what the libraries behind Data-Juicer's give.
//!
//! The models and `filters.jsonl` are made by the scripts beside them.

use lagar_ops::serve::Server;
use serde_json::{Value, json};

fn folder() -> String {
    format!("{}/tests/data/models", env!("CARGO_MANIFEST_DIR"))
}

fn measured(name: &str, kwargs: &Value, rows: &[Value]) -> Vec<Value> {
    let mut server = Server::new(".");
    let mut ask = |request: Value| -> Value {
        let answer: Value = serde_json::from_str(&server.handle(&request.to_string())).unwrap();
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    };
    let id = ask(json!({ "method": "init", "op": name, "kwargs": kwargs }))["id"].clone();
    let answer = ask(json!({ "method": "compute_stats", "id": id, "rows": rows }));
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().map(|row| row["__dj__stats__"].clone()).collect()
}

fn rows() -> Vec<Value> {
    let text = include_str!("../data/models/filters.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn languages_and_their_scores_are_fasttexts() {
    let rows = rows();
    let kwargs = json!({ "model_path": format!("{}/hs.bin", folder()) });
    for (row, stats) in rows.iter().zip(measured("language_id_score_filter", &kwargs, &rows)) {
        let apart = stats["lang_score"].as_f64().unwrap() - row["lang_score"].as_f64().unwrap();
        assert!(apart.abs() < 2e-7, "{row} {stats}");
        assert_eq!(stats["lang"], row["lang"], "{row}");
    }
}

#[test]
fn perplexities_are_data_juicers() {
    let rows = rows();
    let kwargs = json!({
        "tokenizer_model": format!("{}/unigram.model", folder()),
        "kenlm_model": format!("{}/trigram.arpa", folder()),
    });
    for (row, stats) in rows.iter().zip(measured("perplexity_filter", &kwargs, &rows)) {
        let (got, expected) = (stats["perplexity"].as_f64(), row["perplexity"].as_f64());
        assert_eq!(got, expected, "{row}");
    }
}

#[test]
fn a_model_that_is_not_named_or_not_there_is_asked_for() {
    let mut server = Server::new(".");
    for (name, part) in [
        ("language_id_score_filter", "model_path"),
        ("perplexity_filter", "tokenizer_model"),
        ("token_num_filter", "hf_tokenizer"),
    ] {
        let init = json!({ "method": "init", "op": name }).to_string();
        let id = serde_json::from_str::<Value>(&server.handle(&init)).unwrap()["id"].clone();
        let run = json!({ "method": "run", "id": id, "rows": [{ "text": "a" }] }).to_string();
        let answer = server.handle(&run);
        assert!(answer.contains("ValueError") && answer.contains(part), "{answer}");
    }
}
