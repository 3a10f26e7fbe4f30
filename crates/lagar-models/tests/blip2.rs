//! BLIP-2 against transformers: every stage, every way of generating, every form of checkpoint.
//!
//! `tools/make_tiny_blip2.py` makes the folders `tests/data/blip2*`. One is in the project; whoever
//! puts more beside it, with other sizes and seeds, has them compared too.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use lagar_core::models::{CaptionRequest, Captioner as _, GenerationSettings, PictureSource};
use lagar_models::blip2::{Blip2, Blip2Captioner, Blip2Config, CaptionerOptions};
use lagar_nn::ops::{KvCache, Span};
use lagar_nn::weights::{LoadOptions, Source, load};
use lagar_nn::{Device, Dtype, Tensor};
use serde::Deserialize;

/// How far two implementations in `f32` are apart, relative to the largest element of a stage.
const F32_TOLERANCE: f32 = 1e-5;
/// The same for 8-bit integers.
const INT8_TOLERANCE: f32 = 0.05;
/// How far `bf16` matrices take the last stage from `f32`, relative to its largest element.
const BF16_TOLERANCE: f32 = 0.05;

#[derive(Deserialize)]
struct Fixtures {
    runs: Vec<Run>,
    tokenizer: Vec<Tokenized>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    requests: Vec<Wanted>,
    settings: GenerationSettings,
    ids: Vec<Vec<Vec<u32>>>,
    scores: Vec<Option<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Wanted {
    picture: usize,
    prompt: Option<String>,
}

#[derive(Deserialize)]
struct Tokenized {
    text: String,
    ids: Vec<u32>,
}

fn folders() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut folders: Vec<_> = fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("fixtures.json").is_file() && !path.join("clip").is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn fixtures(folder: &Path) -> Fixtures {
    serde_json::from_slice(&fs::read(folder.join("fixtures.json")).unwrap()).unwrap()
}

fn captioner(folder: &Path, dtype: Dtype, batch: usize) -> Blip2Captioner {
    let options = CaptionerOptions { dtype, batch: Some(batch), ..CaptionerOptions::default() };
    Blip2Captioner::load(folder, &options).unwrap()
}

/// A tensor of `fixtures.safetensors`.
fn reference(folder: &Path, name: &str) -> Tensor {
    let source = Source::open_file(&folder.join("fixtures.safetensors")).unwrap();
    let shape = source.shape(name).unwrap().to_vec();
    let unused: Vec<&str> = source.names().collect();
    let options = LoadOptions { unused: &unused, ..LoadOptions::default() };
    load(&source, &options, |scope| scope.tensor(name, &shape)).unwrap()
}

/// The largest difference, relative to the largest element.
fn distance(got: &Tensor, expected: &Tensor) -> f32 {
    let (got, expected) = (got.to_vec().unwrap(), expected.to_vec().unwrap());
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(1.0_f32, |largest, x| largest.max(x.abs()));
    let apart = got.iter().zip(&expected).map(|(got, expected)| (got - expected).abs());
    apart.fold(0.0, f32::max) / largest
}

/// Logits behind every place of a picture and the token that starts a text.
fn prefix_logits(model: &Blip2, pixels: &Tensor, start: u32) -> Tensor {
    let vectors = model.look(pixels).unwrap();
    let [_, queries, width] = vectors.sizes().unwrap();
    let prefix = model.prefix(&vectors.reshape(&[queries, width]).unwrap(), &[start]).unwrap();
    let mut cache = KvCache::new();
    let mut spans = [Span { cache: &mut cache, tokens: queries + 1 }];
    let hidden = model.language.hidden(&prefix, &mut spans).unwrap();
    model.language.logits(&hidden).unwrap()
}

#[test]
fn pixel_values_are_those_of_pillow() {
    for folder in folders() {
        let captioner = captioner(&folder, Dtype::F32, 1);
        let picture =
            lagar_image::decode(&fs::read(folder.join("picture_0.png")).unwrap()).unwrap();
        let values = captioner.preprocessor().pixel_values(&picture).unwrap();
        let expected = reference(&folder, "pixel_values").to_vec().unwrap();
        assert_eq!(values.len(), expected.len());
        for (got, expected) in values.iter().zip(expected) {
            assert!((got - expected).abs() <= 1e-6, "{}", folder.display());
        }
    }
}

#[test]
fn every_stage_agrees_with_transformers() {
    for folder in folders() {
        let captioner = captioner(&folder, Dtype::F32, 1);
        let model = captioner.model();
        let check = |name: &str, got: &Tensor| {
            let apart = distance(got, &reference(&folder, name));
            assert!(apart <= F32_TOLERANCE, "{} {name}: {apart}", folder.display());
        };
        let pixels = reference(&folder, "pixel_values");
        let mut x = model.vision.embed(&pixels).unwrap();
        check("vision_embeddings", &x);
        for (index, layer) in model.vision.layers().iter().enumerate() {
            x = layer.forward(&x).unwrap();
            check(&format!("vision_layer_{index}"), &x);
        }
        let patches = model.vision.finish(&x).unwrap();
        check("vision", &patches);
        let queries = model.query(&patches).unwrap();
        check("qformer", &queries);
        check("projection", &model.project(&queries).unwrap());
        check("prefix_logits", &prefix_logits(model, &pixels, 2));
    }
}

#[test]
fn bfloat16_stays_within_its_bound() {
    for folder in folders() {
        let captioner = captioner(&folder, Dtype::Bf16, 1);
        let pixels = reference(&folder, "pixel_values");
        let logits = prefix_logits(captioner.model(), &pixels, 2);
        let apart = distance(&logits, &reference(&folder, "prefix_logits"));
        assert!(apart <= BF16_TOLERANCE, "{}: {apart}", folder.display());
        assert!(apart > 1e-5, "these are not bfloat16: {apart}");
    }
}

#[test]
fn integers_of_eight_bits_stay_within_their_bound() {
    for folder in folders() {
        let captioner = captioner(&folder, Dtype::Int8, 1);
        let pixels = reference(&folder, "pixel_values");
        let logits = prefix_logits(captioner.model(), &pixels, 2);
        let apart = distance(&logits, &reference(&folder, "prefix_logits"));
        assert!(apart <= INT8_TOLERANCE, "{}: {apart}", folder.display());
        assert!(apart > 1e-4, "these are not integers: {apart}");
    }
}

fn requests(folder: &Path, run: &Run) -> Vec<CaptionRequest> {
    let request = |wanted: &Wanted| CaptionRequest {
        picture: PictureSource::File(folder.join(format!("picture_{}.png", wanted.picture))),
        prompt: wanted.prompt.clone(),
        seed: 0,
    };
    run.requests.iter().map(request).collect()
}

#[test]
fn token_ids_are_those_of_transformers_alone_and_in_a_batch() {
    for folder in folders() {
        for batch in [1, 4, 16] {
            let captioner = captioner(&folder, Dtype::F32, batch);
            for run in fixtures(&folder).runs {
                compare(&captioner, &folder, &run);
            }
        }
    }
}

fn compare(captioner: &Blip2Captioner, folder: &Path, run: &Run) {
    let got = captioner.captions(&requests(folder, run), &run.settings).unwrap();
    let place = format!("{} {}", folder.display(), run.name);
    assert_eq!(got.len(), run.ids.len());
    for ((captions, ids), scores) in got.iter().zip(&run.ids).zip(&run.scores) {
        let captions = captions.as_ref().unwrap();
        let got: Vec<_> = captions.iter().map(|caption| &caption.token_ids).collect();
        assert_eq!(got, ids.iter().collect::<Vec<_>>(), "{place}");
        for (caption, score) in captions.iter().zip(scores.iter().flatten()) {
            let length = caption.token_ids.len() as f64;
            let got = caption.logprob.unwrap() / length.powf(run.settings.length_penalty);
            assert!((got - score).abs() < 1e-4, "{place}: {got} {score}");
        }
    }
}

#[test]
fn a_caption_is_the_same_bits_whatever_the_batch_and_the_threads() {
    let folder = &folders()[0];
    let draws = GenerationSettings {
        do_sample: true,
        num_return_sequences: 3,
        temperature: 1.5,
        ..GenerationSettings::default()
    };
    for dtype in [Dtype::F32, Dtype::Bf16, Dtype::Int8] {
        for settings in [GenerationSettings::default(), draws.clone()] {
            let run = |batch, threads, seed: u64| {
                let batch = Some(batch);
                let options = CaptionerOptions { dtype, batch, threads, ..Default::default() };
                let captioner = Blip2Captioner::load(folder, &options).unwrap();
                let mut requests = requests(folder, &fixtures(folder).runs[1]);
                for (number, request) in requests.iter_mut().enumerate() {
                    request.seed = seed + number as u64;
                }
                let captions = captioner.captions(&requests, &settings).unwrap();
                let bits = captions
                    .into_iter()
                    .flat_map(Result::unwrap)
                    .map(|caption| (caption.token_ids, caption.logprob.unwrap().to_bits()));
                bits.collect::<Vec<_>>()
            };
            let alone = run(1, 1, 7);
            assert_eq!(alone, run(5, 1, 7));
            assert_eq!(alone, run(16, 3, 7));
            assert_eq!(settings.do_sample, alone != run(1, 1, 8));
        }
    }
}

#[test]
fn prompts_are_tokenised_as_by_transformers() {
    for folder in folders() {
        let captioner = captioner(&folder, Dtype::F32, 1);
        for Tokenized { text, ids } in fixtures(&folder).tokenizer {
            assert_eq!(captioner.prompt_ids(Some(&text)).unwrap(), ids, "{text}");
        }
        assert_eq!(captioner.prompt_ids(None).unwrap(), [2]);
    }
}

#[test]
fn one_bad_request_fails_alone() {
    let folder = &folders()[0];
    let captioner = captioner(folder, Dtype::F32, 4);
    let good = PictureSource::File(folder.join("picture_0.png"));
    let ask = |picture: PictureSource, prompt: Option<&str>| CaptionRequest {
        picture,
        prompt: prompt.map(ToOwned::to_owned),
        seed: 0,
    };
    let long = "a cat ".repeat(200);
    let requests = [
        ask(good.clone(), None),
        ask(PictureSource::Bytes(b"no picture".to_vec()), None),
        ask(PictureSource::File("/nowhere.png".into()), None),
        ask(good.clone(), Some(&long)),
        ask(good.clone(), Some("an <image> again")),
        ask(good, None),
    ];
    let captions = captioner.caption(&requests, &GenerationSettings::default()).unwrap();
    let text = |index: usize| captions[index].as_ref().unwrap()[0].text.clone();
    assert_eq!(text(0), text(5));
    assert!(captions[1..5].iter().all(Result::is_err));
    assert!(captions[3].as_ref().unwrap_err().contains("places"));
    assert!(captions[4].as_ref().unwrap_err().contains("stands for the picture"));
}

/// A copy of the project's checkpoint, with one file changed.
fn changed(name: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(&folders()[0]).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join(name);
    let text = change(&fs::read_to_string(&path).unwrap());
    #[expect(clippy::disallowed_methods, reason = "a file of a test")]
    fs::write(path, text).unwrap();
    folder
}

fn refusal(folder: &Path) -> String {
    Blip2Captioner::load(folder, &CaptionerOptions::default()).unwrap_err().to_string()
}

#[test]
fn an_old_configuration_gives_the_same_captions() {
    let folder = changed("config.json", |text| {
        let mut config: serde_json::Value = serde_json::from_str(text).unwrap();
        config.as_object_mut().unwrap().remove("image_token_index").unwrap();
        config.to_string()
    });
    let run = &fixtures(&folders()[0]).runs[1];
    let got = captioner(folder.path(), Dtype::F32, 4)
        .captions(&requests(&folders()[0], run), &run.settings)
        .unwrap();
    for (captions, ids) in got.iter().zip(&run.ids) {
        assert_eq!(captions.as_ref().unwrap()[0].token_ids, ids[0]);
    }
}

#[test]
fn a_configuration_of_another_model_lists_what_does_not_fit() {
    let folder = changed("config.json", |text| {
        let mut config: serde_json::Value = serde_json::from_str(text).unwrap();
        config["text_config"]["num_hidden_layers"] = 4.into();
        config["vision_config"]["num_hidden_layers"] = 2.into();
        config["text_config"]["ffn_dim"] = 99.into();
        config.to_string()
    });
    let message = refusal(folder.path());
    for part in [
        "missing `language_model.model.decoder.layers.3.fc1.bias`: expected [99]",
        "surplus `vision_model.encoder.layers.2.layer_norm1.bias`",
        "shape of `language_model.model.decoder.layers.0.fc1.weight`: expected [99, 36], got [100, 36]",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn files_that_do_not_fit_are_named() {
    let no_eos = changed("config.json", |text| text.replace("\"eos_token_id\"", "\"eos\""));
    // without the key the default of OPT holds, token 2
    assert!(Blip2Captioner::load(no_eos.path(), &CaptionerOptions::default()).is_ok());
    let size = changed("preprocessor_config.json", |text| text.replace("42", "43"));
    assert!(refusal(size.path()).contains("42 by 42 pixels, not 43 by 43"));
    let tokenizer = changed("tokenizer.json", |text| text[..100].to_owned());
    assert!(refusal(tokenizer.path()).contains("tokenizer.json"));
    let config = changed("config.json", |_| "{".to_owned());
    assert!(refusal(config.path()).contains("config.json"));
}

#[test]
fn the_vision_tower_refuses_pictures_of_another_size() {
    let folder = &folders()[0];
    let config = Blip2Config::read(folder).unwrap();
    let source = Source::open(folder).unwrap();
    let model = Blip2::load(&source, &config, Dtype::F32, &Device::cpu()).unwrap();
    let pixels = Tensor::zeros(&[1, 3, 56, 56], &Device::cpu()).unwrap();
    assert!(model.vision.forward(&pixels).is_err());
}
