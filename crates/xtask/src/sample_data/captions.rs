//! The captions of the sample: terse, lower-case, and wrong in the ways captions from the web are.

use super::plan::CaptionKind;
use crate::picture::scene::{PAINTS, Scene};
use crate::random::Random;
use crate::vocabulary::{FAMILIES, PLACES, QUALITIES, THINGS};

/// The text field of a row: Data-Juicer's token for the picture, the caption, the token for the end.
///
/// An empty caption is an empty text, without tokens.
pub(crate) fn text(caption: &str) -> String {
    if caption.is_empty() {
        return String::new();
    }
    format!("<__dj__image>\n{caption} <|__dj__eoc|>")
}

/// A caption of the wanted kind for `scene`.
pub(crate) fn caption(kind: CaptionKind, scene: &Scene, random: &mut Random) -> String {
    match kind {
        CaptionKind::Fitting | CaptionKind::Duplicate => fitting(scene, random),
        CaptionKind::Wrong => {
            let other = Scene::random(random);
            fitting(&other, random)
        }
        CaptionKind::Short => match random.below(3) {
            0 => (*random.pick(&THINGS)).to_owned(),
            1 => format!("{} {}", random.pick(&QUALITIES), random.pick(&THINGS)),
            _ => format!(
                "{} {} {}",
                random.pick(&QUALITIES),
                random.pick(&THINGS),
                random.between(1, 9)
            ),
        },
        CaptionKind::RepeatedWords => repeated_words(random),
        CaptionKind::RepeatedLetters => {
            let family = random.pick(&FAMILIES);
            family[..random.between(6, 8) as usize].join(" ")
        }
        CaptionKind::Long => long(random),
        CaptionKind::Empty => String::new(),
        CaptionKind::Chinese => {
            let (ground, shape) = (random.pick(&PAINTS).chinese, random.pick(&PAINTS).chinese);
            let name = *random.pick(&["圆形", "方块", "三角形", "星星"]);
            format!("{ground}背景上的{shape}{name}")
        }
    }
}

fn fitting(scene: &Scene, random: &mut Random) -> String {
    let caption = random.pick(&scene.captions()).clone();
    match random.below(12) {
        0 => format!("{caption} - stock photo"),
        1 => format!("{caption}, item {}", random.between(100, 9999)),
        _ => caption,
    }
}

fn repeated_words(random: &mut Random) -> String {
    let thing = random.pick(&THINGS);
    let (one, two) = (random.pick(&QUALITIES), random.pick(&QUALITIES));
    match random.below(3) {
        0 => format!("{thing} {thing} {thing} {one} {thing}"),
        1 => format!("a {one} {thing} and a {two} {thing} and a {thing}"),
        _ => format!("{one} {thing}, {two} {thing}, {one} {thing}, {two} {thing}"),
    }
}

/// More than 300 characters without repeating words, so that only the length is wrong.
fn long(random: &mut Random) -> String {
    let mut things = THINGS;
    random.shuffle(&mut things);
    let place = *random.pick(&PLACES);
    format!("our new catalogue {place} shows {}", things[..42].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: CaptionKind, stream: u64) -> String {
        let mut random = Random::new(1, stream);
        let scene = Scene::random(&mut random);
        text(&caption(kind, &scene, &mut random))
    }

    #[test]
    fn long_captions_are_above_300_characters_and_below_60_words() {
        for stream in 0..20 {
            let text = one(CaptionKind::Long, stream);
            assert!(text.chars().count() > 300, "{text}");
            assert!(text.split_whitespace().count() <= 60, "{text}");
        }
    }

    #[test]
    fn short_captions_have_fewer_than_six_words_with_the_tokens() {
        for stream in 0..20 {
            assert!(one(CaptionKind::Short, stream).split_whitespace().count() < 6);
        }
    }

    #[test]
    fn an_empty_caption_is_an_empty_text() {
        assert_eq!(one(CaptionKind::Empty, 0), "");
    }
}
