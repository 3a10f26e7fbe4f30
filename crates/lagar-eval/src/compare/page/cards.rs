//! Questions with their pictures: what A and B said, and what was right.

use std::path::{Path, PathBuf};

use lagar_report::{Card, CardPicture, Cards, Thumbnail, Tone};

use super::super::{Outcome, PairLine};
use super::words::points;

/// Where pictures are looked for, and how large they are shown.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// A folder of pictures: for paths that do not lead anywhere by themselves, and for answer files
    /// that have none, where the question's id names the picture (TextVQA).
    pub folder: Option<PathBuf>,
    /// The longest side in pixels.
    pub side: u32,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { folder: None, side: 320 }
    }
}

const ENDINGS: [&str; 4] = ["jpg", "png", "jpeg", "webp"];

impl Pictures {
    fn of(&self, line: &PairLine) -> Vec<CardPicture> {
        if line.pictures.is_empty() {
            let by_id = self.folder.iter().flat_map(|folder| {
                ENDINGS.iter().map(|ending| folder.join(format!("{}.{ending}", line.id)))
            });
            let found = by_id.into_iter().find(|path| path.is_file());
            return found.map(|path| self.show(&path)).into_iter().collect();
        }
        line.pictures.iter().map(|path| self.show(&self.locate(path))).collect()
    }

    fn locate(&self, path: &Path) -> PathBuf {
        if path.exists() {
            return path.to_owned();
        }
        let within = |folder: &PathBuf| {
            let whole = folder.join(path);
            let bare = folder.join(path.file_name().unwrap_or_default());
            [whole, bare].into_iter().find(|path| path.exists())
        };
        self.folder.as_ref().and_then(within).unwrap_or_else(|| path.to_owned())
    }

    fn show(&self, path: &Path) -> CardPicture {
        match Thumbnail::of_file(path, self.side) {
            Ok(picture) => CardPicture::Shown(picture),
            Err(_) if !path.exists() => {
                CardPicture::Missing(format!("picture not found: {}", path.display()))
            }
            Err(error) => CardPicture::Missing(error.to_string()),
        }
    }
}

/// The cards of some questions.
pub(super) fn cards<'a>(lines: impl Iterator<Item = &'a PairLine>, pictures: &Pictures) -> Cards {
    Cards::new(lines.map(|line| card(line, pictures)))
}

fn card(line: &PairLine, pictures: &Pictures) -> Card {
    let tags: Vec<&str> = line.tags.values().map(String::as_str).collect();
    let subtitle = if tags.is_empty() {
        line.id.clone()
    } else {
        format!("{} · {}", line.id, tags.join(" · "))
    };
    let mut card = Card::new(&line.question).subtitle(subtitle);
    for picture in pictures.of(line) {
        card = card.picture(picture);
    }
    card = match line.outcome {
        Outcome::Won => card.badge("B better", Tone::Good),
        Outcome::Lost => card.badge("B worse", Tone::Bad),
        Outcome::Tied | Outcome::Unscored => card,
    };
    if !line.references.is_empty() {
        card = card.field("right", references(&line.references), Tone::Plain);
    }
    let tone = |mine: Option<f64>, other: Option<f64>| match (mine, other) {
        (Some(mine), Some(other)) if mine > other => Tone::Good,
        (Some(mine), Some(other)) if mine < other => Tone::Bad,
        _ => Tone::Plain,
    };
    card.field("A", answer(&line.answer_a, line.score_a), tone(line.score_a, line.score_b)).field(
        "B",
        answer(&line.answer_b, line.score_b),
        tone(line.score_b, line.score_a),
    )
}

/// An answer with its score behind it.
fn answer(text: &str, score: Option<f64>) -> String {
    let text = if text.trim().is_empty() { "(empty)" } else { text };
    score.map_or_else(
        || text.to_owned(),
        |score| format!("{text}  ({} %)", points(score).trim_end_matches(".00")),
    )
}

/// Different right answers, each with how many people gave it.
fn references(references: &[String]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for reference in references {
        match counted.iter_mut().find(|(text, _)| text == reference) {
            Some((_, times)) => *times += 1,
            None => counted.push((reference, 1)),
        }
    }
    counted.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let shown = counted.iter().take(4).map(|(text, times)| {
        if *times > 1 { format!("{text} ×{times}") } else { (*text).to_owned() }
    });
    let list: Vec<String> = shown.collect();
    let more = if counted.len() > list.len() { ", …" } else { "" };
    format!("{}{more}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_answers_are_counted_and_the_most_frequent_comes_first() {
        let given = ["b", "a", "a", "c", "d", "e"].map(str::to_owned);
        assert_eq!(references(&given), "a ×2, b, c, d, …");
    }
}
