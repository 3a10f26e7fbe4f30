//! The JSON Schema of recipes, for completion and checks while a recipe is being written.
//!
//! Settings come from the table of keys; the operators are handed in, because this crate knows
//! none. Their definitions are moved to the root under names of their own, so that references
//! keep working after the schemas of all operators have been put into one document.

use serde_json::{Map, Value, json};

use lagar_core::diagnostic::SourceText;

use crate::keys::{KEYS, Kind, RecipeKey, Role};
use crate::node::Node;

/// What the schema says about one operator: name, one line of documentation, and the JSON Schema
/// of its parameters.
pub type OperatorSchema<'a> = (&'a str, &'a str, Value);

/// The JSON Schema (draft 2020-12) of a whole recipe.
pub fn recipe_schema(operators: &[OperatorSchema<'_>]) -> Value {
    let mut properties = Map::new();
    let mut groups: Map<String, Value> = Map::new();
    for key in KEYS {
        let schema = key_schema(key);
        if let Some((group, inner)) = key.name.split_once('.') {
            let group = groups.entry(group).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(group) = group {
                group.insert(inner.to_owned(), schema.clone());
            }
        }
        properties.insert(key.name.to_owned(), schema);
    }
    for (group, inner) in groups {
        let schema = json!({
            "type": ["object", "null"],
            "properties": inner,
            "additionalProperties": false,
            "deprecated": true,
        });
        properties.insert(group, schema);
    }
    let mut definitions = Map::new();
    if let Some(Value::Object(process)) = properties.get_mut("process") {
        process.insert("items".to_owned(), process_items(operators, &mut definitions));
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lagar recipe",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    schema
}

fn key_schema(key: &RecipeKey) -> Value {
    let mut schema = kind_schema(key.kind);
    let why = match key.role {
        Role::Used => None,
        Role::NoMeaning { why } => Some(format!("no effect: {why}")),
        Role::Refused { why } => Some(format!("not supported: {why}")),
    };
    let description = match &why {
        Some(why) => format!("{} ({why})", key.meaning),
        None => key.meaning.to_owned(),
    };
    schema.insert("description".to_owned(), description.into());
    let default = Node::parse(&SourceText::new(key.name, key.default));
    if let Some(default) = default.ok().and_then(|node| serde_json::to_value(node).ok()) {
        schema.insert("default".to_owned(), default);
    }
    if why.is_some() {
        schema.insert("deprecated".to_owned(), true.into());
    }
    Value::Object(schema)
}

/// Every key may also be null, which means its default.
fn kind_schema(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Bool => json!({"type": ["boolean", "null"]}),
        Kind::Integer => json!({"type": ["integer", "null"], "minimum": 0}),
        Kind::Positive => json!({"type": ["integer", "null"], "minimum": 1}),
        Kind::Number => json!({"type": ["number", "null"]}),
        Kind::Text => json!({"type": ["string", "null"]}),
        Kind::Choice(words) => {
            let words = words.iter().map(|&word| Value::from(word)).chain([Value::Null]);
            json!({"enum": words.collect::<Vec<_>>()})
        }
        Kind::Texts => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        Kind::TextOrTexts => {
            json!({"type": ["string", "array", "null"], "items": {"type": "string"}})
        }
        Kind::List => json!({"type": ["array", "null"]}),
        Kind::Map => json!({"type": ["object", "null"]}),
        Kind::MapOrList => json!({"type": ["object", "array", "null"]}),
        Kind::Any => json!({}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn process_items(operators: &[OperatorSchema<'_>], definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for (name, doc, params) in operators {
        let mut params = params.clone();
        hoist(name, &mut params, definitions);
        let schema = json!({"description": doc, "anyOf": [params, {"type": "null"}]});
        properties.insert((*name).to_owned(), schema);
    }
    let names: Vec<&str> = operators.iter().map(|(name, _, _)| *name).collect();
    json!({
        "anyOf": [
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
            {"type": "string", "enum": names},
        ],
    })
}

/// Moves the definitions of an operator's schema to the root, renamed to `OPERATOR.DEFINITION`.
fn hoist(operator: &str, params: &mut Value, definitions: &mut Map<String, Value>) {
    rename_references(operator, params);
    let Value::Object(schema) = params else {
        return;
    };
    schema.remove("$schema");
    schema.remove("title");
    if let Some(Value::Object(own)) = schema.remove("$defs") {
        for (name, definition) in own {
            definitions.insert(format!("{operator}.{name}"), definition);
        }
    }
}

fn rename_references(operator: &str, schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            for (name, value) in entries.iter_mut() {
                match value {
                    Value::String(target) if name == "$ref" => {
                        if let Some(definition) = target.strip_prefix("#/$defs/") {
                            *target = format!("#/$defs/{operator}.{definition}");
                        }
                    }
                    value => rename_references(operator, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(operator, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_carry_type_default_and_meaning() {
        let schema = recipe_schema(&[]);
        let properties = &schema["properties"];
        assert_eq!(properties["chunk_size"]["default"], 8192);
        assert_eq!(properties["chunk_size"]["minimum"], 1);
        assert_eq!(properties["on_error"]["enum"], json!(["quarantine", "fail", null]));
        assert_eq!(properties["turbo"]["deprecated"], true);
        assert!(properties["turbo"]["description"].as_str().unwrap().contains("no effect: "));
        assert_eq!(properties["np"].get("deprecated"), None);
        assert_eq!(properties["checkpoint"]["properties"]["n_ops"]["default"], 5);
        assert_eq!(schema["additionalProperties"], false);
        for key in KEYS {
            assert!(properties.get(key.name).is_some(), "{}", key.name);
        }
    }

    #[test]
    fn an_entry_of_process_holds_exactly_one_known_operator() {
        let params = json!({
            "$schema": "x",
            "title": "Params",
            "type": "object",
            "properties": {"any_or_all": {"$ref": "#/$defs/Choice"}},
            "$defs": {"Choice": {"enum": ["any", "all"]}, "Other": {"$ref": "#/$defs/Choice"}},
        });
        let operators =
            [("a_filter", "Keeps a.", params.clone()), ("b_filter", "Keeps b.", params)];
        let schema = recipe_schema(&operators);
        let items = &schema["properties"]["process"]["items"]["anyOf"];
        assert_eq!(items[0]["additionalProperties"], false);
        assert_eq!(items[0]["maxProperties"], 1);
        assert_eq!(items[1]["enum"], json!(["a_filter", "b_filter"]));
        let entry = &items[0]["properties"]["b_filter"];
        assert_eq!(entry["description"], "Keeps b.");
        let reference = &entry["anyOf"][0]["properties"]["any_or_all"]["$ref"];
        assert_eq!(reference, "#/$defs/b_filter.Choice");
        assert_eq!(schema["$defs"]["b_filter.Choice"]["enum"], json!(["any", "all"]));
        assert_eq!(schema["$defs"]["a_filter.Other"]["$ref"], "#/$defs/a_filter.Choice");
        assert_eq!(entry["anyOf"][0].get("$defs"), None);
    }
}
