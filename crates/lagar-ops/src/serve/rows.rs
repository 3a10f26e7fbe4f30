//! Data-Juicer's rows, JSON objects, as a batch and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BinaryBuilder, BooleanArray, BooleanBuilder, Float64Builder,
    ListArray, ListBuilder, StringBuilder, StringViewArray, StringViewBuilder, UInt32Array,
    UInt64Array,
};
use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lagar_core::row::value_of;
use lagar_core::{Batch, Origin, RowKeys, StatColumn};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use crate::OperatorInfo;

pub(super) type Row = Map<String, Value>;

/// The rows as a batch; only the fields the operator reads must be there and of the right type.
pub(super) fn batch_of(
    rows: &[&Row],
    keys: &RowKeys,
    info: &OperatorInfo,
) -> Result<Batch, Failure> {
    let reads = |field: &str| info.reads.contains(&field);
    let mut text = StringViewBuilder::with_capacity(rows.len());
    let mut images = ListBuilder::new(StringViewBuilder::new());
    let mut bytes = ListBuilder::new(BinaryBuilder::new());
    for (number, row) in rows.iter().enumerate() {
        let place = Place { row: number, key: &keys.text };
        // What an operator reads first must be there; the rest it can do without.
        if info.reads.first() == Some(&"text") {
            text.append_value(text_of(row, place)?);
        } else {
            // Whoever looks for other fields finds the text where there is one.
            text.append_option(text_of(row, place).ok());
        }
        let place = Place { row: number, key: &keys.images };
        append_paths(row.get(&keys.images).filter(|_| reads("images")), place, &mut images)?;
        let place = Place { row: number, key: &keys.image_bytes };
        let carried = row.get(&keys.image_bytes).filter(|_| reads("image_bytes"));
        append_bytes(carried, place, &mut bytes)?;
    }
    let lines: StringViewArray = rows.iter().map(|row| serde_json::to_string(row).ok()).collect();
    let none_edited = || BooleanArray::from(vec![false; rows.len()]);
    let bytes: ListArray = bytes.finish();
    Ok(Batch {
        rank: None,
        row: UInt64Array::from_iter_values(0..rows.len() as u64),
        part: UInt32Array::from(vec![0; rows.len()]),
        id: StringViewArray::new_null(rows.len()),
        text: text.finish(),
        images: images.finish(),
        image_bytes: (bytes.null_count() < bytes.len()).then_some(bytes),
        origin: Origin::Json(lines),
        text_edited: none_edited(),
        images_edited: none_edited(),
        stats: Vec::new(),
        hashes: Vec::new(),
    })
}

/// Where a message points.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    row: usize,
    key: &'a str,
}

impl Place<'_> {
    fn wrong(self, value: &Value, expected: &str) -> Failure {
        let got = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list of other things",
            Value::Object(_) => "an object",
        };
        let Self { row, key } = self;
        Failure::Type(format!("field `{key}` of row {row} is {got}, expected {expected}"))
    }
}

fn text_of<'a>(row: &'a Row, place: Place<'_>) -> Result<&'a str, Failure> {
    let value = row.get(place.key).or_else(|| {
        let (first, rest) = place.key.split_once('.')?;
        rest.split('.').try_fold(row.get(first)?, |value, key| value.get(key))
    });
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(place.wrong(other, "a string")),
        None => Err(Failure::Key(format!("row {} has no field `{}`", place.row, place.key))),
    }
}

/// Puts a text where [`text_of`] found one.
pub(super) fn set_text(row: &mut Row, key: &str, text: &str) {
    let place = if row.contains_key(key) {
        row.get_mut(key)
    } else {
        let mut steps = key.split('.');
        let first = steps.next().and_then(|first| row.get_mut(first));
        steps.fold(first, |value, key| value?.get_mut(key))
    };
    if let Some(place) = place {
        *place = Value::String(text.to_owned());
    }
}

fn append_paths(
    value: Option<&Value>,
    place: Place<'_>,
    paths: &mut ListBuilder<StringViewBuilder>,
) -> Result<(), Failure> {
    let items = match value {
        None | Some(Value::Null) => {
            paths.append(false);
            return Ok(());
        }
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    for item in items {
        let Value::String(path) = item else {
            return Err(place.wrong(item, "a list of paths"));
        };
        paths.values().append_value(path);
    }
    paths.append(true);
    Ok(())
}

fn append_bytes(
    value: Option<&Value>,
    place: Place<'_>,
    bytes: &mut ListBuilder<BinaryBuilder>,
) -> Result<(), Failure> {
    let expected = "a list of {\"__b64__\": …} objects";
    let items = match value {
        None | Some(Value::Null) => {
            bytes.append(false);
            return Ok(());
        }
        Some(Value::Array(items)) => items,
        Some(other) => return Err(place.wrong(other, expected)),
    };
    for item in items {
        let encoded = match item {
            Value::Null => {
                bytes.values().append_null();
                continue;
            }
            item => item.get("__b64__").and_then(Value::as_str),
        };
        let encoded = encoded.ok_or_else(|| place.wrong(item, expected))?;
        let decoded = BASE64_STANDARD.decode(encoded).map_err(|error| {
            Failure::Value(format!("field `{}` of row {}: {error}", place.key, place.row))
        })?;
        bytes.values().append_value(decoded);
    }
    bytes.append(true);
    Ok(())
}

/// The value of one row as JSON, at full precision; bytes as the protocol has them.
pub(super) fn json_of(values: &dyn Array, index: usize) -> Value {
    match values.data_type() {
        _ if values.is_null(index) => Value::Null,
        DataType::Binary => {
            let bytes = values.as_binary::<i32>().value(index);
            json!({ "__b64__": BASE64_STANDARD.encode(bytes) })
        }
        DataType::List(_) => {
            let items = values.as_list::<i32>().value(index);
            (0..items.len()).map(|item| json_of(&items, item)).collect()
        }
        _ => value_of(values, index),
    }
}

/// One statistic of all rows as a column; its type is that of the first value there is.
pub(super) fn column_of(key: &str, values: &[&Value]) -> Result<StatColumn, Failure> {
    let wrong = |row: usize| {
        Failure::Type(format!("statistic `{key}` of row {row} is not of the type of the others"))
    };
    let first = values.iter().find(|value| !value.is_null());
    let rows = || values.iter().enumerate();
    let column: ArrayRef = match first {
        Some(Value::String(_)) => {
            let mut column = StringBuilder::new();
            for (row, value) in rows() {
                column.append_option(optional(value, Value::as_str, || wrong(row))?);
            }
            Arc::new(column.finish())
        }
        Some(Value::Bool(_)) => {
            let mut column = BooleanBuilder::new();
            for (row, value) in rows() {
                column.append_option(optional(value, Value::as_bool, || wrong(row))?);
            }
            Arc::new(column.finish())
        }
        Some(Value::Array(_)) => {
            let mut column = ListBuilder::new(Float64Builder::new());
            for (row, value) in rows() {
                let items = optional(value, Value::as_array, || wrong(row))?;
                for item in items.into_iter().flatten() {
                    let number = optional(item, Value::as_f64, || wrong(row))?;
                    column.values().append_option(number);
                }
                column.append(items.is_some());
            }
            Arc::new(column.finish())
        }
        _ => {
            let mut column = Float64Builder::new();
            for (row, value) in rows() {
                column.append_option(optional(value, Value::as_f64, || wrong(row))?);
            }
            Arc::new(column.finish())
        }
    };
    Ok(StatColumn { key: key.to_owned(), values: column })
}

/// The value as a type, nothing for null.
fn optional<'a, T>(
    value: &'a Value,
    read: impl Fn(&'a Value) -> Option<T>,
    wrong: impl Fn() -> Failure,
) -> Result<Option<T>, Failure> {
    if value.is_null() { Ok(None) } else { read(value).map(Some).ok_or_else(wrong) }
}
