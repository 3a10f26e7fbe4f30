//! What is true of a scene: one sentence in a fixed grammar, and its facts one by one.
//!
//! The captions of [`Scene::captions`] are those of the web, terse and partly beside the point. A
//! captioner is trained on, and measured against, sentences that say what can be seen on a picture of
//! 80 by 80 pixels, and nothing else (the title of a chart cannot be read there); the facts let an
//! answer be marked slot by slot.

use std::collections::BTreeMap;

use super::scene::Scene;

/// The facts of one scene: slot to value, both as words.
pub(crate) type Facts = BTreeMap<&'static str, String>;

impl Scene {
    /// The one sentence that says what the picture shows.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Shapes { shapes, ground } => {
                let list: Vec<String> = shapes
                    .iter()
                    .map(|(paint, shape)| format!("{} {}", with_article(paint.name), shape.name))
                    .collect();
                format!("{} on {} background", list.join(" and "), with_article(ground.name))
            }
            Self::Chart { values, paint, line, .. } => {
                let (kind, colour) = (chart_kind(*line), with_article(paint.name));
                format!("{colour} {kind} over {} years", values.len())
            }
            Self::Sign { words, letters, board } => {
                let words = words.to_lowercase();
                let board = with_article(board.name);
                format!("{board} sign with the word {words} in {}", letters.name)
            }
            Self::Landscape { sky, ridges } => {
                format!("mountains {} with {ridges} rows of hills", sky.setting())
            }
            Self::Texture(surface) => format!("a close view of {} from above", surface.name),
        }
    }

    /// The facts that the sentence holds.
    pub(crate) fn facts(&self) -> Facts {
        match self {
            Self::Shapes { shapes, ground } => {
                let mut facts = Facts::from([
                    ("kind", "shapes".to_owned()),
                    ("number", shapes.len().to_string()),
                    ("ground", ground.name.to_owned()),
                ]);
                let slots = [("colour", "object"), ("colour 2", "object 2")];
                for ((colour, object), (paint, shape)) in slots.into_iter().zip(shapes) {
                    facts.insert(colour, paint.name.to_owned());
                    facts.insert(object, shape.name.to_owned());
                }
                facts
            }
            Self::Chart { values, paint, line, .. } => Facts::from([
                ("kind", chart_kind(*line).to_owned()),
                ("colour", paint.name.to_owned()),
                ("number", values.len().to_string()),
            ]),
            Self::Sign { words, letters, board } => Facts::from([
                ("kind", "sign".to_owned()),
                ("word", words.to_lowercase()),
                ("colour", letters.name.to_owned()),
                ("ground", board.name.to_owned()),
            ]),
            Self::Landscape { sky, ridges } => Facts::from([
                ("kind", "mountains".to_owned()),
                ("place", sky.setting().to_owned()),
                ("number", ridges.to_string()),
            ]),
            Self::Texture(surface) => {
                Facts::from([("kind", "surface".to_owned()), ("place", surface.name.to_owned())])
            }
        }
    }
}

fn with_article(colour: &str) -> String {
    let article = if colour.starts_with('o') { "an" } else { "a" };
    format!("{article} {colour}")
}

fn chart_kind(line: bool) -> &'static str {
    if line { "line chart" } else { "bar chart" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_description_says_every_fact_of_its_scene() {
        for stream in 0..200 {
            let scene = Scene::random(&mut Random::new(8, stream));
            let (sentence, facts) = (scene.description(), scene.facts());
            let shown = facts.iter().filter(|(slot, value)| {
                let is_unsaid = match **slot {
                    "kind" => matches!(value.as_str(), "shapes" | "surface"),
                    "number" => *value == "1" || facts["kind"] == "shapes",
                    _ => false,
                };
                !is_unsaid
            });
            for (slot, value) in shown {
                assert!(sentence.contains(value.as_str()), "{slot} {value}: {sentence}");
            }
        }
    }

    #[test]
    fn two_scenes_with_the_same_facts_have_the_same_description() {
        let mut seen: BTreeMap<Facts, String> = BTreeMap::new();
        for stream in 0..500 {
            let scene = Scene::random(&mut Random::new(9, stream));
            let sentence = scene.description();
            let first = seen.entry(scene.facts()).or_insert_with(|| sentence.clone());
            assert_eq!(*first, sentence);
        }
    }
}
