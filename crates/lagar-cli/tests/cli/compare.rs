//! `lagar compare`: what it says about two runs, and what it says first when neither is real.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::bench::{Bench, code, error_text};

const BRANDS: [&str; 7] = ["bus", "shirt", "phone", "truck", "sign", "shop", "bottle"];

/// Questions of the kind that TextVQA asks.
fn questions(count: usize) -> Vec<String> {
    let asked = |i: usize| match i % 9 {
        0 => format!("What is the brand of this {}?", BRANDS[i % 7]),
        1 => format!("What number is on the {} to the left?", BRANDS[i % 7]),
        2 => format!("What color are the letters on {} {i}?", BRANDS[i % 5]),
        3 => "Who wrote this book?".to_owned(),
        4 => format!("How many people stand at the {}?", BRANDS[i % 3]),
        5 => format!("Where does bus {i} go?"),
        6 => format!("Which {} is it?", BRANDS[i % 4]),
        _ => format!("What does the {} say?", BRANDS[i % 6]),
    };
    (0..count).map(asked).collect()
}

/// An answer file as a script writes it that looks for words instead of at pictures.
fn simulated(count: usize, model: &str) -> String {
    let answer = |question: &str| {
        let lower = question.to_lowercase();
        match () {
            () if lower.contains("brand") => "Nike",
            () if lower.contains("color") => "blue",
            () if lower.contains("number") || lower.contains("how many") => "3",
            () if lower.contains("what") => "text",
            () => "unknown",
        }
    };
    let line = |(i, question): (usize, String)| {
        let line = json!({
            // As in LLaVA's file, the id is the picture's: two questions may share it.
            "question_id": format!("{:016x}", i / 2),
            "prompt": format!(
                "{question}\nReference OCR token: A{i}, B\nAnswer the question using a single word or phrase."
            ),
            "text": answer(&question),
            "answer_id": format!("{model}-{i}"),
            "model_id": model,
            "metadata": {"note": "simulated_answer_for_testing"},
        });
        format!("{line}\n")
    };
    questions(count).into_iter().enumerate().map(line).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// A run folder with one benchmark, where the answer to question i is right as `is_right` says.
fn run(bench: &Bench, name: &str, prompt: &str, is_right: impl Fn(usize) -> bool) {
    let (mut samples, mut answers) = (String::new(), String::new());
    for (i, question) in questions(60).into_iter().enumerate() {
        let right = format!("right {i}");
        let text = if is_right(i) { right.clone() } else { format!("{name} says {}", i * 13 % 29) };
        let sample = json!({
            "id": i.to_string(),
            "question_id": i,
            "question": question,
            "pictures": [format!("pictures/{}.jpg", i % 6)],
            "answer": text,
            "references": [right],
            "tags": {"category": if i % 2 == 0 { "sign" } else { "<b>shop</b>" }},
            "scores": {"accuracy": f64::from(u8::from(is_right(i))), "f1": if is_right(i) { 1.0 } else { 0.3 }},
        });
        samples.extend([sample.to_string().as_str(), "\n"]);
        let answer = json!({"question_id": i, "prompt": question, "text": text, "model_id": name});
        answers.extend([answer.to_string().as_str(), "\n"]);
    }
    bench.write(&format!("{name}/textvqa/samples.jsonl"), samples);
    bench.write(&format!("{name}/textvqa/answers.jsonl"), answers);
    let results = json!({
        "schema": 1,
        "benchmark": "textvqa",
        "metrics": [
            {"name": "f1", "value": 0.5, "n": 60},
            {"name": "accuracy", "value": 0.5, "n": 60},
            {"name": "cider", "value": 0.9, "n": 60},
        ],
        "settings": {"prompt": prompt, "threads": name.len()},
        "model": {"name": name, "digest": name},
    });
    bench.write(&format!("{name}/textvqa/results.json"), results.to_string());
    bench.write(&format!("{name}/run.json"), json!({"seed": 1}).to_string());
    for picture in 0..6 {
        bench.jpeg(&format!("{name}/textvqa/pictures/{picture}.jpg"), 500, 300);
    }
}

fn two_runs(bench: &Bench) {
    run(bench, "base", "llava", |i| i % 2 == 0);
    run(bench, "tuned", "llava", |i| i % 2 == 0 || i % 3 == 0);
}

fn comparison(bench: &Bench, arguments: &[&str]) -> Value {
    let all = [&["compare", "base", "tuned", "--json"], arguments].concat();
    let output = bench.lagar(&all);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn two_files_of_one_script_are_called_out_in_the_first_lines() {
    let bench = Bench::new();
    bench.write("baseline.jsonl.gz", gzip(&simulated(450, "MGM-2B")));
    bench.write("enhanced.jsonl", simulated(450, "MGM-2B-BLIP2"));
    let output = bench.lagar(&["compare", "baseline.jsonl.gz", "enhanced.jsonl"]);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let first: Vec<&str> = text.lines().take(4).collect();
    assert!(first[0].contains("identical, all 450 of them"), "{text}");
    assert!(first[1].contains("not real: the metadata of 450 of 450 answers"), "{text}");
    assert!(first[2].contains("only five distinct answers to 450 questions"), "{text}");
    assert!(
        first[3].contains("\"brand\" → `Nike`") && first[3].contains("the pictures had no part"),
        "{text}"
    );
    assert!(bench.path("comparison/comparison.html").exists());
    let page = bench.read("comparison/comparison.html");
    assert!(page.find("only five distinct answers").unwrap() < page.find("<main>").unwrap());
}

#[test]
fn a_better_model_is_found_better_with_every_number_in_the_json() {
    let bench = Bench::new();
    two_runs(&bench);
    let found = comparison(&bench, &["--metric", "accuracy", "--seed", "7"]);
    let one = &found["benchmarks"][0];
    assert_eq!(one["name"], "textvqa");
    assert_eq!(found["b"]["model"], "tuned");
    let metric = &one["metrics"][0];
    assert_eq!((&metric["metric"], &metric["n"]), (&json!("accuracy"), &json!(60)));
    assert_eq!(
        (&metric["wins"], &metric["losses"], &metric["ties"]),
        (&json!(10), &json!(0), &json!(50))
    );
    // Ten tosses of a coin, all heads or all tails.
    let p = metric["p"].as_f64().unwrap();
    assert!((p - 2.0 / 1024.0).abs() < 1e-12, "{p}");
    assert!((metric["difference"].as_f64().unwrap() - 1.0 / 6.0).abs() < 1e-12);
    assert_eq!(one["metrics"][1]["test"], "paired_t");
    assert_eq!(one["reported"][0]["metric"], "cider");
    assert_eq!(one["questions"].as_array().unwrap().len(), 60);
    let tags: Vec<&Value> =
        one["groups"].as_array().unwrap().iter().map(|group| &group["group"][0]).collect();
    assert!(tags.contains(&&json!("category")) && tags.contains(&&json!("question_type")));
    assert_eq!(
        bench.read("comparison/comparison.json").trim(),
        serde_json::to_string_pretty(&found).unwrap()
    );
}

#[test]
fn the_page_shows_the_pictures_and_loads_nothing() {
    let bench = Bench::new();
    two_runs(&bench);
    comparison(&bench, &["--out", "out", "--show", "5"]);
    let page = bench.read("out/comparison.html");
    assert!(page.matches("<img src=\"data:image/jpeg;base64,").count() >= 10, "{}", page.len());
    assert!(page.contains("B better than A: 10, 5 shown"));
    for reference in ["http:", "https:", "url(h", "url(/", "url('", "@import", "<link", "<script"] {
        assert!(!page.contains(reference), "{reference}");
    }
    assert!(page.contains("&#60;b&#62;shop") && !page.contains("<b>shop"));
    assert!(page.len() < 1_000_000, "thumbnails, not whole pictures: {}", page.len());
}

#[test]
fn a_picture_that_is_gone_is_said_and_costs_nothing_else() {
    let bench = Bench::new();
    two_runs(&bench);
    std::fs::remove_file(bench.path("base/textvqa/pictures/3.jpg")).unwrap();
    comparison(&bench, &[]);
    assert!(bench.read("comparison/comparison.html").contains("picture not found"));
}

#[test]
fn what_does_not_fit_together_is_counted_and_named() {
    let bench = Bench::new();
    run(&bench, "base", "llava", |i| i % 2 == 0);
    run(&bench, "tuned", "lmms-eval", |i| i % 3 == 0);
    let path = "tuned/textvqa/samples.jsonl";
    let lines: Vec<String> = bench.read(path).lines().skip(2).map(str::to_owned).collect();
    bench.write(path, lines.join("\n"));
    let output = bench.lagar(&["compare", "base", "tuned"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("2 questions have an answer of A only (0, 1)"), "{text}");
    assert!(text.contains("the runs differ in `prompt`: A \"llava\", B \"lmms-eval\""), "{text}");
    assert!(!text.contains("threads"), "how many threads ran changes no answer: {text}");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let bench = Bench::new();
    two_runs(&bench);
    let with = |threads: &str| {
        let mut command = bench.command(&["compare", "base", "tuned", "--out", threads]);
        assert!(command.env("RAYON_NUM_THREADS", threads).output().unwrap().status.success());
        (
            bench.read(&format!("{threads}/comparison.json")),
            bench.read(&format!("{threads}/comparison.html")),
        )
    };
    assert!(with("1") == with("5"));
}

#[test]
fn mistakes_name_the_data_and_what_would_be_right() {
    let bench = Bench::new();
    two_runs(&bench);
    let output = bench.lagar(&["compare", "base", "tuned", "--metric", "bleu"]);
    assert_eq!(code(&output), 2);
    assert!(
        error_text(&output).contains("one that both sides have for textvqa: f1, accuracy"),
        "{}",
        error_text(&output)
    );
    bench.write("broken.jsonl", "{\"question_id\": 1, \"text\": \"a\"}\n{\"question_id\": 2\n");
    let output = bench.lagar(&["compare", "broken.jsonl", "broken.jsonl"]);
    assert_eq!(code(&output), 3);
    assert!(error_text(&output).contains("broken.jsonl, line 2: "), "{}", error_text(&output));
    bench.write("one.jsonl", "{\"question_id\": 1, \"text\": \"a\"}\n");
    bench.write("two.jsonl", "{\"question_id\": 2, \"text\": \"a\"}\n");
    let output = bench.lagar(&["compare", "one.jsonl", "two.jsonl"]);
    assert_eq!(code(&output), 1);
    assert!(error_text(&output).contains("no question in common"), "{}", error_text(&output));
    assert_eq!(code(&bench.lagar(&["compare", "base", "nowhere"])), 3);
    assert_eq!(code(&bench.lagar(&["compare", "base", "tuned", "--alpha", "1.5"])), 2);
}
