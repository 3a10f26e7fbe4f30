//! Filters that work with a model file give what the libraries behind Data-Juicer's give.
//!
//! The models and `filters.jsonl` are made by the scripts beside them.

use lagar_ops::serve::Server;
use lagar_ops::text::CutTexts;
use lagar_ops::{Built, find};
use serde_json::{Value, json};

use crate::support::{World, batch_of_texts, build};

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
    rows_of(include_str!("../data/models/filters.jsonl"))
}

fn rows_of(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `tokenized.py` wrote what Data-Juicer's operators give with the same two files.
fn tokenized() -> Vec<Value> {
    let rows = rows_of(include_str!("../data/models/tokenized.jsonl"));
    assert!(rows.len() > 70);
    rows
}

fn tokenizer() -> String {
    format!("{}/tokenizer.json", folder())
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
fn statistics_of_pieces_and_tokens_are_data_juicers() {
    let words = tempfile::tempdir().unwrap();
    let list = json!({ "en": ["the", "a", "dog", "thedog", "one"] }).to_string();
    for kind in ["stopwords", "flagged_words"] {
        let path = words.path().join(format!("{kind}.json"));
        lagar_core::fsio::write(&path, list.as_bytes()).unwrap();
    }
    let (words, pieces) = (words.path(), format!("{}/unigram.model", folder()));
    let with = |more: Value| {
        let mut kwargs = json!({ "tokenization": true, "tokenizer_model": pieces });
        kwargs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        kwargs
    };
    let flagged = json!({ "flagged_words_dir": words, "use_words_aug": true });
    let tokens = json!({ "tokenization": true, "hf_tokenizer": tokenizer() });
    let rows = tokenized();
    for (name, statistic, kwargs) in [
        ("words_num_filter", "num_words", with(json!({}))),
        ("word_repetition_filter", "word_rep_ratio", with(json!({ "rep_len": 2 }))),
        ("stopwords_filter", "stopwords_ratio", with(json!({ "stopwords_dir": words }))),
        ("flagged_words_filter", "flagged_words_ratio", with(flagged)),
        ("alphanumeric_filter", "alpha_token_ratio", tokens),
        ("token_num_filter", "num_token", json!({ "hf_tokenizer": tokenizer() })),
    ] {
        for (row, stats) in rows.iter().zip(measured(name, &kwargs, &rows)) {
            let (got, expected) = (stats[statistic].as_f64(), row[statistic].as_f64());
            assert_eq!(got, expected, "{name} {row}");
        }
    }
}

#[test]
fn operators_that_share_a_model_cut_each_text_once() {
    let parameters = format!("{{tokenization: true, tokenizer_model: {}/unigram.model}}", folder());
    let texts = ["the dog runs", "a red car", "the dog runs", "under the water"];
    let batch = batch_of_texts(&texts);
    let names = ["words_num_filter", "word_repetition_filter", "stopwords_filter"];
    let cut_by = |sharing: usize| {
        let mut world = World::new(".");
        world.cuts = CutTexts::shared_by(sharing);
        for name in names {
            let Built::Filter(filter) = build(find(name).unwrap(), &parameters) else {
                unreachable!("by name")
            };
            filter.stats(&batch, &world.context()).unwrap();
        }
        world.cuts.made()
    };
    // Three texts are different ones; an operator alone remembers nothing.
    assert_eq!((cut_by(3), cut_by(1)), (3, 12));
}

#[test]
fn texts_without_words_and_chunks_of_tokens_are_data_juicers() {
    let removed = json!({
        "tokenization": true,
        "tokenizer_model": format!("{}/unigram.model", folder()),
        "substrings": ["ht", "og"],
    });
    let windows = json!({
        "tokenizer": tokenizer(), "max_len": 7, "overlap_len": 2, "split_pattern": null,
    });
    let chunks = json!({ "tokenizer": tokenizer(), "max_len": 9, "split_pattern": "[ .]|(x)" });
    for (name, field, kwargs) in [
        ("remove_words_with_incorrect_substrings_mapper", "removed", removed),
        ("text_chunk_mapper", "windows", windows),
        ("text_chunk_mapper", "chunks", chunks),
    ] {
        let mut server = Server::new(".");
        let mut ask = |request: Value| -> Value {
            serde_json::from_str(&server.handle(&request.to_string())).unwrap()
        };
        let id = ask(json!({ "method": "init", "op": name, "kwargs": kwargs }))["id"].clone();
        for row in tokenized() {
            let given = json!([{ "text": row["text"] }]);
            let answer = ask(json!({ "method": "process", "id": id, "rows": given }));
            let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}"));
            let texts: Value = rows.iter().map(|row| row["text"].clone()).collect();
            assert_eq!(texts, row[field], "{name} {row}");
        }
    }
}

#[test]
fn a_model_that_is_not_named_or_not_there_is_asked_for() {
    let mut server = Server::new(".");
    for (name, part) in [
        ("language_id_score_filter", "model_path"),
        ("perplexity_filter", "tokenizer_model"),
        ("token_num_filter", "hf_tokenizer"),
        ("words_num_filter", "tokenizer_model"),
        ("stopwords_filter", "tokenizer_model"),
        ("alphanumeric_filter", "hf_tokenizer"),
    ] {
        let kwargs = match name {
            "words_num_filter" | "stopwords_filter" | "alphanumeric_filter" => {
                json!({ "tokenization": true })
            }
            _ => json!({}),
        };
        let init = json!({ "method": "init", "op": name, "kwargs": kwargs }).to_string();
        let id = serde_json::from_str::<Value>(&server.handle(&init)).unwrap()["id"].clone();
        let run = json!({ "method": "run", "id": id, "rows": [{ "text": "a" }] }).to_string();
        let answer = server.handle(&run);
        assert!(answer.contains("ValueError") && answer.contains(part), "{answer}");
    }
}
