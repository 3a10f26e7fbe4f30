//! How well the texts of each row fit their pictures: the common half of the two operators that ask.
//!
//! Source: Data-Juicer 1.6.1, `image_text_similarity_filter.py` and `image_text_matching_filter.py`.

use lagar_core::Batch;
use lagar_core::models::{ImageTextScorer, PictureSource};
use lagar_image::Orientation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::picture::sources_of_row;
use crate::picture_scores::{Scores, named};
use crate::text::{chunks_of, without_tokens};
use crate::{Context, OperatorError};

/// How the scores of several pictures of one chunk become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ReduceMode {
    /// Their mean.
    #[default]
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

impl ReduceMode {
    fn of(self, scores: &[f32]) -> f64 {
        let one = match self {
            Self::Avg => scores.iter().sum::<f32>() / scores.len() as f32,
            Self::Max => scores.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            Self::Min => scores.iter().copied().fold(f32::INFINITY, f32::min),
        };
        f64::from(one)
    }
}

/// Which sides of the pictures are exchanged before the model sees them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flips {
    pub(crate) horizontal: bool,
    pub(crate) vertical: bool,
}

impl Flips {
    /// The picture as the model is to see it.
    fn of(self, source: PictureSource) -> Result<PictureSource, String> {
        let turns = [(self.horizontal, 2), (self.vertical, 4)];
        if turns.iter().all(|(wanted, _)| !wanted) {
            return Ok(source);
        }
        let orientation = match source {
            PictureSource::Bytes(_) => Orientation::Stored,
            _ => Orientation::Shown,
        };
        let told = |error: lagar_image::ImageError| error.to_string();
        let mut picture = lagar_image::load(&source, orientation).map_err(told)?.into_rgb();
        for (_, turn) in turns.into_iter().filter(|(wanted, _)| *wanted) {
            picture = picture.turned(turn);
        }
        picture.encode_png().map(PictureSource::Bytes).map_err(told)
    }
}

/// One score per chunk that speaks of pictures.
pub(crate) fn scored(
    batch: &Batch,
    context: &Context<'_>,
    scorer: &dyn ImageTextScorer,
    (reduce, flips): (ReduceMode, Flips),
) -> Result<Scores, OperatorError> {
    let mut pairs: Vec<(PictureSource, String)> = Vec::new();
    let mut rows: Vec<Result<Vec<Chunk<'_>>, String>> = Vec::with_capacity(batch.len());
    for index in 0..batch.len() {
        rows.push(row_of(batch, context, index, (flips, &mut pairs)));
    }
    let answers = if pairs.is_empty() { Vec::new() } else { scorer.score(&pairs)? };
    let of_chunk = |chunk: &Chunk<'_>| {
        let score = |(path, pair): &(&str, usize)| match answers.get(*pair) {
            Some(Ok(score)) => Ok(*score),
            Some(Err(message)) => Err(named(path, message)),
            None => Err(named(path, "the model gave no answer")),
        };
        let scores: Result<Vec<f32>, String> = chunk.iter().map(score).collect();
        scores.map(|scores| reduce.of(&scores))
    };
    let of_row = |row: Result<Vec<Chunk<'_>>, String>| row?.iter().map(of_chunk).collect();
    Ok(rows.into_iter().map(of_row).collect())
}

/// The pictures of a chunk: path, and place among the pairs.
type Chunk<'a> = Vec<(&'a str, usize)>;

fn row_of<'a>(
    batch: &'a Batch,
    context: &Context<'_>,
    index: usize,
    (flips, pairs): (Flips, &mut Vec<(PictureSource, String)>),
) -> Result<Vec<Chunk<'a>>, String> {
    let sources = sources_of_row(batch, context.pictures, index);
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let mut chunks = Vec::new();
    for chunk in chunks_of(batch.text.value(index), context.tokens) {
        if chunk.pictures == 0 {
            continue;
        }
        // As slices do in Python, a chunk takes what is left where there are too few.
        let own = sources.iter().skip(chunk.first).take(chunk.pictures);
        let text = without_tokens(chunk.text, context.tokens);
        let mut scored = Vec::new();
        for (path, source) in own {
            let source = flips.of(source.clone()).map_err(|message| named(path, &message))?;
            pairs.push((source, text.clone()));
            scored.push((*path, pairs.len() - 1));
        }
        if scored.is_empty() {
            let (named, has) = (chunk.first + chunk.pictures, sources.len());
            return Err(format!("the text has {named} pictures, the row {has}"));
        }
        chunks.push(scored);
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_pictures_of_a_chunk_become_one_number() {
        let scores = [0.25, 0.5, 0.125];
        let modes = [ReduceMode::Avg, ReduceMode::Max, ReduceMode::Min];
        let numbers = modes.map(|mode| mode.of(&scores).to_bits());
        assert_eq!(numbers, [f64::from(0.875_f32 / 3.0), 0.5, 0.125].map(f64::to_bits));
    }
}
