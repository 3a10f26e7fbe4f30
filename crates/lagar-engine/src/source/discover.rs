//! Which files make up a data set, and how each is read.
//!
//! As in Data-Juicer a folder is searched with its subfolders, and where it mixes formats the one
//! with the most files wins. Two things keep side files out: folders of pictures are not entered,
//! and a `.json` file that holds one object (`dataset_info.json`) is no data while there are rows
//! beside it.

use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};

use super::columnar::Columns;
use super::delimited::Delimited;
use super::json_array::{JsonValues, Layout, layout_of};
use super::jsonl::JsonLines;
use super::llava::Conversations;
use super::webdataset::TarShard;
use super::{Inputs, RowReader, SourceFile, stream};
use crate::EngineError;
use crate::convert::LlavaRules;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// One JSON object per line.
    JsonLines,
    /// A JSON array of objects (or, by its content, JSON lines after all).
    Json,
    /// Columns in Apache Parquet.
    Parquet,
    /// Comma-separated values with a header row.
    Csv,
    /// Tab-separated values with a header row.
    Tsv,
    /// A WebDataset shard.
    Tar,
    /// Columns in Arrow's file or stream format.
    Arrow,
}

impl Format {
    /// Formats that Data-Juicer counts together when it decides what a folder holds.
    fn family(self) -> Self {
        if self == Self::Json { Self::JsonLines } else { self }
    }
}

/// The endings of data files and what they mean.
const ENDINGS: [(&str, Format); 18] = [
    (".jsonl", Format::JsonLines),
    (".jsonl.gz", Format::JsonLines),
    (".jsonl.zst", Format::JsonLines),
    (".ndjson", Format::JsonLines),
    (".ndjson.gz", Format::JsonLines),
    (".ndjson.zst", Format::JsonLines),
    (".json", Format::Json),
    (".json.gz", Format::Json),
    (".json.zst", Format::Json),
    (".parquet", Format::Parquet),
    (".csv", Format::Csv),
    (".csv.gz", Format::Csv),
    (".csv.zst", Format::Csv),
    (".tsv", Format::Tsv),
    (".tsv.gz", Format::Tsv),
    (".tar", Format::Tar),
    (".arrow", Format::Arrow),
    (".feather", Format::Arrow),
];

/// Folders of this name hold pictures, not data files.
const PICTURES: &str = "images";

/// The files of a data set, in order: paths as given, those of a folder by name.
pub(super) fn files(inputs: &Inputs) -> Result<Vec<SourceFile>, EngineError> {
    let mut files = Vec::new();
    for path in &inputs.paths {
        let metadata = std::fs::metadata(path).map_err(CoreError::file("find", path))?;
        if !metadata.is_dir() {
            let format =
                format_of(path).ok_or_else(|| EngineError::UnknownFormat { path: path.clone() })?;
            files.push(SourceFile { path: path.clone(), format, bytes: metadata.len() });
            continue;
        }
        let mut found = Vec::new();
        search(path, &inputs.suffixes, &mut found)?;
        found.sort_by(|one, other| one.path.cmp(&other.path));
        if inputs.suffixes.is_empty() {
            found = without_side_files(found)?;
        }
        if found.is_empty() {
            return Err(EngineError::NoData { path: path.clone() });
        }
        files.extend(found);
    }
    Ok(files)
}

fn search(
    folder: &Path,
    suffixes: &[String],
    found: &mut Vec<SourceFile>,
) -> Result<(), EngineError> {
    for path in fsio::list_files(folder)? {
        let name = lower_name(&path);
        let wanted = suffixes.is_empty()
            || suffixes.iter().any(|suffix| name.ends_with(&suffix.to_ascii_lowercase()));
        let Some(format) = format_of(&path).filter(|_| wanted) else {
            continue;
        };
        let bytes = std::fs::metadata(&path).map_err(CoreError::file("find", &path))?.len();
        found.push(SourceFile { path, format, bytes });
    }
    for subfolder in subfolders(folder)? {
        search(&subfolder, suffixes, found)?;
    }
    Ok(())
}

/// The folders in a folder, but hidden ones, links and those of pictures.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(CoreError::file("list folder", folder))? {
        let entry = entry.map_err(CoreError::file("list folder", folder))?;
        let kind = entry.file_type().map_err(CoreError::file("list folder", folder))?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if kind.is_dir() && !name.starts_with('.') && name != PICTURES {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// Files of the format that most of them have; of several, the first in [`Format`].
fn without_side_files(found: Vec<SourceFile>) -> Result<Vec<SourceFile>, EngineError> {
    let mut data = Vec::new();
    let mut single_objects = Vec::new();
    for file in found {
        if file.format == Format::Json && file_layout(&file.path)? == Layout::Objects {
            single_objects.push(file);
        } else {
            data.push(file);
        }
    }
    if data.is_empty() {
        data = single_objects;
    }
    let count = |family: Format| data.iter().filter(|file| file.format.family() == family).count();
    let mut families: Vec<Format> = data.iter().map(|file| file.format.family()).collect();
    families.sort_unstable();
    families.dedup();
    let Some(most) = families.iter().map(|family| count(*family)).max() else {
        return Ok(data);
    };
    let winner = families.iter().copied().find(|family| count(*family) == most);
    data.retain(|file| Some(file.format.family()) == winner);
    Ok(data)
}

fn file_layout(path: &Path) -> Result<Layout, EngineError> {
    Ok(layout_of(&stream::open(path)?.head))
}

fn lower_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

fn format_of(path: &Path) -> Option<Format> {
    let name = lower_name(path);
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format)
}

/// A reader for one file.
pub(super) fn open(
    file: &SourceFile,
    inputs: &Inputs,
    llava: &LlavaRules,
) -> Result<Box<dyn RowReader>, EngineError> {
    let path = &file.path;
    let keys = &inputs.keys;
    let reader = raw_reader(file, inputs)?;
    // JSON lines are looked at row by row only if the first row is a conversation.
    let converts = match file.format {
        Format::Json => true,
        Format::JsonLines => {
            let head = stream::open(path)?.head;
            let first =
                head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
            let first = first.and_then(|line| std::str::from_utf8(line).ok());
            first.is_some_and(|line| llava.applies_to(line, keys))
        }
        _ => false,
    };
    Ok(if converts {
        Box::new(Conversations { inner: reader, rules: llava.clone(), keys: keys.clone() })
    } else {
        reader
    })
}

/// A reader that leaves conversations as they are.
pub(super) fn raw_reader(
    file: &SourceFile,
    inputs: &Inputs,
) -> Result<Box<dyn RowReader>, EngineError> {
    let path = &file.path;
    Ok(match file.format {
        Format::JsonLines => Box::new(JsonLines::new(path.clone(), stream::open(path)?)),
        Format::Json => {
            let stream = stream::open(path)?;
            match layout_of(&stream.head) {
                Layout::Lines => Box::new(JsonLines::new(path.clone(), stream)),
                layout => Box::new(JsonValues::new(path.clone(), stream, layout)),
            }
        }
        Format::Csv => {
            Box::new(Delimited::new(path.clone(), stream::open(path)?, b',', &inputs.keys)?)
        }
        Format::Tsv => {
            Box::new(Delimited::new(path.clone(), stream::open(path)?, b'\t', &inputs.keys)?)
        }
        Format::Parquet => Box::new(Columns::parquet(path)?),
        Format::Arrow => Box::new(Columns::arrow(path)?),
        Format::Tar => Box::new(TarShard::open(path, &inputs.keys, &inputs.tokens)?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::inputs;
    use super::*;

    fn names(folder: &tempfile::TempDir, suffixes: &[&str]) -> Result<Vec<String>, EngineError> {
        let mut inputs = inputs(folder.path(), 10);
        inputs.suffixes = suffixes.iter().map(|suffix| (*suffix).to_owned()).collect();
        let name = |file: SourceFile| {
            file.path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned()
        };
        Ok(files(&inputs)?.into_iter().map(name).collect())
    }

    fn put(folder: &tempfile::TempDir, name: &str, text: &str) {
        fsio::write(folder.path().join(name), text.as_bytes()).unwrap();
    }

    #[test]
    fn the_format_with_the_most_files_wins_and_side_files_stay_out() {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "b.jsonl", "{}\n");
        put(&folder, "a.jsonl", "{}\n");
        put(&folder, "c/rows.json", "[{}]");
        put(&folder, "dataset_info.json", "{\n  \"splits\": {}\n}\n");
        put(&folder, "README.md", "# data");
        put(&folder, "labels.csv", "a\n1\n");
        put(&folder, "images/list.jsonl", "{}\n");
        put(&folder, ".cache/x.jsonl", "{}\n");
        assert_eq!(names(&folder, &[]).unwrap(), ["a.jsonl", "b.jsonl", "c/rows.json"]);
        assert_eq!(names(&folder, &[".csv"]).unwrap(), ["labels.csv"]);
        assert!(matches!(names(&folder, &[".parquet"]), Err(EngineError::NoData { .. })));
    }

    #[test]
    fn an_ending_without_a_reader_is_named() {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "x.docx", "");
        let error = files(&inputs(&folder.path().join("x.docx"), 10)).unwrap_err();
        assert!(matches!(error, EngineError::UnknownFormat { .. }));
    }
}
