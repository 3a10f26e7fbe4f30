//! What the files of benchmarks have in common: JSON in several shapes, and folders of pictures.

use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_core::models::PictureSource;
use serde_json::Value;

use super::LoadOptions;
use super::table::{self, Row};
use crate::error::EvalError;
use crate::files;
use crate::question::{Question, id_text};

/// The sentence that most benchmarks are asked with.
pub(crate) const SHORT_ANSWER: &str = "Answer the question using a single word or phrase.";

/// What is in a file.
pub(crate) enum Content {
    /// One JSON value.
    Json(Value),
    /// JSON lines, with their numbers from 1.
    Lines(Vec<(usize, Value)>),
    /// A table.
    Table(Vec<Row>),
}

/// A file that was read.
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) content: Content,
}

/// Reads all files of `options.data`: tables by their ending, JSON and JSON lines by their content.
///
/// # Errors
/// When one cannot be read, or is none of these.
pub(crate) fn read_all(options: &LoadOptions) -> Result<Vec<Source>, EvalError> {
    let is_data =
        |path: &PathBuf| matches!(files::ending(path).as_str(), "json" | "jsonl" | "tsv" | "csv");
    let mut sources = Vec::new();
    for path in files::expand(&options.data)? {
        if is_data(&path) || options.data.contains(&path) {
            let content = read(&path)?;
            sources.push(Source { path, content });
        }
    }
    Ok(sources)
}

fn read(path: &Path) -> Result<Content, EvalError> {
    if files::is_table(path) {
        return Ok(Content::Table(table::read(path)?));
    }
    let bytes = files::read(path)?;
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        let is_line = is_record(&value);
        return Ok(if is_line { Content::Lines(vec![(1, value)]) } else { Content::Json(value) });
    }
    Ok(Content::Lines(files::json_lines(path, &bytes)?))
}

/// Whether an object is one line of JSON lines and not a file of questions.
fn is_record(value: &Value) -> bool {
    value.get("question_id").is_some()
        && (value.get("text").is_some() || value.get("question").is_some())
}

/// A field as text; a number as it is written.
pub(crate) fn text(value: &Value, field: &str) -> Option<String> {
    match value.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        other => Some(id_text(other)),
    }
}

/// A field as text that must be there.
///
/// # Errors
/// When it is not.
pub(crate) fn need(
    path: &Path,
    place: &str,
    value: &Value,
    field: &str,
) -> Result<String, EvalError> {
    text(value, field).ok_or_else(|| {
        EvalError::form(path, place, format!("field `{field}` is missing or no text"))
    })
}

/// The texts of an array, or those in the field `inner` of its objects.
pub(crate) fn texts(value: Option<&Value>, inner: &str) -> Vec<String> {
    let of = |item: &Value| match item {
        Value::Object(_) => text(item, inner),
        Value::Null => None,
        other => Some(id_text(other)),
    };
    value.and_then(Value::as_array).into_iter().flatten().filter_map(of).collect()
}

/// The picture `name` in the folder given, or in the first of `folders` beside `file` that has it
/// (else the first).
pub(crate) fn picture(
    options: &LoadOptions,
    file: &Path,
    folders: &[&str],
    name: &str,
) -> PictureSource {
    let beside = fsio::parent(file);
    let start = options.pictures.as_deref().unwrap_or(beside);
    let mut candidates: Vec<PathBuf> =
        folders.iter().map(|folder| start.join(folder).join(name)).collect();
    if options.pictures.is_some() {
        candidates.insert(0, start.join(name));
    }
    let there = candidates.iter().position(|path| path.is_file());
    let path = candidates.into_iter().nth(there.unwrap_or(0));
    PictureSource::File(path.unwrap_or_else(|| start.join(name)))
}

/// The questions of a VLMEvalKit table; `finish` fills in what is the benchmark's own.
///
/// # Errors
/// When a row has no index or question, or its picture cannot be read.
pub(crate) fn from_table(
    options: &LoadOptions,
    path: &Path,
    rows: &[Row],
    finish: impl Fn(&mut Question, &Row),
) -> Result<Vec<Question>, EvalError> {
    let folder = options.pictures.clone().unwrap_or_else(|| fsio::parent(path).to_path_buf());
    let pictures = table::Pictures::new(path, rows, folder);
    let of = |row: &Row| {
        let mut question = from_row(path, row, &pictures)?;
        finish(&mut question, row);
        Ok(question)
    };
    rows.iter().map(of).collect()
}

/// A question from a row of a VLMEvalKit table: id, pictures, text, and the tags it has.
///
/// # Errors
/// When the row has no index or question, or its picture cannot be read.
fn from_row(path: &Path, row: &Row, pictures: &table::Pictures<'_>) -> Result<Question, EvalError> {
    let need = |column: &str| {
        let message = format!("column `{column}` is missing or empty");
        row.get(column).ok_or_else(|| EvalError::form(path, format!("line {}", row.line), message))
    };
    let id = need("index")?.to_owned();
    let (pictures, picture_names) = pictures.of(row)?.into_iter().unzip();
    let mut question = Question {
        question_id: id.parse::<i64>().map_or_else(|_| id.clone().into(), Value::from),
        id,
        pictures,
        picture_names,
        text: need("question")?.to_owned(),
        ..Question::default()
    };
    for tag in ["category", "l2-category", "split"] {
        if let Some(value) = row.get(tag) {
            question.tags.insert(tag.to_owned(), value.to_owned());
        }
    }
    Ok(question)
}

/// The first two words of a question in lower case: what kind of question it is, where the files
/// do not say.
pub(crate) fn opening(question: &str) -> String {
    let lower = question.to_lowercase();
    lower.split_whitespace().take(2).collect::<Vec<&str>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_looked_for_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("q.json");
        fsio::write(folder.path().join("b/x.jpg"), b"").unwrap();
        let options = LoadOptions::default();
        let found = picture(&options, &file, &["a", "b"], "x.jpg");
        assert_eq!(found, PictureSource::File(folder.path().join("b/x.jpg")));
        let absent = picture(&options, &file, &["a", "b"], "y.jpg");
        assert_eq!(absent, PictureSource::File(folder.path().join("a/y.jpg")));
    }
}
