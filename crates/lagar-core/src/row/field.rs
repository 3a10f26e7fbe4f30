//! One field of every row, as it stands now: for operators that look at more than text and pictures.
//!
//! The text, the pictures and the statistics live in columns of their own, and may be newer there than
//! in the source row; everything else is read from the row, or from its column if it came from Arrow.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int64Array, ListArray, NullArray,
    StringArray, StringViewArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use serde_json::{Map, Number, Value};

use super::{RowKeys, RowWriter, STATS_KEY, record_batch_lines};
use crate::{Batch, CoreError, Origin};

/// Reads a (dotted) field of the rows of a batch.
#[derive(Debug)]
pub struct FieldReader<'a> {
    batch: &'a Batch,
    keys: &'a RowKeys,
    steps: Vec<&'a str>,
    /// The source rows, or of Arrow columns the one that is asked for.
    lines: StringViewArray,
    /// The rows as they would be written, where the field is inside one that operators change.
    current: Option<RowWriter<'a>>,
}

impl<'a> FieldReader<'a> {
    /// A reader of the field `path`; dots go into nested objects, always.
    ///
    /// # Errors
    /// When an Arrow column has a type that JSON cannot carry.
    pub fn new(batch: &'a Batch, keys: &'a RowKeys, path: &'a str) -> Result<Self, CoreError> {
        let steps: Vec<&str> = path.split('.').collect();
        let head = steps[0];
        let lines = match &batch.origin {
            Origin::Json(lines) => lines.clone(),
            Origin::Arrow(columns) => match columns.schema().index_of(head) {
                Ok(place) => {
                    let column = columns.project(&[place]).map_err(CoreError::arrow(head))?;
                    record_batch_lines(&column)?
                }
                Err(_absent) => StringViewArray::from(vec!["{}"; batch.len()]),
            },
        };
        let is_inside = |key: &str| key.split_once('.').is_some_and(|(first, _)| first == head);
        let current = if is_inside(&keys.text) || is_inside(&keys.images) {
            Some(RowWriter::new(batch, keys)?)
        } else {
            None
        };
        Ok(Self { batch, keys, steps, lines, current })
    }

    /// The value in one row; `None` where the row has no such field.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.find(index).ok()
    }

    /// The value in one row, or the name of the step that is not there.
    ///
    /// # Errors
    /// With the part of the path that the row has not.
    pub fn find(&self, index: usize) -> Result<Value, &'a str> {
        let mut value = self.head(index).ok_or(self.steps[0])?;
        for step in &self.steps[1..] {
            value = match value {
                Value::Object(mut fields) => fields.remove(*step).ok_or(*step)?,
                _ => return Err(step),
            };
        }
        Ok(value)
    }

    fn head(&self, index: usize) -> Option<Value> {
        let head = self.steps[0];
        let batch = self.batch;
        if head == self.keys.text && batch.text.is_valid(index) {
            return Some(Value::from(batch.text.value(index)));
        }
        if head == self.keys.images && batch.images_edited.value(index) {
            return Some(batch.images_of(index).collect());
        }
        if let Some(hash) = batch.hashes.iter().find(|hash| hash.key == head) {
            return Some(value_of(&hash.values, index));
        }
        if head == STATS_KEY {
            return self.stats(index);
        }
        match &self.current {
            Some(writer) => {
                let mut row = Vec::new();
                writer.write(index, &mut row);
                parse(str::from_utf8(&row).ok()?, head)
            }
            None => parse(self.lines.value(index), head),
        }
    }

    fn stats(&self, index: usize) -> Option<Value> {
        let carried = parse(self.lines.value(index), STATS_KEY);
        if self.batch.stats.is_empty() {
            return carried;
        }
        let mut stats = match carried {
            Some(Value::Object(stats)) => stats,
            _ => Map::new(),
        };
        // Numbers keep the digits they are judged by, which are more than the written ones.
        for column in &self.batch.stats {
            if column.values.is_valid(index) {
                stats.insert(column.key.clone(), value_of(&column.values, index));
            }
        }
        Some(Value::Object(stats))
    }
}

fn parse(line: &str, field: &str) -> Option<Value> {
    let raw = sonic_rs::get(line, &[field]).ok()?;
    serde_json::from_str(raw.as_raw_str()).ok()
}

/// The whole rows as they stand now, statistics included.
///
/// # Errors
/// When an Arrow column has a type that JSON cannot carry.
pub fn whole_rows(batch: &Batch, keys: &RowKeys) -> Result<Vec<Map<String, Value>>, CoreError> {
    let writer = RowWriter::new(batch, keys)?.with_stats(true);
    let read = |index| {
        let mut row = Vec::new();
        writer.write(index, &mut row);
        serde_json::from_slice(&row).unwrap_or_default()
    };
    Ok((0..batch.len()).map(read).collect())
}

/// The rows as they stand now, only the top-level fields `names` of them, in the order of the row.
///
/// # Errors
/// When an Arrow column has a type that JSON cannot carry.
pub fn rows_with(
    batch: &Batch,
    keys: &RowKeys,
    names: &[&str],
) -> Result<Vec<Map<String, Value>>, CoreError> {
    let writer = RowWriter::new(batch, keys)?;
    let mut buffer = Vec::new();
    let read = |index| {
        let mut row = Map::new();
        for entry in sonic_rs::to_object_iter(writer.line(index, &mut buffer)) {
            // The line was read as an object before; what follows an error is not there.
            let Ok((key, value)) = entry else { break };
            if names.contains(&key.as_ref()) {
                let value = serde_json::from_str(value.as_raw_str()).unwrap_or_default();
                row.insert(key.into_owned(), value);
            }
        }
        row
    };
    Ok((0..batch.len()).map(read).collect())
}

/// The value of one row of a column as JSON, at full precision; numbers that JSON has no words for
/// are null.
pub fn value_of(values: &dyn Array, index: usize) -> Value {
    if values.is_null(index) {
        return Value::Null;
    }
    match values.data_type() {
        DataType::Int64 => Value::from(values.as_primitive::<Int64Type>().value(index)),
        DataType::Float64 => Number::from_f64(values.as_primitive::<Float64Type>().value(index))
            .map_or(Value::Null, Value::Number),
        DataType::Boolean => Value::from(values.as_boolean().value(index)),
        DataType::Utf8 => Value::from(values.as_string::<i32>().value(index)),
        DataType::Utf8View => Value::from(values.as_string_view().value(index)),
        DataType::List(_) => {
            let items = values.as_list::<i32>().value(index);
            (0..items.len()).map(|item| value_of(&items, item)).collect()
        }
        _ => Value::Null,
    }
}

/// Values as a column of the narrowest type that holds them all: truths, integers, floats, strings,
/// lists of one of these; what has no such type becomes its JSON text.
pub fn column_of(values: &[Option<Value>]) -> ArrayRef {
    let known = || values.iter().map(|value| value.as_ref().filter(|value| !value.is_null()));
    let all = |test: fn(&Value) -> bool| known().flatten().all(test);
    if known().flatten().next().is_none() {
        return Arc::new(StringArray::new_null(values.len()));
    }
    if all(Value::is_boolean) {
        return Arc::new(known().map(|value| value?.as_bool()).collect::<BooleanArray>());
    }
    if all(Value::is_i64) {
        return Arc::new(known().map(|value| value?.as_i64()).collect::<Int64Array>());
    }
    if all(Value::is_number) {
        return Arc::new(known().map(|value| value?.as_f64()).collect::<Float64Array>());
    }
    if all(Value::is_string) {
        return Arc::new(known().map(|value| value?.as_str()).collect::<StringArray>());
    }
    if all(Value::is_array)
        && let Some(lists) = list_column(values)
    {
        return lists;
    }
    let text = |value: Option<&Value>| Some(value?.to_string());
    Arc::new(known().map(text).collect::<StringArray>())
}

/// Lists whose items have one simple type; `None` for others.
fn list_column(values: &[Option<Value>]) -> Option<ArrayRef> {
    let (mut items, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
    for value in values {
        let list = value.as_ref().and_then(Value::as_array);
        if list.into_iter().flatten().any(|item| item.is_array() || item.is_object()) {
            return None;
        }
        items.extend(list.into_iter().flatten().cloned().map(Some));
        lengths.push(list.map_or(0, Vec::len));
        valid.push(list.is_some());
    }
    let items: ArrayRef =
        if items.is_empty() { Arc::new(NullArray::new(0)) } else { column_of(&items) };
    let field = Arc::new(Field::new("item", items.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let lists = ListArray::try_new(field, offsets, items, Some(NullBuffer::from(valid)));
    lists.ok().map(|lists| Arc::new(lists) as ArrayRef)
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::buffer::Buffer;
    use serde_json::json;

    use super::*;
    use crate::StatColumn;
    use crate::row::{batch_from_json_lines, rows_of_lines};

    fn read(text: &str) -> Batch {
        let bytes = Buffer::from(text.as_bytes());
        let lines = rows_of_lines(&bytes);
        batch_from_json_lines(&bytes, &lines, 0, &RowKeys::default()).unwrap().0
    }

    fn get(batch: &Batch, path: &str) -> Option<Value> {
        FieldReader::new(batch, &RowKeys::default(), path).unwrap().get(0)
    }

    #[test]
    fn fields_are_read_where_they_are_newest() {
        let mut batch = read(
            "{\"text\": \"old\", \"n\": 1.50, \"__dj__meta__\": {\"a\": {\"b\": [1]}}, \"__dj__stats__\": {\"x\": 1}}",
        );
        batch.text = StringViewArray::from(vec!["new"]);
        batch.text_edited = BooleanArray::from(vec![true]);
        batch.stats =
            vec![StatColumn { key: "y".to_owned(), values: Arc::new(Int64Array::from(vec![2])) }];
        assert_eq!(get(&batch, "text"), Some(json!("new")));
        assert_eq!(get(&batch, "n").unwrap().to_string(), "1.50");
        assert_eq!(get(&batch, "__dj__meta__.a.b"), Some(json!([1])));
        assert_eq!(get(&batch, "__dj__stats__.x"), Some(json!(1)));
        assert_eq!(get(&batch, "__dj__stats__.y"), Some(json!(2)));
        assert_eq!(get(&batch, "__dj__meta__.a.c"), None);
        assert_eq!(get(&batch, "n.c"), None);
        let keys = RowKeys::default();
        let reader = FieldReader::new(&batch, &keys, "__dj__meta__.z.c").unwrap();
        assert_eq!(reader.find(0), Err("z"));
    }

    #[test]
    fn a_column_of_arrow_is_read_without_the_others() {
        let mut batch = read("{\"text\": \"a\"}");
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        batch.origin = Origin::Arrow(RecordBatch::try_from_iter([("n", number)]).unwrap());
        assert_eq!(get(&batch, "n"), Some(json!(7)));
        assert_eq!(get(&batch, "m"), None);
    }

    #[test]
    fn values_become_the_narrowest_column() {
        let column = |values: &[Value]| {
            column_of(&values.iter().cloned().map(Some).collect::<Vec<_>>()).data_type().clone()
        };
        assert_eq!(column(&[json!(1), Value::Null]), DataType::Int64);
        assert_eq!(column(&[json!(1), json!(0.5)]), DataType::Float64);
        assert_eq!(column(&[json!(true)]), DataType::Boolean);
        assert_eq!(column(&[json!("a"), json!(1)]), DataType::Utf8);
        let lists = [json!([1, 2]), json!([])].map(Some);
        assert_eq!(value_of(&column_of(&lists), 0), json!([1, 2]));
        assert_eq!(value_of(&column_of(&[Some(json!({"a": 1}))]), 0), json!("{\"a\":1}"));
    }
}
