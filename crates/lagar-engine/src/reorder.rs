//! Exported rows in the order a selector gave them.
//!
//! Rows are spooled to disk as chunks go by; at the end they are read in the new order, and in memory
//! is only where each one is. Rows that are exported as columns (Parquet to Parquet) stay in memory
//! until the end, since a selection is usually small.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use lagar_core::{CoreError, fsio};

use crate::EngineError;
use crate::decision::Repeats;
use crate::gather::Gathered;
use crate::lines::Appending;
use crate::sink::{Exporter, Fragment};

/// Rows handed to the exporter at once.
const BATCH_BYTES: usize = 1 << 20;

const BATCH_ROWS: usize = 8192;

/// Rows on disk, waiting to be put in order.
#[derive(Debug)]
pub(crate) struct Reorder {
    rows: Spool,
    stats: Spool,
    /// Rows that are columns.
    columns: Vec<RecordBatch>,
    /// Output place of each row with its place in `rows` and `stats`.
    order: Vec<(u64, Span, Span)>,
}

type Span = (u64, u32);

#[derive(Debug)]
struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
    /// What was read last, and where it stands.
    ahead: Vec<u8>,
    ahead_start: u64,
}

/// How much is read at once where rows are wanted in order, in bytes.
const AHEAD_BYTES: u64 = 64 << 10;
/// How far behind the last read the next one may be to count as in order, in bytes.
const NEAR_BYTES: u64 = 16 << 10;

impl Spool {
    fn create(path: PathBuf) -> Result<Self, EngineError> {
        let file = File::options().create(true).truncate(true).read(true).write(true).open(&path);
        let file = BufWriter::new(file.map_err(CoreError::file("create", &path))?);
        Ok(Self { path, file, written: 0, ahead: Vec::new(), ahead_start: 0 })
    }

    fn push(&mut self, line: &[u8]) -> Result<Span, EngineError> {
        self.file.write_all(line).map_err(CoreError::file("write", &self.path))?;
        let start = self.written;
        self.written += line.len() as u64;
        Ok((start, line.len() as u32))
    }

    /// Appends the bytes of a span. What is asked for shortly behind the last read is read ahead:
    /// many selectors leave neighbours neighbours.
    fn read(&mut self, (start, length): Span, out: &mut Vec<u8>) -> Result<(), EngineError> {
        let end = start + u64::from(length);
        let held = self.ahead_start..self.ahead_start + self.ahead.len() as u64;
        if start < held.start || end > held.end {
            let is_near = start >= held.start && start < held.end + NEAR_BYTES;
            let wish = if is_near { AHEAD_BYTES } else { 0 }.max(u64::from(length));
            let wish = wish.min(self.written - start);
            self.ahead.resize(wish as usize, 0);
            self.ahead_start = start;
            let file = self.file.get_mut();
            let found = file.seek(SeekFrom::Start(start));
            found
                .and_then(|_| file.read_exact(&mut self.ahead))
                .map_err(CoreError::file("read", &self.path))?;
        }
        let from = (start - self.ahead_start) as usize;
        out.extend_from_slice(&self.ahead[from..from + length as usize]);
        Ok(())
    }
}

impl Reorder {
    pub(crate) fn create(spill: &Path) -> Result<Self, EngineError> {
        fsio::make_folder(spill)?;
        Ok(Self {
            rows: Spool::create(spill.join("rows.jsonl"))?,
            stats: Spool::create(spill.join("stats.jsonl"))?,
            columns: Vec::new(),
            order: Vec::new(),
        })
    }

    /// Takes the exported rows of a chunk with their lines of statistics and their output places.
    pub(crate) fn push(
        &mut self,
        rows: Fragment,
        stats: &[u8],
        ranks: &[u64],
    ) -> Result<(), EngineError> {
        let mut stats = stats.split_inclusive(|byte| *byte == b'\n');
        match rows {
            Fragment::Columns(columns) => {
                let batch = self.columns.len() as u64;
                for (row, rank) in ranks.iter().enumerate() {
                    let stat = self.stats.push(stats.next().unwrap_or_default())?;
                    self.order.push((*rank, (batch, row as u32), stat));
                }
                self.columns.push(columns);
            }
            Fragment::Lines(lines) => {
                for (row, rank) in lines.split_inclusive(|byte| *byte == b'\n').zip(ranks) {
                    let place = self.rows.push(row)?;
                    let stat = self.stats.push(stats.next().unwrap_or_default())?;
                    self.order.push((*rank, place, stat));
                }
            }
        }
        Ok(())
    }

    /// Hands the rows over in order.
    pub(crate) fn finish(
        mut self,
        (repeats, groups): (Option<Repeats>, Option<&[u64]>),
        exporter: &mut Exporter,
        mut stats: Option<&mut Appending>,
    ) -> Result<(), EngineError> {
        self.rows.file.flush().map_err(CoreError::file("write", &self.rows.path))?;
        self.stats.file.flush().map_err(CoreError::file("write", &self.stats.path))?;
        self.order.sort_unstable();
        let order = std::mem::take(&mut self.order);
        if let Some(groups) = groups {
            return self.finish_groups(&order, groups, exporter, stats);
        }
        let Repeats { wanted, period } = repeats.unwrap_or(Repeats { wanted: 1, period: 1 });
        let mut batch = Batched::default();
        for round in 0..wanted.div_ceil(period.max(1)) {
            for (rank, row, stat) in &order {
                if repeats.is_some() && rank + round * period >= wanted {
                    continue;
                }
                if let Some(stats) = &mut stats {
                    let mut line = Vec::new();
                    self.stats.read(*stat, &mut line)?;
                    stats.push(&line)?;
                }
                if self.columns.is_empty() {
                    self.rows.read(*row, &mut batch.lines)?;
                } else {
                    batch.places.push((row.0 as usize, row.1 as usize));
                }
                if batch.lines.len() >= BATCH_BYTES || batch.places.len() >= BATCH_ROWS {
                    self.hand_over(&mut batch, exporter)?;
                }
            }
        }
        self.hand_over(&mut batch, exporter)
    }

    /// Hands over one row of lists per group, `groups` being how many rows each has.
    fn finish_groups(
        mut self,
        order: &[(u64, Span, Span)],
        groups: &[u64],
        exporter: &mut Exporter,
        mut stats: Option<&mut Appending>,
    ) -> Result<(), EngineError> {
        let mut rest = order;
        for size in groups {
            let (group, others) = rest.split_at((*size as usize).min(rest.len()));
            rest = others;
            let mut gathered = Gathered::default();
            let mut line = Vec::new();
            for (_, row, stat) in group {
                line.clear();
                self.rows.read(*row, &mut line)?;
                gathered.push(str::from_utf8(&line).unwrap_or("{}"));
                if let Some(stats) = &mut stats {
                    line.clear();
                    self.stats.read(*stat, &mut line)?;
                    stats.push(&line)?;
                }
            }
            exporter.push(&Fragment::Lines(gathered.finish()))?;
        }
        Ok(())
    }

    fn hand_over(&self, batch: &mut Batched, exporter: &mut Exporter) -> Result<(), EngineError> {
        let Batched { lines, places } = std::mem::take(batch);
        if !lines.is_empty() {
            exporter.push(&Fragment::Lines(lines))?;
        }
        if !places.is_empty() {
            let columns: Vec<&RecordBatch> = self.columns.iter().collect();
            let rows = interleave_record_batch(&columns, &places);
            exporter.push(&Fragment::Columns(rows.map_err(CoreError::arrow("export"))?))?;
        }
        Ok(())
    }
}

/// Rows on their way to the exporter.
#[derive(Default)]
struct Batched {
    lines: Vec<u8>,
    places: Vec<(usize, usize)>,
}
