//! CLIP, ViT, Swin, BLIP and the aesthetics predictor against transformers.
//!
//! `tools/make_tiny_vision.py` makes the folders `tests/data/vision*`. One is in the project; whoever
//! puts more beside it, with other sizes and seeds, has them compared too.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use lagar_core::models::{ImageClassifier as _, ImageTextScorer as _, PictureSource};
use lagar_models::blip::BlipMatcher;
use lagar_models::clip::{AestheticsPredictor, ClipScorer};
use lagar_models::{Classifier, Preprocessor, VisionOptions};
use lagar_nn::weights::{LoadOptions, Source, load};
use lagar_nn::{Dtype, Tensor};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How far two implementations in `f32` are apart, relative to the largest element of a stage.
const F32_TOLERANCE: f32 = 1e-5;
/// How far `bf16` matrices take a probability or a cosine from `f32`.
const BF16_TOLERANCE: f32 = 0.03;

#[derive(Deserialize)]
struct Pairs {
    ids: Vec<Vec<u32>>,
    /// Per text, one score per picture.
    scores: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Classes {
    probabilities: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Raw {
    scores: Vec<f32>,
}

/// A folder of fixtures.
struct Case(PathBuf);

fn cases() -> Vec<Case> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let is_ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vision"))
    };
    let entries = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(is_ours).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases.into_iter().map(Case).collect()
}

impl Case {
    fn folder(&self, model: &str) -> PathBuf {
        self.0.join(model)
    }

    fn expected<T: DeserializeOwned>(&self, key: &str) -> T {
        let text = fs::read(self.0.join("fixtures.json")).unwrap();
        let all: Value = serde_json::from_slice(&text).unwrap();
        serde_json::from_value(all[key].clone()).unwrap()
    }

    fn texts(&self) -> Vec<String> {
        self.expected("texts")
    }

    fn pictures(&self) -> Vec<PictureSource> {
        let picture = |index| PictureSource::File(self.0.join(format!("picture_{index}.png")));
        (0..2).map(picture).collect()
    }

    /// Each text with each picture.
    fn pairs(&self) -> Vec<(PictureSource, String)> {
        let pictures = self.pictures();
        let of = |text: String| pictures.iter().map(move |picture| (picture.clone(), text.clone()));
        self.texts().into_iter().flat_map(of).collect()
    }

    /// A tensor of `fixtures.safetensors`.
    fn reference(&self, name: &str) -> Tensor {
        let source = Source::open_file(&self.0.join("fixtures.safetensors")).unwrap();
        let shape = source.shape(name).unwrap().to_vec();
        let unused: Vec<&str> = source.names().collect();
        let options = LoadOptions { unused: &unused, ..LoadOptions::default() };
        load(&source, &options, |scope| scope.tensor(name, &shape)).unwrap()
    }

    /// Checks pixel values, and gives those of the reference.
    fn pixels(&self, model: &str, preprocessor: &Preprocessor) -> Tensor {
        let reference = self.reference(&format!("{model}.pixel_values"));
        let mut values = Vec::new();
        for source in self.pictures() {
            let picture = lagar_image::load(&source, lagar_image::Orientation::Shown).unwrap();
            values.extend(preprocessor.pixel_values(&picture).unwrap());
        }
        let expected = reference.to_vec().unwrap();
        assert_eq!(values.len(), expected.len(), "{model}");
        let worst = values.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= 1e-6, "{model}: pixel values differ by {worst}");
        reference
    }
}

fn options(dtype: Dtype) -> VisionOptions {
    VisionOptions { dtype, threads: 1 }
}

fn assert_near(what: &str, got: &Tensor, expected: &Tensor) {
    assert_eq!(got.shape(), expected.shape(), "{what}");
    let (got, expected) = (got.to_vec().unwrap(), expected.to_vec().unwrap());
    let largest = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let worst = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= F32_TOLERANCE * largest.max(1.0), "{what}: {worst} of {largest}");
}

fn assert_scores(what: &str, got: Vec<Result<f32, String>>, expected: &[f32], most: f32) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.into_iter().zip(expected) {
        let got = got.unwrap();
        assert!((got - expected).abs() <= most, "{what}: {got} instead of {expected}");
    }
}

#[test]
fn clip_agrees_with_transformers_layer_by_layer() {
    for case in cases() {
        let scorer = ClipScorer::load(&case.folder("clip"), &options(Dtype::F32)).unwrap();
        let expected: Pairs = case.expected("clip");
        let pixels = case.pixels("clip", scorer.preprocessor());
        let mut x = scorer.model().vision.embed(&pixels).unwrap();
        assert_near("patches", &x, &case.reference("clip.vision.0"));
        for (index, layer) in scorer.model().vision.layers().iter().enumerate() {
            x = layer.forward(&x, false).unwrap();
            let name = format!("clip.vision.{}", index + 1);
            assert_near(&name, &x, &case.reference(&name));
        }
        for (text, ids) in case.texts().iter().zip(&expected.ids) {
            assert_eq!(scorer.text_ids(text).unwrap(), *ids, "{text}");
        }
        let text = &scorer.model().text;
        let mut x = text.embed(&expected.ids[0]).unwrap();
        assert_near("words", &x, &case.reference("clip.text.0"));
        for (index, layer) in text.layers().iter().enumerate() {
            x = layer.forward(&x, true).unwrap();
            let name = format!("clip.text.{}", index + 1);
            assert_near(&name, &x, &case.reference(&name));
        }
        let scores = scorer.score(&case.pairs()).unwrap();
        assert_scores("clip", scores, &expected.scores.concat(), F32_TOLERANCE);
        let half = ClipScorer::load(&case.folder("clip"), &options(Dtype::Bf16)).unwrap();
        let scores = half.score(&case.pairs()).unwrap();
        assert_scores("clip in bf16", scores, &expected.scores.concat(), BF16_TOLERANCE);
        assert_ne!(half.digest(), scorer.digest());
    }
}

#[test]
fn classifiers_agree_with_transformers() {
    for case in cases() {
        for name in ["vit", "swin"] {
            let model = Classifier::load(&case.folder(name), &options(Dtype::F32)).unwrap();
            let pixels = case.pixels(name, model.preprocessor());
            let logits = model.model().logits(&pixels).unwrap();
            assert_near(name, &logits, &case.reference(&format!("{name}.logits")));
            let expected: Classes = case.expected(name);
            let probabilities = model.classify(&case.pictures()).unwrap();
            let got = probabilities.into_iter().flat_map(|of| of.unwrap()).map(Ok).collect();
            assert_scores(name, got, &expected.probabilities.concat(), F32_TOLERANCE);
        }
        let vit = Classifier::load(&case.folder("vit"), &options(Dtype::F32)).unwrap();
        assert_eq!(vit.labels(), ["normal", "nsfw", "other"]);
        let swin = Classifier::load(&case.folder("swin"), &options(Dtype::F32)).unwrap();
        assert_eq!(swin.labels(), ["LABEL_0", "LABEL_1"]);
    }
}

#[test]
fn blip_agrees_with_transformers_on_what_belongs_together() {
    for case in cases() {
        let matcher = BlipMatcher::load(&case.folder("blip"), &options(Dtype::F32)).unwrap();
        let expected: Pairs = case.expected("blip");
        let pixels = case.pixels("blip", matcher.preprocessor());
        let reference = case.reference("blip.logits");
        for (index, (text, ids)) in case.texts().iter().zip(&expected.ids).enumerate() {
            assert_eq!(matcher.text_ids(text).unwrap(), *ids, "{text}");
            let logits = matcher.logits(ids, &pixels).unwrap();
            let reference = reference.narrow(0, index..index + 1).unwrap();
            assert_near(text, &logits, &reference.reshape(logits.shape()).unwrap());
        }
        let scores = matcher.score(&case.pairs()).unwrap();
        assert_scores("blip", scores, &expected.scores.concat(), F32_TOLERANCE);
    }
}

#[test]
fn aesthetics_agree_with_the_original_predictor() {
    for case in cases() {
        let folder = case.folder("aesthetics");
        let model = AestheticsPredictor::load(&folder, &options(Dtype::F32)).unwrap();
        let expected: Raw = case.expected("aesthetics");
        let scores = model.classify(&case.pictures()).unwrap();
        let got = scores.into_iter().map(|score| score.map(|score| score[0])).collect();
        assert_scores("aesthetics", got, &expected.scores, F32_TOLERANCE);
    }
}

#[test]
fn a_bad_picture_costs_only_itself() {
    for case in cases() {
        let model = Classifier::load(&case.folder("vit"), &options(Dtype::F32)).unwrap();
        let mut pictures = case.pictures();
        pictures.insert(1, PictureSource::Bytes(b"not a picture".to_vec()));
        pictures.insert(0, pictures[0].clone());
        let alone = model.classify(&case.pictures()).unwrap();
        let together = model.classify(&pictures).unwrap();
        assert!(together[2].is_err());
        let good = [&together[0], &together[1], &together[3]];
        assert_eq!(good, [&alone[0], &alone[0], &alone[1]]);
    }
}

#[test]
fn a_folder_of_another_model_is_refused_with_what_it_is() {
    for case in cases() {
        let error = Classifier::load(&case.folder("clip"), &options(Dtype::F32)).unwrap_err();
        assert!(error.to_string().contains("got `clip`"), "{error}");
        let error =
            AestheticsPredictor::load(&case.folder("clip"), &options(Dtype::F32)).unwrap_err();
        assert!(error.to_string().contains("got `CLIPModel`"), "{error}");
        let error = ClipScorer::load(&case.folder("vit"), &options(Dtype::F32)).unwrap_err();
        assert!(error.to_string().contains("tokenizer"), "{error}");
    }
}
