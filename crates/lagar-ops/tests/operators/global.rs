//! Operators over all rows or over other fields give what Data-Juicer 1.6.1 gave.
//!
//! `data/global_ops.jsonl` is made by `bench/parity/make_global.py`: small data sets, and per operator
//! and parameters the rows that stayed in their order, the statistics, the groups, and a digest of
//! all signatures.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lagar_ops::serve::Server;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

const KEYS: [(&str, &str); 3] =
    [("minhash", "__dj__minhash"), ("simhash", "__dj__simhash"), ("line", "__dj__line_hashes")];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ask(server: &mut Server, request: &Value) -> Value {
    let answer: Value = serde_json::from_str(&server.handle(&request.to_string())).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn numbered(rows: &Value) -> Vec<Value> {
    let rows = rows.as_array().unwrap().iter().enumerate();
    rows.map(|(number, row)| {
        let mut row = row.clone();
        row["i"] = json!(number);
        row
    })
    .collect()
}

fn numbers_of(rows: &Value) -> Value {
    rows.as_array().unwrap().iter().map(|row| row["i"].clone()).collect()
}

/// A digest of all signatures, as the script makes it.
fn signatures(name: &str, rows: &Value) -> Value {
    let (_, key) = KEYS.iter().find(|(part, _)| name.contains(part)).unwrap();
    let of_row = |row: &Value| {
        if *key != "__dj__minhash" {
            return row[*key].clone();
        }
        let decode =
            |band: &Value| BASE64_STANDARD.decode(band["__b64__"].as_str().unwrap()).unwrap();
        let bands: Vec<Vec<u8>> = row[*key].as_array().unwrap().iter().map(decode).collect();
        json!(md5(&bands.join(b"|".as_slice())))
    };
    let all: Value = rows.as_array().unwrap().iter().map(of_row).collect();
    json!(md5(all.to_string().as_bytes()))
}

fn check(server: &mut Server, case: &Value, rows: &[Value]) {
    let name = case["op"].as_str().unwrap();
    let init = json!({ "method": "init", "op": name, "kwargs": case["kwargs"] });
    let id = ask(server, &init)["id"].clone();
    let call = |server: &mut Server, method: &str, rows: &Value| {
        ask(server, &json!({ "method": method, "id": id, "rows": rows }))
    };
    if let Some(expected) = case.get("stats") {
        let measured = call(server, "compute_stats", &json!(rows));
        let stats: Value = measured["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.get("__dj__stats__").cloned().unwrap_or(json!({})))
            .collect();
        let normal = |stats: &Value| serde_json::from_str::<Value>(&stats.to_string()).unwrap();
        assert_eq!(normal(&stats), normal(expected), "{case}");
    }
    if let Some(expected) = case.get("signatures") {
        let hashed = call(server, "compute_hash", &json!(rows));
        assert_eq!(&signatures(name, &hashed["rows"]), expected, "{} {}", name, case["kwargs"]);
    }
    let done = call(server, "run", &json!(rows));
    if let Some(expected) = case.get("groups") {
        assert_eq!(&numbers_of(&done["rows"]), expected, "{name} {}", case["kwargs"]);
        return;
    }
    assert_eq!(numbers_of(&done["rows"]), case["kept"], "{name} {}", case["kwargs"]);
    if let Some(expected) = case.get("texts") {
        let rows = done["rows"].as_array().unwrap().iter();
        let texts: Vec<&str> = rows.map(|row| row["text"].as_str().unwrap()).collect();
        assert_eq!(json!(md5(texts.join("\0").as_bytes())), *expected, "{name} {}", case["kwargs"]);
    }
}

#[test]
fn whole_data_sets_come_out_as_from_data_juicer() {
    let mut sets: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let golden = lines(include_str!("../data/golden_ops.jsonl"));
    let golden: Value = golden.iter().map(|row| json!({ "text": row["text"] })).collect();
    sets.insert("golden".to_owned(), numbered(&golden));
    let mut server = Server::new(".");
    let mut cases = 0;
    for line in lines(include_str!("../data/global_ops.jsonl")) {
        if let Some(name) = line.get("set") {
            sets.insert(name.as_str().unwrap().to_owned(), numbered(&line["rows"]));
            continue;
        }
        check(&mut server, &line, &sets[line["on"].as_str().unwrap()]);
        cases += 1;
    }
    assert!(cases > 40, "{cases}");
}
