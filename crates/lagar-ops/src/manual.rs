//! Manual pages, made from what the registry knows: doc comments, schemas, and examples that are run.
//!
//! A page cannot lie about a default or an outcome, because nothing on it is written twice. The same
//! pages make `docs/operators.md` and `lagar ops show`.

mod example;

use std::fmt::Write as _;

use serde_json::Value;

use crate::registry::{Kind, OperatorInfo};

/// The manual page of one operator, as Markdown.
pub fn manual_page(info: &OperatorInfo) -> String {
    let mut page = format!("## {}\n\n{}\n\n{}\n", info.name, facts(info), info.manual().trim());
    parameters(info, &mut page);
    for example in info.examples {
        match example::table(info, example) {
            Ok(table) => {
                push(&mut page, format_args!("\nWith `{}`:\n\n{table}", example.parameters));
            }
            Err(message) => {
                let parameters = example.parameters;
                push(&mut page, format_args!("\nWith `{parameters}` this fails: {message}\n"));
            }
        }
    }
    page
}

/// The list of all operators by kind, as Markdown.
pub fn operators_index(all: &[&OperatorInfo]) -> String {
    let mut index = String::new();
    let kinds = [Kind::Filter, Kind::Mapper, Kind::Deduplicator, Kind::Selector, Kind::Grouper];
    for kind in kinds {
        let mut infos: Vec<_> = all.iter().filter(|info| info.kind == kind).collect();
        if infos.is_empty() {
            continue;
        }
        infos.sort_by_key(|info| info.name);
        push(
            &mut index,
            format_args!(
                "\n### {}s\n\n| operator | cost | parity | what it does |\n|---|---|---|---|\n",
                capital(kind.name())
            ),
        );
        for info in infos {
            let (name, cost) = (info.name, info.cost.name());
            let (parity, summary) = (cell(&info.parity.words()), cell(&info.summary()));
            push(
                &mut index,
                format_args!("| [`{name}`](#{name}) | {cost} | {parity} | {summary} |\n"),
            );
        }
    }
    index.trim_start().to_owned()
}

/// Writing into a string cannot fail.
fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    if page.write_fmt(text).is_err() {
        page.push('\u{fffd}');
    }
}

fn facts(info: &OperatorInfo) -> String {
    let list = |names: &[&str]| {
        let word = |name: &&str| match *name {
            "*" => "any field".to_owned(),
            name => format!("`{name}`"),
        };
        let names: Vec<String> = names.iter().map(word).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!(
        "*{}, version {}, cost class {}; reads {}; writes {}; parity with Data-Juicer: {}*",
        capital(info.kind.name()),
        info.version,
        info.cost.name(),
        list(info.reads),
        list(info.writes),
        info.parity.words()
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn parameters(info: &OperatorInfo, page: &mut String) {
    let parameters = info.parameters();
    if parameters.is_empty() {
        page.push_str("\nIt has no parameters.\n");
        return;
    }
    page.push_str("\n| parameter | type | default | meaning |\n|---|---|---|---|\n");
    let root = (info.schema)();
    for (name, schema) in parameters {
        let (kind, default) = (type_of(&schema, &root), default_of(&schema));
        let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        push(page, format_args!("| `{name}` | {kind} | {default} | {} |\n", cell(meaning)));
    }
}

/// A schema's type in words.
fn type_of(schema: &Value, root: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#'));
        return target.map(|target| type_of(target, root)).unwrap_or_default();
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(Value::Array(choices)) = schema.get(key) {
            let choices: Vec<String> = choices.iter().map(|choice| type_of(choice, root)).collect();
            return choices.join(" or ");
        }
    }
    if let Some(Value::Array(words)) = schema.get("enum") {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", plain(word))).collect();
        return words.join(" or ");
    }
    if let Some(word) = schema.get("const").filter(|word| word.is_string()) {
        return format!("`{}`", plain(word));
    }
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let types: Vec<String> =
                types.iter().map(plain).filter(|kind| kind != "null").collect();
            format!("{} or null", types.join(" or "))
        }
        Some(Value::String(kind)) if kind == "array" => {
            let items = schema.get("items").map(|items| type_of(items, root));
            format!("list of {}", items.unwrap_or_else(|| "anything".to_owned()))
        }
        Some(kind) => plain(kind),
        None => "anything".to_owned(),
    }
}

fn default_of(schema: &Value) -> String {
    match schema.get("default") {
        None => "must be given".to_owned(),
        Some(Value::Null) => "not set".to_owned(),
        Some(limit) if limit.as_i64() == Some(i64::MAX) => "no limit".to_owned(),
        Some(default) => format!("`{default}`"),
    }
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Text for a table cell: one line, no column breaks.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
