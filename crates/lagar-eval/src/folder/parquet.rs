//! `samples.parquet`: the scored questions as columns; a tag is `tags.NAME`, a score `scores.NAME`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};
use lagar_core::CoreError;
use lagar_core::fsio::{AtomicFile, Durability};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Row;
use crate::EvalError;

/// Writes the rows to `path`.
pub(super) fn write(path: &Path, rows: &[Row<'_>]) -> Result<(), EvalError> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns(rows).into_iter().map(|(name, column)| (name, column, true)),
    )
    .map_err(CoreError::arrow("samples"))?;
    let wrong = |error: parquet::errors::ParquetError| {
        EvalError::form(path, "the whole", format!("cannot be written as Parquet: {error}"))
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("lagar".to_owned())
        .build();
    let file = AtomicFile::create(path)?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(wrong)?;
    writer.write(&batch).map_err(wrong)?;
    let file = writer.into_inner().map_err(wrong)?;
    Ok(file.commit(Durability::Synced)?)
}

fn columns(rows: &[Row<'_>]) -> Vec<(String, ArrayRef)> {
    let texts = |text: &dyn Fn(&Row<'_>) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(text(row))).collect::<StringArray>())
    };
    let mut columns = vec![
        ("id".to_owned(), texts(&|row| row.question.id.clone())),
        ("question_id".to_owned(), texts(&|row| row.question.question_id_text())),
        ("question".to_owned(), texts(&|row| row.question.text.clone())),
        ("pictures".to_owned(), lists(rows, |row| &row.pictures)),
        ("answer".to_owned(), texts(&|row| row.sample.answer.clone())),
        ("references".to_owned(), lists(rows, |row| &row.question.references)),
    ];
    let tags: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.sample.tags.keys().map(String::as_str)).collect();
    for tag in tags {
        let values: StringArray = rows.iter().map(|row| row.sample.tags.get(tag)).collect();
        columns.push((format!("tags.{tag}"), Arc::new(values)));
    }
    let metrics: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.sample.scores.keys().map(String::as_str)).collect();
    for metric in metrics {
        let scores = rows.iter().map(|row| row.sample.scores.get(metric).copied());
        columns.push((format!("scores.{metric}"), Arc::new(scores.collect::<Float64Array>())));
    }
    columns
}

fn lists(rows: &[Row<'_>], list: impl for<'a> Fn(&'a Row<'_>) -> &'a [String]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        for text in list(row) {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}
