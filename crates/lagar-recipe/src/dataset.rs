//! Where the rows come from: `dataset_path` with its weights, or `dataset` with its list.
//!
//! Both forms end in the same list of sources. `dataset_path` wins over `dataset`, and its weights
//! are written in front of the paths, as in Data-Juicer.

use lagar_core::diagnostic::Diagnostic;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::error::NodeError;
use crate::node::{Key, Node, Value};
use crate::read::Report;

/// The input of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Dataset {
    /// Rows to sample from all sources together; `None` means all rows, and weights do not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_sample_num: Option<u64>,
    /// The sources in the order in which they are read.
    #[serde(rename = "configs")]
    pub sources: Vec<DataSource>,
}

/// One file or folder of the input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Always `local`.
    #[serde(rename = "type", default = "local")]
    pub kind: String,
    /// File or folder, as written.
    pub path: String,
    /// Share relative to the other sources, not negative.
    #[serde(default = "one", deserialize_with = "weight")]
    pub weight: f64,
    /// Format of the file; `None` means its ending tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Which split of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Which configuration of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Most rows to read from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl DataSource {
    fn new(path: String, weight: f64) -> Self {
        Self { kind: local(), path, weight, format: None, split: None, name: None, limit: None }
    }
}

fn local() -> String {
    "local".to_owned()
}

fn one() -> f64 {
    1.0
}

fn weight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let weight = f64::deserialize(deserializer)?;
    if weight.is_finite() && weight >= 0.0 {
        Ok(weight)
    } else {
        Err(de::Error::custom("a weight is a number that is not negative"))
    }
}

/// Reads the input; what is wrong with it goes into the report.
pub(crate) fn read(
    path: &str,
    dataset: Option<(Key, Node)>,
    root: &Node,
    report: &mut Report,
) -> Dataset {
    let dataset = dataset.filter(|(_, node)| !node.value.is_empty());
    if !path.trim().is_empty() {
        if let Some((key, _)) = dataset {
            let message = "`dataset` has no effect next to `dataset_path`";
            report.warnings.push(key.location.warning(message, "`dataset_path` is read"));
        }
        return match weighted_paths(path) {
            Ok(sources) => Dataset { max_sample_num: None, sources },
            Err(message) => {
                let message = format!("`dataset_path`: {message}");
                let error = match root.get("dataset_path") {
                    Some(node) => node.location.error(message, ""),
                    None => Diagnostic::error(message),
                };
                let hint = "weights stand in front of their paths: `0.5 a.jsonl 0.5 b/`";
                report.errors.push(error.with_hint(hint));
                Dataset::default()
            }
        };
    }
    if let Some((_, node)) = dataset {
        return sources(&node, report);
    }
    // A path of the wrong type has been reported already.
    let unset = root.get("dataset_path").is_none_or(|node| match &node.value {
        Value::Null => true,
        Value::Str(path) => path.trim().is_empty(),
        _ => false,
    });
    if unset {
        let error = Diagnostic::error("the recipe names no input");
        report.errors.push(error.with_hint("set `dataset_path`, or `dataset` for several sources"));
    }
    Dataset::default()
}

/// Splits `0.5 a.jsonl 'b c.jsonl'` into sources; a path without weight weighs 1.
fn weighted_paths(text: &str) -> Result<Vec<DataSource>, String> {
    let mut sources = Vec::new();
    let mut pending: Option<f64> = None;
    for word in words(text)? {
        if word.is_empty() {
            return Err("a path is empty".to_owned());
        }
        match (word.parse::<f64>(), pending) {
            (Ok(weight), None) if weight.is_finite() && weight >= 0.0 => pending = Some(weight),
            (Ok(_), None) => return Err(format!("the weight {word} is negative or not finite")),
            (Ok(_), Some(first)) => return Err(format!("no path between {first} and {word}")),
            (Err(_), _) => sources.push(DataSource::new(word, pending.take().unwrap_or(1.0))),
        }
    }
    match pending {
        Some(weight) => Err(format!("no path after the weight {weight}")),
        None => Ok(sources),
    }
}

/// Words separated by white space; quotes keep a word together.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

/// Reads the value of `dataset`: a mapping with `configs`, or the list alone.
fn sources(node: &Node, report: &mut Report) -> Dataset {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sampling {
        #[serde(default)]
        max_sample_num: Option<u64>,
        #[expect(dead_code, reason = "read one by one below; listed so that serde knows the key")]
        configs: de::IgnoredAny,
    }

    let mut dataset = Dataset::default();
    let list = match &node.value {
        Value::Seq(_) => Some(node),
        Value::Map(_) => match node.read::<Sampling>() {
            Ok(sampling) => {
                dataset.max_sample_num = sampling.max_sample_num;
                node.get("configs")
            }
            Err(error) => {
                report.errors.push(error.under("dataset").into_diagnostic());
                node.get("configs")
            }
        },
        _ => {
            let error = NodeError::mismatch(node, "a mapping with `configs`, or a list");
            report.errors.push(error.under("dataset").into_diagnostic());
            None
        }
    };
    let Some(list) = list else { return dataset };
    let inside = |error: NodeError| match &node.value {
        Value::Map(_) => error.under("configs").under("dataset").into_diagnostic(),
        _ => error.under("dataset").into_diagnostic(),
    };
    let Some(items) = list.as_seq().filter(|items| !items.is_empty()) else {
        let error = NodeError::mismatch(list, "a list of sources, at least one");
        report.errors.push(inside(error));
        return dataset;
    };
    for (index, item) in items.iter().enumerate() {
        match source(item) {
            Ok(source) => dataset.sources.push(source),
            Err(error) => report.errors.push(inside(error.under(index.to_string()))),
        }
    }
    dataset
}

fn source(item: &Node) -> Result<DataSource, NodeError> {
    // Before anything else: sources of other types have keys that would only look misspelt.
    if let Some(kind) = item.get("type")
        && kind.as_str().is_some_and(|kind| kind != "local")
    {
        let message = format!(
            "sources of type `{}` are not supported, only `local`",
            kind.as_str().unwrap_or_default()
        );
        return Err(NodeError::invalid(kind, message));
    }
    let source: DataSource = item.read()?;
    if source.path.trim().is_empty() {
        return Err(NodeError::invalid(item, "the path is empty"));
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(f64, String)>, String> {
        let sources = weighted_paths(text)?;
        Ok(sources.into_iter().map(|source| (source.weight, source.path)).collect())
    }

    #[test]
    fn weights_stand_in_front_of_paths() {
        let path = |weight: f64, path: &str| (weight, path.to_owned());
        assert_eq!(pairs("a.jsonl").unwrap(), [path(1.0, "a.jsonl")]);
        assert_eq!(
            pairs(" 0.5 a.jsonl  2 b/ c ").unwrap(),
            [path(0.5, "a.jsonl"), path(2.0, "b/"), path(1.0, "c")]
        );
        assert_eq!(
            pairs("'my data.jsonl' x\"y z\"").unwrap(),
            [path(1.0, "my data.jsonl"), path(1.0, "xy z")]
        );
    }

    #[test]
    fn weights_without_their_path_are_refused() {
        assert_eq!(pairs("0.5"), Err("no path after the weight 0.5".to_owned()));
        assert_eq!(pairs("0.5 2 a"), Err("no path between 0.5 and 2".to_owned()));
        assert_eq!(pairs("-1 a"), Err("the weight -1 is negative or not finite".to_owned()));
        assert_eq!(pairs("2 ''"), Err("a path is empty".to_owned()));
        assert_eq!(pairs("'a"), Err("a quote is not closed".to_owned()));
    }
}
