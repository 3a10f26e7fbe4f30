//! A suggestion as a recipe that Data-Juicer and `lagar run` read, with the reasons beside the steps.

use std::path::Path;

use serde_json::json;

use crate::problem::{percent, thousands};
use crate::profile::{Profile, Step, Suggestion};

/// The most characters of an example's text.
const SHOWN: usize = 60;

/// The recipe's text. `path` is where it will be written: the export stands beside it.
pub fn recipe(profile: &Profile, path: &Path) -> String {
    let empty = Suggestion::default();
    let suggestion = profile.suggestion.as_ref().unwrap_or(&empty);
    let dataset = &profile.dataset;
    let source = dataset.paths.first().map(|path| path.to_string_lossy()).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let export = path.with_file_name(format!("{stem}-kept.jsonl"));
    let mut text = String::new();
    let mut line = |indent: usize, content: String| {
        text.push_str(&" ".repeat(indent));
        text.push_str(&content);
        text.push('\n');
    };
    line(
        0,
        format!("# Suggested by lagar {} from {} rows.", dataset.lagar, thousands(suggestion.rows)),
    );
    let share = percent(suggestion.kept, suggestion.rows);
    let how = if suggestion.exact { "exactly" } else { "about" };
    line(0, format!("# Will keep {how} {} of them ({share}).", thousands(suggestion.kept)));
    if suggestion.unreadable > 0 {
        let count = thousands(suggestion.unreadable);
        line(
            0,
            format!(
                "# {count} rows cannot be read or have no text; they are put aside or left out."
            ),
        );
    }
    for problem in profile.problems.iter().filter(|problem| problem.remedy.is_none()) {
        line(0, format!("# No operator answers this: {} ({}).", problem.title, problem.rule));
    }
    line(0, format!("project_name: {}", json!(stem)));
    line(0, format!("dataset_path: {}", json!(source)));
    line(0, format!("export_path: {}", json!(export.to_string_lossy())));
    line(0, format!("text_keys: {}", json!(dataset.text_key)));
    line(0, format!("image_key: {}", json!(dataset.image_key)));
    if suggestion.steps.is_empty() {
        line(0, "process: []".to_owned());
        return text;
    }
    line(0, "process:".to_owned());
    for step in &suggestion.steps {
        for comment in comments(step, suggestion.rows) {
            line(2, format!("# {comment}"));
        }
        line(2, format!("- {}:", step.operator));
        for (name, value) in &step.parameters {
            line(6, format!("{name}: {value}"));
        }
    }
    text
}

fn comments(step: &Step, rows: u64) -> Vec<String> {
    let mut comments = vec![format!("{}: {}.", step.rules.join(", "), step.because)];
    if step.operator.ends_with("_mapper") {
        comments.push("changes texts, drops none".to_owned());
        return comments;
    }
    let mut outcome =
        format!("drops {} rows ({} of all)", thousands(step.dropped), percent(step.dropped, rows));
    if step.put_aside > 0 {
        outcome.extend([", puts ", &thousands(step.put_aside), " aside"]);
    }
    outcome.extend(["; ", &thousands(step.kept), " stay"]);
    if let Some(example) = &step.example {
        let text: String = example.text.chars().take(SHOWN).collect();
        outcome.extend(["; the first: ", &json!(text).to_string()]);
    }
    comments.push(outcome);
    comments
}
