//! The top-level keys of a recipe: Data-Juicer's, and the few that are lagar's own.
//!
//! A recipe written for Data-Juicer 1.6.1 has to run unchanged, so every key it knows is known
//! here, too. A key that only steers machinery which lagar does not have is accepted with a warning
//! that says so; one whose silent loss would change or expose data is refused. Source: the
//! configuration reference of Data-Juicer 1.6.1.

mod table;

pub use table::KEYS;

/// One top-level key. Names with a point stand for a key in a nested mapping
/// (`checkpoint.enabled`), which may also be written with the point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecipeKey {
    /// The name in the file.
    pub name: &'static str,
    /// What may be written after it.
    pub kind: Kind,
    /// The value when the key is absent, as YAML.
    pub default: &'static str,
    /// One line on what it means.
    pub meaning: &'static str,
    /// What lagar does with it.
    pub role: Role,
}

/// What lagar does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Read into [`crate::Recipe`].
    Used,
    /// Accepted; a value other than the default gets a warning.
    NoMeaning {
        /// Why it has no meaning in lagar.
        why: &'static str,
    },
    /// Accepted only while it is empty or false, because ignoring it would change or expose data.
    Refused {
        /// Why it cannot be honoured.
        why: &'static str,
    },
}

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number that is not negative.
    Integer,
    /// A whole number above zero.
    Positive,
    /// Any number.
    Number,
    /// Text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A text or a list of texts.
    TextOrTexts,
    /// A list of anything.
    List,
    /// A mapping of anything.
    Map,
    /// A mapping or a list.
    MapOrList,
    /// Not checked.
    Any,
}

/// The key called `name`.
pub fn find(name: &str) -> Option<&'static RecipeKey> {
    KEYS.iter().find(|key| key.name == name)
}

/// The keys inside the nested mapping `name`; empty when there is no such mapping.
pub fn nested(name: &str) -> impl Iterator<Item = (&'static str, &'static RecipeKey)> {
    KEYS.iter().filter_map(move |key| {
        let (group, inner) = key.name.split_once('.')?;
        (group == name).then_some((inner, key))
    })
}

/// Names of all keys that may stand at the top of a recipe, nested mappings included, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = KEYS
        .iter()
        .map(|key| key.name)
        .chain(KEYS.iter().filter_map(|key| Some(key.name.split_once('.')?.0)))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use lagar_core::diagnostic::SourceText;

    use super::*;
    use crate::node::{Node, Value};

    #[test]
    fn no_key_is_listed_twice() {
        let mut names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        let listed = names.len();
        names.dedup();
        assert_eq!(names.len(), listed);
    }

    #[test]
    fn every_default_is_of_its_kind() {
        for key in KEYS {
            let value = Node::parse(&SourceText::new("default", key.default)).unwrap().value;
            let fits = match (key.kind, &value) {
                (_, Value::Null)
                | (Kind::Bool, Value::Bool(_))
                | (Kind::Number, Value::Int(_) | Value::Float(_))
                | (Kind::Text | Kind::TextOrTexts, Value::Str(_))
                | (Kind::Texts | Kind::TextOrTexts | Kind::List | Kind::MapOrList, Value::Seq(_))
                | (Kind::Map, Value::Map(_))
                | (Kind::Any, _) => true,
                (Kind::Integer, Value::Int(value)) => *value >= 0,
                (Kind::Positive, Value::Int(value)) => *value > 0,
                (Kind::Choice(words), Value::Str(word)) => words.contains(&word.as_str()),
                _ => false,
            };
            assert!(fits, "{}: {}", key.name, key.default);
        }
    }

    #[test]
    fn nested_keys_are_found_in_their_group() {
        let names: Vec<&str> = nested("checkpoint").map(|(inner, _)| inner).collect();
        assert_eq!(names, ["enabled", "strategy", "n_ops", "op_names"]);
        assert!(super::names().contains(&"partition"));
    }
}
