//! A batch as one Arrow record batch and back: what travels between plans and processes.
//!
//! Base columns keep their names; statistics are prefixed with `stat.`, hashes with `hash.` and
//! columns of an Arrow source with `src.`, so that no field of a user can be mistaken for ours.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Fields, Schema};

use super::{Batch, Origin, StatColumn, typed};
use crate::CoreError;

const STAT: &str = "stat.";
const HASH: &str = "hash.";
const SOURCE: &str = "src.";

impl Batch {
    /// The batch as one record batch, columns named as in `ARCHITECTURE.md`.
    ///
    /// # Errors
    /// When the columns differ in length, which would be a bug of an operator.
    pub fn to_record_batch(&self) -> Result<RecordBatch, CoreError> {
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("row".to_owned(), Arc::new(self.row.clone())),
            ("part".to_owned(), Arc::new(self.part.clone())),
            ("id".to_owned(), Arc::new(self.id.clone())),
            ("text".to_owned(), Arc::new(self.text.clone())),
            ("images".to_owned(), Arc::new(self.images.clone())),
            ("text_edited".to_owned(), Arc::new(self.text_edited.clone())),
            ("images_edited".to_owned(), Arc::new(self.images_edited.clone())),
        ];
        if let Some(bytes) = &self.image_bytes {
            columns.push(("image_bytes".to_owned(), Arc::new(bytes.clone())));
        }
        if let Some(rank) = &self.rank {
            columns.push(("rank".to_owned(), Arc::new(rank.clone())));
        }
        match &self.origin {
            Origin::Json(lines) => columns.push(("extra".to_owned(), Arc::new(lines.clone()))),
            Origin::Arrow(source) => {
                for (field, column) in source.schema().fields().iter().zip(source.columns()) {
                    columns.push((format!("{SOURCE}{}", field.name()), Arc::clone(column)));
                }
            }
        }
        for (prefix, stats) in [(STAT, &self.stats), (HASH, &self.hashes)] {
            for stat in stats {
                columns.push((format!("{prefix}{}", stat.key), Arc::clone(&stat.values)));
            }
        }
        let fields: Fields = columns
            .iter()
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
            .collect();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .map_err(CoreError::arrow("batch"))
    }

    /// The batch that [`Batch::to_record_batch`] wrote.
    ///
    /// # Errors
    /// When a base column is missing or of another type.
    pub fn from_record_batch(columns: &RecordBatch) -> Result<Self, CoreError> {
        let (mut stats, mut hashes) = (Vec::new(), Vec::new());
        let (mut source_fields, mut source_columns) = (Vec::new(), Vec::new());
        for (field, column) in columns.schema().fields().iter().zip(columns.columns()) {
            let column = Arc::clone(column);
            if let Some(key) = field.name().strip_prefix(STAT) {
                stats.push(StatColumn { key: key.to_owned(), values: column });
            } else if let Some(key) = field.name().strip_prefix(HASH) {
                hashes.push(StatColumn { key: key.to_owned(), values: column });
            } else if let Some(name) = field.name().strip_prefix(SOURCE) {
                source_fields.push(Field::new(name, column.data_type().clone(), true));
                source_columns.push(column);
            }
        }
        let origin = if columns.column_by_name("extra").is_some() {
            Origin::Json(base(columns, "extra")?)
        } else {
            let options = RecordBatchOptions::new().with_row_count(Some(columns.num_rows()));
            let schema = Arc::new(Schema::new(source_fields));
            let source = RecordBatch::try_new_with_options(schema, source_columns, &options);
            Origin::Arrow(source.map_err(CoreError::arrow("extra"))?)
        };
        Ok(Self {
            row: base(columns, "row")?,
            part: base(columns, "part")?,
            rank: match columns.column_by_name("rank") {
                Some(_) => Some(base(columns, "rank")?),
                None => None,
            },
            id: base(columns, "id")?,
            text: base(columns, "text")?,
            images: base(columns, "images")?,
            image_bytes: match columns.column_by_name("image_bytes") {
                Some(_) => Some(base(columns, "image_bytes")?),
                None => None,
            },
            origin,
            text_edited: base(columns, "text_edited")?,
            images_edited: base(columns, "images_edited")?,
            stats,
            hashes,
        })
    }
}

fn base<T: Array + Clone + 'static>(columns: &RecordBatch, name: &str) -> Result<T, CoreError> {
    let column = columns.column_by_name(name).ok_or_else(|| CoreError::Column {
        column: name.to_owned(),
        expected: "a column of that name".to_owned(),
        got: "none".to_owned(),
    })?;
    typed(name, column)
}
