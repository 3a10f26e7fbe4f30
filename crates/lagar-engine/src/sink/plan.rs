//! What to export, in which format, under which names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lagar_core::{RowKeys, fsio};
use lagar_ops::Tokens;

use crate::EngineError;
use crate::convert::Questions;

/// How bytes are compressed on their way into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, level 6.
    Gzip,
    /// Zstandard, level 3.
    Zstd,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object per line.
    JsonLines {
        /// How the lines are compressed.
        compression: Compression,
    },
    /// One JSON array of all rows, one row per line.
    JsonArray,
    /// Columns in Apache Parquet, compressed with Zstandard.
    Parquet,
    /// One JSON array of LLaVA conversations.
    Llava,
}

/// The endings of exports and their formats.
const ENDINGS: [(&str, ExportFormat); 8] = [
    (".jsonl", ExportFormat::JsonLines { compression: Compression::None }),
    (".jsonl.gz", ExportFormat::JsonLines { compression: Compression::Gzip }),
    (".jsonl.zst", ExportFormat::JsonLines { compression: Compression::Zstd }),
    (".ndjson", ExportFormat::JsonLines { compression: Compression::None }),
    (".ndjson.gz", ExportFormat::JsonLines { compression: Compression::Gzip }),
    (".ndjson.zst", ExportFormat::JsonLines { compression: Compression::Zstd }),
    (".json", ExportFormat::JsonArray),
    (".parquet", ExportFormat::Parquet),
];

impl ExportFormat {
    /// The format that a path and an `export_type` ask for; the type wins, the path's ending still
    /// decides how JSON lines are compressed.
    ///
    /// # Errors
    /// When there is no writer for the type, or without one for the ending.
    pub fn of(path: &Path, export_type: Option<&str>) -> Result<Self, EngineError> {
        let (_, ending) = split_ending(path);
        let refuse = |message: String| EngineError::Export { path: path.to_owned(), message };
        let Some(kind) = export_type else {
            let found = ENDINGS.iter().find(|(known, _)| *known == ending);
            return found.map(|(_, format)| *format).ok_or_else(|| {
                refuse(
                    "no writer for this ending (jsonl, jsonl.gz, jsonl.zst, json, parquet)"
                        .to_owned(),
                )
            });
        };
        match kind.trim_start_matches('.').to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => {
                let compression = match ending.rsplit('.').next() {
                    Some("gz") => Compression::Gzip,
                    Some("zst") => Compression::Zstd,
                    _ => Compression::None,
                };
                Ok(Self::JsonLines { compression })
            }
            "json" => Ok(Self::JsonArray),
            "parquet" => Ok(Self::Parquet),
            "llava" => Ok(Self::Llava),
            _ => Err(refuse(format!("no writer for type `{kind}` (jsonl, json, parquet, llava)"))),
        }
    }
}

/// What to export and where to.
#[derive(Clone, Debug)]
pub struct ExportPlan {
    /// The path as asked for; shards are named after it.
    pub path: PathBuf,
    /// The format.
    pub format: ExportFormat,
    /// The most bytes of one file, one row at least; 0 for one file.
    pub shard_bytes: u64,
    /// The most rows of one file; 0 for one file.
    pub shard_rows: u64,
    /// Names of the fields, for LLaVA conversations.
    pub keys: RowKeys,
    /// Special tokens of the texts, for LLaVA conversations.
    pub tokens: Tokens,
    /// Questions to put before captions, for LLaVA conversations.
    pub questions: Option<Arc<Questions>>,
    /// Files that the export must neither replace nor remove: those it is made from.
    pub protected: Vec<PathBuf>,
}

impl ExportPlan {
    /// One file at `path`, its format from the ending or from `export_type`.
    ///
    /// # Errors
    /// When there is no writer for it.
    pub fn new(path: impl Into<PathBuf>, export_type: Option<&str>) -> Result<Self, EngineError> {
        let path = path.into();
        let format = ExportFormat::of(&path, export_type)?;
        Ok(Self {
            path,
            format,
            shard_bytes: 0,
            shard_rows: 0,
            keys: RowKeys::default(),
            tokens: Tokens::default(),
            questions: None,
            protected: Vec::new(),
        })
    }

    /// Whether the rows may be spread over several files.
    pub fn is_sharded(&self) -> bool {
        self.shard_bytes > 0 || self.shard_rows > 0
    }

    /// The names of the files, if there are so many.
    ///
    /// As in Data-Juicer: `rows-00-of-03.jsonl`, numbers one digit wider than the count needs.
    pub(super) fn names(&self, files: usize) -> Vec<PathBuf> {
        if !self.is_sharded() {
            return vec![self.path.clone()];
        }
        let (stem, ending) = split_ending(&self.path);
        let width = files.to_string().len() + 1;
        let name = |index: usize| format!("{stem}-{index:0width$}-of-{files:0width$}{ending}");
        (0..files).map(|index| self.path.with_file_name(name(index))).collect()
    }

    /// The files that the export would replace or, as shards of another count, remove.
    ///
    /// # Errors
    /// When the export's folder cannot be listed.
    pub fn in_the_way(&self) -> Result<Vec<PathBuf>, EngineError> {
        if !self.is_sharded() {
            return Ok(if self.path.exists() { vec![self.path.clone()] } else { Vec::new() });
        }
        let folder = fsio::parent(&self.path);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut files = fsio::list_files(folder)?;
        files.retain(|file| {
            self.is_shard_name(&file.file_name().unwrap_or_default().to_string_lossy())
        });
        Ok(files)
    }

    /// Whether a file name is that of a shard of this export, of whatever count.
    pub(super) fn is_shard_name(&self, name: &str) -> bool {
        let (stem, ending) = split_ending(&self.path);
        let numbers = name
            .strip_prefix(&stem)
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|rest| rest.strip_suffix(&ending));
        let Some((index, count)) = numbers.and_then(|numbers| numbers.split_once("-of-")) else {
            return false;
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (Ok(index_value), Ok(count_value)) = (index.parse::<u64>(), count.parse::<u64>())
        else {
            return false;
        };
        let width = count_value.to_string().len() + 1;
        digits(index)
            && digits(count)
            && index.len() == width
            && count.len() == width
            && index_value < count_value
    }
}

/// A file name without its ending, and the ending with its dot, in lower case if it is a known one.
fn split_ending(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lower = name.to_ascii_lowercase();
    let known = ENDINGS.iter().map(|(ending, _)| *ending).filter(|ending| lower.ends_with(ending));
    let ending = known
        .max_by_key(|ending| ending.len())
        .map_or_else(|| path.extension().map_or(0, |extension| extension.len() + 1), str::len);
    let (stem, ending) = name.split_at(name.len().saturating_sub(ending));
    (stem.to_owned(), ending.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_comes_from_the_ending_unless_a_type_is_given() {
        let of = |path: &str, kind| ExportFormat::of(Path::new(path), kind);
        assert_eq!(of("a.b.json", None).unwrap(), ExportFormat::JsonArray);
        assert_eq!(of("a.json", Some("llava")).unwrap(), ExportFormat::Llava);
        let zstd = ExportFormat::JsonLines { compression: Compression::Zstd };
        assert_eq!(of("a.JSONL.zst", None).unwrap(), zstd);
        assert_eq!(of("a.zst", Some("jsonl")).unwrap(), zstd);
        assert!(of("a.txt", None).is_err());
        assert!(of("a.jsonl", Some("webdataset")).is_err());
    }

    #[test]
    fn shards_are_named_as_in_data_juicer() {
        let mut plan = ExportPlan::new("out/rows.v1.jsonl.gz", None).unwrap();
        assert_eq!(plan.names(1), [PathBuf::from("out/rows.v1.jsonl.gz")]);
        plan.shard_rows = 5;
        assert_eq!(plan.names(3)[0], PathBuf::from("out/rows.v1-00-of-03.jsonl.gz"));
        assert_eq!(plan.names(12)[11], PathBuf::from("out/rows.v1-011-of-012.jsonl.gz"));
    }

    #[test]
    fn only_our_own_shards_are_recognised() {
        let plan = ExportPlan::new("rows.jsonl", None).unwrap();
        assert!(plan.is_shard_name("rows-00-of-03.jsonl"));
        assert!(plan.is_shard_name("rows-011-of-012.jsonl"));
        for other in [
            "rows.jsonl",
            "rows-0-of-3.jsonl",
            "rows-03-of-03.jsonl",
            "rows-00-of-03.json",
            "more-rows-00-of-03.jsonl",
            "rows-+0-of-03.jsonl",
            "rows-00-of-03-copy.jsonl",
        ] {
            assert!(!plan.is_shard_name(other), "{other}");
        }
    }
}
