//! The last touch before rows are written: picture paths that still lead to their files, and columns
//! that keep their types.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, ListBuilder, RecordBatch, StringViewBuilder,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use lagar_core::{Batch, CoreError, Origin};

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
pub(crate) fn resolve_images(batch: &mut Batch, folder: &Path) {
    let paths = batch.images.values().as_string_view();
    let relative = |path: &str| !Path::new(path).is_absolute() && !path.contains("://");
    if !paths.iter().flatten().any(relative) {
        return;
    }
    let folder = std::path::absolute(folder_or_here(folder)).unwrap_or_else(|_| folder.to_owned());
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

fn folder_or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}
