//! Arrow columns → rows.
//!
//! The source columns stay whole in [`Origin::Arrow`]; here only what operators look at is found:
//! the text, the id, and the pictures in any of the layouts that Parquet data sets have (a list of
//! paths, one path, Hugging Face's `{bytes, path}`, a list of those, plain bytes).

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryViewBuilder, BooleanArray, ListArray, ListBuilder,
    RecordBatch, StringViewArray, StringViewBuilder, StructArray, UInt32Array, UInt64Array,
};
use arrow::compute;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use lagar_core::row::{FaultKind, ID_KEY, RowFault};
use lagar_core::{Batch, CoreError, Origin, RowKeys};

/// Where Hugging Face data sets keep a picture, if the recipe's field is absent.
const IMAGE: &str = "image";

/// The rows of a record batch; rows without a text are returned beside.
///
/// # Errors
/// When Arrow refuses to build a column.
pub(super) fn batch_from_arrow(
    columns: &RecordBatch,
    first_row: u64,
    keys: &RowKeys,
) -> Result<(Batch, Vec<RowFault>), CoreError> {
    let rows = columns.num_rows();
    let id = id_column(columns)?;
    let found = text_column(columns, &keys.text);
    let text = match &found {
        Some(column) => as_text(column).map_err(CoreError::arrow(&keys.text))?,
        None => None,
    };
    let faults = faults_of(rows, first_row, &id, keys, (found.as_ref(), text.as_ref()));
    let text = text.unwrap_or_else(|| StringViewArray::new_null(rows));
    let pictures = pictures_of(columns, keys)?;
    let batch = Batch {
        row: (first_row..first_row + rows as u64).collect::<UInt64Array>(),
        part: UInt32Array::from(vec![0; rows]),
        rank: None,
        id,
        text,
        images: pictures.paths,
        image_bytes: pictures.bytes,
        origin: Origin::Arrow(columns.clone()),
        text_edited: BooleanArray::from(vec![false; rows]),
        images_edited: BooleanArray::from(vec![false; rows]),
        stats: Vec::new(),
        hashes: Vec::new(),
    };
    if faults.is_empty() {
        return Ok((batch, faults));
    }
    let mut keep = vec![true; rows];
    for fault in &faults {
        keep[fault.line] = false;
    }
    Ok((batch.filter(&BooleanArray::from(keep))?, faults))
}

/// One fault for every row without a text.
fn faults_of(
    rows: usize,
    first_row: u64,
    id: &StringViewArray,
    keys: &RowKeys,
    (column, text): (Option<&ArrayRef>, Option<&StringViewArray>),
) -> Vec<RowFault> {
    let fault = |line: usize| {
        let present = column.is_some_and(|column| column.is_valid(line));
        let (kind, message) = match column {
            Some(column) if present => {
                let got = column.data_type();
                let message = format!("field `{}` is {got}, expected a string", keys.text);
                (FaultKind::WrongType, message)
            }
            _ => (FaultKind::NoText, format!("field `{}` is missing or null", keys.text)),
        };
        let id = id.is_valid(line).then(|| id.value(line).to_owned());
        RowFault { row: first_row + line as u64, line, id, kind, message }
    };
    let missing = |line: &usize| text.is_none_or(|text| text.is_null(*line));
    (0..rows).filter(missing).map(fault).collect()
}

fn id_column(columns: &RecordBatch) -> Result<StringViewArray, CoreError> {
    let Some(column) = columns.column_by_name(ID_KEY) else {
        return Ok(StringViewArray::new_null(columns.num_rows()));
    };
    if let Some(text) = as_text(column).map_err(CoreError::arrow(ID_KEY))? {
        return Ok(text);
    }
    let options = FormatOptions::new();
    let format = ArrayFormatter::try_new(column, &options).map_err(CoreError::arrow(ID_KEY))?;
    let show = |row: usize| column.is_valid(row).then(|| format.value(row).to_string());
    Ok((0..column.len()).map(show).collect())
}

/// The column of a (dotted) name; the nulls of the structs around it count as its own.
fn text_column(columns: &RecordBatch, name: &str) -> Option<ArrayRef> {
    if let Some(column) = columns.column_by_name(name) {
        return Some(Arc::clone(column));
    }
    let mut steps = name.split('.');
    let mut column = Arc::clone(columns.column_by_name(steps.next()?)?);
    for step in steps {
        let parent = column.as_struct_opt()?.clone();
        let child = parent.column_by_name(step)?;
        column = with_nulls_of(child, &parent)?;
    }
    Some(column)
}

fn with_nulls_of(child: &ArrayRef, parent: &StructArray) -> Option<ArrayRef> {
    let Some(nulls) = parent.nulls().filter(|nulls| nulls.null_count() > 0) else {
        return Some(Arc::clone(child));
    };
    let absent = BooleanArray::new(!nulls.inner(), None);
    compute::nullif(child, &absent).ok()
}

/// A column of strings as views; `None` if it holds something else.
fn as_text(column: &ArrayRef) -> Result<Option<StringViewArray>, arrow::error::ArrowError> {
    if !is_text(column.data_type()) {
        return Ok(None);
    }
    let cast = compute::cast(column, &DataType::Utf8View)?;
    Ok(cast.as_string_view_opt().cloned())
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

struct Pictures {
    paths: ListArray,
    bytes: Option<ListArray>,
}

/// The pictures of one row, as they are found.
#[derive(Default)]
struct Found {
    paths: Option<ArrayRef>,
    bytes: Option<ArrayRef>,
    /// Whether each row has a list of pictures or exactly one.
    list: Option<ListArray>,
}

fn pictures_of(columns: &RecordBatch, keys: &RowKeys) -> Result<Pictures, CoreError> {
    let error = || CoreError::arrow(&keys.images);
    let named = columns.column_by_name(&keys.images);
    // A text column `image` may be anything; only Hugging Face's struct is taken without being named.
    let holds_struct = |column: &&ArrayRef| match column.data_type() {
        DataType::Struct(_) => true,
        DataType::List(item) | DataType::LargeList(item) => {
            matches!(item.data_type(), DataType::Struct(_))
        }
        _ => false,
    };
    let found = match named.or_else(|| columns.column_by_name(IMAGE).filter(holds_struct)) {
        Some(column) => find_pictures(column).map_err(error())?,
        None => Found::default(),
    };
    let rows = columns.num_rows();
    let places = Places { list: found.list.as_ref(), rows };
    let paths = path_list(&places, found.paths.as_ref(), found.bytes.as_ref());
    let own_bytes = match columns.column_by_name(&keys.image_bytes) {
        Some(column) => Some(find_pictures(column).map_err(error())?),
        None => None,
    };
    let bytes = match &own_bytes {
        Some(Found { bytes: Some(bytes), list, .. }) => {
            Some(byte_list(&Places { list: list.as_ref(), rows }, bytes))
        }
        _ => found.bytes.as_ref().map(|bytes| byte_list(&places, bytes)),
    };
    Ok(Pictures { paths, bytes })
}

/// What a column says about pictures: nothing, if it holds something else.
fn find_pictures(column: &ArrayRef) -> Result<Found, arrow::error::ArrowError> {
    let (items, list) = match column.data_type() {
        DataType::List(_) => {
            let list = column.as_list::<i32>().clone();
            (Arc::clone(list.values()), Some(list))
        }
        DataType::LargeList(item) => {
            let list = compute::cast(column, &DataType::List(Arc::clone(item)))?;
            let list = list.as_list::<i32>().clone();
            (Arc::clone(list.values()), Some(list))
        }
        _ => (Arc::clone(column), None),
    };
    let bytes_of = |column: &ArrayRef| {
        is_bytes(column.data_type())
            .then(|| compute::cast(column, &DataType::BinaryView))
            .transpose()
    };
    let paths_of =
        |column: &ArrayRef| as_text(column).map(|text| text.map(|text| Arc::new(text) as ArrayRef));
    if let Some(pictures) = items.as_struct_opt() {
        let part = |name: &str| {
            pictures.column_by_name(name).and_then(|child| with_nulls_of(child, pictures))
        };
        let paths = part("path").map(|column| paths_of(&column)).transpose()?.flatten();
        let bytes = part("bytes").map(|column| bytes_of(&column)).transpose()?.flatten();
        return Ok(Found { paths, bytes, list });
    }
    Ok(Found { paths: paths_of(&items)?, bytes: bytes_of(&items)?, list })
}

/// Which items belong to which row.
struct Places<'a> {
    list: Option<&'a ListArray>,
    rows: usize,
}

impl Places<'_> {
    /// The items of each row; `None` where the row has no pictures' field.
    fn each(&self) -> impl Iterator<Item = Option<std::ops::Range<usize>>> {
        (0..self.rows).map(|row| match self.list {
            None => Some(row..row + 1),
            Some(list) if list.is_null(row) => None,
            Some(list) => {
                let offsets = list.value_offsets();
                Some(offsets[row] as usize..offsets[row + 1] as usize)
            }
        })
    }
}

/// Paths per row.
///
/// A picture that has only bytes is called `bytes[0]` by its place, and one whose bytes stand under a
/// name that an earlier picture of the row has gets its place added: operators look at a path that
/// occurs twice in a row only once.
fn path_list(places: &Places<'_>, paths: Option<&ArrayRef>, bytes: Option<&ArrayRef>) -> ListArray {
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    let paths = paths.and_then(|paths| paths.as_string_view_opt());
    let known = paths.is_some() || bytes.is_some();
    for range in places.each() {
        let mut names: Vec<String> = Vec::new();
        for (place, item) in range.clone().into_iter().flatten().enumerate() {
            let path = paths.filter(|paths| paths.is_valid(item)).map(|paths| paths.value(item));
            let in_row = bytes.is_some_and(|bytes| bytes.is_valid(item));
            match path {
                Some(path) if in_row && names.iter().any(|name| name == path) => {
                    names.push(format!("{path}[{place}]"));
                }
                Some(path) => names.push(path.to_owned()),
                None if in_row => names.push(format!("bytes[{place}]")),
                // Neither path nor bytes: no picture, unless the list says that there is one.
                None if places.list.is_some() => names.push(String::new()),
                None => {}
            }
        }
        for name in &names {
            builder.values().append_value(name);
        }
        let empty_list = known && places.list.is_some() && range.is_some();
        builder.append(!names.is_empty() || empty_list);
    }
    builder.finish()
}

/// Encoded pictures per row, null where a picture has only a path.
fn byte_list(places: &Places<'_>, bytes: &ArrayRef) -> ListArray {
    let mut builder = ListBuilder::new(BinaryViewBuilder::new());
    let views = bytes.as_binary_view();
    for range in places.each() {
        for item in range.clone().into_iter().flatten() {
            if views.is_valid(item) {
                builder.values().append_value(views.value(item));
            } else {
                builder.values().append_null();
            }
        }
        builder.append(range.is_some());
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        BinaryArray, DictionaryArray, Int64Array, LargeStringArray, StringArray, StringBuilder,
    };
    use arrow::datatypes::{Field, Fields, Int32Type};

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> (Batch, Vec<RowFault>) {
        let columns = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        );
        batch_from_arrow(&columns.unwrap(), 100, &RowKeys::default()).unwrap()
    }

    fn texts() -> (&'static str, ArrayRef) {
        ("text", Arc::new(StringArray::from(vec!["a", "b"])))
    }

    fn huggingface() -> StructArray {
        let bytes = BinaryArray::from_opt_vec(vec![Some(b"JPG"), None]);
        let paths = StringArray::from(vec![None, Some("p.jpg")]);
        let fields = Fields::from(vec![
            Field::new("bytes", DataType::Binary, true),
            Field::new("path", DataType::Utf8, true),
        ]);
        StructArray::new(fields, vec![Arc::new(bytes), Arc::new(paths)], None)
    }

    fn bytes_of(batch: &Batch, row: usize) -> Vec<Option<Vec<u8>>> {
        let row = batch.image_bytes.as_ref().unwrap().value(row);
        row.as_binary_view().iter().map(|bytes| bytes.map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn text_of_every_kind_is_read_and_null_costs_only_its_row() {
        let large: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("a"), None]));
        let (read, faults) =
            batch(vec![("text", large), ("id", Arc::new(Int64Array::from(vec![7, 8])))]);
        assert_eq!((read.len(), read.name_of(0).as_str()), (1, "7"));
        assert_eq!((faults[0].row, faults[0].kind), (101, FaultKind::NoText));
        assert_eq!(faults[0].id.as_deref(), Some("8"));
        let words: DictionaryArray<Int32Type> = vec!["x", "x"].into_iter().collect();
        assert_eq!(batch(vec![("text", Arc::new(words))]).0.text.value(1), "x");
        let (_, faults) = batch(vec![("text", Arc::new(Int64Array::from(vec![1])))]);
        assert_eq!(faults[0].message, "field `text` is Int64, expected a string");
    }

    #[test]
    fn a_dotted_name_goes_into_structs_and_their_nulls_count() {
        let inner: ArrayRef = Arc::new(StringArray::from(vec!["deep", "hidden"]));
        let fields = Fields::from(vec![Field::new("output", DataType::Utf8, true)]);
        let outer = StructArray::new(fields, vec![inner], Some(vec![true, false].into()));
        let columns =
            RecordBatch::try_from_iter_with_nullable([("text", Arc::new(outer) as ArrayRef, true)]);
        let keys = RowKeys { text: "text.output".to_owned(), ..RowKeys::default() };
        let (read, faults) = batch_from_arrow(&columns.unwrap(), 0, &keys).unwrap();
        assert_eq!(read.text.value(0), "deep");
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn pictures_are_found_as_paths_and_as_bytes() {
        let mut list = ListBuilder::new(StringBuilder::new());
        list.append_value([Some("x.jpg"), Some("y.jpg")]);
        list.append_null();
        let (read, _) = batch(vec![texts(), ("images", Arc::new(list.finish()))]);
        assert_eq!(read.images_of(0).collect::<Vec<_>>(), ["x.jpg", "y.jpg"]);
        assert!(read.images.is_null(1) && read.image_bytes.is_none());

        let single: ArrayRef = Arc::new(StringArray::from(vec![Some("x.jpg"), None]));
        let (read, _) = batch(vec![texts(), ("images", single)]);
        assert_eq!(read.images_of(0).collect::<Vec<_>>(), ["x.jpg"]);
        assert!(read.images.is_null(1));

        let (read, _) = batch(vec![texts(), ("image", Arc::new(huggingface()))]);
        assert_eq!(read.images_of(0).collect::<Vec<_>>(), ["bytes[0]"]);
        assert_eq!(bytes_of(&read, 0), [Some(b"JPG".to_vec())]);
        assert_eq!(read.images_of(1).collect::<Vec<_>>(), ["p.jpg"]);
        assert_eq!(bytes_of(&read, 1), [None]);
    }

    #[test]
    fn a_list_of_pictures_with_bytes_keeps_paths_and_bytes_side_by_side() {
        let pictures = huggingface();
        let field = Arc::new(Field::new("item", pictures.data_type().clone(), true));
        let offsets = arrow::buffer::OffsetBuffer::new(vec![0, 2, 2].into());
        let list = ListArray::new(field, offsets, Arc::new(pictures), None);
        let (read, _) = batch(vec![texts(), ("images", Arc::new(list))]);
        assert_eq!(read.images_of(0).collect::<Vec<_>>(), ["bytes[0]", "p.jpg"]);
        assert_eq!(bytes_of(&read, 0), [Some(b"JPG".to_vec()), None]);
        assert_eq!(read.images_of(1).len(), 0);
        assert!(read.images.is_valid(1));
    }

    #[test]
    fn the_field_of_encoded_pictures_is_read_too() {
        let plain: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"1", b"2"]));
        let (read, _) = batch(vec![texts(), ("image_bytes", plain)]);
        assert_eq!(bytes_of(&read, 1), [Some(b"2".to_vec())]);
    }

    #[test]
    fn the_source_columns_stay_as_they_are() {
        let extra: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let (read, _) = batch(vec![texts(), ("extra", Arc::clone(&extra))]);
        let Origin::Arrow(columns) = &read.origin else { panic!("an Arrow origin") };
        assert_eq!(columns.column_by_name("extra").unwrap(), &extra);
    }
}
