//! Recipes with captions, by a service that the test starts and by the bundled captioner.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, SEED};

/// A chat server that says of a picture how long its data is, after `wait`; it counts what it is asked.
struct Service {
    base_url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(wait: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || while answer(&stream, &seen, wait).is_some() {});
            }
        });
        Self { base_url, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Answers one request; `None` when the client is gone.
fn answer(stream: &TcpStream, seen: &Mutex<Vec<String>>, wait: Duration) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let picture = request["messages"][0]["content"][0]["image_url"]["url"].as_str()?.to_owned();
    std::thread::sleep(wait);
    let text = format!("a picture whose bytes are {} letters of base64 long", picture.len());
    seen.lock().unwrap().push(picture);
    let answer = json!({"choices": [{"message": {"content": text}}]}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
    let mut writer = stream;
    writer.write_all(head.as_bytes()).ok()?;
    writer.write_all(answer.as_bytes()).ok()
}

const CAPTIONED: &str = "
  - image_captioning_mapper: {hf_img2seq: 'openai:any', keep_original_sample: false, mem_required: 8}
";

fn bench(rows: usize) -> Bench {
    let bench = Bench::new();
    bench.data(rows);
    bench.recipe(&format!("{CAPTIONED}{}", SEED.trim_start_matches('\n')), "chunk_size: 40\nnp: 2");
    bench
}

fn outputs(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let names = ["out/kept.jsonl", "out/kept_stats.jsonl", "out/kept.run/ledger.parquet"];
    let read = |name: &&str| ((*name).to_owned(), std::fs::read(bench.path(name)).unwrap());
    names.iter().map(read).collect()
}

#[test]
fn a_recipe_may_caption_by_a_service_and_no_picture_is_asked_twice() {
    let service = Service::start(Duration::ZERO);
    let bench = bench(120);
    let args = ["--base-url", &service.base_url];
    bench.run(&args);
    let asked = service.asked();
    let mut distinct = asked.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(asked.len(), distinct.len(), "each picture once, however many rows have it");
    assert!(!distinct.is_empty());
    let rows = bench.rows("out/kept.jsonl");
    assert!(!rows.is_empty());
    for row in &rows {
        let text = row["text"].as_str().unwrap();
        assert!(text.starts_with("<__dj__image> a picture whose bytes are "), "{text}");
        assert!(text.ends_with(" long <|__dj__eoc|>"), "{text}");
    }
    let first = outputs(&bench);
    std::fs::remove_dir_all(bench.path("out/kept.run")).unwrap();
    bench.run(&["--base-url", &service.base_url, "--fresh"]);
    assert_eq!(service.asked(), Vec::<String>::new(), "a second run finds all captions");
    assert!(outputs(&bench) == first);
}

#[test]
fn a_killed_run_goes_on_behind_its_last_caption_and_gives_the_same_bytes() {
    let service = Service::start(Duration::from_millis(12));
    let killed = bench(160);
    killed.run(&["--base-url", &service.base_url]);
    let (expected, whole) = (outputs(&killed), service.asked().len());
    // The captions lie there, too: everything begins anew.
    std::fs::remove_dir_all(killed.path("out")).unwrap();
    let kills = 6;
    for kill in 1..=kills {
        let args = ["run", "recipe.yaml", "-q", "--base-url", &service.base_url];
        let mut child = killed.command(&args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 25 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    killed.run(&["--base-url", &service.base_url]);
    for ((name, bytes), (_, before)) in outputs(&killed).iter().zip(&expected) {
        assert!(bytes == before, "{name} differs");
    }
    let asked = service.asked().len();
    // What was under way when a run was killed is asked again: eight requests at most.
    assert!(asked <= whole + 8 * kills as usize, "{asked} of {whole} with {kills} kills");
}

#[test]
fn a_model_that_is_not_there_is_found_before_any_row_is_read() {
    let bench = Bench::new();
    bench.data(10);
    bench.recipe("\n  - image_captioning_mapper: {hf_img2seq: ./models/blip2}\n", "");
    let output = bench.command(&["run", "recipe.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("there is no such folder"), "{message}");
    assert!(message.contains("hf_img2seq: ./models/blip2"), "it points at the place: {message}");
    assert!(!bench.path("out").exists());
}

#[test]
fn a_model_of_another_kind_is_refused_by_name() {
    let bench = Bench::new();
    bench.data(10);
    bench.write("models/vit/config.json", "{\"model_type\": \"vit\"}");
    bench.recipe("\n  - image_captioning_mapper: {hf_img2seq: models/vit}\n", "");
    let output = bench.command(&["check", "recipe.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("its model_type is `vit`"), "{message}");
}

fn project(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Per picture of the sample that can be read what transformers captions, and what is true; written by
/// `tools/train_sample_captioner.py --measure`.
fn known() -> Vec<Value> {
    let lines = include_str!("../data/sample_captions.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn captions(bench: &Bench, pictures: &[String], more: &[&str]) -> (Vec<Value>, Option<i32>) {
    let model = project("examples/captioner");
    let pictures: Vec<&str> = pictures.iter().map(String::as_str).collect();
    let all = [&["caption", "--model", &model, "--json", "-q"], more, &pictures].concat();
    let output = bench.lagar(&all);
    let lines = String::from_utf8(output.stdout).unwrap();
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.code())
}

#[test]
fn the_bundled_captioner_says_of_the_sample_what_it_says_in_transformers() {
    let bench = Bench::new();
    let known = known();
    let pictures: Vec<String> = known
        .iter()
        .map(|row| project(&format!("examples/sample/{}", row["image"].as_str().unwrap())))
        .collect();
    let (said, code) = captions(&bench, &pictures, &[]);
    assert_eq!((said.len(), code), (297, Some(0)));
    for (said, known) in said.iter().zip(&known) {
        assert_eq!(said["caption"], known["caption"], "{}", known["image"]);
        assert!(said["logprob"].as_f64().unwrap() < 0.0 && said["seconds"].as_f64().unwrap() > 0.0);
        assert!(said["token_ids"].as_array().unwrap().len() > 3, "{said}");
    }
    let right = known.iter().filter(|row| row["caption"] == row["truth"]).count();
    assert_eq!(right, 196, "as examples/captioner/README.md says");
}

#[test]
fn a_picture_that_cannot_be_captioned_is_reported_alone() {
    let bench = Bench::new();
    let sound = project("examples/sample/images/000/000000000.jpg");
    let broken = bench.write("broken.jpg", "this is no picture").display().to_string();
    let pictures = [sound.clone(), broken, "gone.jpg".to_owned(), sound];
    let (said, code) = captions(&bench, &pictures, &["--num-beams", "2"]);
    assert_eq!(code, Some(1));
    let has = |key: &str| said.iter().map(|line| line.get(key).is_some()).collect::<Vec<_>>();
    assert_eq!(has("caption"), [true, false, false, true]);
    assert_eq!(has("error"), [false, true, true, false]);
    assert_eq!(said[0]["caption"], said[3]["caption"]);
}

#[test]
fn every_setting_of_generation_is_a_flag() {
    let bench = Bench::new();
    let picture = |number| project(&format!("examples/sample/images/000/00000000{number}.jpg"));
    let pictures: Vec<String> = (0..3).map(picture).collect();
    let ask = |more: &[&str]| {
        let (said, code) = captions(&bench, &pictures, more);
        assert_eq!(code, Some(0), "{more:?}");
        said
    };
    let ids = |said: &Value| said["token_ids"].as_array().unwrap().clone();
    let beams = ask(&["--num-beams", "3", "--num-return-sequences", "2"]);
    assert_eq!(beams.len(), 6);
    assert_eq!(beams[0]["image"], beams[1]["image"]);
    assert_ne!(ids(&beams[0]), ids(&beams[1]));
    let plain = ask(&[]);
    let long = ask(&["--min-new-tokens", "18"]);
    assert!(plain.iter().any(|said| ids(said).len() < 18));
    assert!(long.iter().all(|said| ids(said).len() >= 18));
    let drawn = |seed: &str, batch: &str| {
        let wild = ["--do-sample", "--temperature", "3", "--top-k", "0", "--top-p", "0.99"];
        let more = [&wild[..], &["--seed", seed, "--batch", batch, "--threads", "1"]].concat();
        ask(&more).iter().map(ids).collect::<Vec<_>>()
    };
    assert_eq!(drawn("1", "1"), drawn("1", "4"));
    assert_ne!(drawn("1", "1"), drawn("2", "1"));
}
