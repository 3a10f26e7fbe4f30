//! Files as users have them: plain or gzipped, JSON, JSON lines, tables.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lagar_core::{CoreError, fsio};
use serde_json::Value;

use crate::error::EvalError;

/// The whole file, unpacked if it is gzipped (by its first two bytes, whatever its name).
///
/// # Errors
/// When it is missing, unreadable or its packing is damaged.
pub fn read(path: &Path) -> Result<Vec<u8>, EvalError> {
    let mut bytes = Vec::new();
    fsio::open(path)?.read_to_end(&mut bytes).map_err(CoreError::file("read", path))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let mut decoder = MultiGzDecoder::new(bytes.as_slice());
        decoder.read_to_end(&mut plain).map_err(CoreError::file("unpack", path))?;
        return Ok(plain);
    }
    Ok(bytes)
}

/// The whole file as one JSON value.
///
/// # Errors
/// When it cannot be read or is no JSON.
pub fn read_json(path: &Path) -> Result<Value, EvalError> {
    serde_json::from_slice(&read(path)?).map_err(|error| not_json(path, error.line(), &error))
}

/// The lines of a JSON lines file with their numbers from 1; empty lines are skipped.
///
/// # Errors
/// When it cannot be read or a line is no JSON.
pub fn read_json_lines(path: &Path) -> Result<Vec<(usize, Value)>, EvalError> {
    json_lines(path, &read(path)?)
}

/// As [`read_json_lines`], of bytes that were read from `path`.
///
/// # Errors
/// When a line is no JSON.
pub fn json_lines(path: &Path, bytes: &[u8]) -> Result<Vec<(usize, Value)>, EvalError> {
    let mut values = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let value =
            serde_json::from_slice(line).map_err(|error| not_json(path, index + 1, &error))?;
        values.push((index + 1, value));
    }
    Ok(values)
}

fn not_json(path: &Path, line: usize, error: &serde_json::Error) -> EvalError {
    EvalError::form(path, format!("line {line}"), format!("expected JSON: {error}"))
}

/// The name of a file without `.gz`, in lower case: what its ending is judged by.
pub fn plain_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.strip_suffix(".gz").unwrap_or(&name).to_owned()
}

/// The ending of a file in lower case, without `.gz`: `jsonl`, `tsv`.
pub fn ending(path: &Path) -> String {
    let name = plain_name(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_owned())
}

/// Whether the ending is that of a table.
pub fn is_table(path: &Path) -> bool {
    matches!(ending(path).as_str(), "tsv" | "csv")
}

/// All files that `data` names: files as they are, of folders the files in them, sorted by name.
///
/// # Errors
/// When a folder cannot be listed.
pub fn expand(data: &[PathBuf]) -> Result<Vec<PathBuf>, EvalError> {
    let mut files = Vec::new();
    for path in data {
        if path.is_dir() {
            files.extend(fsio::list_files(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_file_reads_like_a_plain_one() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl.gz");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{\"a\": 1}\n\n{\"a\": 2}").unwrap();
        fsio::write(&path, &packed.finish().unwrap()).unwrap();
        let lines = read_json_lines(&path).unwrap();
        assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(plain_name(&path), "a.jsonl");
    }

    #[test]
    fn a_line_that_is_no_json_is_named() {
        let error = json_lines(Path::new("a.jsonl"), b"{}\n{oops\n").unwrap_err();
        assert!(error.to_string().starts_with("a.jsonl, line 2: expected JSON"), "{error}");
    }
}
