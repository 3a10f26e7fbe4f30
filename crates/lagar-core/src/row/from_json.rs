//! One JSON object per line → columns.
//!
//! Each line is walked once. Strings without escapes become views into the bytes that were read; the
//! line itself becomes the view that the row is later written from, so number formats, key order and
//! unknown fields cannot change on the way.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, ListArray, StringViewBuilder, UInt32Array, UInt64Array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use sonic_rs::{JsonType, JsonValueTrait as _, LazyValue};

use super::{ID_KEY, RowKeys};
use crate::{Batch, CoreError, Origin};

/// What JSON takes for white space.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Why a line did not become a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It is not a JSON object.
    Malformed,
    /// It has no text: Data-Juicer leaves such rows out while loading.
    NoText,
    /// A field that lagar reads has another type.
    WrongType,
}

/// A line that did not become a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The row's position in the input.
    pub row: u64,
    /// The line's place among the lines given.
    pub line: usize,
    /// The row's id, if it could be read.
    pub id: Option<String>,
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// The fault in words, naming the field.
    pub message: String,
}

/// The lines of a chunk and where they are in it.
pub fn rows_of_lines(bytes: &[u8]) -> Vec<Range<u32>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        lines.push(start as u32..end as u32);
        start = end;
    }
    lines
}

/// Reads one JSON object per line; lines that cannot become rows are returned beside the batch.
///
/// `first_row` is the position of the first line in the input; every line counts as a row, so that
/// positions do not depend on which lines are sound.
///
/// # Errors
/// When Arrow refuses to build a column, which would be a bug.
pub fn batch_from_json_lines(
    bytes: &Buffer,
    lines: &[Range<u32>],
    first_row: u64,
    keys: &RowKeys,
) -> Result<(Batch, Vec<RowFault>), CoreError> {
    let mut columns = Columns::new(bytes, lines.len());
    let mut faults = Vec::new();
    for (line, range) in lines.iter().enumerate() {
        let row = first_row + line as u64;
        let raw = &bytes[range.start as usize..range.end as usize];
        if let Err(fault) = columns.push(row, raw, keys) {
            let Found { kind, message, id } = fault;
            faults.push(RowFault { row, line, id, kind, message });
        }
    }
    Ok((columns.finish()?, faults))
}

struct Found {
    kind: FaultKind,
    message: String,
    id: Option<String>,
}

fn fault(kind: FaultKind, message: String, id: Option<String>) -> Found {
    Found { kind, message, id }
}

/// The fields of one row that lagar looks at, as they stand in the line.
#[derive(Default)]
struct Fields<'a> {
    id: Option<LazyValue<'a>>,
    text: Option<LazyValue<'a>>,
    images: Option<LazyValue<'a>>,
}

struct Columns<'a> {
    bytes: &'a [u8],
    row: Vec<u64>,
    id: StringViewBuilder,
    text: StringViewBuilder,
    paths: StringViewBuilder,
    path_ends: Vec<i32>,
    has_images: Vec<bool>,
    lines: StringViewBuilder,
}

impl<'a> Columns<'a> {
    fn new(bytes: &'a Buffer, rows: usize) -> Self {
        let view = || {
            let mut builder = StringViewBuilder::with_capacity(rows);
            builder.append_block(bytes.clone());
            builder
        };
        let mut path_ends = Vec::with_capacity(rows + 1);
        path_ends.push(0);
        Self {
            bytes,
            row: Vec::with_capacity(rows),
            id: view(),
            text: view(),
            paths: view(),
            path_ends,
            has_images: Vec::with_capacity(rows),
            lines: view(),
        }
    }

    fn push(&mut self, row: u64, raw: &'a [u8], keys: &RowKeys) -> Result<(), Found> {
        let line = std::str::from_utf8(raw)
            .map_err(|error| fault(FaultKind::Malformed, format!("not UTF-8: {error}"), None))?
            .trim_start_matches('\u{feff}')
            .trim_matches(SPACE);
        let fields = read_fields(line, keys)
            .map_err(|message| fault(FaultKind::Malformed, message, None))?;
        let id = fields.id.as_ref().and_then(id_text);
        let Some(text) = fields.text.filter(|text| !text.is_null()) else {
            let message = format!("field `{}` is missing or null", keys.text);
            return Err(fault(FaultKind::NoText, message, id));
        };
        let wrong = |key: &str, value: &LazyValue<'_>, expected: &str| {
            let message = format!("field `{key}` is {}, expected {expected}", kind_of(value));
            fault(FaultKind::WrongType, message, id.clone())
        };
        if !text.is_str() || text.as_str().is_none() {
            return Err(wrong(&keys.text, &text, "a string"));
        }
        let images = fields.images.filter(|images| !images.is_null());
        let paths = images.as_ref().map(read_paths).transpose();
        let paths = paths.map_err(|()| {
            images.as_ref().map_or_else(
                || fault(FaultKind::WrongType, String::new(), None),
                |images| wrong(&keys.images, images, "a list of paths"),
            )
        })?;
        self.has_images.push(paths.is_some());
        for path in paths.iter().flatten() {
            append(&mut self.paths, self.bytes, path);
        }
        let paths = paths.map_or(0, |paths| paths.len() as i32);
        self.path_ends.push(self.path_ends.last().copied().unwrap_or_default() + paths);
        self.row.push(row);
        self.id.append_option(id);
        append(&mut self.text, self.bytes, &text);
        let start = line.as_ptr() as usize - self.bytes.as_ptr() as usize;
        append_range(&mut self.lines, start, line);
        Ok(())
    }

    fn finish(mut self) -> Result<Batch, CoreError> {
        let rows = self.row.len();
        let paths: ArrayRef = Arc::new(self.paths.finish());
        let images = ListArray::try_new(
            Arc::new(Field::new("item", DataType::Utf8View, true)),
            OffsetBuffer::new(self.path_ends.into()),
            paths,
            Some(NullBuffer::from(self.has_images)),
        );
        Ok(Batch {
            row: UInt64Array::from(self.row),
            part: UInt32Array::from(vec![0; rows]),
            rank: None,
            id: self.id.finish(),
            text: self.text.finish(),
            images: images.map_err(CoreError::arrow("images"))?,
            image_bytes: None,
            origin: Origin::Json(self.lines.finish()),
            text_edited: BooleanArray::from(vec![false; rows]),
            images_edited: BooleanArray::from(vec![false; rows]),
            stats: Vec::new(),
            hashes: Vec::new(),
        })
    }
}

fn read_fields<'a>(line: &'a str, keys: &RowKeys) -> Result<Fields<'a>, String> {
    let mut fields = Fields::default();
    if !line.starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    let (head, rest) = match keys.text.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (keys.text.as_str(), None),
    };
    let mut end = 0;
    for entry in sonic_rs::to_object_iter(line) {
        let (key, value) = entry.map_err(|error| first_line(&error.to_string()))?;
        let raw = value.as_raw_str();
        let start = raw.as_ptr() as usize - line.as_ptr() as usize;
        end = start + raw.len();
        match key.as_ref() {
            name if name == keys.text => fields.text = Some(value),
            name if name == head => {
                let rest = rest.unwrap_or_default().split('.').collect::<Vec<_>>();
                fields.text = sonic_rs::get(&line[start..end], rest.iter()).ok();
            }
            name if name == keys.images => fields.images = Some(value),
            ID_KEY => fields.id = Some(value),
            _ => {}
        }
    }
    // The iterator stops at the object's end; anything but its brace behind the last value is a
    // second value on the same line.
    // White space is JSON's four characters; what else looks like it would make the export no JSON.
    let tail = line[end..].trim_matches(SPACE);
    let tail = if end == 0 {
        tail.strip_prefix('{').map(|rest| rest.trim_matches(SPACE))
    } else {
        Some(tail)
    };
    if tail == Some("}") {
        return Ok(fields);
    }
    Err("text after the end of the JSON object".to_owned())
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

fn id_text(value: &LazyValue<'_>) -> Option<String> {
    match value.get_type() {
        JsonType::Null => None,
        JsonType::String => value.as_str().map(str::to_owned),
        _ => Some(value.as_raw_str().to_owned()),
    }
}

fn read_paths<'a>(value: &LazyValue<'a>) -> Result<Vec<LazyValue<'a>>, ()> {
    if value.is_str() {
        return Ok(vec![value.clone()]);
    }
    let mut paths = Vec::new();
    for entry in value.clone().into_array_iter().ok_or(())? {
        let path = entry.map_err(|_unreadable| ())?;
        if path.as_str().is_none() {
            return Err(());
        }
        paths.push(path);
    }
    Ok(paths)
}

fn kind_of(value: &LazyValue<'_>) -> &'static str {
    match value.get_type() {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Number => "a number",
        JsonType::String => "a string that is not Unicode",
        JsonType::Object => "an object",
        JsonType::Array => "a list of other things",
    }
}

/// Appends a string value: as a view where it needs no unescaping, else as a copy.
fn append(builder: &mut StringViewBuilder, bytes: &[u8], value: &LazyValue<'_>) {
    let raw = value.as_raw_str();
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    let text = value.as_str().unwrap_or_default();
    if text.len() == inner.len() {
        let start = inner.as_ptr() as usize - bytes.as_ptr() as usize;
        append_range(builder, start, inner);
    } else {
        builder.append_value(text);
    }
}

fn append_range(builder: &mut StringViewBuilder, start: usize, text: &str) {
    if builder.try_append_view(0, start as u32, text.len() as u32).is_err() {
        // Only possible when the text is not a part of the block; a copy is right all the same.
        builder.append_value(text);
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array as _;

    use super::FaultKind::{Malformed, NoText, WrongType};
    use super::*;

    fn read(text: &str) -> (Batch, Vec<RowFault>) {
        let bytes = Buffer::from(text.as_bytes());
        let lines = rows_of_lines(&bytes);
        batch_from_json_lines(&bytes, &lines, 10, &RowKeys::default()).unwrap()
    }

    #[test]
    fn plain_and_escaped_strings_are_read_alike() {
        let (batch, faults) = read(
            "{\"text\": \"a\\n\\u00e9\", \"images\": [\"x.jpg\", \"y\\/z\"]}\n{\"text\":\"b\",\"id\":7}\n",
        );
        assert!(faults.is_empty());
        assert_eq!(batch.text.value(0), "a\n\u{e9}");
        assert_eq!(batch.images_of(0).collect::<Vec<_>>(), ["x.jpg", "y/z"]);
        assert_eq!(batch.name_of(1), "7");
        assert!(batch.images.is_null(1));
        assert_eq!(batch.images_of(1).len(), 0);
        assert_eq!(batch.row.value(1), 11);
    }

    #[test]
    fn a_bad_line_is_named_and_costs_only_itself() {
        let text = "{\"text\": \"a\"\n{\"text\": \"b\"}\n[1]\n{\"text\": 3}\n{\"id\": \"q\", \"text\": null}\n{\"text\": \"c\"} {}\n{\"text\":\"d\",}\n{\"text\":\"e\", \"images\": [1]}\n";
        let (batch, faults) = read(text);
        assert_eq!(batch.len(), 1);
        assert_eq!(batch.text.value(0), "b");
        let kinds: Vec<_> = faults.iter().map(|fault| (fault.row, fault.kind)).collect();
        assert_eq!(
            kinds,
            [
                (10, Malformed),
                (12, Malformed),
                (13, WrongType),
                (14, NoText),
                (15, Malformed),
                (16, Malformed),
                (17, WrongType)
            ]
        );
        assert_eq!(faults[3].id.as_deref(), Some("q"));
        assert_eq!(faults[2].message, "field `text` is a number, expected a string");
    }

    #[test]
    fn what_looks_like_white_space_behind_a_row_makes_it_malformed() {
        for space in ["\u{a0}", "\u{c}", "\u{2028}"] {
            let (batch, faults) = read(&format!("{{\"text\":\"q\"}}{space}\n"));
            assert_eq!((batch.len(), faults.len()), (0, 1), "{space:?}");
        }
        let (batch, _) = read("\u{feff}{ \t} \r\n{\"text\": \"q\" } \t\r\n");
        assert_eq!(batch.len(), 1);
    }

    #[test]
    fn nested_text_is_found_by_its_dotted_name() {
        let bytes = Buffer::from(b"{\"text\": {\"output\": \"deep\"}}".as_slice());
        let keys = RowKeys { text: "text.output".to_owned(), ..RowKeys::default() };
        let lines = rows_of_lines(&bytes);
        let (batch, _) = batch_from_json_lines(&bytes, &lines, 0, &keys).unwrap();
        assert_eq!(batch.text.value(0), "deep");
    }

    #[test]
    fn a_byte_that_is_not_unicode_makes_its_line_malformed() {
        let bytes = Buffer::from(b"{\"text\": \"\xff\"}".as_slice());
        let lines = rows_of_lines(&bytes);
        let (_, faults) = batch_from_json_lines(&bytes, &lines, 0, &RowKeys::default()).unwrap();
        assert!(faults[0].message.starts_with("not UTF-8"));
    }
}
