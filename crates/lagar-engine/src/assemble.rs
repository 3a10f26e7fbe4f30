//! Finished chunks → the files a user reads, in input order.
//!
//! Everything is written aside and appears at the end, so that a reader of the export never sees half
//! of it, and a run that is killed here only has to do this part again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagar_core::CoreError;
use lagar_core::fsio::{AtomicFile, Durability};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::decision::Repeats;
use crate::lines::Appending;
use crate::output::ChunkOutput;
use crate::pairs::Pairs;
use crate::plan::{Plan, RunPaths};
use crate::reorder::Reorder;
use crate::sink::{Export, Exporter, Fragment, Refused};
use crate::store::Store;
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
            if reorder.is_some() || !last.ranks.is_empty() {
                if reorder.is_none() {
                    reorder = Some(Reorder::create(&self.store.spill())?);
                }
                let rows = fragment(last.export.clone(), self.plan.export.columns)?;
                let columns = match rows {
                    Fragment::Columns(columns) => Some(columns),
                    Fragment::Lines(_) => None,
                };
                if let Some(reorder) = &mut reorder {
                    reorder.push(&last, columns)?;
                }
                continue;
            }
            if let Some(stats) = &mut stats {
                stats.push(&last.stats)?;
            }
            exporter.push(&fragment(last.export, self.plan.export.columns)?)?;
        }
        if let Some(reorder) = reorder {
            reorder.finish(self.repeats, &mut exporter, stats.as_mut())?;
        }
        let mut refused = 0;
        for row in exporter.take_refused() {
            refused += 1;
            quarantine.push(&refused_line(&row))?;
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
            .set_max_row_group_row_count(Some(1 << 17))
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

/// The trace files of all operators.
struct Traces<'a> {
    assembly: &'a Assembly<'a>,
    files: BTreeMap<usize, (Appending, u64)>,
    pairs: BTreeMap<usize, Pairs>,
}

impl<'a> Traces<'a> {
    /// One file per traced operator, also where it has nothing to say: an empty file is an answer.
    fn create(assembly: &'a Assembly<'a>) -> Result<Self, EngineError> {
        let mut traces = Self { assembly, files: BTreeMap::new(), pairs: BTreeMap::new() };
        for (operator, name) in assembly.plan.names.iter().enumerate() {
            if assembly.plan.trace.wants(name) {
                traces.append(operator, &[])?;
            }
        }
        Ok(traces)
    }

    fn push(&mut self, outputs: &[ChunkOutput]) -> Result<(), EngineError> {
        for output in outputs {
            for (operator, lines) in &output.traces {
                self.append(*operator, lines)?;
            }
            if !self.assembly.plan.trace.open {
                continue;
            }
            for (operator, lines) in &output.leaders {
                self.pairs_of(*operator)?.leaders(lines)?;
            }
            for (operator, lines) in &output.duplicates {
                self.pairs_of(*operator)?.duplicates(lines)?;
            }
        }
        Ok(())
    }

    fn append(&mut self, operator: usize, lines: &[u8]) -> Result<(), EngineError> {
        let path = trace_path(self.assembly, operator, "sample_trace");
        let (file, written) = match self.files.entry(operator) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert((Appending::create(&path)?, 0))
            }
        };
        let limit = self.assembly.plan.trace.limit.unwrap_or(u64::MAX);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if *written == limit {
                break;
            }
            file.push(line)?;
            *written += 1;
        }
        Ok(())
    }

    fn pairs_of(&mut self, operator: usize) -> Result<&mut Pairs, EngineError> {
        Ok(match self.pairs.entry(operator) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Pairs::create(&self.assembly.store.spill(), operator)?)
            }
        })
    }

    fn commit(self) -> Result<(), EngineError> {
        let assembly = self.assembly;
        for (operator, (file, _)) in self.files {
            file.commit()?;
            if assembly.plan.legacy_traces {
                let kind = assembly.plan.operators[operator].1.info.kind;
                let path = trace_path(assembly, operator, "sample_trace");
                let legacy = trace_path(assembly, operator, kind.name());
                if !lagar_ops::Kind::is_global(kind) {
                    let lines = std::fs::read(&path).map_err(CoreError::file("read", &path))?;
                    lagar_core::fsio::write(legacy, &lines)?;
                }
            }
        }
        for (operator, pairs) in self.pairs {
            let path = trace_path(assembly, operator, "duplicate");
            pairs.finish(&path, assembly.plan.trace.limit)?;
        }
        Ok(())
    }
}

/// `trace/sample_trace-NAME.jsonl`; a name that the recipe has twice gets its number.
fn trace_path(assembly: &Assembly<'_>, operator: usize, kind: &str) -> PathBuf {
    let name = assembly.plan.names[operator];
    let nth = assembly.plan.names[..=operator].iter().filter(|other| **other == name).count();
    let number = if nth > 1 { format!("-{nth}") } else { String::new() };
    assembly.paths.folder.join(format!("trace/{kind}-{name}{number}.jsonl"))
}
