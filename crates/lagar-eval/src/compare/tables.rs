//! One benchmark, compared: metrics, groups, answers, kinds of questions, and every pair.

use std::collections::BTreeMap;

use serde::Serialize;

use super::difference::{Difference, difference};
use super::matching::pair;
use super::{
    Agreement, BenchmarkAnswers, BenchmarkComparison, CompareOptions, Diversity, Pair, Reported,
    question_type, suspicion,
};
use crate::error::EvalError;

/// Who did better on a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// B has the higher score.
    Won,
    /// A has the higher score.
    Lost,
    /// Equal scores.
    Tied,
    /// Nobody scored it.
    Unscored,
}

/// A paired question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairLine {
    /// Its id.
    pub id: String,
    /// The bare question.
    pub question: String,
    /// The right answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The files of its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<std::path::PathBuf>,
    /// Its tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// A's answer.
    pub answer_a: String,
    /// B's answer.
    pub answer_b: String,
    /// A's score in the headline metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_a: Option<f64>,
    /// B's score in the headline metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_b: Option<f64>,
    /// Who did better.
    pub outcome: Outcome,
}

/// A kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeCount {
    /// The kind, by the first words: see [`question_type()`].
    pub kind: String,
    /// How many questions.
    pub n: usize,
    /// How many different answers A gave to them.
    pub distinct_a: usize,
    /// How many different answers B gave to them.
    pub distinct_b: usize,
    /// To how many both gave the same answer.
    pub identical: usize,
}

/// The tag that questions get where their benchmark has none of the kind.
const TYPE_TAG: &str = "question_type";

pub(super) fn compare_benchmark(
    a: &BenchmarkAnswers,
    b: &BenchmarkAnswers,
    options: &CompareOptions,
) -> Result<BenchmarkComparison, EvalError> {
    let name = options.benchmark.as_ref().filter(|_| a.is_unnamed).unwrap_or(&a.name).clone();
    let (pairs, matching) = pair(&a.answers, &b.answers);
    if pairs.is_empty() {
        let (first_a, first_b) = (first_id(a), first_id(b));
        return Err(EvalError::Unmatched {
            message: format!(
                "{name}: no question in common ({} answers of A, from `{first_a}`; {} of B, from \
                 `{first_b}`)",
                a.answers.len(),
                b.answers.len()
            ),
        });
    }
    let metrics = ordered_metrics(a, b, options, &name)?;
    let headline = metrics.first().map(String::as_str);
    let all: Vec<&Pair<'_>> = pairs.iter().collect();
    let overall =
        metrics.iter().filter_map(|metric| difference(&all, metric, None, &name, options));
    Ok(BenchmarkComparison {
        suspicions: suspicion::of(&pairs),
        metrics: overall.collect(),
        reported: reported(a, b),
        groups: headline.map_or_else(Vec::new, |metric| groups(&pairs, metric, &name, options)),
        answers_a: Diversity::of(pairs.iter().map(|pair| pair.a)),
        answers_b: Diversity::of(pairs.iter().map(|pair| pair.b)),
        agreement: Agreement::of(&pairs),
        question_types: question_types(&pairs),
        questions: pairs.iter().map(|pair| pair_line(pair, headline)).collect(),
        matching,
        name,
    })
}

fn first_id(side: &BenchmarkAnswers) -> &str {
    side.answers.first().map_or("", |answer| answer.id.as_str())
}

/// The metrics that both sides have, the headline first.
fn ordered_metrics(
    a: &BenchmarkAnswers,
    b: &BenchmarkAnswers,
    options: &CompareOptions,
    name: &str,
) -> Result<Vec<String>, EvalError> {
    let of_b = b.sample_metrics();
    let mut metrics: Vec<String> =
        a.sample_metrics().into_iter().filter(|metric| of_b.contains(metric)).collect();
    if let Some(wanted) = &options.metric {
        let Some(place) = metrics.iter().position(|metric| metric == wanted) else {
            let known = if metrics.is_empty() { "none".to_owned() } else { metrics.join(", ") };
            return Err(EvalError::Setting {
                setting: "metric",
                value: wanted.clone(),
                expected: format!("one that both sides have for {name}: {known}"),
            });
        };
        metrics[..=place].rotate_right(1);
    }
    Ok(metrics)
}

/// Metrics that both runs report and no single answer has.
fn reported(a: &BenchmarkAnswers, b: &BenchmarkAnswers) -> Vec<Reported> {
    let (of_a, of_b) = (a.sample_metrics(), b.sample_metrics());
    let only_corpus =
        a.reported.iter().filter(|(name, _)| !(of_a.contains(name) && of_b.contains(name)));
    only_corpus
        .filter_map(|(name, value)| {
            let (_, other) = b.reported.iter().find(|(other, _)| other == name)?;
            Some(Reported { metric: name.clone(), a: *value, b: *other })
        })
        .collect()
}

/// The headline metric for every value of every tag.
fn groups(
    pairs: &[Pair<'_>],
    metric: &str,
    label: &str,
    options: &CompareOptions,
) -> Vec<Difference> {
    let mut by_tag: BTreeMap<(String, String), Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs {
        for (tag, value) in &pair.a.tags {
            by_tag.entry((tag.clone(), value.clone())).or_default().push(pair);
        }
        if !pair.a.tags.contains_key(TYPE_TAG) {
            let kind = question_type(&pair.a.question);
            by_tag.entry((TYPE_TAG.to_owned(), kind)).or_default().push(pair);
        }
    }
    let mut values_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (tag, _) in by_tag.keys() {
        *values_of.entry(tag).or_default() += 1;
    }
    by_tag
        .iter()
        // A tag with one value groups nothing; one with a value per question neither.
        .filter(|((tag, _), _)| (2..=pairs.len() / 2).contains(&values_of[tag.as_str()]))
        .filter_map(|((tag, value), members)| {
            difference(members, metric, Some((tag, value)), label, options)
        })
        .collect()
}

fn question_types(pairs: &[Pair<'_>]) -> Vec<TypeCount> {
    let mut by_kind: BTreeMap<String, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs {
        by_kind.entry(question_type(&pair.a.question)).or_default().push(pair);
    }
    let distinct = |members: &[&Pair<'_>], text: fn(&Pair<'_>) -> String| {
        let texts: std::collections::BTreeSet<String> =
            members.iter().map(|pair| text(pair)).collect();
        texts.len()
    };
    let mut kinds: Vec<TypeCount> = by_kind
        .into_iter()
        .map(|(kind, members)| TypeCount {
            kind,
            n: members.len(),
            distinct_a: distinct(&members, |pair| pair.a.text.clone()),
            distinct_b: distinct(&members, |pair| pair.b.text.clone()),
            identical: members.iter().filter(|pair| pair.a.text == pair.b.text).count(),
        })
        .collect();
    kinds.sort_by(|one, other| other.n.cmp(&one.n).then_with(|| one.kind.cmp(&other.kind)));
    kinds
}

fn pair_line(pair: &Pair<'_>, metric: Option<&str>) -> PairLine {
    let score = |answer: &super::Answer| metric.and_then(|name| answer.scores.get(name).copied());
    let (score_a, score_b) = (score(pair.a), score(pair.b));
    let outcome = match (score_a, score_b) {
        (Some(a), Some(b)) if b > a => Outcome::Won,
        (Some(a), Some(b)) if b < a => Outcome::Lost,
        (Some(_), Some(_)) => Outcome::Tied,
        _ => Outcome::Unscored,
    };
    let from = if pair.a.pictures.is_empty() { pair.b } else { pair.a };
    PairLine {
        id: pair.a.id.clone(),
        question: pair.a.question.clone(),
        references: pair.a.references.clone(),
        pictures: from.pictures.clone(),
        tags: pair.a.tags.clone(),
        answer_a: pair.a.text.clone(),
        answer_b: pair.b.text.clone(),
        score_a,
        score_b,
        outcome,
    }
}
