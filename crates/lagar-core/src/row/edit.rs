//! Putting values into fields of rows: what an operator does not name stays byte for byte.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray,
    StringViewArray, StringViewBuilder,
};
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::{Field, Schema};
use serde_json::{Map, Value};

use super::field::{FieldReader, column_of};
use super::to_json::open_field;
use super::{RowKeys, json_field};
use crate::{Batch, CoreError, Origin};

/// New values of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldEdits {
    /// The names on the way to the field, outermost first; objects on the way are made if missing.
    pub path: Vec<String>,
    /// One value per row; `None` leaves the row as it is.
    pub values: Vec<Option<Value>>,
}

impl FieldEdits {
    /// New values of a top-level field.
    pub fn of(field: &str, values: Vec<Option<Value>>) -> Self {
        Self { path: vec![field.to_owned()], values }
    }

    /// New values of an entry of `__dj__meta__`.
    pub fn of_meta(entry: &str, values: Vec<Option<Value>>) -> Self {
        Self { path: vec![super::META_KEY.to_owned(), entry.to_owned()], values }
    }
}

/// The rows with the new values in their source.
///
/// A row of JSON keeps its bytes around them; in Arrow columns a field becomes a column of its type,
/// or of JSON text if it has none.
///
/// # Errors
/// When a column cannot be built.
pub fn write_fields(
    mut batch: Batch,
    edits: &[FieldEdits],
    keys: &RowKeys,
) -> Result<Batch, CoreError> {
    let is_edit =
        |edit: &&FieldEdits| edit.values.iter().any(Option::is_some) && !edit.path.is_empty();
    let edits: Vec<&FieldEdits> = edits.iter().filter(is_edit).collect();
    if let Origin::Json(lines) = &batch.origin {
        if !edits.is_empty() {
            batch.origin = Origin::Json(edit_lines(lines, &edits)?);
        }
        return Ok(batch);
    }
    for edit in edits {
        if let Origin::Arrow(columns) = &batch.origin {
            batch.origin = Origin::Arrow(edit_columns(&batch, columns, edit, keys)?);
        }
    }
    Ok(batch)
}

fn edit_lines(
    lines: &StringViewArray,
    edits: &[&FieldEdits],
) -> Result<StringViewArray, CoreError> {
    let is_edited = |row: usize| edits.iter().any(|edit| edit.values[row].is_some());
    let mut new = StringViewBuilder::with_capacity(lines.len());
    for (row, line) in lines.iter().enumerate() {
        if is_edited(row) {
            new.append_value(edited_row(line.unwrap_or("{}"), edits, row));
        } else {
            new.append_null();
        }
    }
    let mask: BooleanArray = (0..lines.len()).map(|row| Some(is_edited(row))).collect();
    // What is not edited stays a view of the bytes that were read.
    let merged = zip(&mask, &new.finish(), lines).map_err(CoreError::arrow("extra"))?;
    crate::batch::typed("extra", &merged)
}

/// A row with its new values. Fields of the row itself are found in one walk; those that go into
/// objects are edited one after the other.
fn edited_row(line: &str, edits: &[&FieldEdits], row: usize) -> String {
    let values = edits.iter().filter_map(|edit| Some((&edit.path, edit.values[row].as_ref()?)));
    if edits.iter().any(|edit| edit.path.len() > 1) {
        return values.fold(line.to_owned(), |line, (path, value)| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            edited(&line, &path, &value.to_string())
        });
    }
    let mut values: Vec<(&str, &Value, Option<Range<usize>>)> =
        values.map(|(path, value)| (path[0].as_str(), value, None)).collect();
    for (key, raw) in sonic_rs::to_object_iter(line).map_while(Result::ok) {
        let known = values.iter_mut().find(|(name, _, place)| key == *name && place.is_none());
        if let Some((_, _, place)) = known {
            *place = Some(place_in(line, raw.as_raw_str()));
        }
    }
    let mut placed: Vec<_> =
        values.iter().filter_map(|(_, value, place)| Some((place.clone()?, value))).collect();
    placed.sort_by_key(|(place, _)| place.start);
    let mut out = Vec::with_capacity(line.len() + 64);
    let mut done = 0;
    for (place, value) in placed {
        out.extend_from_slice(&line.as_bytes()[done..place.start]);
        write_json(value, &mut out);
        done = place.end;
    }
    out.extend_from_slice(&line.as_bytes()[done..]);
    if out.trim_ascii_start().first() != Some(&b'{') {
        out = b"{}".to_vec();
    }
    for (name, value, _) in values.iter().filter(|(_, _, place)| place.is_none()) {
        open_field(name, 0, &mut out);
        write_json(value, &mut out);
        out.push(b'}');
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn write_json(value: &Value, out: &mut Vec<u8>) {
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Writing into memory cannot fail; null keeps the row sound if it did.
        out.extend_from_slice(b"null");
    }
}

fn place_in(line: &str, raw: &str) -> Range<usize> {
    let start = raw.as_ptr() as usize - line.as_ptr() as usize;
    start..start + raw.len()
}

/// A row of JSON with `value` at `path`.
fn edited(line: &str, path: &[&str], value: &str) -> String {
    if let Some(place) = place_of(line, path) {
        return replaced(line, place, value.as_bytes());
    }
    // The innermost object that is there takes the rest of the path.
    for depth in (0..path.len()).rev() {
        let place = if depth == 0 { Some(0..line.len()) } else { place_of(line, &path[..depth]) };
        let Some(place) = place else {
            continue;
        };
        let inner = path[depth + 1..]
            .iter()
            .rev()
            .fold(value.to_owned(), |inner, step| format!("{{{}:{inner}}}", Value::from(*step)));
        let mut object = line.as_bytes()[place.clone()].trim_ascii().to_vec();
        if object.first() != Some(&b'{') {
            object = b"{}".to_vec();
        }
        open_field(path[depth], 0, &mut object);
        object.extend_from_slice(inner.as_bytes());
        object.push(b'}');
        return replaced(line, place, &object);
    }
    line.to_owned()
}

fn replaced(line: &str, place: Range<usize>, value: &[u8]) -> String {
    let mut row = Vec::with_capacity(line.len() + value.len());
    row.extend_from_slice(&line.as_bytes()[..place.start]);
    row.extend_from_slice(value);
    row.extend_from_slice(&line.as_bytes()[place.end..]);
    String::from_utf8_lossy(&row).into_owned()
}

fn place_of(line: &str, path: &[&str]) -> Option<Range<usize>> {
    let value = sonic_rs::get(line, path.iter()).ok()?;
    Some(place_in(line, value.as_raw_str()))
}

fn edit_columns(
    batch: &Batch,
    columns: &RecordBatch,
    edit: &FieldEdits,
    keys: &RowKeys,
) -> Result<RecordBatch, CoreError> {
    let name = &edit.path[0];
    let reader = FieldReader::new(batch, keys, name)?;
    let merged = |(row, value): (usize, &Option<Value>)| match value {
        None => reader.get(row),
        Some(value) if edit.path.len() == 1 => Some(value.clone()),
        Some(value) => Some(nested(reader.get(row), &edit.path[1..], value)),
    };
    let values: Vec<Option<Value>> = edit.values.iter().enumerate().map(merged).collect();
    let is_json = values.iter().flatten().any(|value| value.is_object() || value.is_array());
    let (field, column): (Field, ArrayRef) = if is_json {
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        (json_field(name), Arc::new(values.iter().map(text).collect::<StringArray>()))
    } else {
        let column = column_of(&values);
        (Field::new(name, column.data_type().clone(), true), column)
    };
    let schema = columns.schema();
    let (mut fields, mut all) = (schema.fields().to_vec(), columns.columns().to_vec());
    match schema.index_of(name) {
        Ok(place) => (fields[place], all[place]) = (Arc::new(field), column),
        Err(_absent) => {
            fields.push(Arc::new(field));
            all.push(column);
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), all, &options)
        .map_err(CoreError::arrow(name))
}

fn nested(outer: Option<Value>, path: &[String], value: &Value) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return value.clone();
    };
    let mut fields = match outer {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let inner = nested(fields.get(first).cloned(), rest, value);
    fields.insert(first.clone(), inner);
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray as _, Int64Array};
    use arrow::buffer::Buffer;
    use serde_json::json;

    use super::*;
    use crate::row::{batch_from_json_lines, json_lines, rows_of_lines};

    fn read(text: &str) -> Batch {
        let bytes = Buffer::from(text.as_bytes());
        let lines = rows_of_lines(&bytes);
        batch_from_json_lines(&bytes, &lines, 0, &RowKeys::default()).unwrap().0
    }

    fn write(batch: Batch, edits: &[FieldEdits]) -> Vec<String> {
        let batch = write_fields(batch, edits, &RowKeys::default()).unwrap();
        json_lines(&batch).unwrap().iter().map(|line| line.unwrap().to_owned()).collect()
    }

    #[test]
    fn only_the_named_field_changes_its_bytes() {
        let batch = read("{\"n\": 1.50, \"text\": \"a\", \"x\":  [1]}\n{\"text\": \"b\"}\n");
        let edits = [FieldEdits::of("n", vec![Some(json!({"k": "v"})), None])];
        assert_eq!(
            write(batch, &edits),
            ["{\"n\": {\"k\":\"v\"}, \"text\": \"a\", \"x\":  [1]}", "{\"text\": \"b\"}"]
        );
    }

    #[test]
    fn objects_on_the_way_are_made_and_kept() {
        let batch = read(
            "{\"text\": \"a\"}\n{\"text\":\"b\",\"__dj__meta__\":{\"old\":1}}\n{\"text\":\"c\",\"__dj__meta__\":null}\n",
        );
        let edits = [FieldEdits::of_meta("tag", vec![Some(json!("x")); 3])];
        assert_eq!(
            write(batch, &edits),
            [
                "{\"text\": \"a\", \"__dj__meta__\": {\"tag\":\"x\"}}",
                "{\"text\":\"b\",\"__dj__meta__\":{\"old\":1,\"tag\":\"x\"}}",
                "{\"text\":\"c\",\"__dj__meta__\":{\"tag\":\"x\"}}"
            ]
        );
    }

    #[test]
    fn columns_of_arrow_stay_columns() {
        let mut batch = read("{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
        batch.origin = Origin::Arrow(RecordBatch::try_from_iter([("n", number)]).unwrap());
        let edits = [
            FieldEdits::of("n", vec![Some(json!(9)), None]),
            FieldEdits::of_meta("tag", vec![None, Some(json!("x"))]),
        ];
        let batch = write_fields(batch, &edits, &RowKeys::default()).unwrap();
        let Origin::Arrow(columns) = &batch.origin else {
            unreachable!("the rows came from Arrow");
        };
        let numbers = columns.column(0).as_primitive::<arrow::datatypes::Int64Type>();
        assert_eq!(numbers.values(), &[9, 8]);
        let lines = json_lines(&batch).unwrap();
        assert_eq!(lines.value(0), "{\"n\":9,\"__dj__meta__\":null}");
        assert_eq!(lines.value(1), "{\"n\":8,\"__dj__meta__\":{\"tag\":\"x\"}}");
    }
}
