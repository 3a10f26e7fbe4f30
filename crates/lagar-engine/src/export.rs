//! The last touch before rows are written: picture paths that still lead to their files, and columns
//! that keep their types.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, ListBuilder, RecordBatch, StringViewBuilder,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use lagar_core::{Batch, CoreError, Origin, RowKeys};

use crate::EngineError;
use crate::plan::Plan;

/// The exported columns of a batch: those of the source, with what operators changed put in.
///
/// # Errors
/// When a changed column cannot be cast to the type the source has it in.
pub(crate) fn columns(batch: &Batch, plan: &Plan) -> Result<RecordBatch, EngineError> {
    let Origin::Arrow(source) = &batch.origin else {
        return Ok(RecordBatch::new_empty(Arc::new(Schema::empty())));
    };
    let edits: [(&str, bool, ArrayRef); 2] = [
        (&plan.keys.text, batch.text_edited.true_count() > 0, Arc::new(batch.text.clone())),
        (&plan.keys.images, batch.images_edited.true_count() > 0, Arc::new(batch.images.clone())),
    ];
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (field, column) in source.schema().fields().iter().zip(source.columns()) {
        let edit = edits.iter().find(|(name, edited, _)| *edited && name == field.name());
        let column = match edit {
            Some((name, _, new)) => {
                cast(new, field.data_type()).map_err(CoreError::arrow(*name))?
            }
            None => Arc::clone(column),
        };
        fields.push(Arc::clone(field));
        values.push(column);
    }
    if plan.export.keep_hashes {
        for hash in &batch.hashes {
            fields.push(Arc::new(Field::new(&hash.key, hash.values.data_type().clone(), true)));
            values.push(Arc::clone(&hash.values));
        }
    }
    if plan.export.keep_stats && !batch.stats.is_empty() {
        let parts: Vec<(Arc<Field>, ArrayRef)> = batch
            .stats
            .iter()
            .map(|stat| {
                let field = Field::new(&stat.key, stat.values.data_type().clone(), true);
                (Arc::new(field), Arc::clone(&stat.values))
            })
            .collect();
        let stats = StructArray::from(parts);
        let key = lagar_core::row::STATS_KEY;
        fields.push(Arc::new(Field::new(key, stats.data_type().clone(), false)));
        values.push(Arc::new(stats));
    }
    let schema = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new(schema, values).map_err(CoreError::arrow("export"))?)
}

/// Makes relative picture paths absolute, as Data-Juicer does, so that an export in another folder
/// still names the same files.
pub(crate) fn resolve_images(batch: &mut Batch, keys: &RowKeys, folder: &Path) {
    if !has_path_lists(batch, keys) {
        return;
    }
    let paths = batch.images.values().as_string_view();
    let relative = |path: &str| !Path::new(path).is_absolute() && !path.contains("://");
    if !paths.iter().flatten().any(relative) {
        return;
    }
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut edited = Vec::with_capacity(batch.len());
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    for row in 0..batch.len() {
        let mut changed = batch.images_edited.value(row);
        for path in batch.images_of(row) {
            if relative(path) {
                changed = true;
                lists.values().append_value(folder.join(path).to_string_lossy());
            } else {
                lists.values().append_value(path);
            }
        }
        lists.append(batch.images.is_valid(row));
        edited.push(changed);
    }
    batch.images = lists.finish();
    batch.images_edited = BooleanArray::from(edited);
}

/// Whether the pictures of a batch are lists of paths: then these can be changed where they stand.
/// Pictures that rows carry themselves need no path, and a name beside them is only a name.
fn has_path_lists(batch: &Batch, keys: &RowKeys) -> bool {
    if batch.image_bytes.is_some() {
        return false;
    }
    match &batch.origin {
        Origin::Json(_) => true,
        Origin::Arrow(source) => source.column_by_name(&keys.images).is_some_and(|column| {
            matches!(
                column.data_type(),
                DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item)
                    if item.data_type().is_string()
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use arrow::array::{BinaryArray, ListArray, StringArray};

    use super::*;
    use crate::source::{ChunkData, Format, RawChunk, SourceFile};

    fn batch_of(columns: Vec<(&str, ArrayRef)>, keys: &RowKeys) -> Batch {
        let columns = RecordBatch::try_from_iter(columns).unwrap();
        let path = PathBuf::from("data/rows.parquet");
        let file = SourceFile { path, format: Format::Parquet, bytes: 0 };
        let lines = vec![1];
        let data = ChunkData::Arrow(columns);
        let chunk =
            RawChunk { index: 0, first_row: 0, file: Arc::new(file), data, lines, consumed: 0 };
        chunk.parse(keys).unwrap().0
    }

    fn text() -> ArrayRef {
        Arc::new(StringArray::from(vec!["a"]))
    }

    #[test]
    fn pictures_carried_in_the_rows_are_left_as_they_are() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"picture".as_slice()]));
        let path: ArrayRef = Arc::new(StringArray::from(vec!["a.jpg"]));
        let field = |name: &str, column: &ArrayRef| {
            Arc::new(Field::new(name, column.data_type().clone(), true))
        };
        let image: ArrayRef = Arc::new(StructArray::from(vec![
            (field("bytes", &bytes), Arc::clone(&bytes)),
            (field("path", &path), path),
        ]));
        let keys = RowKeys { images: "image".to_owned(), ..RowKeys::default() };
        let mut batch = batch_of(vec![("text", text()), ("image", image)], &keys);
        assert!(batch.image_bytes.is_some());
        resolve_images(&mut batch, &keys, Path::new("data"));
        assert_eq!(batch.images_edited.true_count(), 0);
    }

    #[test]
    fn lists_of_relative_paths_become_absolute() {
        let mut paths = ListBuilder::new(arrow::array::StringBuilder::new());
        paths.append_value([Some("a.jpg"), Some("/b.jpg"), Some("s3://c.jpg")]);
        let paths: ListArray = paths.finish();
        let keys = RowKeys::default();
        let columns: Vec<(&str, ArrayRef)> = vec![("text", text()), ("images", Arc::new(paths))];
        let mut batch = batch_of(columns, &keys);
        resolve_images(&mut batch, &keys, Path::new("/data"));
        assert_eq!(batch.images_edited.true_count(), 1);
        let resolved: Vec<&str> = batch.images_of(0).collect();
        assert_eq!(resolved, ["/data/a.jpg", "/b.jpg", "s3://c.jpg"]);
    }
}
