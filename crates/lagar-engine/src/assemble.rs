//! Finished chunks → the files a user reads, in input order.
//!
//! Everything is written aside and appears at the end, so that a reader of the export never sees half
//! of it, and a run that is killed here only has to do this part again.

use std::path::Path;

use lagar_core::CoreError;
use lagar_core::fsio::{AtomicFile, Durability};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::decision::Repeats;
use crate::lines::Appending;
use crate::output::ChunkOutput;
use crate::plan::{Plan, RunPaths};
use crate::reorder::Reorder;
use crate::sink::{Export, Exporter, Fragment, Refused};
use crate::store::Store;
use crate::traces::Traces;
use crate::walk::Finished;
use crate::{EngineError, ipc, ledger};

/// Puts the outputs of a run together.
#[derive(Debug)]
pub struct Assembly<'a> {
    /// The recipe, understood.
    pub plan: &'a Plan,
    /// Where the files go.
    pub paths: &'a RunPaths,
    /// Where the chunks are.
    pub store: &'a Store,
    /// The finished chunks, per pass.
    pub passes: &'a [Vec<Finished>],
    /// A selection of more rows than there are.
    pub repeats: Option<Repeats>,
    /// Where rows are put together, how many rows each batched row is made of.
    pub groups: Option<&'a [u64]>,
}

impl Assembly<'_> {
    /// Writes all outputs; returns the exported files and how many rows their format cannot hold.
    ///
    /// # Errors
    /// When a chunk's file is damaged or an output cannot be written.
    pub fn run(&self, mut exporter: Exporter) -> Result<(Export, u64), EngineError> {
        let mut ledger = LedgerFile::create(&self.paths.ledger())?;
        let mut traces = Traces::create(self)?;
        let mut stats = None;
        if self.plan.has_filters() {
            stats = Some(Appending::create(&self.paths.stats())?);
        }
        let mut quarantine = Appending::create(&self.paths.folder.join("quarantine.jsonl"))?;
        let mut reorder: Option<Reorder> = None;
        let mut refused = 0;
        let chunks = self.passes.first().map_or(0, Vec::len);
        for chunk in 0..chunks {
            let outputs = self.outputs_of(chunk)?;
            ledger.push(&outputs)?;
            traces.push(&outputs)?;
            for output in &outputs {
                quarantine.push(&output.quarantine)?;
            }
            let Some(last) = outputs.into_iter().next_back() else {
                continue;
            };
            let ChunkOutput { export, stats: lines, ranks, .. } = last;
            let rows = fragment(export, self.plan.export.columns)?;
            if reorder.is_none() && !ranks.is_empty() {
                reorder = Some(Reorder::create(&self.store.spill())?);
            }
            if let Some(reorder) = &mut reorder {
                reorder.push(rows, &lines, &ranks)?;
                continue;
            }
            if let Some(stats) = &mut stats {
                stats.push(&lines)?;
            }
            exporter.push(&rows)?;
            refused += put_aside(&mut exporter, &mut quarantine)?;
        }
        if let Some(reorder) = reorder {
            let wish = (self.repeats, self.groups);
            reorder.finish(wish, &mut exporter, stats.as_mut())?;
            refused += put_aside(&mut exporter, &mut quarantine)?;
        }
        let export = exporter.finish()?;
        if let Some(stats) = stats {
            stats.commit()?;
        }
        ledger.commit()?;
        traces.commit()?;
        quarantine.commit()?;
        Ok((export, refused))
    }

    fn outputs_of(&self, chunk: usize) -> Result<Vec<ChunkOutput>, EngineError> {
        let read = |(pass, finished): (usize, &Vec<Finished>)| {
            let finished = &finished[chunk];
            let path = self.store.output(pass, finished.chunk);
            ChunkOutput::read(&path, finished.key, self.plan.operators.len()).ok_or_else(|| {
                EngineError::RunFolder {
                    path,
                    message: "a finished chunk has disappeared; run again".to_owned(),
                }
            })
        };
        self.passes.iter().enumerate().map(read).collect()
    }
}

/// Moves the rows that the export's format cannot hold into the quarantine; how many there were.
fn put_aside(exporter: &mut Exporter, quarantine: &mut Appending) -> Result<u64, EngineError> {
    let refused = exporter.take_refused();
    for row in &refused {
        quarantine.push(&refused_line(row))?;
    }
    Ok(refused.len() as u64)
}

/// A row that the export's format cannot hold, as a line of `quarantine.jsonl`.
fn refused_line(row: &Refused) -> Vec<u8> {
    let line = serde_json::json!({
        "operator": "(export)",
        "exported_row": row.place,
        "error": row.reason,
        "source": row.row,
    });
    format!("{line}\n").into_bytes()
}

/// Exported rows as the exporter takes them.
fn fragment(bytes: Vec<u8>, columns: bool) -> Result<Fragment, EngineError> {
    // An Arrow stream never begins like a JSON object.
    if columns && !bytes.is_empty() && bytes[0] != b'{' {
        return Ok(Fragment::Columns(ipc::from_bytes(&bytes)?));
    }
    Ok(Fragment::Lines(bytes))
}

struct LedgerFile {
    writer: ArrowWriter<AtomicFile>,
}

impl LedgerFile {
    fn create(path: &Path) -> Result<Self, EngineError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(1 << 16))
            .build();
        let file = AtomicFile::create(path)?;
        let writer = ArrowWriter::try_new(file, ledger::schema(), Some(properties));
        Ok(Self { writer: writer.map_err(parquet_error)? })
    }

    fn push(&mut self, outputs: &[ChunkOutput]) -> Result<(), EngineError> {
        let parts = outputs
            .iter()
            .map(|output| ipc::from_bytes(&output.ledger))
            .collect::<Result<Vec<_>, _>>()?;
        let entries = ledger::merge(&parts)?;
        self.writer.write(&entries).map_err(parquet_error)
    }

    fn commit(self) -> Result<(), EngineError> {
        let file = self.writer.into_inner().map_err(parquet_error)?;
        Ok(file.commit(Durability::Synced)?)
    }
}

fn parquet_error(error: parquet::errors::ParquetError) -> EngineError {
    CoreError::arrow("ledger")(error.into()).into()
}
