//! One side of a comparison: a run or a file, as a list of answers per benchmark.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::Answer;

/// A run or a file of answers.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The name to call it by: that of its folder or file.
    pub name: String,
    /// Where it was read from.
    pub path: PathBuf,
    /// The model's name, where the files say it.
    pub model: Option<String>,
    /// What the run was told (`run.json`), flat: `a.b` → value.
    pub settings: BTreeMap<String, Value>,
    /// Sorted by name.
    pub benchmarks: Vec<BenchmarkAnswers>,
}

/// The answers to one benchmark.
#[derive(Clone, Debug, Default)]
pub struct BenchmarkAnswers {
    /// The benchmark's name.
    pub name: String,
    /// Whether that name is only the file's.
    pub is_unnamed: bool,
    /// In the order of the file.
    pub answers: Vec<Answer>,
    /// The names of the metrics in the run's order, the headline first.
    pub metric_order: Vec<String>,
    /// Metrics over all answers, as the run reports them.
    pub reported: Vec<(String, f64)>,
    /// Version, prompt style and the like (`results.json`), flat: `a.b` → value.
    pub settings: BTreeMap<String, Value>,
}

/// A metric that exists only over all answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reported {
    /// The metric.
    pub metric: String,
    /// Its value for A.
    pub a: f64,
    /// Its value for B.
    pub b: f64,
}

impl BenchmarkAnswers {
    /// The metrics that single answers have a score in: in the run's order, then by name.
    pub(super) fn sample_metrics(&self) -> Vec<String> {
        let scored = |name: &String| self.answers.iter().any(|one| one.scores.contains_key(name));
        let mut names: Vec<String> =
            self.metric_order.iter().filter(|name| scored(name)).cloned().collect();
        let rest: std::collections::BTreeSet<&String> =
            self.answers.iter().flat_map(|answer| answer.scores.keys()).collect();
        for name in rest {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// A tree of settings as one level: `{"a": {"b": 1}}` becomes `a.b` → 1.
pub(super) fn flat(tree: &Value) -> BTreeMap<String, Value> {
    fn walk(name: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    walk(&name, value, into);
                }
            }
            other => {
                into.insert(name.to_owned(), other.clone());
            }
        }
    }
    let mut into = BTreeMap::new();
    walk("", tree, &mut into);
    into.remove("");
    into
}
