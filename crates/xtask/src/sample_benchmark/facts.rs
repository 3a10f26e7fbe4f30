//! What can be asked of a scene, and what is true of it.
//!
//! Only what a person sees at a glance is asked: no colours that are hard to tell from their ground,
//! no letters of a single dot, no hills that hide each other.

use crate::picture::canvas::words_width;
use crate::picture::scene::{Paint, Scene};
use crate::picture::shape::SHAPES;

/// Shapes that nobody takes for another of the list.
const UNMISTAKABLE: [&str; 5] = ["triangle", "star", "cross", "arrow", "house"];

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) question: String,
    pub(super) answer: String,
    /// Another way to write the same answer.
    pub(super) variant: Option<String>,
}

impl Fact {
    pub(super) fn new(question: impl Into<String>, answer: impl Into<String>) -> Self {
        let answer = answer.into();
        let variant = variant(&answer);
        Self { question: question.into(), answer, variant }
    }

    /// Ten answers as ten people would give them: six write the answer, four its variant.
    pub(super) fn ten_answers(&self) -> Vec<String> {
        let other = self.variant.as_ref().unwrap_or(&self.answer);
        let person = |place| if place % 5 < 3 { &self.answer } else { other };
        (0..10).map(|place| person(place).clone()).collect()
    }
}

fn variant(answer: &str) -> Option<String> {
    let words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    match answer.parse::<usize>() {
        Ok(number) => words.get(number).map(|word| (*word).to_owned()),
        Err(_not_a_number) if answer == "grey" => Some("gray".to_owned()),
        Err(_not_a_number) => None,
    }
}

/// The words on a sign, where they are large and stand out against the board.
pub(super) fn legible_words(scene: &Scene, width: i32) -> Option<&'static str> {
    let Scene::Sign { words, letters, board } = scene else {
        return None;
    };
    let fits = words_width(words, 3) < width * 17 / 20 * 9 / 10;
    (fits && differ(*letters, *board)).then_some(words)
}

/// The title of a chart, where its letters are two dots wide.
pub(super) fn legible_title(scene: &Scene, width: i32) -> Option<&'static str> {
    match scene {
        Scene::Chart { topic, .. } if width >= 320 => Some(topic),
        _ => None,
    }
}

fn differ(one: Paint, other: Paint) -> bool {
    (one.brightness() - other.brightness()).abs() > 50
}

/// The names of the shapes of a scene, from left to right.
pub(super) fn shape_names(scene: &Scene) -> Vec<&'static str> {
    match scene {
        Scene::Shapes { shapes, .. } => shapes.iter().map(|(_, shape)| shape.name).collect(),
        _ => Vec::new(),
    }
}

/// A shape that is not in the picture and cannot be taken for one that is.
pub(super) fn absent_shape(scene: &Scene, choice: usize) -> &'static str {
    let present = shape_names(scene);
    let absent: Vec<&str> =
        UNMISTAKABLE.into_iter().filter(|name| !present.contains(name)).collect();
    absent[choice % absent.len()]
}

/// `count` names from `all` around `right`, which is among them, starting at a place that `choice`
/// decides.
pub(super) fn options(right: &str, all: &[&str], count: usize, choice: usize) -> Vec<String> {
    let others: Vec<&str> = all.iter().copied().filter(|name| *name != right).collect();
    let start = choice % others.len();
    let mut chosen: Vec<String> =
        others.iter().cycle().skip(start).take(count - 1).map(|name| (*name).to_owned()).collect();
    chosen.insert(choice % count, right.to_owned());
    chosen
}

/// The names of all shapes.
pub(super) fn all_shapes() -> Vec<&'static str> {
    SHAPES.iter().map(|shape| shape.name).collect()
}
