//! Data files → chunks of rows.
//!
//! Every format gives either JSON lines (kept as the bytes they were) or Arrow columns; nothing
//! downstream knows which file a row came from except through its [`SourceFile`]. Where one chunk
//! ends and the next begins depends on the data alone, never on threads or timing: the chunks are the
//! units that a resumed run recognises.

mod columnar;
mod columns;
mod delimited;
mod discover;
mod json_array;
mod jsonl;
mod llava;
mod rows;
mod stream;
#[cfg(test)]
mod testing;
mod webdataset;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use lagar_core::row::{RowFault, batch_from_json_lines};
use lagar_core::{Batch, CoreError, Digest, RowKeys};
use lagar_ops::Tokens;

use crate::EngineError;
use crate::convert::LlavaRules;

pub use discover::Format;

/// The most bytes of input in one chunk, whatever its number of rows (one row may be larger).
const CHUNK_BYTES: usize = 8 << 20;

/// One file of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is read.
    pub format: Format,
    /// Its size in bytes.
    pub bytes: u64,
}

impl SourceFile {
    /// The folder that relative picture paths start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or_else(|| Path::new(""))
    }
}

/// The rows of a chunk as the file had them.
#[derive(Clone, Debug)]
pub enum ChunkData {
    /// JSON objects, one in each range of `bytes`.
    Json {
        /// The bytes read.
        bytes: Buffer,
        /// Where each row is.
        rows: Vec<Range<u32>>,
    },
    /// Columns of an Arrow or Parquet file.
    Arrow(RecordBatch),
}

/// A piece of a file: what a [`RowReader`] hands over.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The rows.
    pub data: ChunkData,
    /// For each row its line (or record) number in the file, from 1.
    pub lines: Vec<u64>,
    /// Bytes of the file it took, for the progress bar; compressed bytes where the file is.
    pub consumed: u64,
}

/// Reads one file piece by piece.
pub trait RowReader: Send {
    /// The next piece of at most `max_rows` rows and about `max_bytes` bytes; `None` at the end.
    ///
    /// # Errors
    /// When the file as a whole cannot be read on; a bad row is handed over as it is.
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError>;
}

/// A chunk of rows with its place in the input.
#[derive(Clone, Debug)]
pub struct RawChunk {
    /// Which chunk, from 0.
    pub index: u64,
    /// Position of its first row in the input.
    pub first_row: u64,
    /// The file it came from.
    pub file: Arc<SourceFile>,
    /// Its rows.
    pub data: ChunkData,
    /// For each row its line (or record) number in the file, from 1.
    pub lines: Vec<u64>,
    /// Bytes of the file it took.
    pub consumed: u64,
}

impl RawChunk {
    /// How many rows it has, bad ones included.
    pub fn rows(&self) -> u64 {
        self.lines.len() as u64
    }

    /// A row as it stands in the file, for messages; empty where the file has no text.
    pub fn row_text(&self, line: usize) -> String {
        match &self.data {
            ChunkData::Json { bytes, rows } => rows.get(line).map_or_else(String::new, |row| {
                let raw = &bytes[row.start as usize..row.end as usize];
                String::from_utf8_lossy(raw).trim_end().to_owned()
            }),
            ChunkData::Arrow(_) => String::new(),
        }
    }

    /// The digest of its content and place: what decides whether finished work fits it.
    ///
    /// # Errors
    /// When columns cannot be serialised.
    pub fn digest(&self) -> Result<Digest, CoreError> {
        let place = self.first_row.to_le_bytes();
        let path = self.file.path.as_os_str().as_encoded_bytes();
        match &self.data {
            ChunkData::Json { bytes, rows } => {
                let ends: Vec<u8> = rows.iter().flat_map(|row| row.end.to_le_bytes()).collect();
                Ok(Digest::of_parts([place.as_slice(), path, bytes.as_slice(), &ends]))
            }
            ChunkData::Arrow(columns) => {
                let stored = crate::ipc::to_bytes(columns)?;
                Ok(Digest::of_parts([place.as_slice(), path, &stored]))
            }
        }
    }

    /// The rows as columns; rows that cannot become one are returned beside.
    ///
    /// # Errors
    /// When Arrow refuses to build a column.
    pub fn parse(&self, keys: &RowKeys) -> Result<(Batch, Vec<RowFault>), CoreError> {
        match &self.data {
            ChunkData::Json { bytes, rows } => {
                let (batch, mut faults) = batch_from_json_lines(bytes, rows, self.first_row, keys)?;
                for fault in &mut faults {
                    if let Some(reason) = rows.get(fault.line).and_then(|row| {
                        reason_of(&bytes[row.start as usize..row.end as usize], keys)
                    }) {
                        fault.message = reason;
                    }
                }
                Ok((batch, faults))
            }
            ChunkData::Arrow(columns) => columns::batch_from_arrow(columns, self.first_row, keys),
        }
    }
}

/// The reason a reader left in place of a row, or why a conversation did not become a text.
pub(crate) fn reason_of(row: &[u8], keys: &RowKeys) -> Option<String> {
    if let Some(reason) = rows::reason_in(row) {
        return Some(reason);
    }
    let row = std::str::from_utf8(row).ok()?;
    let rules = LlavaRules::new(&Tokens::default());
    rules.applies_to(row, keys).then(|| rules.row_of(row, keys).err())?
}

/// Calls `take` with every row of a JSON file, conversations as they stand in it.
pub(crate) fn each_json_row(path: &Path, mut take: impl FnMut(&[u8])) -> Result<(), EngineError> {
    let inputs = Inputs {
        paths: vec![path.to_owned()],
        suffixes: Vec::new(),
        chunk_rows: 8192,
        keys: RowKeys::default(),
        tokens: Tokens::default(),
    };
    for file in discover::files(&inputs)? {
        let mut reader = discover::raw_reader(&file, &inputs)?;
        while let Some(piece) = reader.read(inputs.chunk_rows, CHUNK_BYTES)? {
            if let ChunkData::Json { bytes, rows } = piece.data {
                for row in rows {
                    take(&bytes[row.start as usize..row.end as usize]);
                }
            }
        }
    }
    Ok(())
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Files and folders, in order.
    pub paths: Vec<PathBuf>,
    /// If not empty, only files of folders with these endings (`.jsonl`).
    pub suffixes: Vec<String>,
    /// The most rows of a chunk.
    pub chunk_rows: usize,
    /// Names of the fields.
    pub keys: RowKeys,
    /// Special tokens, for formats whose texts lagar makes (LLaVA conversations, tar shards).
    pub tokens: Tokens,
}

/// A data set: its files, in order.
#[derive(Clone, Debug)]
pub struct DataSet {
    inputs: Inputs,
    files: Vec<Arc<SourceFile>>,
    llava: LlavaRules,
}

impl DataSet {
    /// Finds the files of a data set; nothing is read but their first bytes.
    ///
    /// # Errors
    /// When a path does not exist, a folder holds no data, or a file's format is not known.
    pub fn find(inputs: Inputs) -> Result<Self, EngineError> {
        let files = discover::files(&inputs)?.into_iter().map(Arc::new).collect();
        let llava = LlavaRules::new(&inputs.tokens);
        Ok(Self { inputs, files, llava })
    }

    /// The data set with other rules for LLaVA conversations than a recipe's.
    #[must_use]
    pub fn with_llava_rules(mut self, rules: LlavaRules) -> Self {
        self.llava = rules;
        self
    }

    /// The files, in the order they are read.
    pub fn files(&self) -> &[Arc<SourceFile>] {
        &self.files
    }

    /// The size of all files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The chunks, in order.
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks { data: self, file: 0, reader: None, index: 0, row: 0 }
    }
}

/// The chunks of a data set, in order.
pub struct Chunks<'a> {
    data: &'a DataSet,
    file: usize,
    reader: Option<Box<dyn RowReader>>,
    index: u64,
    row: u64,
}

impl std::fmt::Debug for Chunks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("index", &self.index).finish_non_exhaustive()
    }
}

impl Chunks<'_> {
    fn advance(&mut self) -> Result<Option<RawChunk>, EngineError> {
        while let Some(file) = self.data.files.get(self.file) {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                none => none.insert(discover::open(file, &self.data.inputs, &self.data.llava)?),
            };
            let Some(piece) = reader.read(self.data.inputs.chunk_rows, CHUNK_BYTES)? else {
                self.reader = None;
                self.file += 1;
                continue;
            };
            if piece.lines.is_empty() {
                continue;
            }
            let Piece { data, lines, consumed } = piece;
            let (index, first_row) = (self.index, self.row);
            self.index += 1;
            self.row += lines.len() as u64;
            let file = Arc::clone(file);
            return Ok(Some(RawChunk { index, first_row, file, data, lines, consumed }));
        }
        Ok(None)
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<RawChunk, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            // After an error there is nothing sound to go on with.
            self.file = self.data.files.len();
            self.reader = None;
        }
        next
    }
}
