//! Two models on the same questions: which is better, how sure that is, and where they differ.
//!
//! lmms-eval and VLMEvalKit print two numbers and leave the reader to subtract them. Here answers are
//! paired question by question, so that what both models find hard cancels out; each difference comes
//! with an interval, a test and a correction for the number of tests; and before any number comes a
//! warning when the answers look as if no model had seen the pictures.
//!
//! A side is an evaluation run of lagar ([`Side::read`] on its folder) or a bare file of answers.
//! [`compare`] pairs two of them; [`page`] shows the outcome as one HTML file.

mod answer;
mod difference;
mod diversity;
mod line;
mod matching;
pub mod page;
mod question_type;
mod read;
mod scored;
mod settings;
mod side;
mod suspicion;
mod tables;

use serde::Serialize;

pub use answer::Answer;
pub use difference::{Difference, Mean, Test};
pub use diversity::{Agreement, Diversity};
pub use matching::{Matching, Pair};
pub use question_type::question_type;
pub use side::{BenchmarkAnswers, Reported, Side};
pub use suspicion::Suspicion;
pub use tables::{Outcome, PairLine, TypeCount};

use crate::error::EvalError;
use crate::stats::Resampling;

/// The version of [`Comparison`] as JSON.
pub const SCHEMA: u32 = 1;

/// How to compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompareOptions {
    /// Only this benchmark.
    pub benchmark: Option<String>,
    /// The metric that groups, lists and power are about; the first of each benchmark otherwise.
    pub metric: Option<String>,
    /// The probability to call a difference real that is none; intervals cover 1 − alpha.
    pub alpha: f64,
    /// How often the bootstrap draws.
    pub resamples: usize,
    /// What decides its draws.
    pub seed: u64,
    /// The power at which the smallest visible difference is stated.
    pub power: f64,
}

impl Default for CompareOptions {
    fn default() -> Self {
        let Resampling { resamples, seed } = Resampling::default();
        Self { benchmark: None, metric: None, alpha: 0.05, resamples, seed, power: 0.8 }
    }
}

/// Who was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The name to call it by.
    pub name: String,
    /// Where its answers are.
    pub path: String,
    /// The model's name, where the files say it.
    pub model: Option<String>,
}

/// Two sides, compared.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first side: the baseline.
    pub a: Compared,
    /// The second side: differences are B − A.
    pub b: Compared,
    /// How they were compared.
    pub options: CompareOptions,
    /// What to know before believing anything below, the gravest first.
    pub warnings: Vec<String>,
    /// One entry per benchmark, sorted by name.
    pub benchmarks: Vec<BenchmarkComparison>,
}

/// Two sides on one benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct BenchmarkComparison {
    /// The benchmark.
    pub name: String,
    /// Which questions were paired, and which were not.
    pub matching: Matching,
    /// Why the answers may not be those of a model.
    pub suspicions: Vec<Suspicion>,
    /// Each metric over all questions, the headline first; empty when nothing was scored.
    pub metrics: Vec<Difference>,
    /// Metrics that exist only over all answers, as the runs report them.
    pub reported: Vec<Reported>,
    /// The headline metric per tag and value.
    pub groups: Vec<Difference>,
    /// The answers of A.
    pub answers_a: Diversity,
    /// The answers of B.
    pub answers_b: Diversity,
    /// How often both say the same.
    pub agreement: Agreement,
    /// The kinds of questions there are.
    pub question_types: Vec<TypeCount>,
    /// Every paired question.
    pub questions: Vec<PairLine>,
}

impl BenchmarkComparison {
    /// The difference in the headline metric.
    pub fn headline(&self) -> Option<&Difference> {
        self.metrics.first()
    }
}

/// Compares two sides.
///
/// # Errors
/// When they have no benchmark in common, no question in common, or not the metric asked for.
pub fn compare(a: &Side, b: &Side, options: &CompareOptions) -> Result<Comparison, EvalError> {
    let mut warnings = settings::warnings(a, b);
    let mut benchmarks = Vec::new();
    for (answers_a, answers_b) in common_benchmarks(a, b, options, &mut warnings)? {
        benchmarks.push(tables::compare_benchmark(answers_a, answers_b, options)?);
    }
    difference::correct(benchmarks.iter_mut().filter_map(|one| one.metrics.first_mut()));
    difference::correct(benchmarks.iter_mut().flat_map(|one| one.metrics.iter_mut().skip(1)));
    difference::correct(benchmarks.iter_mut().flat_map(|one| one.groups.iter_mut()));
    let is_alone = benchmarks.len() == 1;
    let grave = benchmarks.iter().flat_map(|one| {
        let of = if is_alone { String::new() } else { format!("{}: ", one.name) };
        one.suspicions.iter().map(move |suspicion| format!("{of}{}", suspicion.message))
    });
    let unmatched = benchmarks.iter().filter_map(|one| one.matching.warning(&one.name));
    let warnings = grave.chain(unmatched).chain(warnings).collect();
    let compared = |side: &Side| Compared {
        name: side.name.clone(),
        path: side.path.display().to_string(),
        model: side.model.clone(),
    };
    Ok(Comparison {
        schema: SCHEMA,
        a: compared(a),
        b: compared(b),
        options: options.clone(),
        warnings,
        benchmarks,
    })
}

type Both<'a> = (&'a BenchmarkAnswers, &'a BenchmarkAnswers);

/// The benchmarks that both sides have, and a warning for each that only one has.
fn common_benchmarks<'a>(
    a: &'a Side,
    b: &'a Side,
    options: &CompareOptions,
    warnings: &mut Vec<String>,
) -> Result<Vec<Both<'a>>, EvalError> {
    // Two bare files are about the same benchmark, whatever they are called.
    if let ([one], [other]) = (a.benchmarks.as_slice(), b.benchmarks.as_slice())
        && (one.is_unnamed || other.is_unnamed)
    {
        return Ok(vec![(one, other)]);
    }
    let wanted = |name: &str| options.benchmark.as_ref().is_none_or(|only| only == name);
    let find = |side: &'a Side, name: &str| side.benchmarks.iter().find(|one| one.name == name);
    let mut common = Vec::new();
    for one in a.benchmarks.iter().filter(|one| wanted(&one.name)) {
        match find(b, &one.name) {
            Some(other) => common.push((one, other)),
            None => warnings.push(format!("{}: only A has answers, so it is left out", one.name)),
        }
    }
    for other in b.benchmarks.iter().filter(|other| wanted(&other.name)) {
        if find(a, &other.name).is_none() {
            warnings.push(format!("{}: only B has answers, so it is left out", other.name));
        }
    }
    if common.is_empty() {
        let names = |side: &Side| {
            let names: Vec<&str> = side.benchmarks.iter().map(|one| one.name.as_str()).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        return Err(EvalError::Unmatched {
            message: format!("no benchmark in common: A has {}; B has {}", names(a), names(b)),
        });
    }
    Ok(common)
}
