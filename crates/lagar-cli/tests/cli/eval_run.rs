//! `lagar eval run` and `lagar eval leak` on the sample benchmark, against a server on loopback that
//! answers from the bytes of the picture it is shown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{Bench, code, error_text};
use crate::server::{Request, Response, Server};

/// The benchmarks of the sample, and how many questions they put to a model.
const BENCHMARKS: [&str; 3] = ["mmbench", "textvqa", "vqav2"];

fn sample() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/benchmark");
    folder.to_string_lossy().into_owned()
}

/// What a request shows and asks.
fn parts(request: &Request) -> (String, String) {
    let parts = request.body["messages"][0]["content"].as_array().unwrap();
    let picture = parts[0]["image_url"]["url"].as_str().unwrap().to_owned();
    (picture, parts[1]["text"].as_str().unwrap().to_owned())
}

/// An answer that follows from picture and prompt alone.
fn answer(picture: &str, prompt: &str) -> String {
    let sum =
        |text: &str| text.bytes().fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
    let number = sum(picture) + sum(prompt);
    let words = ["A", "B", "red", "yes", "no", "2", "blue", "open", "grey", "Yes."];
    words[(number % words.len() as u64) as usize].to_owned()
}

/// A server that takes a moment for each answer.
fn server(moment: Duration) -> Server {
    Server::start(move |request| {
        std::thread::sleep(moment);
        let (picture, prompt) = parts(request);
        Response::chat(&answer(&picture, &prompt))
    })
}

/// A command line for the server; `more` comes behind.
fn arguments(server: &Server, out: &str, more: &[&str]) -> Vec<String> {
    let fixed = ["--model", "openai:toy", "--retries", "0", "--out", out];
    let mut all: Vec<String> = vec!["eval".into(), "run".into()];
    all.extend(BENCHMARKS.map(str::to_owned));
    all.extend(fixed.map(str::to_owned));
    all.extend(["--base-url".into(), server.base_url(), "--data".into(), sample()]);
    all.extend(more.iter().map(|argument| (*argument).to_owned()));
    all
}

fn run(bench: &Bench, arguments: &[String]) -> std::process::Output {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    bench.lagar(&arguments)
}

/// The summary of a run that must succeed.
fn summary(bench: &Bench, server: &Server, out: &str, more: &[&str]) -> Value {
    let output = run(bench, &arguments(server, out, &[more, &["--json"]].concat()));
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every file of a run folder that a reader sees; chunks aside.
fn outputs(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name == ".lagar" || name == "chunks" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().into(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn assert_same(found: &BTreeMap<PathBuf, Vec<u8>>, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}

fn asked(summary: &Value) -> u64 {
    let benchmarks = summary["benchmarks"].as_array().unwrap().iter();
    benchmarks.map(|benchmark| benchmark["asked"].as_u64().unwrap()).sum()
}

#[test]
fn the_sample_is_asked_answered_and_scored() {
    let (bench, server) = (Bench::new(), server(Duration::ZERO));
    let summary = summary(&bench, &server, "run", &["--long-tail"]);
    let names: Vec<&str> = summary["benchmarks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|benchmark| benchmark["benchmark"].as_str().unwrap())
        .collect();
    assert_eq!(names, BENCHMARKS);
    let requests = server.requests();
    assert_eq!(requests.len() as u64, asked(&summary));
    let said: BTreeMap<(String, String), String> = requests
        .iter()
        .map(|request| {
            let (picture, prompt) = parts(request);
            assert_eq!(request.path, "/v1/chat/completions");
            assert!(picture.starts_with("data:image/jpeg;base64,/9j/"), "bytes go out as they are");
            let text = answer(&picture, &prompt);
            ((picture, prompt), text)
        })
        .collect();
    assert_eq!(said.len(), requests.len(), "nothing is asked twice");
    for benchmark in summary["benchmarks"].as_array().unwrap() {
        let name = benchmark["benchmark"].as_str().unwrap();
        let questions = benchmark["questions"].as_u64().unwrap() as usize;
        let answers = bench.rows(&format!("run/{name}/answers.jsonl"));
        assert_eq!(answers.len(), questions, "{name}");
        for line in &answers {
            let known = |((_, prompt), text): (&(String, String), &String)| {
                line["prompt"] == **prompt && line["text"] == **text
            };
            assert!(said.iter().any(known), "{line}");
            assert_eq!(line["model_id"], "toy");
        }
        let results: Value =
            serde_json::from_str(&bench.read(&format!("run/{name}/results.json"))).unwrap();
        assert_eq!(results["metrics"], benchmark["metrics"]);
        assert!(results["metrics"][0]["n"].as_u64().unwrap() > 0);
        assert!(!bench.rows(&format!("run/{name}/samples.jsonl")).is_empty());
        assert!(bench.path(&format!("run/{name}/samples.parquet")).exists());
        assert!(bench.path(&format!("run/{name}/long_tail.json")).exists());
    }
}

#[test]
fn killed_at_twenty_random_moments_and_resumed_a_run_gives_the_same_bytes() {
    let (bench, server) = (Bench::new(), server(Duration::from_millis(2)));
    let more = ["--perturb", "crop", "--jobs", "4", "-q"];
    let started = Instant::now();
    let whole = run(&bench, &arguments(&server, "whole", &more));
    assert_eq!(code(&whole), 0, "{}", error_text(&whole));
    let duration = started.elapsed();
    let expected = outputs(&bench.path("whole"));
    let alone = server.requests().len();

    let (mut killed, mut tries) = (0, 0_u64);
    while killed < 20 {
        tries += 1;
        assert!(tries < 400, "{killed} kills in {tries} tries");
        // The moments are spread over what is left: earlier answers are not asked again.
        let moment = tries.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (duration.as_micros() as u64 / 3);
        let line = arguments(&server, "killed", &more);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let mut child = bench.command(&line).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(moment));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_same(&outputs(&bench.path("killed")), &expected);
            fs::remove_dir_all(bench.path("killed")).unwrap();
        } else {
            killed += 1;
        }
    }
    let last = run(&bench, &arguments(&server, "killed", &more));
    assert_eq!(code(&last), 0, "{}", error_text(&last));
    assert_same(&outputs(&bench.path("killed")), &expected);
    assert!(alone > 100, "{alone}");
}

#[test]
fn what_was_in_flight_is_all_that_a_kill_costs() {
    let bench = Bench::new();
    let count = Arc::new(Mutex::new(0_usize));
    let seen = Arc::clone(&count);
    let server = Server::start(move |request| {
        *seen.lock().unwrap() += 1;
        std::thread::sleep(Duration::from_millis(10));
        let (picture, prompt) = parts(request);
        Response::chat(&answer(&picture, &prompt))
    });
    let line = arguments(&server, "run", &["--jobs", "2", "-q"]);
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    let mut child = bench.command(&words).spawn().unwrap();
    while *count.lock().unwrap() < 40 {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = server.requests().len();
    let rest = asked(&summary(&bench, &server, "run", &[])) as usize;
    let alone = asked(&summary(&bench, &server, "other", &[])) as usize;
    assert!(
        before + rest <= alone + 2,
        "{before} before the kill, {rest} after it, {alone} in all"
    );
}

#[test]
fn chunks_in_processes_of_their_own_merge_into_the_whole() {
    let (bench, server) = (Bench::new(), server(Duration::from_millis(1)));
    summary(&bench, &server, "whole", &[]);
    let children: Vec<_> = ["0", "1", "2"]
        .map(|index| {
            let more = ["--num-chunks", "3", "--chunk-idx", index, "-q"];
            let line = arguments(&server, "parts", &more);
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            bench.command(&line).spawn().unwrap()
        })
        .into();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(asked(&summary(&bench, &server, "parts", &[])), 0);
    assert_same(&outputs(&bench.path("parts")), &outputs(&bench.path("whole")));
}

#[test]
fn runs_that_share_a_cache_ask_each_question_once() {
    let (bench, server) = (Bench::new(), server(Duration::ZERO));
    let cache = ["--cache", "answers.jsonl"];
    let first = asked(&summary(&bench, &server, "one", &cache));
    let second = summary(&bench, &server, "two", &cache);
    assert_eq!(asked(&second), 0);
    assert_eq!(server.requests().len() as u64, first);
    assert_same(&outputs(&bench.path("two")), &outputs(&bench.path("one")));
    let warmer = ["--cache", "answers.jsonl", "--temperature", "0.5"];
    assert_eq!(asked(&summary(&bench, &server, "three", &warmer)), first, "another temperature");
}

#[test]
fn a_question_that_the_server_fails_on_costs_itself_alone() {
    let bench = Bench::new();
    let server = Server::start(|request| {
        let (picture, prompt) = parts(request);
        if prompt.starts_with("what is the number of the bus?") {
            return Response::new(500, "CUDA out of memory");
        }
        Response::chat(&answer(&picture, &prompt))
    });
    let output = run(&bench, &arguments(&server, "run", &[]));
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let text = error_text(&output);
    assert!(text.contains("answered 500 (1 attempts): CUDA out of memory"), "{text}");
    assert!(text.contains("textvqa: 1 questions have no answer"), "{text}");
    let failed = bench.rows("run/textvqa/failed.jsonl");
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["question"].as_str().unwrap().contains("bus"), "{}", failed[0]);
    assert!(!bench.path("run/vqav2/failed.jsonl").exists());
}

#[test]
fn a_server_that_is_not_there_and_a_key_that_is_wrong_end_the_run() {
    let bench = Bench::new();
    let refuse = Server::start(|_| Response::new(401, "{\"error\": \"no such key\"}"));
    let output = run(&bench, &arguments(&refuse, "run", &[]));
    assert_eq!(code(&output), 3);
    let text = error_text(&output);
    assert!(text.contains("answered 401") && text.contains("no such key"), "{text}");
    assert!(text.contains("hint: the answers so far are kept"), "{text}");
}

#[test]
fn the_key_is_sent_and_stands_in_no_file() {
    let (bench, server) = (Bench::new(), server(Duration::ZERO));
    let line = arguments(&server, "run", &["--limit", "2"]);
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let output = bench.command(&line).env("OPENAI_API_KEY", "sk-secret").output().unwrap();
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let is_key = |(name, value): &(String, String)| -> bool {
        name.eq_ignore_ascii_case("authorization") && value == "Bearer sk-secret"
    };
    assert!(server.requests().iter().all(|request| request.headers.iter().any(is_key)));
    for (name, bytes) in outputs(&bench.path("run")) {
        assert!(!String::from_utf8_lossy(&bytes).contains("sk-secret"), "{}", name.display());
    }
}

#[test]
fn models_benchmarks_and_disturbances_that_nobody_knows_are_said() {
    let (bench, server) = (Bench::new(), server(Duration::ZERO));
    let data = sample();
    let local = ["eval", "run", "vqav2", "--model", "models/of/none", "--data", &data];
    let output = bench.lagar(&local);
    assert_eq!(code(&output), 2);
    let text = error_text(&output);
    assert!(text.contains("model `models/of/none`: there is no such folder"), "{text}");
    assert!(text.contains("openai:NAME"), "{text}");
    let misspelt = ["eval", "run", "textvga", "--model", "openai:m", "--data", &data];
    assert!(error_text(&bench.lagar(&misspelt)).contains("did you mean `textvqa`?"));
    let output = run(&bench, &arguments(&server, "run", &["--perturb", "noise"]));
    assert_eq!(code(&output), 2);
    assert!(error_text(&output).contains("perturb is `noise`"), "{}", error_text(&output));
}

#[test]
fn training_data_that_shows_the_test_is_found_out() {
    let bench = Bench::new();
    let data = sample();
    let benchmark = Path::new(&data);
    let signs = benchmark.join("textvqa/train_images");
    let sign = fs::read_dir(&signs).unwrap().next().unwrap().unwrap().path();
    bench.jpeg("images/other.jpg", 300, 200);
    let row = |id: &str, text: &str, picture: &Path| {
        json!({"id": id, "text": text, "images": [picture.to_string_lossy()]}).to_string() + "\n"
    };
    let other = bench.path("images/other.jpg");
    let clean = row("clean", "a picture of nothing that is asked", &other);
    let check = |bench: &Bench| {
        let check = ["eval", "leak", "--train", "train.jsonl", "--benchmark", "textvqa"];
        bench.lagar(&[&check, ["--data", &data, "--json"].as_slice()].concat())
    };
    bench.write("train.jsonl", &clean);
    let output = check(&bench);
    assert_eq!(code(&output), 0, "{}", error_text(&output));

    let leaked = row("leaked", "<__dj__image>\nWhat is written on the sign? open", &sign);
    bench.write("train.jsonl", clean + &leaked);
    let output = check(&bench);
    assert_eq!(code(&output), 1, "{}", error_text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let leaks = report["leaks"].as_array().unwrap();
    assert!(leaks.iter().all(|leak| leak["training_row"] == "leaked"), "{report}");
    let pictures = leaks.iter().filter(|leak| leak["kind"] != "text");
    let name = sign.file_name().unwrap().to_string_lossy().into_owned();
    let shown = |leak: &Value| leak["picture"].as_str().unwrap().ends_with(&name);
    assert!(pictures.clone().any(shown), "{report}");
    assert_eq!(report["training_rows"], 2);
}

#[test]
fn the_answers_of_a_run_can_be_taken_from_its_file() {
    let (bench, server) = (Bench::new(), server(Duration::ZERO));
    summary(&bench, &server, "run", &[]);
    let asked = server.requests().len();
    let data = sample();
    for benchmark in BENCHMARKS {
        let file = format!("run/{benchmark}/answers.jsonl");
        let line = ["eval", "run", benchmark, "--answers", &file, "--data", &data, "--json"];
        let output = bench.lagar(&[line.as_slice(), &["--out", benchmark]].concat());
        assert_eq!(code(&output), 0, "{}", error_text(&output));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let results = bench.read(&format!("run/{benchmark}/results.json"));
        let results: Value = serde_json::from_str(&results).unwrap();
        assert_eq!(found["benchmarks"][0]["metrics"], results["metrics"], "{benchmark}");
    }
    assert_eq!(server.requests().len(), asked);
}
