//! Recipes whose filters ask models, with the tiny checkpoints that lagar-models is tested with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::bench::{Bench, code, error_text};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lagar-models/tests/data/vision")
}

fn process() -> String {
    let models = models();
    let folder = |name: &str| models.join(name).display().to_string();
    format!(
        "
  - image_text_similarity_filter: {{hf_clip: {}, min_score: -1.0}}
  - image_text_matching_filter: {{hf_blip: {}, min_score: 0.42}}
  - image_nsfw_filter: {{hf_nsfw_model: {}, max_score: 1.0}}
  - image_watermark_filter: {{hf_watermark_model: {}, prob_threshold: 1.0}}
  - image_aesthetics_filter: {{hf_scorer_model: {}, min_score: -1.0}}
",
        folder("clip"),
        folder("blip"),
        folder("vit"),
        folder("swin"),
        folder("aesthetics"),
    )
}

/// Each text of the fixtures with each picture.
fn bench() -> (Bench, Value) {
    let bench = Bench::new();
    let fixtures = fs::read(models().join("fixtures.json")).unwrap();
    let fixtures: Value = serde_json::from_slice(&fixtures).unwrap();
    let mut lines = String::new();
    for (number, text) in fixtures["texts"].as_array().unwrap().iter().enumerate() {
        for picture in 0..2 {
            let name = format!("picture_{picture}.png");
            bench.write(&name, fs::read(models().join(&name)).unwrap());
            let text = format!("<__dj__image>{} <|__dj__eoc|>", text.as_str().unwrap());
            let id = format!("{number} {picture}");
            lines += &json!({"id": id, "text": text, "images": [name]}).to_string();
            lines.push('\n');
        }
    }
    bench.write("data.jsonl", lines);
    (bench, fixtures)
}

#[test]
fn filters_that_ask_models_measure_what_transformers_computes() {
    let (bench, fixtures) = bench();
    let report = {
        bench.recipe(&process(), "keep_stats_in_res_ds: true");
        bench.run(&[])
    };
    let rows = bench.rows("out/kept.jsonl");
    // Two pairs of six are below what the matching filter asks for.
    let belongs = |id: &str| {
        let (text, picture) = id.split_once(' ').unwrap();
        let (text, picture): (usize, usize) = (text.parse().unwrap(), picture.parse().unwrap());
        (fixtures["blip"]["scores"][text][picture].as_f64().unwrap(), text, picture)
    };
    assert_eq!(rows.len(), 4, "{report}");
    for row in rows {
        let (matching, text, picture) = belongs(row["id"].as_str().unwrap());
        let stats = &row["__dj__stats__"];
        let near = |key: &str, expected: &Value| {
            let (got, expected) = (stats[key][0].as_f64().unwrap(), expected.as_f64().unwrap());
            assert!((got - expected).abs() < 1e-5, "{key}: {got} instead of {expected}");
        };
        near("image_text_similarity", &fixtures["clip"]["scores"][text][picture]);
        near("image_text_matching_score", &json!(matching));
        near("image_nsfw_score", &fixtures["vit"]["probabilities"][picture][1]);
        near("image_watermark_prob", &fixtures["swin"]["probabilities"][picture][1]);
        near("image_aesthetics_scores", &fixtures["aesthetics"]["scores"][picture]);
    }
}

#[test]
fn a_model_of_another_kind_is_refused_before_any_row_is_read() {
    let (bench, _) = bench();
    let vit = models().join("vit");
    bench.recipe(
        &format!("\n  - image_text_similarity_filter: {{hf_clip: {}}}\n", vit.display()),
        "",
    );
    let output = bench.lagar(&["run", "recipe.yaml"]);
    assert_eq!(code(&output), 2, "{}", error_text(&output));
    let text = error_text(&output);
    assert!(text.contains("its model_type is `vit`"), "{text}");
    assert!(text.contains("lagar runs `clip`"), "{text}");
}

/// Whether the recipe is sound, with Data-Juicer's model files in the folder `cache`.
fn language_recipe(bench: &Bench, cache: &Path, command: &str) -> std::process::Output {
    bench.write("data.jsonl", "{\"text\": \"the house by the sea\"}\n");
    bench.recipe("\n  - language_id_score_filter: {lang: '', min_score: 0.0}\n", "");
    bench
        .command(&[command, "recipe.yaml"])
        .env("DATA_JUICER_MODELS_CACHE", cache)
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap()
}

#[test]
fn files_that_operators_read_are_found_where_data_juicer_keeps_them() {
    let (bench, cache) = (Bench::new(), tempfile::tempdir().unwrap());
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lagar-ops/tests/data/models");
    fs::copy(model.join("softmax.bin"), cache.path().join("lid.176.bin")).unwrap();
    assert_eq!(code(&language_recipe(&bench, cache.path(), "check")), 0);
    let output = language_recipe(&bench, cache.path(), "run");
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    assert_eq!(bench.rows("out/kept.jsonl").len(), 1);
}

#[test]
fn a_file_that_is_missing_is_told_before_any_row_is_read() {
    let (bench, cache) = (Bench::new(), tempfile::tempdir().unwrap());
    for command in ["check", "run"] {
        let output = language_recipe(&bench, cache.path(), command);
        let text = error_text(&output);
        assert_eq!(code(&output), 2, "{text}");
        assert!(text.contains("`lid.176.bin` for `model_path`"), "{text}");
        assert!(text.contains("name a file with `model_path`"), "{text}");
    }
}

#[test]
fn a_model_file_that_was_replaced_is_measured_with_anew() {
    let (bench, cache) = (Bench::new(), tempfile::tempdir().unwrap());
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lagar-ops/tests/data/models");
    let mut scores = Vec::new();
    for name in ["softmax.bin", "hs.bin"] {
        fs::copy(models.join(name), cache.path().join("lid.176.bin")).unwrap();
        let output = language_recipe(&bench, cache.path(), "run");
        assert_eq!(code(&output), 0, "{}", error_text(&output));
        scores.push(bench.read("out/kept_stats.jsonl"));
    }
    assert_ne!(scores[0], scores[1]);
}

#[test]
fn a_served_operator_gets_its_model() {
    use std::io::Write as _;
    use std::process::Stdio;

    let (bench, fixtures) = bench();
    let clip = models().join("clip").display().to_string();
    let text = fixtures["texts"][0].as_str().unwrap();
    let row = json!({"text": format!("<__dj__image>{text}"), "images": ["picture_1.png"]});
    let requests = [
        json!({"method": "init", "op": "image_text_similarity_filter", "kwargs": {"hf_clip": clip}}),
        json!({"method": "compute_stats", "id": 0, "rows": [row]}),
        json!({"method": "init", "op": "image_text_similarity_filter", "kwargs": {"hf_clip": "./no"}}),
    ];
    let mut command = bench.command(&["ops", "serve"]);
    let mut served = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = served.stdin.take().unwrap();
    for request in &requests {
        writeln!(stdin, "{request}").unwrap();
    }
    drop(stdin);
    let output = served.wait_with_output().unwrap();
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let got = &answers[1]["rows"][0]["__dj__stats__"]["image_text_similarity"][0];
    let expected = fixtures["clip"]["scores"][0][1].as_f64().unwrap();
    assert!((got.as_f64().unwrap() - expected).abs() < 1e-5, "{answers:?}");
    assert_eq!(answers[2]["error"]["type"], "OSError");
    assert!(answers[2]["error"]["msg"].as_str().unwrap().contains("./no"), "{answers:?}");
}

#[test]
fn word_lists_are_data_juicers_where_they_are_and_told_to_be_others_where_not() {
    let (bench, assets) = (Bench::new(), tempfile::tempdir().unwrap());
    bench.write("data.jsonl", "{\"text\": \"zug zug the a\"}\n");
    bench.recipe("\n  - stopwords_filter: {min_ratio: 0.0}\n", "keep_stats_in_res_ds: true");
    let run = || {
        let mut command = bench.command(&["run", "recipe.yaml"]);
        command.env("DATA_JUICER_ASSETS_CACHE", assets.path()).output().unwrap()
    };
    let ratio = || bench.rows("out/kept.jsonl")[0]["__dj__stats__"]["stopwords_ratio"].clone();
    let text = error_text(&run());
    assert!(text.contains("`stopwords_filter` judges by the stop words of NLTK"), "{text}");
    assert_eq!(ratio(), 0.5);
    fs::write(assets.path().join("stopwords.json"), r#"{"en": ["zug", "the", "a"]}"#).unwrap();
    let text = error_text(&run());
    assert!(!text.contains("NLTK"), "{text}");
    assert_eq!(ratio(), 1.0);
}
