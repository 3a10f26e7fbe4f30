//! Mappers that look at whole rows: each row as a JSON object in, the same object changed, out.
//!
//! What changed is found by comparing fields, so that only those are written; text and pictures go
//! into their own columns.

use arrow::array::{ListBuilder, StringViewBuilder};
use lagar_core::Batch;
use lagar_core::row::{FieldEdits, FieldReader, RowWriter, STATS_KEY, rows_with};
use serde_json::{Map, Value};

use crate::{Context, Fault, Mapped, OperatorError};

/// The field with what operators know of a row besides statistics.
pub const META_KEY: &str = lagar_core::row::META_KEY;

/// A row of Data-Juicer's.
pub type Row = Map<String, Value>;

/// The rows of a batch as JSON objects, as they stand now, statistics included.
///
/// # Errors
/// When a column has a type that JSON cannot carry.
pub fn rows_of(batch: &Batch, context: &Context<'_>) -> Result<Vec<Row>, OperatorError> {
    let writer = RowWriter::new(batch, context.keys)?;
    let stats = FieldReader::new(batch, context.keys, STATS_KEY)?;
    let mut line = Vec::new();
    let read = |index: usize| {
        line.clear();
        writer.write(index, &mut line);
        let mut row: Row = serde_json::from_slice(&line).unwrap_or_default();
        if let Some(stats) = stats.get(index) {
            row.insert(STATS_KEY.to_owned(), stats);
        }
        row
    };
    Ok((0..batch.len()).map(read).collect())
}

/// Lets `edit` change every row; an error is the reason to put the row aside.
///
/// # Errors
/// When a column has a type that JSON cannot carry.
pub fn edit_rows(
    batch: &Batch,
    context: &Context<'_>,
    mut edit: impl FnMut(&mut Row) -> Result<(), String>,
) -> Result<Mapped, OperatorError> {
    let before = rows_of(batch, context)?;
    let mut faults = Vec::new();
    let edited = |(index, row): (usize, &Row)| {
        let mut new = row.clone();
        match edit(&mut new) {
            Ok(()) => new,
            Err(message) => {
                faults.push(Fault { index, message });
                row.clone()
            }
        }
    };
    let after: Vec<Row> = before.iter().enumerate().map(edited).collect();
    let mut mapped = changes(&before, &after, context);
    mapped.faults = faults;
    Ok(mapped)
}

/// The fields of rows that an edit looks at and those that it may change.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// What it only looks at.
    pub reads: &'a [&'a str],
    /// What it may change.
    pub writes: &'a [&'a str],
}

/// [`edit_rows`] for edits that know their fields: nothing else of a row is parsed, and what is only
/// looked at is not compared.
///
/// # Errors
/// When a column has a type that JSON cannot carry.
pub fn edit_fields(
    batch: &Batch,
    context: &Context<'_>,
    Scope { reads, writes }: Scope<'_>,
    mut edit: impl FnMut(&mut Row) -> Result<(), String>,
) -> Result<Mapped, OperatorError> {
    let names: Vec<&str> = reads.iter().chain(writes).copied().collect();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut faults = Vec::new();
    let part = |row: &Row| -> Row {
        let known = writes.iter().filter_map(|name| Some((*name, row.get(*name)?.clone())));
        known.map(|(name, value)| (name.to_owned(), value)).collect()
    };
    for (index, mut row) in rows_with(batch, context.keys, &names)?.into_iter().enumerate() {
        let old = part(&row);
        let new = match edit(&mut row) {
            Ok(()) => writes
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), row.get_mut(*name)?.take())))
                .collect(),
            Err(message) => {
                faults.push(Fault { index, message });
                old.clone()
            }
        };
        before.push(old);
        after.push(new);
    }
    let mut mapped = changes(&before, &after, context);
    mapped.faults = faults;
    Ok(mapped)
}

/// The fields that differ, as a mapper hands them back.
fn changes(before: &[Row], after: &[Row], context: &Context<'_>) -> Mapped {
    let mut mapped = Mapped::default();
    let mut names: Vec<&String> = Vec::new();
    for (old, new) in before.iter().zip(after) {
        for (name, value) in new {
            if old.get(name) != Some(value) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in names {
        if *name == context.keys.text {
            let text = |row: &Row| row.get(name).and_then(Value::as_str).map(str::to_owned);
            mapped.text = Some(after.iter().map(text).collect());
        } else if *name == context.keys.images {
            let mut images = ListBuilder::new(StringViewBuilder::new());
            for row in after {
                for image in row.get(name).and_then(Value::as_array).into_iter().flatten() {
                    images.values().append_option(image.as_str());
                }
                images.append(row.get(name).is_some_and(Value::is_array));
            }
            mapped.images = Some(images.finish());
        } else {
            let changed = |(old, new): (&Row, &Row)| {
                let value = new.get(name);
                value.filter(|value| old.get(name) != Some(*value)).cloned()
            };
            let values = before.iter().zip(after).map(changed).collect();
            mapped.fields.push(FieldEdits::of(name, values));
        }
    }
    mapped
}

/// The row's `__dj__meta__`, made if it is not there.
///
/// # Errors
/// When there is something else under that name.
pub fn meta_of(row: &mut Row) -> Result<&mut Row, String> {
    let meta = row.entry(META_KEY).or_insert_with(|| Value::Object(Row::new()));
    if meta.is_null() {
        *meta = Value::Object(Row::new());
    }
    meta.as_object_mut().ok_or_else(|| format!("`{META_KEY}` is not an object"))
}

/// `bool(value)` of Python.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The value if it is there and true in Python's sense: `row.get(key) or …`.
pub fn truthy<'a>(row: &'a Row, key: &str) -> Option<&'a Value> {
    row.get(key).filter(|value| is_truthy(value))
}

/// `str(value)` of Python.
pub fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python_repr(other),
    }
}

/// `repr(value)` of Python.
pub fn python_repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => {
            if number.is_i64() || number.is_u64() {
                number.to_string()
            } else {
                float_repr(number.as_f64().unwrap_or(f64::NAN))
            }
        }
        Value::String(text) => string_repr(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python_repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", string_repr(name), python_repr(value))
            };
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// `repr` of a float: the shortest digits that give it back, with an exponent from 1e16 on.
pub fn float_repr(number: f64) -> String {
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains(['.', 'n', 'i']) { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn string_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            same if same == quote => shown.extend(['\\', quote]),
            control if control.is_ascii_control() || ('\u{80}'..'\u{a0}').contains(&control) => {
                shown.push_str("\\x");
                let digits = [control as u32 >> 4, control as u32 & 15];
                shown.extend(digits.iter().filter_map(|digit| char::from_digit(*digit, 16)));
            }
            other => shown.push(other),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The expected texts are Python's.
    #[test]
    fn values_are_shown_as_by_python() {
        for (value, expected) in [
            (
                json!(["a'b", "\"'", null, true, 1, 1.0, {"k": 0.5}]),
                r#"["a'b", '"\'', None, True, 1, 1.0, {'k': 0.5}]"#,
            ),
            (json!(1e16), "1e+16"),
            (json!(1.5e-7), "1.5e-07"),
            (json!(0.0001), "0.0001"),
            (json!(123_456_789.25), "123456789.25"),
        ] {
            assert_eq!(python_repr(&value), expected);
        }
        assert_eq!(python_str(&json!("a'b")), "a'b");
    }
}
