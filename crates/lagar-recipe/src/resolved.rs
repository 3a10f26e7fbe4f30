//! The recipe written back: what a run really used, for its run folder.
//!
//! Everything that is used is written, defaults included, so that the file still means the same
//! when a default changes. Strings that lagar's reader would take for something else are quoted
//! here, because the writer quotes for other readers of YAML than ours.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_saphyr::DoubleQuoted;

use crate::node::{Key, Location, Node, Value, serialize_integer};
use crate::recipe::Recipe;
use crate::scalar;

impl Recipe {
    /// The recipe as YAML: settings in a fixed order, then the operators with the parameters they
    /// were given. Reading it again gives an equal recipe.
    pub fn to_yaml(&self) -> String {
        write(&self.to_node())
    }

    /// The recipe as a tree without places.
    fn to_node(&self) -> Node {
        let mut entries = match from_serialize(self) {
            Value::Map(entries) => entries,
            _ => Vec::new(),
        };
        if self.dataset_path.is_empty() {
            entries.push((key("dataset"), plain(from_serialize(&self.dataset))));
        }
        let calls = self
            .process
            .iter()
            .map(|call| plain(Value::Map(vec![(key(&call.name), call.params.clone())])));
        entries.push((key("process"), plain(Value::Seq(calls.collect()))));
        plain(Value::Map(entries))
    }
}

fn write(node: &Node) -> String {
    serde_saphyr::to_string(&Yaml(node))
        .expect("a tree of strings, numbers, lists and mappings can always be written")
}

fn from_serialize(data: &impl Serialize) -> Value {
    let json = serde_json::to_value(data);
    from_json(&json.expect("settings and sources are plain data with strings as keys"))
}

fn key(name: &str) -> Key {
    Key { name: name.to_owned(), location: Location::default() }
}

fn plain(value: Value) -> Node {
    Node { location: Location::default(), value }
}

fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => {
            let text = number.to_string();
            match text.parse() {
                Ok(value) => Value::Int(value),
                Err(_) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            }
        }
        serde_json::Value::String(text) => Value::Str(text.clone()),
        serde_json::Value::Array(items) => {
            Value::Seq(items.iter().map(|item| plain(from_json(item))).collect())
        }
        serde_json::Value::Object(entries) => Value::Map(
            entries.iter().map(|(name, item)| (key(name), plain(from_json(item)))).collect(),
        ),
    }
}

/// A node as it is written, with quotes where our reader needs them.
struct Yaml<'a>(&'a Node);

impl Serialize for Yaml<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serialize_integer(*value, serializer),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Str(text) => Text(text).serialize(serializer),
            Value::Seq(items) => serializer.collect_seq(items.iter().map(Yaml)),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(&Text(&key.name), &Yaml(node))?;
                }
                map.end()
            }
        }
    }
}

struct Text<'a>(&'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let as_is = matches!(scalar::resolve(self.0), Value::Str(_))
            && self.0.chars().all(|character| !character.is_control())
            && self.0 != "<<";
        if as_is {
            serializer.serialize_str(self.0)
        } else {
            DoubleQuoted(self.0).serialize(serializer)
        }
    }
}
