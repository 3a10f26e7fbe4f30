//! Columns → one JSON object per line.
//!
//! A row that came from JSON is written from the very bytes it was read from; only the values of
//! fields an operator changed are cut out and replaced. Rows that came from Arrow are turned into
//! JSON lines first, then the same code writes them.

use std::ops::Range;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringViewArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::{RowKeys, STATS_KEY, record_batch_lines};
use crate::{Batch, CoreError, Origin, StatColumn, stat};

/// The source rows of a batch as JSON, one object each.
///
/// Rows of Arrow columns are written as [`record_batch_lines`] does: bytes as base64.
///
/// # Errors
/// When an Arrow column has a type that JSON cannot carry.
pub fn json_lines(batch: &Batch) -> Result<StringViewArray, CoreError> {
    match &batch.origin {
        Origin::Json(lines) => Ok(lines.clone()),
        Origin::Arrow(columns) => record_batch_lines(columns),
    }
}

/// Writes rows of one batch as JSON objects.
#[derive(Debug)]
pub struct RowWriter<'a> {
    batch: &'a Batch,
    keys: &'a RowKeys,
    lines: StringViewArray,
    stats: bool,
    hashes: bool,
}

impl<'a> RowWriter<'a> {
    /// A writer for the rows of `batch`, without statistics.
    ///
    /// # Errors
    /// When the source rows cannot be expressed in JSON.
    pub fn new(batch: &'a Batch, keys: &'a RowKeys) -> Result<Self, CoreError> {
        let lines = json_lines(batch)?;
        Ok(Self { batch, keys, lines, stats: false, hashes: false })
    }

    /// Writes `__dj__stats__` into every row, too.
    #[must_use]
    pub fn with_stats(mut self, stats: bool) -> Self {
        self.stats = stats;
        self
    }

    /// Writes the hashes of deduplicators into every row, too.
    #[must_use]
    pub fn with_hashes(mut self, hashes: bool) -> Self {
        self.hashes = hashes;
        self
    }

    /// Appends the row at `index`, without a line end.
    pub fn write(&self, index: usize, out: &mut Vec<u8>) {
        let line = self.lines.value(index);
        let start = out.len();
        let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        if self.batch.text_edited.value(index) {
            let mut value = Vec::new();
            write_string(self.batch.text.value(index), &mut value);
            edits.extend(place_of(line, &self.keys.text).map(|place| (place, value)));
        }
        if self.batch.images_edited.value(index) {
            let mut value = Vec::new();
            write_strings(self.batch.images_of(index), &mut value);
            edits.extend(place_of(line, &self.keys.images).map(|place| (place, value)));
        }
        let carried = self.carried_stats(line);
        if let Some(place) = &carried {
            edits.push((place.clone(), self.merged_stats(&line[place.clone()], index)));
        }
        edits.sort_by_key(|(place, _)| place.start);
        let mut done = 0;
        for (place, value) in edits {
            out.extend_from_slice(&line.as_bytes()[done..place.start]);
            out.extend_from_slice(&value);
            done = place.end;
        }
        out.extend_from_slice(&line.as_bytes()[done..]);
        self.append_fields(index, start, carried.is_none(), out);
    }

    /// The row at `index`; in `buffer` if it is not the source row as it was read.
    pub(super) fn line<'b>(&'b self, index: usize, buffer: &'b mut Vec<u8>) -> &'b str {
        if !self.batch.text_edited.value(index) && !self.batch.images_edited.value(index) {
            return self.lines.value(index);
        }
        buffer.clear();
        self.write(index, buffer);
        str::from_utf8(buffer).unwrap_or("{}")
    }

    /// Where the row itself carries statistics (it was exported with them), if ours are to join them.
    fn carried_stats(&self, line: &str) -> Option<Range<usize>> {
        if !self.stats || self.batch.stats.is_empty() || !line.contains(STATS_KEY) {
            return None;
        }
        place_of(line, STATS_KEY)
    }

    /// The statistics a row carried, with ours in their place or behind them.
    fn merged_stats(&self, carried: &str, index: usize) -> Vec<u8> {
        let mut ours = Vec::new();
        write_stats(&self.batch.stats, index, &mut ours);
        let parsed = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).ok();
        match (parsed(carried.as_bytes()), parsed(&ours)) {
            (Some(serde_json::Value::Object(mut all)), Some(serde_json::Value::Object(new))) => {
                all.extend(new);
                serde_json::Value::Object(all).to_string().into_bytes()
            }
            _ => ours,
        }
    }

    fn append_fields(&self, index: usize, start: usize, with_stats: bool, out: &mut Vec<u8>) {
        if self.hashes {
            for hash in &self.batch.hashes {
                open_field(&hash.key, start, out);
                write_value(&hash.values, index, out);
                out.push(b'}');
            }
        }
        if with_stats && self.stats && !self.batch.stats.is_empty() {
            open_field(STATS_KEY, start, out);
            write_stats(&self.batch.stats, index, out);
            out.push(b'}');
        }
    }
}

/// Takes the closing brace of the object that began at `start` away and opens one more field.
pub(super) fn open_field(key: &str, start: usize, out: &mut Vec<u8>) {
    while out.len() > start && out.last().is_some_and(|byte| *byte != b'}') {
        out.pop();
    }
    out.pop();
    let empty = out[start..].iter().all(|byte| b" \t{".contains(byte));
    // The separator follows the house of the row itself: `", "` where it has spaces, else `","`.
    let spaced = has_space_after_colon(&out[start..]);
    if !empty {
        out.extend_from_slice(if spaced { b", " } else { b"," });
    }
    write_string(key, out);
    out.extend_from_slice(if spaced { b": " } else { b":" });
}

fn has_space_after_colon(row: &[u8]) -> bool {
    row.windows(3).find(|part| part.starts_with(b"\":")).is_some_and(|part| part[2] == b' ')
}

/// Where the value of a (dotted) field stands in a line.
fn place_of(line: &str, path: &str) -> Option<Range<usize>> {
    let whole = sonic_rs::get(line, &[path]);
    let value = match whole {
        Ok(value) => value,
        Err(_absent) => {
            let steps: Vec<&str> = path.split('.').collect();
            sonic_rs::get(line, steps.iter()).ok()?
        }
    };
    let raw = value.as_raw_str();
    let start = raw.as_ptr() as usize - line.as_ptr() as usize;
    Some(start..start + raw.len())
}

/// Appends one row's statistics as a JSON object.
pub fn write_stats(stats: &[StatColumn], index: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    let mut first = true;
    for column in stats {
        if column.values.is_null(index) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        write_string(&column.key, out);
        out.push(b':');
        write_value(&column.values, index, out);
    }
    out.push(b'}');
}

fn write_value(values: &ArrayRef, index: usize, out: &mut Vec<u8>) {
    if values.is_null(index) {
        out.extend_from_slice(b"null");
        return;
    }
    match values.data_type() {
        DataType::Int64 => {
            let value = values.as_primitive::<Int64Type>().value(index);
            out.extend_from_slice(value.to_string().as_bytes());
        }
        DataType::Float64 => {
            stat::write_float(values.as_primitive::<Float64Type>().value(index), out);
        }
        DataType::Boolean => {
            let value = values.as_boolean().value(index);
            out.extend_from_slice(if value { b"true" } else { b"false" });
        }
        DataType::Utf8 => write_string(values.as_string::<i32>().value(index), out),
        DataType::Utf8View => write_string(values.as_string_view().value(index), out),
        DataType::List(_) => {
            let items = values.as_list::<i32>().value(index);
            out.push(b'[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push(b',');
                }
                write_value(&items, item, out);
            }
            out.push(b']');
        }
        _ => out.extend_from_slice(b"null"),
    }
}

fn write_strings<'a>(values: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, value) in values.enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        write_string(value, out);
    }
    out.push(b']');
}

/// Appends a JSON string; letters outside ASCII stay as they are, as Data-Juicer writes them.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    if serde_json::to_writer(&mut *out, text).is_err() {
        // Writing a string into memory cannot fail; an empty string keeps the line sound if it did.
        out.extend_from_slice(b"\"\"");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Float64Array, Int64Array};
    use arrow::buffer::Buffer;

    use super::*;
    use crate::row::{batch_from_json_lines, rows_of_lines};

    fn read(text: &str) -> Batch {
        let bytes = Buffer::from(text.as_bytes());
        let lines = rows_of_lines(&bytes);
        batch_from_json_lines(&bytes, &lines, 0, &RowKeys::default()).unwrap().0
    }

    fn write(batch: &Batch, stats: bool) -> String {
        let keys = RowKeys::default();
        let writer = RowWriter::new(batch, &keys).unwrap().with_stats(stats);
        let mut out = Vec::new();
        writer.write(0, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_nobody_changed_is_written_byte_for_byte() {
        let line = "{\"z\": 1.50, \"text\":  \"a\\u00e9\", \"big\": 123456789012345678901234567890, \"a\": {\"b\": null}}";
        assert_eq!(write(&read(line), false), line);
    }

    #[test]
    fn an_edited_text_is_cut_in_where_the_old_one_stood() {
        let mut batch = read("{\"n\": 1.0, \"text\": \"old\", \"x\": \"text\"}");
        batch.text = StringViewArray::from(vec!["n\u{e9}w\n"]);
        batch.text_edited = BooleanArray::from(vec![true]);
        assert_eq!(
            write(&batch, false),
            "{\"n\": 1.0, \"text\": \"n\u{e9}w\\n\", \"x\": \"text\"}"
        );
    }

    #[test]
    fn statistics_are_added_in_the_style_of_the_row() {
        let mut batch = read("{\"text\":\"a\"}");
        batch.stats = vec![
            StatColumn { key: "n".to_owned(), values: Arc::new(Int64Array::from(vec![3])) },
            StatColumn {
                key: "r".to_owned(),
                values: Arc::new(Float64Array::from(vec![2.0 / 3.0])),
            },
        ];
        assert_eq!(
            write(&batch, true),
            "{\"text\":\"a\",\"__dj__stats__\":{\"n\":3,\"r\":0.6666666667}}"
        );
    }

    #[test]
    fn statistics_join_those_the_row_already_carries() {
        let mut batch = read("{\"__dj__stats__\": {\"n\": 1, \"old\": 0.5}, \"text\": \"a\"}");
        batch.stats =
            vec![StatColumn { key: "n".to_owned(), values: Arc::new(Int64Array::from(vec![3])) }];
        let merged = "{\"__dj__stats__\": {\"n\":3,\"old\":0.5}, \"text\": \"a\"}";
        assert_eq!(write(&batch, true), merged);
    }

    #[test]
    fn a_batch_survives_being_stored() {
        let mut batch = read("{\"text\":\"a\", \"images\": [\"p.jpg\"]}");
        batch.stats =
            vec![StatColumn { key: "n".to_owned(), values: Arc::new(Int64Array::from(vec![3])) }];
        let stored = batch.to_record_batch().unwrap();
        let back = Batch::from_record_batch(&stored).unwrap();
        assert_eq!(write(&back, true), write(&batch, true));
        assert_eq!(back.images_of(0).collect::<Vec<_>>(), ["p.jpg"]);
    }
}
