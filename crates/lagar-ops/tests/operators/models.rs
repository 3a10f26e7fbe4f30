//! The operators that ask a model: doubles that answer by the size of a picture, and Data-Juicer's
//! results with a model that answers in the same way (`tools/make_model_operator_fixtures.py`).

use std::path::Path;
use std::sync::Arc;

use arrow::array::Array as _;
use lagar_core::Digest;
use lagar_core::models::{
    Caption, CaptionRequest, Captioner, GenerationSettings, ImageClassifier, ImageTextScorer,
    ModelError, PictureSource,
};
use lagar_image::Orientation;
use lagar_ops::interval::Interval;
use lagar_ops::{Built, Model, ModelKind, Stats, find};
use serde_json::Value;

use crate::support::{World, batch_of_lines, build};

/// Answers for every kind of model; the answer depends on the picture, the text and nothing else.
#[derive(Debug)]
struct Double {
    kind: ModelKind,
    labels: Vec<String>,
}

fn size(source: &PictureSource) -> Result<(u32, u32), String> {
    let picture =
        lagar_image::load(source, Orientation::Shown).map_err(|error| error.to_string())?;
    Ok((picture.width(), picture.height()))
}

/// The second of two classes whose logits are 0 and `odds`.
fn softmax(odds: f32) -> f32 {
    odds.exp() / (1.0 + odds.exp())
}

impl Captioner for Double {
    fn digest(&self) -> Digest {
        Digest::of(b"double")
    }

    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        let answer = |request: &CaptionRequest| {
            let (width, height) = size(&request.picture)?;
            let prompt = request.prompt.as_deref().unwrap_or("nothing");
            let drawn =
                if settings.do_sample { format!(" {}", request.seed) } else { String::new() };
            let caption = |number| Caption {
                text: format!("{width}x{height} says {prompt} #{number}{drawn}\n"),
                token_ids: Vec::new(),
                logprob: None,
                seconds: 0.0,
            };
            Ok((0..settings.num_return_sequences).map(caption).collect())
        };
        Ok(requests.iter().map(answer).collect())
    }
}

impl ImageTextScorer for Double {
    fn digest(&self) -> Digest {
        Digest::of(b"double")
    }

    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError> {
        let answer = |(source, text): &(PictureSource, String)| {
            let (width, length) = (size(source)?.0 as f32, text.chars().count() as f32);
            Ok(match self.kind {
                ModelKind::Similarity => (width * 3.0 + length) / 100.0,
                _ => softmax(width / 8.0 + length / 16.0),
            })
        };
        Ok(pairs.iter().map(answer).collect())
    }
}

impl ImageClassifier for Double {
    fn digest(&self) -> Digest {
        Digest::of(b"double")
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn classify(
        &self,
        pictures: &[PictureSource],
    ) -> Result<Vec<Result<Vec<f32>, String>>, ModelError> {
        let answer = |source: &PictureSource| {
            let width = size(source)?.0 as f32;
            Ok(match self.kind {
                ModelKind::Aesthetics => vec![width + 2.5],
                _ => vec![1.0 - softmax(width / 4.0), softmax(width / 4.0)],
            })
        };
        Ok(pictures.iter().map(answer).collect())
    }
}

/// Hands an operator a double of the model it wishes for, if it wishes for one.
pub(crate) fn attach_double(built: &mut Built) {
    let Some(wish) = built.wish().unwrap() else { return };
    let double = Arc::new(Double { kind: wish.kind, labels: Vec::new() });
    built.attach(match wish.kind {
        ModelKind::Captioner => Model::Captioner(double),
        ModelKind::Similarity | ModelKind::Matching => Model::Scorer(double),
        ModelKind::Classifier | ModelKind::Aesthetics => Model::Classifier(double),
    });
}

fn folder_of_pictures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, width, height) in [("a.png", 3, 2), ("b.png", 5, 4), ("c.png", 7, 6)] {
        write_png(&folder.path().join(name), width, height);
    }
    folder
}

fn write_png(path: &Path, width: u32, height: u32) {
    let pixels = vec![0; (width * height * 3) as usize];
    let picture = lagar_image::Picture::new(width, height, lagar_image::Mode::Rgb, pixels).unwrap();
    lagar_core::fsio::write(path, &picture.encode_png().unwrap()).unwrap();
}

/// A parameter of a fixture as this operator is given it.
fn parameters(line: &Value) -> String {
    let mut parameters = line["parameters"].clone();
    if let Some(number) = parameters.get("caption_num").cloned() {
        // Several captions without drawing are the beams; upstream draws them.
        parameters["num_beams"] = number;
    }
    parameters.to_string()
}

#[test]
fn texts_and_rows_are_those_of_data_juicer_with_a_captioner_that_says_the_same() {
    let folder = folder_of_pictures();
    let world = World::new(folder.path());
    let fixtures = include_str!("../data/model_operators.jsonl");
    let mut compared = 0;
    for line in fixtures.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = line["op"].as_str().unwrap();
        let row = serde_json::json!({
            "text": line["text"], "images": line["images"], "ask": line["ask"],
        });
        let batch = batch_of_lines(&format!("{row}\n"));
        let built = build(find(name).unwrap(), &parameters(&line));
        let at = format!("{line}");
        compared += 1;
        match &built {
            Built::Mapper(mapper) => {
                let mapped = mapper.map(&batch, &world.context()).unwrap();
                assert_eq!(mapped.faults.len(), usize::from(line.get("fault").is_some()), "{at}");
                let texts: Vec<&str> = mapped.text.iter().flatten().flatten().collect();
                let expected = line["texts"].as_array().map(Vec::as_slice).unwrap_or_default();
                assert_eq!(texts, expected, "{at}");
                assert_eq!(mapped.parents.unwrap(), vec![0; texts.len()], "{at}");
            }
            Built::Filter(filter) => {
                let computed = filter.stats(&batch, &world.context()).unwrap();
                assert_eq!(computed.faults.len(), usize::from(line.get("fault").is_some()), "{at}");
                if !computed.faults.is_empty() {
                    assert!(computed.stats[0].values.is_null(0), "{at}");
                    continue;
                }
                let stats = Stats::new(&computed.stats, 1);
                let scores = stats.numbers(&computed.stats[0].key, 0);
                let expected = line["scores"].as_array().unwrap();
                assert_eq!(scores.len(), expected.len(), "{at}");
                for (score, expected) in scores.iter().zip(expected) {
                    assert!((score - expected.as_f64().unwrap()).abs() < 1e-6, "{score} {at}");
                }
                let keep = filter.keep(&stats, Interval::default()).keep;
                assert_eq!(keep, [line["keep"].as_bool().unwrap()], "{at}");
            }
            _ => panic!("{name}"),
        }
    }
    assert_eq!(compared, 285);
}

fn mapped(parameters: &str, lines: &str) -> (Vec<String>, Vec<u32>, Vec<lagar_ops::Fault>) {
    let folder = folder_of_pictures();
    let world = World::new(folder.path());
    let batch = batch_of_lines(lines);
    let Built::Mapper(mapper) = build(find("image_captioning_mapper").unwrap(), parameters) else {
        panic!("it is a mapper");
    };
    let mapped = mapper.map(&batch, &world.context()).unwrap();
    let texts = mapped.text.unwrap().iter().flatten().map(str::to_owned).collect();
    (texts, mapped.parents.unwrap(), mapped.faults)
}

#[test]
fn a_picture_that_cannot_be_read_puts_aside_its_row_and_no_other() {
    let lines = "{\"text\":\"<__dj__image>\",\"images\":[\"a.png\"]}\n\
                 {\"text\":\"<__dj__image>\",\"images\":[\"gone.png\"]}\n\
                 {\"text\":\"<__dj__image>\",\"images\":[\"b.png\"]}\n";
    let (texts, parents, faults) = mapped("{keep_original_sample: false}", lines);
    assert_eq!(texts.len(), 2);
    assert_eq!(parents, [0, 2]);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].index, 1);
    assert!(faults[0].message.contains("gone.png"), "{}", faults[0].message);
}

#[test]
fn several_captions_are_draws_of_their_own_unless_beams_give_them() {
    let line = "{\"text\":\"<__dj__image>\",\"images\":[\"a.png\"]}\n";
    let all = "keep_original_sample: false, keep_candidate_mode: all, caption_num: 3";
    let (drawn, _, _) = mapped(&format!("{{{all}}}"), line);
    let mut distinct = drawn.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((drawn.len(), distinct.len()), (3, 3), "{drawn:?}");
    assert!(drawn.iter().all(|text| text.contains("#0 ")), "each draw is a request: {drawn:?}");
    let (again, _, _) = mapped(&format!("{{{all}}}"), line);
    assert_eq!(drawn, again, "the same draws each time");
    let (beams, _, _) = mapped(&format!("{{{all}, num_beams: 3}}"), line);
    assert!(beams.iter().zip(0..).all(|(text, n)| text.contains(&format!("#{n}\n"))), "{beams:?}");
}

#[test]
fn contradictory_settings_are_found_before_a_run() {
    let message = |parameters: &str| {
        let source = lagar_core::diagnostic::SourceText::new("test", parameters);
        let node = lagar_recipe::Node::parse(&source).unwrap();
        let (built, _) = (find("image_captioning_mapper").unwrap().build)(&node).unwrap();
        built.wish().unwrap_err().to_string()
    };
    assert!(message("{caption_num: 3, do_sample: false}").contains("raise `num_beams`"));
    assert!(message("{temperature: 0}").contains("`temperature`"));
    assert!(message("{top_p: 1.5}").contains("`top_p`"));
}

#[test]
fn flipped_pictures_reach_the_model_flipped() {
    #[derive(Debug)]
    struct Corner;
    impl ImageTextScorer for Corner {
        fn digest(&self) -> Digest {
            Digest::of(b"corner")
        }

        fn score(
            &self,
            pairs: &[(PictureSource, String)],
        ) -> Result<Vec<Result<f32, String>>, ModelError> {
            let red = |(source, _): &(PictureSource, String)| {
                let picture = lagar_image::load(source, Orientation::Stored).unwrap().into_rgb();
                Ok(f32::from(picture.pixels()[0]) / 256.0)
            };
            Ok(pairs.iter().map(red).collect())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let pixels = vec![16, 0, 0, 32, 0, 0, 64, 0, 0, 128, 0, 0];
    let picture = lagar_image::Picture::new(2, 2, lagar_image::Mode::Rgb, pixels).unwrap();
    let png = picture.encode_png().unwrap();
    lagar_core::fsio::write(folder.path().join("four.png"), &png).unwrap();
    let world = World::new(folder.path());
    let batch = batch_of_lines("{\"text\":\"<__dj__image> x\",\"images\":[\"four.png\"]}\n");
    let info = find("image_text_similarity_filter").unwrap();
    for (parameters, corner) in [
        ("{}", 16.0),
        ("{horizontal_flip: true}", 32.0),
        ("{vertical_flip: true}", 64.0),
        ("{horizontal_flip: true, vertical_flip: true}", 128.0),
    ] {
        let mut built = build(info, parameters);
        built.attach(Model::Scorer(Arc::new(Corner)));
        let Built::Filter(filter) = &built else { panic!("it is a filter") };
        let computed = filter.stats(&batch, &world.context()).unwrap();
        let scores = Stats::new(&computed.stats, 1).numbers("image_text_similarity", 0);
        assert_eq!(scores, [corner / 256.0], "{parameters}");
    }
}
