//! What a model says of the pictures of each row, and how the pictures of a row vote with it.
//!
//! The pictures of a whole batch go to the model at once, each once; a picture that fails costs its
//! rows alone.

use std::collections::HashMap;

use arrow::array::{Float64Builder, ListBuilder};
use lagar_core::Batch;
use lagar_core::models::{ImageClassifier, PictureSource};

use crate::interval::{Interval, show};
use crate::picture::distinct_sources_of_row;
use crate::{AnyOrAll, Computed, Context, Fault, OperatorError, Reason, Stats, Verdicts};

/// One list of numbers per row, or why there is none.
pub(crate) type Scores = Vec<Result<Vec<f64>, String>>;

/// The statistic `key`: one list of numbers per row.
pub(crate) fn computed(key: &str, rows: Scores) -> Computed {
    let mut lists = ListBuilder::new(Float64Builder::new());
    let mut faults = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let sound = row.is_ok();
        match row {
            Ok(scores) => scores.into_iter().for_each(|score| lists.values().append_value(score)),
            Err(message) => faults.push(Fault { index, message }),
        }
        lists.append(sound);
    }
    Computed { faults, ..Computed::one(key, lists.finish()) }
}

/// What `classifier` says of the pictures of each row: the number at `place`, divided by `divisor`.
///
/// As in Data-Juicer, a path that occurs again in its row is left out.
pub(crate) fn classified(
    batch: &Batch,
    context: &Context<'_>,
    classifier: &dyn ImageClassifier,
    (place, divisor): (usize, f32),
) -> Result<Scores, OperatorError> {
    let mut asked: Vec<PictureSource> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Vec<(&str, usize)>> = Vec::with_capacity(batch.len());
    for index in 0..batch.len() {
        let mut row = Vec::new();
        for (path, source) in distinct_sources_of_row(batch, context.pictures, index) {
            let is_carried = matches!(source, PictureSource::Bytes(_));
            let mut add = || {
                asked.push(source.clone());
                asked.len() - 1
            };
            // The same path may stand for other bytes in another row.
            let picture = if is_carried { add() } else { *places.entry(path).or_insert_with(add) };
            row.push((path, picture));
        }
        rows.push(row);
    }
    let answers = if asked.is_empty() { Vec::new() } else { classifier.classify(&asked)? };
    let score = |(path, picture): &(&str, usize)| match answers.get(*picture) {
        Some(Ok(numbers)) => match numbers.get(place) {
            Some(number) => Ok(f64::from(number / divisor)),
            None => Err(format!("the model gives {} numbers, not {}", numbers.len(), place + 1)),
        },
        Some(Err(message)) => Err(named(path, message)),
        None => Err(named(path, "the model gave no answer")),
    };
    Ok(rows.iter().map(|row| row.iter().map(score).collect()).collect())
}

/// A message that names the picture it is about.
pub(crate) fn named(path: &str, message: &str) -> String {
    match message {
        message if message.contains(path) => message.to_owned(),
        // Some messages are the rest of a sentence about the picture ("is cut off").
        message if message.starts_with("is ") => format!("picture `{path}` {message}"),
        message => format!("picture `{path}`: {message}"),
    }
}

/// Judges rows by a list statistic, of which one number that passes is enough, or all must.
pub(crate) fn judged(
    stats: &Stats<'_>,
    key: &str,
    interval: Interval,
    (min, max): (Option<f64>, Option<f64>),
    any_or_all: AnyOrAll,
) -> Verdicts {
    Verdicts::judge(stats.rows(), |index| {
        let scores = stats.numbers(key, index);
        if any_or_all.keeps(scores.iter().map(|score| interval.passes(*score, min, max))) {
            return None;
        }
        let failed = scores.iter().find(|score| !interval.passes(**score, min, max))?;
        let shown: Vec<String> = scores.iter().map(|score| show(*score)).collect();
        Some(Reason {
            statistic: key.to_owned(),
            value: format!("[{}]", shown.join(",")),
            threshold: interval.failed(*failed, min, max),
        })
    })
}
