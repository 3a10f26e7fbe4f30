//! Arrow columns → JSON lines.
//!
//! Arrow's own writer does the work; two kinds of columns are encoded here. Bytes become base64
//! strings (Arrow would write hexadecimal digits, twice the size of the bytes), and text columns
//! marked as JSON (Arrow's canonical extension `arrow.json`, which lagar's Parquet export uses for
//! fields whose type differs between rows) become the JSON they hold, so that a row that went through
//! Parquet comes back as it was.

use std::sync::Arc;

use arrow::array::{
    Array, AsArray as _, FixedSizeBinaryArray, GenericBinaryArray, OffsetSizeTrait, RecordBatch,
    StringViewArray, StringViewBuilder,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use arrow::json::writer::{
    Encoder, EncoderFactory, EncoderOptions, LineDelimited, NullableEncoder, WriterBuilder,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::write_string;
use crate::CoreError;

/// The metadata key under which Arrow keeps the name of an extension type.
const EXTENSION: &str = "ARROW:extension:name";
/// The name of the extension type of JSON text.
const JSON: &str = "arrow.json";

/// A text field that is marked as holding JSON.
pub fn json_field(name: &str) -> Field {
    let mark = [(EXTENSION.to_owned(), JSON.to_owned())];
    Field::new(name, DataType::Utf8, true).with_metadata(mark.into())
}

/// Whether a text field is marked as holding JSON.
pub fn is_json(field: &Field) -> bool {
    field.metadata().get(EXTENSION).is_some_and(|name| name == JSON)
}

/// The rows of a record batch as JSON, one object each, every column named even where it is null.
///
/// Bytes become base64 strings (RFC 4648, padded); text marked as JSON becomes what it says.
///
/// # Errors
/// When a column has a type that JSON cannot carry.
pub fn record_batch_lines(columns: &RecordBatch) -> Result<StringViewArray, CoreError> {
    if columns.num_columns() == 0 {
        return Ok(StringViewArray::from(vec!["{}"; columns.num_rows()]));
    }
    let mut bytes = Vec::new();
    let mut writer = WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_encoder_factory(Arc::new(Encoders))
        .build::<_, LineDelimited>(&mut bytes);
    writer.write(columns).map_err(CoreError::arrow("extra"))?;
    writer.finish().map_err(CoreError::arrow("extra"))?;
    drop(writer);
    let bytes = Buffer::from(bytes);
    let mut lines = StringViewBuilder::with_capacity(columns.num_rows());
    let block = lines.append_block(bytes.clone());
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        CoreError::arrow("extra")(ArrowError::JsonError(format!("rows are not UTF-8: {error}")))
    })?;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches('\n').len();
        // Rows beyond 4 GiB cannot be views of one block; copies are right all the same.
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(from), Ok(to)) => {
                lines.try_append_view(block, from, to - from).map_err(CoreError::arrow("extra"))?;
            }
            _ => lines.append_value(&text[start..end]),
        }
        start += line.len();
    }
    Ok(lines.finish())
}

#[derive(Debug)]
struct Encoders;

impl EncoderFactory for Encoders {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Binary => Box::new(Base64(array.as_binary::<i32>())),
            DataType::LargeBinary => Box::new(Base64(array.as_binary::<i64>())),
            DataType::BinaryView => Box::new(Base64(array.as_binary_view())),
            DataType::FixedSizeBinary(_) => Box::new(Base64(array.as_fixed_size_binary())),
            DataType::Utf8 if is_json(item_of(field)) => {
                Box::new(RawJson(array.as_string::<i32>()))
            }
            DataType::LargeUtf8 if is_json(item_of(field)) => {
                Box::new(RawJson(array.as_string::<i64>()))
            }
            DataType::Utf8View if is_json(item_of(field)) => {
                Box::new(RawJson(array.as_string_view()))
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// The field of the values themselves: inside a list Arrow still names the list's field.
fn item_of(mut field: &FieldRef) -> &FieldRef {
    while let DataType::List(item)
    | DataType::LargeList(item)
    | DataType::ListView(item)
    | DataType::LargeListView(item)
    | DataType::FixedSizeList(item, _) = field.data_type()
    {
        field = item;
    }
    field
}

/// A column of byte strings.
trait Bytes {
    fn bytes(&self, index: usize) -> &[u8];
}

impl<O: OffsetSizeTrait> Bytes for &GenericBinaryArray<O> {
    fn bytes(&self, index: usize) -> &[u8] {
        self.value(index)
    }
}

impl Bytes for &FixedSizeBinaryArray {
    fn bytes(&self, index: usize) -> &[u8] {
        self.value(index)
    }
}

impl Bytes for &arrow::array::BinaryViewArray {
    fn bytes(&self, index: usize) -> &[u8] {
        self.value(index)
    }
}

struct Base64<A>(A);

impl<A: Bytes> Encoder for Base64<A> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(STANDARD.encode(self.0.bytes(index)).as_bytes());
        out.push(b'"');
    }
}

struct RawJson<A>(A);

impl<'a, A: arrow::array::ArrayAccessor<Item = &'a str>> Encoder for RawJson<A> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let text = self.0.value(index);
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
            // Not JSON after all: a string keeps the line sound.
            write_string(text, out);
            return;
        }
        // Line ends can only stand between values; a row is one line.
        out.extend(text.bytes().map(
            |byte| {
                if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BinaryArray, ListArray, StringArray, StructArray};
    use arrow::datatypes::{Fields, Int32Type, Schema};

    use super::*;

    fn lines(fields: Vec<Field>, columns: Vec<ArrayRef>) -> Vec<String> {
        let columns = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        record_batch_lines(&columns).unwrap().iter().map(|line| line.unwrap().to_owned()).collect()
    }

    #[test]
    fn bytes_are_written_as_base64_at_any_depth() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x89PNG"), None]));
        let inner = Fields::from(vec![Field::new("bytes", DataType::Binary, true)]);
        let nested = StructArray::new(inner.clone(), vec![Arc::clone(&bytes)], None);
        let fields = vec![
            Field::new("raw", DataType::Binary, true),
            Field::new("image", DataType::Struct(inner), true),
        ];
        assert_eq!(
            lines(fields, vec![bytes, Arc::new(nested)]),
            [
                "{\"raw\":\"iVBORw==\",\"image\":{\"bytes\":\"iVBORw==\"}}",
                "{\"raw\":null,\"image\":{\"bytes\":null}}"
            ]
        );
    }

    #[test]
    fn text_marked_as_json_is_written_as_what_it_says() {
        let column: ArrayRef =
            Arc::new(StringArray::from(vec![Some("[1.50,\n{}]"), None, Some("not json")]));
        assert_eq!(
            lines(vec![json_field("x")], vec![column]),
            ["{\"x\":[1.50, {}]}", "{\"x\":null}", "{\"x\":\"not json\"}"]
        );
    }

    #[test]
    fn line_separators_inside_a_text_do_not_end_the_row() {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["a\n\u{2028}b\u{85}c"]));
        let field = Field::new("text", DataType::Utf8, true);
        assert_eq!(lines(vec![field], vec![column]), ["{\"text\":\"a\\n\u{2028}b\u{85}c\"}"]);
    }

    #[test]
    fn lists_of_numbers_keep_their_nulls() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None])]);
        let field = Field::new("n", list.data_type().clone(), true);
        assert_eq!(lines(vec![field], vec![Arc::new(list)]), ["{\"n\":[1,null]}"]);
    }
}
