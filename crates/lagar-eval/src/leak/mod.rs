//! Leaks: training rows that show a benchmark's pictures or ask its questions.
//!
//! A model that has seen the test is not measured by it. Pictures are compared by two perceptual hashes
//! and a thumbnail, so that a copy is found after it was resized or compressed again; questions by the
//! n-grams of their words. Every finding names both sides, because a person has to look at them.

pub mod hash;
mod text;

use std::collections::BTreeMap;

use lagar_core::Digest;
use lagar_core::models::PictureSource;
use lagar_image::{Orientation, read_source};
use serde::Serialize;

use self::hash::PictureHash;
use self::text::TextIndex;
use crate::Question;

/// How alike two things must be to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LeakSettings {
    /// The most bits, of 64, in which both hashes of two pictures may differ.
    pub distance: u32,
    /// Words of an n-gram.
    pub ngram: usize,
    /// The least share of a question's n-grams that a training text must have.
    pub overlap: f64,
}

impl Default for LeakSettings {
    fn default() -> Self {
        Self { distance: 6, ngram: 8, overlap: 0.8 }
    }
}

/// A row of the training data.
#[derive(Clone, Debug, Default)]
pub struct TrainingRow {
    /// Its id, or its place.
    pub id: String,
    /// All its text.
    pub text: String,
    /// Its pictures with their names.
    pub pictures: Vec<(String, PictureSource)>,
}

/// What two sides have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeakKind {
    /// The question and its picture.
    Both,
    /// The picture.
    Picture,
    /// The question.
    Text,
}

/// A question that a training row gives away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leak {
    /// What they have in common.
    pub kind: LeakKind,
    /// The benchmark.
    pub benchmark: String,
    /// The question's id.
    pub question: String,
    /// The question.
    pub text: String,
    /// The benchmark's picture, where a picture is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The training row.
    pub training_row: String,
    /// Its picture, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_picture: Option<String>,
    /// In how many bits the pictures' hashes differ, the larger of the two; 0 for equal bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u32>,
    /// The share of the question's n-grams in the row, where it is reported for its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f64>,
}

/// The benchmarks' side, ready to be compared with any number of training rows.
#[derive(Debug)]
pub struct LeakIndex {
    settings: LeakSettings,
    questions: Vec<(String, Question)>,
    pictures: Vec<KnownPicture>,
    texts: TextIndex,
    /// Pictures that could not be read: `name: reason`.
    unreadable: Vec<String>,
}

#[derive(Debug)]
struct KnownPicture {
    name: String,
    bytes: Digest,
    hash: PictureHash,
    /// The questions about it.
    questions: Vec<usize>,
}

impl KnownPicture {
    fn new(name: String, bytes: Digest, hash: PictureHash) -> Self {
        Self { name, bytes, hash, questions: Vec::new() }
    }
}

/// Pictures, each once however many questions are about it.
#[derive(Debug, Default)]
struct KnownPictures {
    list: Vec<KnownPicture>,
    by_bytes: BTreeMap<Digest, usize>,
}

impl KnownPictures {
    fn add(&mut self, question: usize, picture: KnownPicture) {
        let next = self.list.len();
        let place = *self.by_bytes.entry(picture.bytes).or_insert(next);
        if place == next {
            self.list.push(picture);
        }
        self.list[place].questions.push(question);
    }
}

impl LeakIndex {
    /// Reads the pictures of all questions, each once.
    pub fn new(settings: LeakSettings, benchmarks: Vec<(String, Vec<Question>)>) -> Self {
        let flat = |(name, questions): (String, Vec<Question>)| {
            questions.into_iter().map(move |question| (name.clone(), question))
        };
        let questions: Vec<(String, Question)> = benchmarks.into_iter().flat_map(flat).collect();
        let (mut pictures, mut unreadable) = (KnownPictures::default(), Vec::new());
        for (place, (_, question)) in questions.iter().enumerate() {
            for (number, source) in question.pictures.iter().enumerate() {
                let name = question.picture_names.get(number).cloned().unwrap_or_default();
                match hashed(source) {
                    Ok((bytes, hash)) => pictures.add(place, KnownPicture::new(name, bytes, hash)),
                    Err(reason) => unreadable.push(format!("{name}: {reason}")),
                }
            }
        }
        let texts = TextIndex::new(
            settings.ngram,
            questions.iter().map(|(_, question)| question.text.as_str()),
        );
        Self { settings, questions, pictures: pictures.list, texts, unreadable }
    }

    /// Pictures of the benchmarks that could not be read, with the reason.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// How many questions there are.
    pub fn questions(&self) -> usize {
        self.questions.len()
    }

    /// What `row` gives away, by question. A picture of the row that cannot be read is passed on to
    /// `unreadable` and costs nothing else.
    pub fn check(&self, row: &TrainingRow, mut unreadable: impl FnMut(String)) -> Vec<Leak> {
        let mut found: BTreeMap<usize, Leak> = BTreeMap::new();
        for (name, source) in &row.pictures {
            let (bytes, hash) = match hashed(source) {
                Ok(hashed) => hashed,
                Err(reason) => {
                    unreadable(format!("{name}: {reason}"));
                    continue;
                }
            };
            for known in &self.pictures {
                let distance = if known.bytes == bytes {
                    Some(0)
                } else {
                    known.hash.distance(&hash).filter(|far| *far <= self.settings.distance)
                };
                for question in known.questions.iter().filter(|_| distance.is_some()) {
                    let leak = found.entry(*question).or_insert_with(|| self.leak(*question, row));
                    leak.kind = LeakKind::Picture;
                    leak.picture = Some(known.name.clone());
                    leak.training_picture = Some(name.clone());
                    leak.distance = distance;
                }
            }
        }
        for (question, overlap) in self.texts.overlaps(&row.text) {
            if overlap < self.settings.overlap {
                continue;
            }
            let leak = found.entry(question).or_insert_with(|| self.leak(question, row));
            leak.overlap = Some(overlap);
            if leak.kind == LeakKind::Picture {
                leak.kind = LeakKind::Both;
            }
        }
        found.into_values().collect()
    }

    fn leak(&self, question: usize, row: &TrainingRow) -> Leak {
        let (benchmark, question) = &self.questions[question];
        Leak {
            kind: LeakKind::Text,
            benchmark: benchmark.clone(),
            question: question.id.clone(),
            text: question.text.clone(),
            picture: None,
            training_row: row.id.clone(),
            training_picture: None,
            distance: None,
            overlap: None,
        }
    }
}

fn hashed(source: &PictureSource) -> Result<(Digest, PictureHash), String> {
    let bytes = read_source(source).map_err(|error| error.to_string())?;
    let turned = match source {
        PictureSource::Bytes(_) => Orientation::Stored,
        _ => Orientation::Shown,
    };
    let picture = match turned {
        Orientation::Shown => lagar_image::decode_oriented(&bytes),
        Orientation::Stored => lagar_image::decode(&bytes),
    };
    let hash = picture.and_then(|picture| PictureHash::of(&picture));
    Ok((Digest::of(&bytes), hash.map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use lagar_image::{Filter, Picture};

    /// A sign, a landscape, another sign.
    fn picture(number: usize) -> Picture {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sample/images/000");
        let name = ["000000031.jpg", "000000015.jpg", "000000057.jpg"][number];
        lagar_image::decode(&std::fs::read(folder.join(name)).unwrap()).unwrap()
    }

    fn question(id: &str, text: &str, picture: &Picture) -> Question {
        Question {
            id: id.to_owned(),
            text: text.to_owned(),
            pictures: vec![PictureSource::Bytes(picture.encode_png().unwrap())],
            picture_names: vec![format!("{id}.png")],
            ..Question::default()
        }
    }

    fn row(text: &str, bytes: Vec<u8>) -> TrainingRow {
        let pictures = vec![("t.jpg".to_owned(), PictureSource::Bytes(bytes))];
        TrainingRow { id: "r1".to_owned(), text: text.to_owned(), pictures }
    }

    fn index() -> LeakIndex {
        let questions = vec![
            question("q0", "What is written on the old sign?", &picture(0)),
            question("q1", "How many people are waiting at the station?", &picture(1)),
        ];
        LeakIndex::new(LeakSettings::default(), vec![("textvqa".to_owned(), questions)])
    }

    #[test]
    fn a_picture_is_found_again_after_resizing_and_compressing() {
        let shown = picture(1);
        let (width, height) = (shown.width() / 2, shown.height() / 2);
        let small = shown.resize(width, height, Filter::Bicubic).unwrap().encode_jpeg(50).unwrap();
        let leaks = index().check(&row("a caption", small), |bad| panic!("{bad}"));
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].question.as_str(), leaks[0].kind), ("q1", LeakKind::Picture));
        assert_eq!(leaks[0].training_picture.as_deref(), Some("t.jpg"));
        let other = picture(2).encode_jpeg(90).unwrap();
        assert_eq!(index().check(&row("a caption", other), |bad| panic!("{bad}")), []);
    }

    #[test]
    fn question_and_picture_in_one_row_are_both() {
        let text = "<image>\nwhat is written on the OLD sign\nAnswer shortly.";
        let bytes = picture(0).encode_png().unwrap();
        let leaks = index().check(&row(text, bytes), |bad| panic!("{bad}"));
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, leaks[0].distance), (LeakKind::Both, Some(0)));
        assert_eq!(leaks[0].overlap, Some(1.0));
    }

    #[test]
    fn a_broken_training_picture_is_named_and_its_text_still_read() {
        let mut named = Vec::new();
        let bad = row("How many people are waiting at the station?", b"no picture".to_vec());
        let leaks = index().check(&bad, |reason| named.push(reason));
        assert_eq!((leaks.len(), leaks[0].kind), (1, LeakKind::Text));
        assert!(named[0].starts_with("t.jpg: "), "{named:?}");
    }
}
