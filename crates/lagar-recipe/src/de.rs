//! serde over [`Node`]s: any `Deserialize` type can be read from a recipe without losing places.
//!
//! Types are checked here and not in serde's visitors, because "expected an integer, got the string
//! `six`" helps more than "invalid type: string, expected usize". Numbers follow Python's habits:
//! `1` is good where a float is wanted, `1e6` where an integer is, and integers beyond 64 bits
//! saturate. Errors travel outwards and pick up the place and the path on their way.

mod access;

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer as _, SeqAccess, Visitor};

use self::access::{Items, Pairs, Variant};
use crate::error::{NodeError, NodeErrorKind};
use crate::node::{Key, Node, Value};

/// Reads one value or a list of them into a list, as for keys of the type `Union[str, List[str]]`.
///
/// For use in `#[serde(deserialize_with = "lagar_recipe::one_or_many")]`.
///
/// # Errors
/// When the value is neither a string nor a list of strings.
pub fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a string or a list of strings")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(OneOrMany)
}

impl Node {
    /// Reads the value into any type that serde can deserialize.
    ///
    /// # Errors
    /// When the value does not fit; the error points at the key or value that does not.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, NodeError> {
        T::deserialize(self)
    }

    fn integer(&self, least: i128, greatest: i128) -> Result<i128, NodeError> {
        let wide = greatest >= i128::from(i64::MAX);
        let expected = || match (least, wide) {
            (0, true) => "an integer that is not negative".to_owned(),
            (_, true) => "an integer".to_owned(),
            _ => format!("an integer between {least} and {greatest}"),
        };
        let value = match &self.value {
            Value::Int(value) => *value,
            #[expect(clippy::cast_possible_truncation, reason = "whole and far below the limit")]
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => *value as i128,
            _ => return Err(NodeError::mismatch(self, expected())),
        };
        if (!wide && value > greatest) || (value < least && (!wide || least == 0)) {
            return Err(NodeError::mismatch(self, expected()));
        }
        Ok(value.clamp(least, greatest))
    }

    fn number(&self) -> Result<f64, NodeError> {
        match &self.value {
            Value::Int(value) => Ok(*value as f64),
            Value::Float(value) => Ok(*value),
            _ => Err(NodeError::mismatch(self, "a number")),
        }
    }

    fn string(&self) -> Result<&str, NodeError> {
        self.as_str().ok_or_else(|| NodeError::mismatch(self, "a string"))
    }

    fn visit_list<'de, V: Visitor<'de>>(
        &'de self,
        items: &'de [Self],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        visitor.visit_seq(Items::new(items)).map_err(|error| error.at(&self.location))
    }

    fn visit_mapping<'de, V: Visitor<'de>>(
        &'de self,
        entries: &'de [(Key, Self)],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        visitor.visit_map(Pairs::new(entries)).map_err(|error| error.at(&self.location))
    }
}

macro_rules! integers {
    ($($method:ident, $visit:ident, $type:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
            let value = self.integer(i128::from(<$type>::MIN), i128::from(<$type>::MAX))?;
            let value = <$type>::try_from(value).expect("integer() keeps to the limits");
            visitor.$visit(value).map_err(|error: NodeError| error.at(&self.location))
        })*
    };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        /// Remembers what the visitor wants, because the visitor is used up by visiting.
        fn expected<'de>(visitor: &impl Visitor<'de>) -> String {
            struct Expecting<'a, V>(&'a V);
            impl<'de, V: Visitor<'de>> fmt::Display for Expecting<'_, V> {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.expecting(formatter)
                }
            }
            Expecting(visitor).to_string()
        }
        let wanted = expected(&visitor);
        let result = match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(small), _) => visitor.visit_i64(small),
                (_, Ok(large)) => visitor.visit_u64(large),
                _ => visitor.visit_f64(*value as f64),
            },
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Str(text) => visitor.visit_borrowed_str(text),
            Value::Seq(items) => return self.visit_list(items, visitor),
            Value::Map(entries) => return self.visit_mapping(entries, visitor),
        };
        result.map_err(|error: NodeError| match &error.kind {
            // serde's own words for a visitor that does not take this type.
            NodeErrorKind::Invalid { message } if message.starts_with("invalid type: ") => {
                NodeError::mismatch(self, wanted)
            }
            _ => error.at(&self.location),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Bool(value) => {
                visitor.visit_bool(*value).map_err(|e: NodeError| e.at(&self.location))
            }
            _ => Err(NodeError::mismatch(self, "true or false")),
        }
    }

    integers! {
        deserialize_i8, visit_i8, i8;
        deserialize_i16, visit_i16, i16;
        deserialize_i32, visit_i32, i32;
        deserialize_i64, visit_i64, i64;
        deserialize_u8, visit_u8, u8;
        deserialize_u16, visit_u16, u16;
        deserialize_u32, visit_u32, u32;
        deserialize_u64, visit_u64, u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_f64(self.number()?).map_err(|error: NodeError| error.at(&self.location))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        let text = self.string()?;
        visitor.visit_borrowed_str(text).map_err(|error: NodeError| error.at(&self.location))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            _ => Err(NodeError::mismatch(self, "nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        visitor.visit_newtype_struct(self).map_err(|error: NodeError| error.at(&self.location))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Seq(items) => self.visit_list(items, visitor),
            _ => Err(NodeError::mismatch(self, "a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Seq(items) if items.len() == length => self.visit_list(items, visitor),
            Value::Seq(items) => {
                let message = format!("expected {length} values, got {}", items.len());
                Err(NodeError::invalid(self, message))
            }
            _ => Err(NodeError::mismatch(self, format!("a list of {length} values"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Map(entries) => self.visit_mapping(entries, visitor),
            _ => Err(NodeError::mismatch(self, "a mapping")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        let result = match &self.value {
            Value::Str(name) => {
                let name: StrDeserializer<'_, NodeError> = name.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Value::Map(entries) => match entries.as_slice() {
                [(key, content)] => visitor.visit_enum(Variant { key, content }),
                _ => Err(NodeError::invalid(self, "expected exactly one key")),
            },
            _ => Err(NodeError::mismatch(self, "a string")),
        };
        result.map_err(|error| error.at(&self.location))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lagar_core::diagnostic::SourceText;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Filter {
        lang: String,
        min_num: usize,
        max_ratio: f64,
        range: (i32, i32),
        any_or_all: Choice,
        limit: Option<u64>,
        signed: i64,
        small: u8,
        #[serde(deserialize_with = "one_or_many")]
        keys: Vec<String>,
        nested: BTreeMap<String, bool>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        #[default]
        Any,
        All,
        Share(f64),
        Box {
            width: u32,
        },
    }

    fn read(text: &str) -> Result<Filter, NodeError> {
        Node::parse(&SourceText::new("t.yaml", text)).unwrap().read()
    }

    /// The message, and the text that it points at.
    fn error(text: &str) -> (String, String) {
        let error = read(text).unwrap_err();
        let span = error.location.as_ref().unwrap().span;
        (error.to_string(), text[span.start..span.end].to_owned())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = "lang: en\nmin_num: 1e3\nmax_ratio: 1\nrange: [-1, 2]\nany_or_all: {share: 0.5}\n\
                    limit: ~\nsigned: 99999999999999999999\nkeys: a\nnested: {x: yes}\n";
        let filter = read(text).unwrap();
        assert_eq!(filter.min_num, 1000);
        assert!((filter.max_ratio - 1.0).abs() < f64::EPSILON);
        assert_eq!(filter.range, (-1, 2));
        assert_eq!(filter.any_or_all, Choice::Share(0.5));
        assert_eq!(filter.limit, None);
        assert_eq!(filter.signed, i64::MAX);
        assert_eq!(filter.keys, ["a"]);
        assert!(filter.nested["x"]);
        assert_eq!(read("any_or_all: all").unwrap().any_or_all, Choice::All);
        let boxed = read("any_or_all: {box: {width: 3}}").unwrap();
        assert_eq!(boxed.any_or_all, Choice::Box { width: 3 });
        assert_eq!(read("keys: [a, b]").unwrap().keys, ["a", "b"]);
    }

    #[test]
    fn an_unknown_key_is_pointed_at_with_its_candidates() {
        let unknown = read("min_nun: 3").unwrap_err();
        assert_eq!(unknown.to_string(), "unknown key `min_nun`");
        assert!(unknown.candidates().contains(&"min_num".to_owned()));
        assert_eq!(error("min_nun: 3").1, "min_nun");
        assert_eq!(unknown.into_diagnostic().hints, ["did you mean `min_num`?"]);
    }

    /// Text, message, and the part of the text that is pointed at.
    const MISMATCHES: &[(&str, &str, &str)] = &[
        (
            "min_num: six",
            "`min_num`: expected an integer that is not negative, got the string `six`",
            "six",
        ),
        (
            "min_num: -1",
            "`min_num`: expected an integer that is not negative, got the integer -1",
            "-1",
        ),
        (
            "min_num: 1.5",
            "`min_num`: expected an integer that is not negative, got the number 1.5",
            "1.5",
        ),
        (
            "small: 256",
            "`small`: expected an integer between 0 and 255, got the integer 256",
            "256",
        ),
        ("signed: [1]", "`signed`: expected an integer, got a list", "[1]"),
        ("lang: no", "`lang`: expected a string, got the boolean false", "no"),
        ("max_ratio: x", "`max_ratio`: expected a number, got the string `x`", "x"),
        ("range: [1]", "`range`: expected 2 values, got 1", "[1]"),
        (
            "range: [1, b]",
            "`range.1`: expected an integer between -2147483648 and 2147483647, got the string `b`",
            "b",
        ),
        ("nested: {x: 1}", "`nested.x`: expected true or false, got the integer 1", "1"),
        ("nested: 1", "`nested`: expected a mapping, got the integer 1", "1"),
        ("any_or_all: some", "`any_or_all`: unknown choice `some`", "some"),
        ("any_or_all: {box: {}}", "missing key `width` in `any_or_all`", "{}"),
        ("keys: 1", "`keys`: expected a string or a list of strings, got the integer 1", "1"),
        ("keys: [1]", "`keys.0`: expected a string, got the integer 1", "1"),
    ];

    #[test]
    fn a_mismatch_says_what_was_expected_and_what_was_there() {
        for &(text, message, place) in MISMATCHES {
            assert_eq!(error(text), (message.to_owned(), place.to_owned()), "{text}");
        }
    }

    #[test]
    fn quotes_too_many_or_too_few_are_hinted_at() {
        let hints = |text: &str| read(text).unwrap_err().into_diagnostic().hints;
        assert_eq!(hints("lang: no"), ["put it in quotes to make it a string"]);
        assert_eq!(hints("min_num: '3'"), ["quotes make it a string; remove them"]);
        assert!(hints("min_num: three").is_empty());
    }

    #[test]
    fn any_json_can_be_read() {
        let node = Node::parse(&SourceText::new("t", "a: [1, 2.5, x, ~, {b: no}]")).unwrap();
        let value: serde_json::Value = node.read().unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, 2.5, "x", null, {"b": false}]}));
    }
}
