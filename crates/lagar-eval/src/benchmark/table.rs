//! Tables of VLMEvalKit and MMBench: tab separated, pictures in base64, gaps as pandas sees them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lagar_core::models::PictureSource;
use serde_json::Value;

use crate::error::EvalError;
use crate::files;

/// What pandas takes for a gap when it reads a table; an option whose text is `None` is one too.
const GAPS: [&str; 20] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "NAN",
];

/// A picture cell up to this length is the index of the row whose picture it shares.
const LONGEST_REFERENCE: usize = 64;

/// A row by column; columns with a gap are absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// The line in the file, from 1 (the head is line 1).
    pub(crate) line: usize,
    cells: BTreeMap<String, String>,
}

impl Row {
    /// The cell of a column.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    /// This row with one cell more.
    pub(crate) fn with(mut self, column: &str, cell: &str) -> Self {
        self.cells.insert(column.to_owned(), cell.to_owned());
        self
    }

    /// The options: columns named by one capital letter, in alphabetical order.
    pub(crate) fn options(&self) -> Vec<(char, String)> {
        let letter = |column: &String| match column.as_bytes() {
            [letter @ b'A'..=b'Z'] => Some(char::from(*letter)),
            _ => None,
        };
        let cells = self.cells.iter();
        cells.filter_map(|(column, text)| Some((letter(column)?, text.clone()))).collect()
    }
}

/// Reads a table; its ending says what separates cells (`.csv` a comma, else a tab).
///
/// # Errors
/// When it cannot be read or a row has more or fewer cells than the head.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, EvalError> {
    let bytes = files::read(path)?;
    let separator = if files::ending(path) == "csv" { b',' } else { b'\t' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(bytes.as_slice());
    let wrong = |line: usize, error: &csv::Error| {
        EvalError::form(path, format!("line {line}"), error.to_string())
    };
    let columns = reader.headers().map_err(|error| wrong(1, &error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, |position| position.line() as usize);
            wrong(line, &error)
        })?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cells = columns
            .iter()
            .zip(record.iter())
            .filter(|(_, cell)| !GAPS.contains(cell))
            .map(|(column, cell)| (column.to_owned(), cell.to_owned()))
            .collect();
        rows.push(Row { line, cells });
    }
    Ok(rows)
}

/// The pictures of a table's rows.
pub(crate) struct Pictures<'a> {
    path: &'a Path,
    by_index: HashMap<&'a str, &'a str>,
    folder: PathBuf,
}

impl<'a> Pictures<'a> {
    /// Prepares to follow references; `folder` is where paths of the column `image_path` start.
    pub(crate) fn new(path: &'a Path, rows: &'a [Row], folder: PathBuf) -> Self {
        let by_index = rows.iter().filter_map(|row| Some((row.get("index")?, row.get("image")?)));
        Self { path, by_index: by_index.collect(), folder }
    }

    /// The pictures of a row with their names: from base64, from the row it refers to, or by path.
    ///
    /// # Errors
    /// When a reference leads nowhere or the text is no base64.
    pub(crate) fn of(&self, row: &Row) -> Result<Vec<(PictureSource, String)>, EvalError> {
        let wrong = |message: String| {
            EvalError::form(self.path, format!("line {}, column `image`", row.line), message)
        };
        let Some(mut cell) = row.get("image") else {
            let paths = row.get("image_path").map(list).unwrap_or_default();
            let file = |name: String| (PictureSource::File(self.folder.join(&name)), name);
            return Ok(paths.into_iter().map(file).collect());
        };
        let mut steps = 0;
        while cell.len() <= LONGEST_REFERENCE {
            steps += 1;
            cell = match self.by_index.get(cell) {
                Some(next) if steps < 8 => next,
                _ => {
                    return Err(wrong(format!(
                        "`{cell}` is not the index of a row with a picture"
                    )));
                }
            };
        }
        let index = row.get("index").unwrap_or("?");
        let decode = |text: String| {
            let bytes = STANDARD.decode(text.trim().as_bytes());
            let bytes = bytes.map_err(|error| wrong(format!("expected base64: {error}")))?;
            Ok((PictureSource::Bytes(bytes), format!("row {index}")))
        };
        list(cell).into_iter().map(decode).collect()
    }
}

/// A cell that may be one text or a list of them, in JSON or as Python prints it.
pub(crate) fn list(cell: &str) -> Vec<String> {
    python_list(cell).unwrap_or_else(|| vec![cell.to_owned()])
}

/// The texts of a list as Python or JSON write it; `None` if it is no such list.
pub(crate) fn python_list(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !(text.starts_with('[') && text.ends_with(']')) {
        return None;
    }
    if let Ok(Value::Array(values)) = serde_json::from_str(text) {
        return Some(values.iter().map(crate::question::id_text).collect());
    }
    let mut chars = text[1..text.len() - 1].chars().peekable();
    let mut out = Vec::new();
    loop {
        while chars.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
        let Some(first) = chars.next() else { return Some(out) };
        if first == '\'' || first == '"' {
            out.push(python_text(first, &mut chars)?);
        } else {
            let mut bare = first.to_string();
            while let Some(c) = chars.next_if(|c| *c != ',') {
                bare.push(c);
            }
            out.push(bare.trim_end().to_owned());
        }
    }
}

fn python_text(quote: char, chars: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Some(out),
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                escape @ ('x' | 'u' | 'U') => {
                    let digits = match escape {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let code: String = chars.by_ref().take(digits).collect();
                    out.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                }
                same @ ('\\' | '\'' | '"') => out.push(same),
                other => out.extend(['\\', other]),
            },
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_python_and_as_json_write_them() {
        let expected = vec!["it's".to_owned(), "a \"b\"".to_owned(), "3".to_owned()];
        assert_eq!(python_list(r#"["it's", 'a "b"', 3]"#), Some(expected));
        assert_eq!(python_list(r"['\u00e9\n', 'x']"), Some(vec!["é\n".into(), "x".into()]));
        assert_eq!(list("plain"), ["plain"]);
        assert_eq!(python_list("['open"), None);
    }

    #[test]
    fn a_short_picture_cell_is_the_index_of_another_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.tsv");
        let picture = STANDARD.encode([7_u8; 60]);
        let text =
            format!("index\timage\tA\tB\n1\t{picture}\tx\tNone\n1000001\t1\ty\tz\n7\t9\ty\tz\n");
        lagar_core::fsio::write(&path, text.as_bytes()).unwrap();
        let rows = read(&path).unwrap();
        let pictures = Pictures::new(&path, &rows, folder.path().into());
        assert_eq!(pictures.of(&rows[1]).unwrap()[0].0, PictureSource::Bytes(vec![7; 60]));
        assert_eq!(rows[0].options(), [('A', "x".to_owned())]);
        let error = pictures.of(&rows[2]).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("`9`"), "{error}");
    }
}
