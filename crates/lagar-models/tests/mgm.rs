//! MGM against its statement in PyTorch: every stage, every form of checkpoint, every kind of question.
//!
//! `tools/make_tiny_mgm.py` makes `tests/data/mgm`.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use lagar_core::models::{Answerer as _, GenerationSettings, PictureSource};
use lagar_models::ModelsError;
use lagar_models::mgm::{
    Answer, Exchange, MgmAnswerer, MgmConfig, MgmFolders, MgmOptions, Piece, Pixels, Question,
};
use lagar_nn::ops::{KvCache, Span};
use lagar_nn::weights::{LoadOptions, Source, load};
use lagar_nn::{Dtype, Tensor};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How far two implementations in `f32` are apart, relative to the largest element of a stage.
const F32_TOLERANCE: f32 = 1e-5;
/// How far `bf16` matrices take the last stage from `f32`, relative to its largest element.
const BF16_TOLERANCE: f32 = 0.08;

#[derive(Deserialize)]
struct Fixtures {
    runs: Vec<Run>,
}

/// One question to one form of the model.
#[derive(Deserialize)]
struct Run {
    form: String,
    name: String,
    pictures: Vec<usize>,
    exchanges: Vec<(String, Option<String>)>,
    prompt: String,
    input_ids: Vec<i64>,
    new_ids: Vec<u32>,
    text: String,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mgm")
}

fn runs(form: &str) -> Vec<Run> {
    let text = fs::read(data().join("fixtures.json")).unwrap();
    let fixtures: Fixtures = serde_json::from_slice(&text).unwrap();
    let runs: Vec<Run> = fixtures.runs.into_iter().filter(|run| run.form == form).collect();
    assert!(!runs.is_empty());
    runs
}

fn open(folders: &MgmFolders, dtype: Dtype) -> Result<MgmAnswerer, ModelsError> {
    MgmAnswerer::load(folders, &MgmOptions { dtype, ..MgmOptions::default() })
}

fn whole() -> MgmAnswerer {
    open(&MgmFolders::of(&data().join("mgm")), Dtype::F32).unwrap()
}

/// A copy of the folders, some of whose files a test changes.
fn copy(folders: &[&str]) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in folders {
        fs::create_dir(copy.path().join(folder)).unwrap();
        for entry in fs::read_dir(data().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            fs::copy(&path, copy.path().join(folder).join(name)).unwrap();
        }
    }
    copy
}

/// The model that cuts pictures into four parts.
fn hd() -> (TempDir, MgmAnswerer) {
    let copy = copy(&["mgm", "clip"]);
    fs::copy(data().join("hd.json"), copy.path().join("mgm/config.json")).unwrap();
    let model = open(&MgmFolders::of(&copy.path().join("mgm")), Dtype::F32).unwrap();
    (copy, model)
}

fn base() -> MgmFolders {
    MgmFolders { model: data().join("base"), ..MgmFolders::default() }
}

fn picture(index: usize) -> PictureSource {
    PictureSource::File(data().join(format!("picture_{index}.png")))
}

fn pixels(model: &MgmAnswerer, index: usize) -> Pixels {
    let bytes = fs::read(data().join(format!("picture_{index}.png"))).unwrap();
    model.pixels().of(&lagar_image::decode(&bytes).unwrap()).unwrap()
}

fn question(run: &Run) -> Question {
    let exchange = |(question, answer): &(String, Option<String>)| Exchange {
        question: question.clone(),
        answer: answer.clone(),
    };
    Question {
        pictures: run.pictures.iter().map(|index| picture(*index)).collect(),
        exchanges: run.exchanges.iter().map(exchange).collect(),
    }
}

fn twelve() -> GenerationSettings {
    GenerationSettings { max_new_tokens: 12, ..GenerationSettings::default() }
}

fn ask(model: &MgmAnswerer, runs: &[Run]) -> Vec<Answer> {
    let questions: Vec<Question> = runs.iter().map(question).collect();
    let answers = model.answers(&questions, &twelve()).unwrap();
    answers.into_iter().map(Result::unwrap).collect()
}

/// Asks everything that the fixtures know of a form.
fn check_answers(model: &MgmAnswerer, form: &str) {
    let runs = runs(form);
    for (run, answer) in runs.iter().zip(ask(model, &runs)) {
        let name = format!("{form}: {}", run.name);
        assert_eq!(answer.token_ids, run.new_ids, "{name}");
        assert_eq!(answer.text, run.text, "{name}");
        assert_eq!(answer.prompt, run.prompt, "{name}");
    }
}

/// A tensor of `fixtures.safetensors`.
fn reference(name: &str) -> Tensor {
    let source = Source::open_file(&data().join("fixtures.safetensors")).unwrap();
    let shape = source.shape(name).unwrap().to_vec();
    let unused: Vec<&str> = source.names().collect();
    let options = LoadOptions { unused: &unused, ..LoadOptions::default() };
    load(&source, &options, |scope| scope.tensor(name, &shape)).unwrap()
}

/// The largest difference, relative to the largest element.
fn distance(got: &[f32], expected: &Tensor) -> f32 {
    let expected = expected.to_vec().unwrap();
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(1.0_f32, |largest, x| largest.max(x.abs()));
    let apart = got.iter().zip(&expected).map(|(got, expected)| (got - expected).abs());
    apart.fold(0.0, f32::max) / largest
}

fn check(name: &str, got: &Tensor) {
    let apart = distance(&got.to_vec().unwrap(), &reference(name));
    assert!(apart <= F32_TOLERANCE, "{name}: {apart}");
}

/// What stands behind the layers, and the scores behind the last eight tokens, of the first run.
fn language(model: &MgmAnswerer, form: &str) -> (Vec<Tensor>, Tensor) {
    let run = &runs(form)[0];
    let looked: Vec<Tensor> = run
        .pictures
        .iter()
        .map(|index| model.model().look(&pixels(model, *index)).unwrap().tokens)
        .collect();
    let vectors = model.vectors(&run.prompt, &looked.iter().collect::<Vec<_>>()).unwrap();
    let tokens = vectors.size(0).unwrap();
    let mut cache = KvCache::new();
    let mut spans = [Span { cache: &mut cache, tokens }];
    let mut behind = Vec::new();
    let language = &model.model().language;
    let mut keep = |_layer, x: &Tensor| behind.push(x.clone());
    let hidden = language.hidden(&vectors, &mut spans, &mut keep).unwrap();
    let logits = language.logits(&hidden.narrow(0, tokens - 8..tokens).unwrap()).unwrap();
    behind.push(hidden);
    (behind, logits)
}

#[test]
fn pixels_are_those_of_pillow_and_pytorch() {
    let fifths =
        |tensor: &Tensor| -> Vec<f32> { tensor.to_vec().unwrap().into_iter().step_by(5).collect() };
    let near = |name: &str, got: &[f32]| {
        for (got, expected) in got.iter().zip(reference(name).to_vec().unwrap()) {
            assert!((got - expected).abs() <= 2e-6, "{name}: {got} {expected}");
        }
    };
    let padded = pixels(&whole(), 0);
    assert_eq!(padded.views.shape(), reference("mgm.views").shape());
    near("mgm.fine", &padded.finer.to_vec().unwrap());
    near("mgm.views", &padded.views.to_vec().unwrap());
    let (_folder, hd) = hd();
    let cut = pixels(&hd, 0);
    assert_eq!(cut.views.shape(), [5, 3, 28, 28]);
    near("hd.fine", &fifths(&cut.finer));
    near("hd.views", &fifths(&cut.views));
    // the first stage of training does not pad
    let copy = copy(&["mgm", "clip"]);
    change_config(&copy.path().join("mgm"), |config| {
        config["image_aspect_ratio"] = json!("square");
    });
    let square = open(&MgmFolders::of(&copy.path().join("mgm")), Dtype::F32).unwrap();
    near("square.fine", &fifths(&pixels(&square, 1).finer));
}

fn change_config(folder: &Path, change: impl Fn(&mut Value)) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    lagar_core::fsio::write(&path, config.to_string().as_bytes()).unwrap();
}

#[test]
fn every_stage_agrees_with_pytorch() {
    let model = whole();
    let pixels = pixels(&model, 0);
    let mut x = model.model().vision.embed(&pixels.views).unwrap();
    check("mgm.clip_hidden_0", &x);
    for (index, layer) in model.model().vision.layers().iter().take(2).enumerate() {
        x = layer.forward(&x, false).unwrap();
        check(&format!("mgm.clip_hidden_{}", index + 1), &x);
    }
    let seen = model.model().look(&pixels).unwrap();
    for (index, map) in seen.maps.iter().enumerate() {
        check(&format!("mgm.aux_stage_{index}"), &map.permute(&[2, 0, 1]).unwrap());
    }
    check("mgm.mined", &seen.mined);
    check("mgm.tokens", &seen.tokens);
    let (behind, logits) = language(&model, "mgm");
    check("mgm.lm_hidden_1", &behind[0]);
    check("mgm.lm_hidden_2", &behind[1]);
    check("mgm.lm_last_hidden", &behind[2]);
    check("mgm.logits", &logits);
}

#[test]
fn prompts_are_cut_into_the_tokens_of_the_reference() {
    let model = whole();
    for run in runs("mgm") {
        let exchanges = question(&run).exchanges;
        assert_eq!(model.prompter().words(&exchanges, run.pictures.len()), run.prompt);
        let mut ids = Vec::new();
        for piece in model.prompter().pieces(&run.prompt).unwrap() {
            match piece {
                Piece::Tokens(tokens) => ids.extend(tokens.into_iter().map(i64::from)),
                Piece::Picture => ids.push(-200),
            }
        }
        assert_eq!(ids, run.input_ids, "{}", run.name);
    }
}

#[test]
fn answers_of_a_whole_checkpoint_are_exact_and_alone_what_they_are_in_company() {
    let model = whole();
    check_answers(&model, "mgm");
    for run in runs("mgm") {
        let alone = ask(&model, std::slice::from_ref(&run));
        assert_eq!(alone[0].token_ids, run.new_ids, "{}", run.name);
    }
}

#[test]
fn the_hd_variant_sees_the_whole_picture_and_its_quarters() {
    let (_folder, hd) = hd();
    let seen = hd.model().look(&pixels(&hd, 0)).unwrap();
    check("hd.tokens", &seen.tokens);
    let (_, logits) = language(&hd, "hd");
    check("hd.logits", &logits);
    check_answers(&hd, "hd");
    // two pictures are 160 vectors, as many as the configuration allows, and the words 23 more
    let runs = runs("hd");
    let two = runs.iter().position(|run| run.pictures.len() == 2).unwrap();
    let cut: Vec<usize> = ask(&hd, &runs).iter().map(|answer| answer.cut).collect();
    assert_eq!((cut[0], cut[two]), (0, 23));
}

#[test]
fn base_projector_and_towers_together_are_the_whole_checkpoint() {
    // the towers are in `mm_projector.bin` already
    let projector = Some(data().join("pretrain"));
    check_answers(&open(&MgmFolders { projector, ..base() }, Dtype::F32).unwrap(), "mgm");
    let projector = Some(data().join("pretrain/mm_projector.bin"));
    check_answers(&open(&MgmFolders { projector, ..base() }, Dtype::F32).unwrap(), "mgm");
    // a folder that names its base
    check_answers(&open(&MgmFolders::of(&data().join("pretrain")), Dtype::F32).unwrap(), "mgm");
}

#[test]
fn an_adapter_computes_the_same_beside_its_base_and_worked_in() {
    let adapter = Some(data().join("lora"));
    for is_merged in [false, true] {
        for base in [base(), MgmFolders::of(&data().join("mgm"))] {
            let folders = MgmFolders { adapter: adapter.clone(), is_merged, ..base };
            let model = open(&folders, Dtype::F32).unwrap();
            check("lora.logits", &language(&model, "lora").1);
            check_answers(&model, "lora");
        }
    }
    // a run's folder that names its base
    check_answers(&open(&MgmFolders::of(&data().join("lora")), Dtype::F32).unwrap(), "lora");
}

#[test]
fn an_adapter_for_another_base_or_of_nothing_is_refused() {
    let copy = copy(&["lora"]);
    let lora = copy.path().join("lora");
    let with = |folder: &str, name: &str, place: &str| {
        let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
        fs::copy(other.join(name), lora.join(place)).unwrap();
    };
    let whole = MgmFolders::of(&data().join("mgm"));
    let folders = MgmFolders { adapter: Some(lora.clone()), ..whole };
    with("vision/clip", "model.safetensors", "adapter_model.safetensors");
    let message = refused(&folders);
    assert!(message.contains("adapter_model.safetensors"), "{message}");
    for name in ["adapter_model.safetensors", "adapter_config.json"] {
        with("adapters/conv1d", name, name);
    }
    let message = refused(&folders);
    assert!(message.contains("modules is in the base"), "{message}");
}

#[test]
fn bfloat16_stays_within_its_bound() {
    let model = open(&MgmFolders::of(&data().join("mgm")), Dtype::Bf16).unwrap();
    let (_, logits) = language(&model, "mgm");
    let apart = distance(&logits.to_vec().unwrap(), &reference("mgm.logits"));
    assert!(apart <= BF16_TOLERANCE, "{apart}");
    assert!(apart > 1e-5, "these are not bfloat16: {apart}");
}

#[test]
fn beams_and_draws_depend_on_nothing_but_question_and_seed() {
    let folders = MgmFolders::of(&data().join("mgm"));
    let with = |batch, threads, seed| {
        let options = MgmOptions { batch: Some(batch), threads, seed, ..MgmOptions::default() };
        MgmAnswerer::load(&folders, &options).unwrap()
    };
    let runs = runs("mgm");
    let questions: Vec<Question> = runs.iter().map(question).collect();
    let said = |model: &MgmAnswerer, settings: &GenerationSettings| -> Vec<Vec<u32>> {
        let answers = model.answers(&questions, settings).unwrap();
        answers.into_iter().map(|answer| answer.unwrap().token_ids).collect()
    };
    let beams = GenerationSettings { num_beams: 3, ..twelve() };
    let draws = GenerationSettings { do_sample: true, temperature: 1.5, ..twelve() };
    let (one, many) = (with(1, 1, 7), with(16, 2, 7));
    for settings in [&beams, &draws] {
        assert_eq!(said(&one, settings), said(&many, settings));
    }
    assert_ne!(said(&one, &draws), said(&with(1, 1, 8), &draws));
    assert_ne!(said(&one, &beams), said(&one, &twelve()));
}

#[test]
fn a_picture_that_is_none_costs_its_own_question_alone() {
    let model = whole();
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.jpg");
    lagar_core::fsio::write(&broken, b"no picture").unwrap();
    let missing = folder.path().join("missing.png");
    let asked = [
        Question::new(vec![PictureSource::File(broken)], "What is it?"),
        question(&runs("mgm")[0]),
        Question::new(vec![PictureSource::File(missing)], "What is it?"),
    ];
    let answers = model.answers(&asked, &twelve()).unwrap();
    assert!(answers[0].as_ref().unwrap_err().contains("picture"), "{:?}", answers[0]);
    assert_eq!(answers[1].as_ref().unwrap().token_ids, runs("mgm")[0].new_ids);
    assert!(answers[2].as_ref().unwrap_err().contains("missing.png"), "{:?}", answers[2]);
}

#[test]
fn as_answerer_it_says_the_same_and_its_digest_knows_the_settings() {
    let folders = MgmFolders::of(&data().join("mgm"));
    let with = |settings| {
        let options = MgmOptions { settings, ..MgmOptions::default() };
        MgmAnswerer::load(&folders, &options).unwrap()
    };
    let (model, run) = (with(twelve()), &runs("mgm")[0]);
    let asked = [(vec![picture(0)], run.exchanges[0].0.clone())];
    assert_eq!(model.answer(&asked).unwrap(), [Ok(run.text.clone())]);
    let other = with(GenerationSettings { num_beams: 2, ..twelve() });
    assert_ne!(model.digest(), other.digest());
    assert_eq!(model.digest(), with(twelve()).digest());
}

fn refused(folders: &MgmFolders) -> String {
    let error = open(folders, Dtype::F32).map(drop).unwrap_err();
    format!("{}\n{}", lagar_core::error::chain(&error), error.hint().unwrap_or_default())
}

#[test]
fn a_missing_tower_is_named_with_the_flag_that_gives_it() {
    let alone = copy(&["base", "pretrain"]);
    let folders = MgmFolders { model: alone.path().join("base"), ..MgmFolders::default() };
    assert!(refused(&folders).contains("base of an MGM"));
    let trained = copy(&["base", "lora"]);
    let folders = MgmFolders {
        model: trained.path().join("base"),
        adapter: Some(trained.path().join("lora")),
        ..MgmFolders::default()
    };
    let message = refused(&folders);
    assert!(message.contains("vision tower is missing"), "{message}");
    assert!(message.contains("clip") && message.contains("--vision-tower"), "{message}");
    let message = refused(&MgmFolders { vision_tower: Some(data().join("clip")), ..folders });
    assert!(message.contains("finer vision tower") && message.contains("--aux-tower"), "{message}");
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let shard = "mgm/model-00001-of-00002.safetensors";
    let cut = copy(&["mgm", "clip"]);
    let bytes = fs::read(cut.path().join(shard)).unwrap();
    lagar_core::fsio::write(cut.path().join(shard), &bytes[..bytes.len() - 100]).unwrap();
    let folders = MgmFolders::of(&cut.path().join("mgm"));
    assert!(refused(&folders).contains("model-00001-of-00002.safetensors"));

    let narrow = copy(&["mgm", "clip"]);
    change_config(&narrow.path().join("mgm"), |config| config["intermediate_size"] = json!(40));
    let message = refused(&MgmFolders::of(&narrow.path().join("mgm")));
    assert!(message.contains("model.layers.0.mlp.up_proj.weight"), "{message}");
    assert!(message.contains("expected [40, 24], got [44, 24]"), "{message}");

    let other = copy(&["mgm", "clip"]);
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/blip2/tokenizer.json"),
        other.path().join("mgm/tokenizer.json"),
    )
    .unwrap();
    let message = refused(&MgmFolders::of(&other.path().join("mgm")));
    assert!(message.contains("tokenizer.json"), "{message}");

    let foreign = copy(&["base", "pretrain", "clip", "convnext"]);
    fs::copy(
        data().join("convnext/open_clip_pytorch_model.bin"),
        foreign.path().join("pretrain/mm_projector.bin"),
    )
    .unwrap();
    let message = refused(&MgmFolders::of(&foreign.path().join("pretrain")));
    assert!(message.contains("mm_projector.bin"), "{message}");
}

#[test]
fn what_does_not_fit_the_places_is_one_question_without_an_answer() {
    let long = GenerationSettings { max_new_tokens: 400, ..GenerationSettings::default() };
    let answers = whole().answers(&[question(&runs("mgm")[0])], &long).unwrap();
    assert!(answers[0].as_ref().unwrap_err().contains("places for 256"));
    assert!(MgmConfig::is_in(&data().join("mgm")) && !MgmConfig::is_in(&data().join("base")));
}
