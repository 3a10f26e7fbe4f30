//! Settings in which two runs differ: a comparison of prompts is not one of models.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Side;

/// Settings that may differ without changing an answer.
const HARMLESS: [&str; 14] = [
    "model", "digest", "name", "path", "out", "run", "folder", "chunk", "threads", "batch",
    "device", "started", "finished", "secs",
];

/// A warning per setting of the runs, or of a benchmark, that differs.
pub(super) fn warnings(a: &Side, b: &Side) -> Vec<String> {
    let mut warnings = Vec::new();
    if !a.settings.is_empty() && !b.settings.is_empty() {
        warnings.extend(
            differing(&a.settings, &b.settings).map(|what| format!("the runs differ in {what}")),
        );
    }
    for one in &a.benchmarks {
        let Some(other) = b.benchmarks.iter().find(|other| other.name == one.name) else {
            continue;
        };
        if one.settings.is_empty() || other.settings.is_empty() {
            continue;
        }
        for what in differing(&one.settings, &other.settings) {
            let warning = format!("{}: the runs differ in {what}", one.name);
            let said = format!("the runs differ in {what}");
            if !warnings.contains(&said) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

fn differing<'a>(
    a: &'a BTreeMap<String, Value>,
    b: &'a BTreeMap<String, Value>,
) -> impl Iterator<Item = String> + 'a {
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    keys.into_iter().filter(|key| matters(key) && a.get(*key) != b.get(*key)).map(|key| {
        let value = |side: &BTreeMap<String, Value>| {
            side.get(key).map_or_else(|| "not set".to_owned(), Value::to_string)
        };
        format!("`{key}`: A {}, B {}", value(a), value(b))
    })
}

fn matters(key: &str) -> bool {
    !key.split(['.', '_']).any(|part| HARMLESS.contains(&part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::side::flat;
    use super::*;

    fn side(settings: &Value) -> Side {
        Side { settings: flat(settings), ..Side::default() }
    }

    #[test]
    fn another_prompt_is_said_and_another_model_is_the_point() {
        let a = side(&json!({"prompt": {"style": "llava"}, "model": {"name": "x"}, "seed": 1}));
        let b = side(&json!({"prompt": {"style": "lmms-eval"}, "model": {"name": "y"}, "seed": 1}));
        assert_eq!(
            warnings(&a, &b),
            ["the runs differ in `prompt.style`: A \"llava\", B \"lmms-eval\""]
        );
    }

    #[test]
    fn a_file_without_settings_is_not_another_setting() {
        assert!(warnings(&side(&json!({"seed": 1})), &side(&json!({}))).is_empty());
    }
}
