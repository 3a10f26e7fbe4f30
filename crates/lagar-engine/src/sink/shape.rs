//! The column types that hold all values of a set of JSON rows.
//!
//! A type is found by widening: every value either fits the type so far, or makes it wider, or shows
//! that no column type holds all of them. Such a field becomes a text column of JSON, marked as such,
//! so that reading it back gives the very values. Integers become floats only where that is exact;
//! objects become structs only where all of them have the same fields, because a struct could not
//! tell an absent field from null.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::error::ArrowError;
use lagar_core::row::json_field;
use serde_json::{Map, Value};

/// Integers up to here are exact as floats.
const EXACT: u64 = 1 << 53;

/// What values of one field have in common.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Only nulls so far.
    Null,
    Boolean,
    /// Whether all of them are exact as floats, too.
    Integer {
        exact: bool,
    },
    Float,
    Text,
    List(Box<Self>),
    Object(Vec<(String, Self)>),
    /// Nothing but being JSON, and why.
    Json(String),
}

enum NumberKind {
    Integer {
        exact: bool,
    },
    Float,
    /// No column type holds it.
    Large,
}

fn number_kind(number: &serde_json::Number) -> NumberKind {
    if let Some(value) = number.as_i64() {
        return NumberKind::Integer { exact: value.unsigned_abs() <= EXACT };
    }
    let digits = number.to_string();
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match number.as_f64() {
        Some(value) if value.is_finite() && !is_integer => NumberKind::Float,
        _ => NumberKind::Large,
    }
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::String(_) => Self::Text,
            Value::Number(number) => match number_kind(number) {
                NumberKind::Integer { exact } => Self::Integer { exact },
                NumberKind::Float => Self::Float,
                NumberKind::Large => Self::Json("numbers beyond 64 bits".to_owned()),
            },
            Value::Array(items) => {
                let mut shape = Self::Null;
                shape.widen_by(items);
                Self::List(Box::new(shape))
            }
            Value::Object(fields) if fields.is_empty() => {
                Self::Json("objects without fields".to_owned())
            }
            Value::Object(fields) => Self::Object(
                fields.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect(),
            ),
        }
    }

    fn widen(&mut self, value: &Value) {
        let wider = match (&mut *self, value) {
            (Self::Json(_), _)
            | (_, Value::Null)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Text, Value::String(_)) => return,
            (Self::Null, value) => Self::of(value),
            (Self::Integer { .. } | Self::Float, Value::Number(number)) => {
                self.widen_number(number_kind(number))
            }
            (Self::List(shape), Value::Array(items)) => {
                return shape.widen_by(items);
            }
            (Self::Object(shapes), Value::Object(fields)) => {
                let same = shapes.len() == fields.len()
                    && shapes.iter().all(|(name, _)| fields.contains_key(name));
                if same {
                    for (name, shape) in shapes {
                        shape.widen(&fields[name.as_str()]);
                    }
                    return;
                }
                Self::Json("objects with different fields".to_owned())
            }
            (own, value) => {
                let other = Self::of(value);
                Self::Json(format!("{} and {}", own.plural(), other.plural()))
            }
        };
        *self = wider;
    }

    fn widen_by(&mut self, values: &[Value]) {
        for value in values {
            self.widen(value);
        }
    }

    fn widen_number(&self, kind: NumberKind) -> Self {
        match (self, kind) {
            (Self::Integer { exact: one }, NumberKind::Integer { exact: other }) => {
                Self::Integer { exact: *one && other }
            }
            (Self::Integer { exact: true }, NumberKind::Float)
            | (Self::Float, NumberKind::Float | NumberKind::Integer { exact: true }) => Self::Float,
            (_, NumberKind::Large) => Self::Json("numbers beyond 64 bits".to_owned()),
            _ => Self::Json("fractions and integers beyond 2^53".to_owned()),
        }
    }

    fn plural(&self) -> &'static str {
        match self {
            Self::Null => "nulls",
            Self::Boolean => "booleans",
            Self::Integer { .. } | Self::Float => "numbers",
            Self::Text => "strings",
            Self::List(_) => "lists",
            Self::Object(_) | Self::Json(_) => "objects",
        }
    }

    fn field(&self, name: &str) -> Field {
        let kind = match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Integer { .. } => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::List(item) => DataType::List(Arc::new(item.field("item"))),
            Self::Object(shapes) => DataType::Struct(fields_of(shapes)),
            Self::Json(_) => return json_field(name),
        };
        Field::new(name, kind, true)
    }

    /// A column of values of this shape.
    fn column(&self, values: &[Option<&Value>]) -> Result<ArrayRef, ArrowError> {
        let values: Vec<Option<&Value>> =
            values.iter().map(|value| value.filter(|value| !value.is_null())).collect();
        let nulls = || values.iter().map(Option::is_some).collect::<NullBuffer>();
        Ok(match self {
            Self::Null => Arc::new(NullArray::new(values.len())),
            Self::Boolean => {
                let flags = values.iter().map(|value| value.and_then(Value::as_bool));
                Arc::new(flags.collect::<BooleanArray>())
            }
            Self::Integer { .. } => {
                let numbers = values.iter().map(|value| value.and_then(Value::as_i64));
                Arc::new(numbers.collect::<Int64Array>())
            }
            Self::Float => {
                let numbers = values.iter().map(|value| value.and_then(Value::as_f64));
                Arc::new(numbers.collect::<Float64Array>())
            }
            Self::Text => {
                let texts = values.iter().map(|value| value.and_then(Value::as_str));
                Arc::new(texts.collect::<StringArray>())
            }
            Self::Json(_) => {
                let texts = values.iter().map(|value| value.map(Value::to_string));
                Arc::new(texts.collect::<StringArray>())
            }
            Self::List(item) => {
                let lists = values.iter().map(|value| value.and_then(Value::as_array));
                let lengths = lists.clone().map(|list| list.map_or(0, Vec::len));
                let items: Vec<Option<&Value>> = lists.flatten().flatten().map(Some).collect();
                Arc::new(ListArray::try_new(
                    Arc::new(item.field("item")),
                    OffsetBuffer::from_lengths(lengths),
                    item.column(&items)?,
                    Some(nulls()),
                )?)
            }
            Self::Object(shapes) => {
                let columns = shapes.iter().map(|(name, shape)| {
                    let children =
                        values.iter().map(|value| value.and_then(|value| value.get(name)));
                    shape.column(&children.collect::<Vec<_>>())
                });
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new(fields_of(shapes), columns, Some(nulls()))?)
            }
        })
    }

    fn warn(&self, path: &str, warnings: &mut Vec<String>) {
        match self {
            Self::Json(reason) => {
                warnings.push(format!("field `{path}` holds {reason}: stored as JSON text"));
            }
            Self::List(item) => item.warn(&format!("{path}[]"), warnings),
            Self::Object(shapes) => {
                for (name, shape) in shapes {
                    shape.warn(&format!("{path}.{name}"), warnings);
                }
            }
            _ => {}
        }
    }
}

fn fields_of(shapes: &[(String, Shape)]) -> Fields {
    shapes.iter().map(|(name, shape)| shape.field(name)).collect()
}

/// What rows have in common; fields in the order they were first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct RowShape {
    fields: Vec<(String, Shape)>,
}

impl RowShape {
    pub(super) fn widen(&mut self, row: &Map<String, Value>) {
        for (place, (name, value)) in row.iter().enumerate() {
            // Rows of one set mostly have their fields in the same order.
            let here = self.fields.get(place).is_some_and(|(known, _)| known == name);
            let found = if here {
                Some(place)
            } else {
                self.fields.iter().position(|(known, _)| known == name)
            };
            match found {
                Some(found) => self.fields[found].1.widen(value),
                None => self.fields.push((name.clone(), Shape::of(value))),
            }
        }
    }

    pub(super) fn schema(&self) -> Arc<Schema> {
        Arc::new(Schema::new(fields_of(&self.fields)))
    }

    pub(super) fn columns(&self, rows: &[Map<String, Value>]) -> Result<RecordBatch, ArrowError> {
        let column = |(name, shape): &(String, Shape)| {
            let values: Vec<_> = rows.iter().map(|row| row.get(name)).collect();
            shape.column(&values)
        };
        let columns = self.fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(self.schema(), columns, &options)
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, shape) in &self.fields {
            shape.warn(name, &mut warnings);
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use lagar_core::row::record_batch_lines;

    use super::*;

    /// The rows after a way through columns, the columns' types, and the warnings.
    fn through(rows: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
        let parse = |row: &&str| serde_json::from_str::<Map<String, Value>>(row).unwrap();
        let rows: Vec<_> = rows.iter().map(parse).collect();
        let mut shape = RowShape::default();
        for row in &rows {
            shape.widen(row);
        }
        let columns = shape.columns(&rows).unwrap();
        let lines = record_batch_lines(&columns).unwrap();
        let lines = lines.iter().map(|line| line.unwrap().to_owned()).collect();
        let kinds = columns.schema().fields().iter().map(|f| f.data_type().to_string()).collect();
        (lines, kinds, shape.warnings())
    }

    #[test]
    fn values_of_one_type_become_a_typed_column() {
        let rows = ["{\"a\":1,\"b\":true,\"c\":\"x\"}", "{\"a\":2.5,\"b\":null,\"c\":\"y\"}"];
        let (lines, kinds, warnings) = through(&rows);
        assert_eq!(kinds, ["Float64", "Boolean", "Utf8"]);
        assert_eq!(lines, ["{\"a\":1.0,\"b\":true,\"c\":\"x\"}", rows[1]]);
        assert!(warnings.is_empty());
    }

    #[test]
    fn values_of_different_types_come_back_as_they_were() {
        let rows = [
            "{\"a\":1,\"b\":{\"x\":1},\"c\":[1,\"s\"],\"d\":9007199254740993,\"e\":{}}",
            "{\"a\":\"1\",\"b\":{\"y\":1.50},\"c\":[],\"d\":0.5,\"e\":null}",
            "{\"a\":null,\"b\":null,\"c\":null,\"d\":123456789012345678901234567890,\"e\":{\"z\":[{}]}}",
        ];
        let (lines, kinds, warnings) = through(&rows);
        assert_eq!(lines, rows);
        assert_eq!(kinds[0], "Utf8");
        assert_eq!(warnings[0], "field `a` holds numbers and strings: stored as JSON text");
        assert_eq!(warnings[2], "field `c[]` holds numbers and strings: stored as JSON text");
    }

    #[test]
    fn objects_with_the_same_fields_become_structs() {
        let rows = [
            "{\"m\":{\"u\":\"a\",\"n\":[1,2]},\"l\":[{\"k\":1},{\"k\":null}]}",
            "{\"m\":{\"u\":null,\"n\":[]},\"l\":null}",
        ];
        let (lines, kinds, warnings) = through(&rows);
        assert_eq!(lines, rows);
        assert!(kinds[0].starts_with("Struct") && kinds[1].starts_with("List"));
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_field_that_some_rows_lack_is_null_there() {
        let (lines, ..) = through(&["{\"a\":1}", "{\"b\":[null]}"]);
        assert_eq!(lines, ["{\"a\":1,\"b\":null}", "{\"a\":null,\"b\":[null]}"]);
    }
}
