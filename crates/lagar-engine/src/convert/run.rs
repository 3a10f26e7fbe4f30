//! Reads a data set with the readers of runs and writes it with their writers.
//!
//! Nothing is lost silently: every row that the target cannot hold is written, with its place and the
//! reason, to a file beside the output.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lagar_core::fsio::{AtomicFile, Durability};
use lagar_core::row::ID_KEY;
use lagar_core::{CoreError, RowKeys};
use lagar_ops::Tokens;
use serde::Serialize;
use sonic_rs::JsonValueTrait as _;

use super::llava::{LlavaRules, read_questions};
use crate::EngineError;
use crate::sink::{ExportFormat, ExportPlan, ExportedFile, Exporter, Fragment, Refused};
use crate::source::{ChunkData, DataSet, Inputs, RawChunk, reason_of};

/// Rows read at once.
const CHUNK_ROWS: usize = 1024;
/// How many refused rows a report names; the file beside the output has all of them.
const NAMED: usize = 20;

/// What to convert, and how.
#[derive(Clone, Debug)]
pub struct ConvertOptions {
    /// A data file or a folder of them.
    pub input: PathBuf,
    /// The file to write; its ending decides the format unless `export_type` does.
    pub output: PathBuf,
    /// `jsonl`, `json`, `parquet` or `llava`.
    pub export_type: Option<String>,
    /// Only files of a folder with these endings.
    pub suffixes: Vec<String>,
    /// Names of the fields.
    pub keys: RowKeys,
    /// Special tokens of the texts: LLaVA's `<image>` is translated into the one for pictures and
    /// back.
    pub tokens: Tokens,
    /// From LLaVA: whether only the captions are kept, behind the picture token.
    pub only_keep_caption: bool,
    /// From LLaVA: whether each round of question and answer is a chunk of its own.
    pub split_chunk: bool,
    /// To LLaVA: the data set whose questions are put before the captions, found by id.
    pub restore_questions: Option<PathBuf>,
    /// The most bytes of one output file; 0 for one file.
    pub shard_bytes: u64,
    /// The most rows of one output file; 0 for one file.
    pub shard_rows: u64,
}

impl ConvertOptions {
    /// A conversion with everything else as in a recipe that says nothing.
    pub fn new(input: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            input: input.into(),
            output: output.into(),
            export_type: None,
            suffixes: Vec::new(),
            keys: RowKeys::default(),
            tokens: Tokens::default(),
            only_keep_caption: false,
            split_chunk: false,
            restore_questions: None,
            shard_bytes: 0,
            shard_rows: 0,
        }
    }
}

/// A row that was not converted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    /// The file it is in.
    pub file: PathBuf,
    /// Its line or record there, from 1.
    pub line: u64,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// The row as it was read.
    pub row: String,
}

/// What a conversion did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConvertReport {
    /// Rows read.
    pub read: u64,
    /// Rows written.
    pub written: u64,
    /// Rows that were not converted.
    pub refused: u64,
    /// The first of them.
    pub first_refused: Vec<RefusedRow>,
    /// Where all of them are, one JSON object per line, if there are any.
    pub refused_path: Option<PathBuf>,
    /// The files written.
    pub files: Vec<ExportedFile>,
    /// What a reader should know about them, in words.
    pub warnings: Vec<String>,
}

/// Converts a data set.
///
/// # Errors
/// When the input cannot be read as a whole, or the output cannot be written. A single row never
/// fails a conversion.
pub fn convert(options: &ConvertOptions) -> Result<ConvertReport, EngineError> {
    let data = open(options)?;
    let mut warnings = Vec::new();
    let mut exporter = Exporter::create(plan(options, &data, &mut warnings)?)?;
    let mut refusals = Refusals::new(&options.output, &data);
    let mut report = ConvertReport::default();
    for chunk in data.chunks() {
        let chunk = chunk?;
        report.read += chunk.rows();
        convert_chunk(&chunk, options, &mut exporter, &mut refusals)?;
    }
    let export = exporter.finish()?;
    report.written = export.rows();
    report.files = export.files;
    report.warnings = warnings;
    report.warnings.extend(export.warnings);
    refusals.finish(&mut report)?;
    Ok(report)
}

fn open(options: &ConvertOptions) -> Result<DataSet, EngineError> {
    let data = DataSet::find(Inputs {
        paths: vec![options.input.clone()],
        suffixes: options.suffixes.clone(),
        chunk_rows: CHUNK_ROWS,
        keys: options.keys.clone(),
        tokens: options.tokens.clone(),
    })?;
    Ok(data.with_llava_rules(LlavaRules {
        tokens: options.tokens.clone(),
        only_keep_caption: options.only_keep_caption,
        split_chunk: options.split_chunk,
    }))
}

fn plan(
    options: &ConvertOptions,
    data: &DataSet,
    warnings: &mut Vec<String>,
) -> Result<ExportPlan, EngineError> {
    let mut plan = ExportPlan::new(&options.output, options.export_type.as_deref())?;
    // Questions are only there to make conversations of.
    if options.restore_questions.is_some() && plan.format == ExportFormat::JsonArray {
        plan.format = ExportFormat::Llava;
    }
    plan.shard_bytes = options.shard_bytes;
    plan.shard_rows = options.shard_rows;
    plan.keys = options.keys.clone();
    plan.tokens = options.tokens.clone();
    plan.protected = data.files().iter().map(|file| file.path.clone()).collect();
    if let Some(original) = &options.restore_questions {
        plan.protected.push(original.clone());
        let (questions, without) = read_questions(original)?;
        if without > 0 {
            let original = original.display();
            warnings.push(format!("{without} rows of {original} have no id or no question"));
        }
        plan.questions = Some(Arc::new(questions));
    }
    Ok(plan)
}

fn convert_chunk(
    chunk: &RawChunk,
    options: &ConvertOptions,
    exporter: &mut Exporter,
    refusals: &mut Refusals,
) -> Result<(), EngineError> {
    let mut lines = Vec::with_capacity(chunk.lines.len());
    let fragment = match &chunk.data {
        ChunkData::Arrow(columns) => {
            lines.extend_from_slice(&chunk.lines);
            Fragment::Columns(columns.clone())
        }
        ChunkData::Json { bytes, rows } => {
            let mut sound = Vec::with_capacity(bytes.len());
            for (row, line) in rows.iter().zip(&chunk.lines) {
                let raw = &bytes[row.start as usize..row.end as usize];
                match object_in(raw, &options.keys) {
                    Ok(object) => {
                        sound.extend_from_slice(object.as_bytes());
                        sound.push(b'\n');
                        lines.push(*line);
                    }
                    Err(reason) => {
                        refusals.add(chunk, *line, reason, &String::from_utf8_lossy(raw))?;
                    }
                }
            }
            Fragment::Lines(sound)
        }
    };
    let before = exporter.place();
    exporter.push(&fragment)?;
    for Refused { place, reason, row } in exporter.take_refused() {
        let place = usize::try_from(place - before).unwrap_or(usize::MAX);
        let line = lines.get(place).copied().unwrap_or_default();
        refusals.add(chunk, line, reason, &row)?;
    }
    Ok(())
}

/// The JSON object of a row, or why there is none.
fn object_in<'a>(raw: &'a [u8], keys: &RowKeys) -> Result<&'a str, String> {
    if let Some(reason) = reason_of(raw, keys) {
        return Err(reason);
    }
    let text = std::str::from_utf8(raw).map_err(|error| format!("not UTF-8: {error}"))?;
    let text = text.trim_matches([' ', '\t', '\r', '\n', '\u{feff}']);
    if !text.starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| error.to_string())?;
    Ok(text)
}

/// The rows that were not converted, on their way into a file.
struct Refusals {
    path: PathBuf,
    file: Option<AtomicFile>,
    count: u64,
    first: Vec<RefusedRow>,
}

impl Refusals {
    fn new(output: &Path, data: &DataSet) -> Self {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let mut stem = name.split('.').next().unwrap_or_default().to_owned();
        // Refused rows may themselves be what is converted now; they must not be replaced.
        let path = loop {
            stem.push_str("_refused");
            let path = output.with_file_name(format!("{stem}.jsonl"));
            let real = path.canonicalize().ok();
            if real.is_none()
                || data.files().iter().all(|file| file.path.canonicalize().ok() != real)
            {
                break path;
            }
        };
        Self { path, file: None, count: 0, first: Vec::new() }
    }

    fn add(
        &mut self,
        chunk: &RawChunk,
        line: u64,
        reason: String,
        row: &str,
    ) -> Result<(), EngineError> {
        let row = row.trim_end().to_owned();
        let id = sonic_rs::get(row.as_str(), &[ID_KEY]).ok();
        let id = id.map(|id| id.as_str().map_or_else(|| id.as_raw_str().to_owned(), str::to_owned));
        let file = chunk.file.path.clone();
        let refused = RefusedRow { file, line, id, reason, row };
        let out = match &mut self.file {
            Some(out) => out,
            none => none.insert(AtomicFile::create(&self.path)?),
        };
        let written = serde_json::to_vec(&refused)
            .map_err(std::io::Error::from)
            .and_then(|bytes| out.write_all(&bytes).and_then(|()| out.write_all(b"\n")));
        written.map_err(CoreError::file("write", &self.path))?;
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(refused);
        }
        Ok(())
    }

    fn finish(self, report: &mut ConvertReport) -> Result<(), EngineError> {
        report.refused = self.count;
        report.first_refused = self.first;
        if let Some(file) = self.file {
            file.commit(Durability::Synced)?;
            report.refused_path = Some(self.path);
            return Ok(());
        }
        // One of an earlier conversion would tell of rows that are fine now.
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(CoreError::file("remove", &self.path)(error).into())
            }
            _ => Ok(()),
        }
    }
}
