//! One walk over the data: a reader, workers, and finished chunks on disk.
//!
//! The reader cuts chunks, the workers take whichever comes, and each finished chunk becomes files
//! under its key. Nothing here depends on which worker was faster; the outputs are put in order later.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use lagar_core::event::{Event, Listener};
use lagar_core::row::RowWriter;
use lagar_core::{Batch, CoreError, Digest, Origin};
use lagar_ops::picture::Pictures;
use lagar_ops::Context;

use crate::decision::{DecisionReader, Decisions};
use crate::delta::SIGNATURE;
use crate::ledger;
use crate::output::{ChunkOutput, Summary};
use crate::plan::Plan;
use crate::record::Records;
use crate::reorder::Repeats;
use crate::segment::{self, Kept, Travel};
use crate::source::{DataSet, RawChunk};
use crate::store::{self, Section, Store};
use crate::{EngineError, ipc};

/// What a walk needs to know.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The recipe, understood.
    pub plan: &'a Plan,
    /// The data.
    pub data: &'a DataSet,
    /// Where results are kept.
    pub store: &'a Store,
    /// Worker threads.
    pub threads: usize,
    /// Set when the user wants to stop.
    pub stop: &'a AtomicBool,
    /// Who hears of finished chunks.
    pub listener: &'a dyn Listener,
    /// For each finished global operator: its decisions' file and their digest.
    pub globals: &'a [Global],
}

/// A global operator that has decided.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its place in the recipe.
    pub operator: usize,
    /// The file of its decisions.
    pub file: PathBuf,
    /// What the decisions follow from.
    pub key: Digest,
    /// What it decided, in words ("50 of 600 rows").
    pub summary: String,
    /// Set where it selected more rows than there are.
    pub repeats: Option<Repeats>,
}

/// A chunk that is done.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Which chunk.
    pub chunk: u64,
    /// The key its output is stored under.
    pub key: Digest,
    /// Its numbers.
    pub summary: Summary,
}

struct Task {
    chunk: RawChunk,
    decisions: Vec<Decisions>,
}

impl Walk<'_> {
    /// Walks over the data once and gives the finished chunks, in order.
    ///
    /// # Errors
    /// The first error of reader or workers; what was finished before stays on disk.
    pub fn run(&self, pass: usize) -> Result<Vec<Finished>, EngineError> {
        let (send_task, tasks) = crossbeam_channel::bounded::<Task>(self.threads * 2);
        let (send_done, done) = crossbeam_channel::unbounded();
        let failure: Mutex<Option<EngineError>> = Mutex::new(None);
        let failed = AtomicBool::new(false);
        let fail = |error: EngineError| {
            failed.store(true, Ordering::Relaxed);
            if let Ok(mut first) = failure.lock() {
                first.get_or_insert(error);
            }
        };
        let mut finished = thread::scope(|scope| {
            for _ in 0..self.threads {
                let (tasks, send_done) = (tasks.clone(), send_done.clone());
                scope.spawn(|| {
                    let (tasks, send_done) = (tasks, send_done);
                    let mut worker = Worker { walk: self, pass, pictures: BTreeMap::new() };
                    for task in tasks {
                        if failed.load(Ordering::Relaxed) {
                            continue;
                        }
                        let work = std::panic::AssertUnwindSafe(|| worker.work(&task));
                        match std::panic::catch_unwind(work) {
                            Ok(Ok(chunk)) => drop(send_done.send(chunk)),
                            Ok(Err(error)) => fail(error),
                            Err(panic) => fail(panicked(panic.as_ref())),
                        }
                    }
                });
            }
            drop((tasks, send_done));
            scope.spawn(|| {
                let send_task = send_task;
                if let Err(error) = self.read(&failed, |task| send_task.send(task).is_ok()) {
                    fail(error);
                }
            });
            done.into_iter().collect::<Vec<Finished>>()
        });
        if let Some(error) = failure.into_inner().unwrap_or_default() {
            return Err(error);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(EngineError::Interrupted);
        }
        finished.sort_by_key(|chunk| chunk.chunk);
        Ok(finished)
    }

    fn read(
        &self,
        failed: &AtomicBool,
        mut send: impl FnMut(Task) -> bool,
    ) -> Result<(), EngineError> {
        let open = |global: &Global| DecisionReader::open(&global.file);
        let mut readers = self.globals.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        for chunk in self.data.chunks() {
            if self.stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
                break;
            }
            let chunk = chunk?;
            let next = |(reader, global): (&mut DecisionReader, &Global)| {
                reader.next().ok_or_else(|| EngineError::RunFolder {
                    path: global.file.clone(),
                    message: "fewer decisions than chunks; run again with --fresh".to_owned(),
                })?
            };
            let decisions =
                readers.iter_mut().zip(self.globals).map(next).collect::<Result<Vec<_>, _>>()?;
            if !send(Task { chunk, decisions }) {
                break;
            }
        }
        Ok(())
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> EngineError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    EngineError::Panicked { message }
}

/// One thread's share of a walk, with the pictures it has looked at.
struct Worker<'a> {
    walk: &'a Walk<'a>,
    pass: usize,
    pictures: BTreeMap<PathBuf, Pictures>,
}

impl Worker<'_> {
    fn work(&mut self, task: &Task) -> Result<Finished, EngineError> {
        let Walk { plan, store, .. } = *self.walk;
        let chunk = &task.chunk;
        let pass = &plan.passes[self.pass];
        let start = plan.settings_digest().then(&chunk.digest()?.0);
        let chain = self.chain_at(start, self.pass + 1);
        let key = chain.then(&plan.output_digest().0);
        let path = store.output(self.pass, chunk.index);
        let done = ChunkOutput::read(&path, key, plan.operators.len())
            .filter(|output| !output.summary.faulty);
        if let Some(output) = done {
            let operators = plan.operators_of(pass).len();
            return Ok(self.finish(chunk, key, output.summary, operators));
        }
        let folder = chunk.file.folder().to_owned();
        let accept = plan.accept_truncated;
        self.pictures
            .entry(folder.clone())
            .or_insert_with(|| Pictures::new(folder.clone()).with_accept_truncated(accept));
        let pictures = &self.pictures[&folder];
        let context =
            Context { keys: &plan.keys, tokens: &plan.tokens, seed: plan.seed, pictures };
        let (output, reused) = self.compute(task, start, &context)?;
        output.write(&path, key)?;
        Ok(self.finish(chunk, key, output.summary, reused))
    }

    /// The digest of everything that leads to the rows at the start of a pass.
    fn chain_at(&self, start: Digest, pass: usize) -> Digest {
        let Walk { plan, globals, .. } = *self.walk;
        let mut chain = start;
        for (place, walked) in plan.passes[..pass].iter().enumerate() {
            for (_, operator) in plan.operators_of(walked) {
                chain = chain.then(&operator.digest().0);
            }
            if let Some(global) = globals.get(place) {
                chain = chain.then(&global.key.0);
            }
        }
        chain
    }

    fn finish(
        &self,
        chunk: &RawChunk,
        key: Digest,
        summary: Summary,
        reused: usize,
    ) -> Finished {
        self.walk.listener.hear(&Event::ChunkFinished {
            pass: self.pass,
            chunk: chunk.index,
            rows: summary.rows,
            bytes: chunk.consumed,
            reused,
            operators: summary.counts.clone(),
        });
        Finished { chunk: chunk.index, key, summary }
    }

    fn compute(
        &self,
        task: &Task,
        start: Digest,
        context: &Context<'_>,
    ) -> Result<(ChunkOutput, usize), EngineError> {
        let Walk { plan, store, globals, .. } = *self.walk;
        let chunk = &task.chunk;
        let mut records = Records::new(chunk, &plan.keys, &plan.trace, &plan.names);
        let (batch, faults) = chunk.parse(&plan.keys)?;
        let mut output = ChunkOutput::default();
        output.summary.rows = chunk.rows();
        if self.pass == 0 {
            records.load_faults(&faults);
            let aside = records.quarantined() as u64;
            output.summary.unreadable = aside;
            output.summary.without_text = faults.len() as u64 - aside;
            self.refuse_bad_rows(&records)?;
        }
        let mut travel = Travel { batch, chain: start, first_row: chunk.first_row };
        for (earlier, (global, decisions)) in globals.iter().zip(&task.decisions).enumerate() {
            let operators = plan.operators_of(&plan.passes[earlier]);
            let kept = self.kept(earlier, chunk.index);
            let steps = segment::run(&mut travel, operators, &kept, context, None)?;
            output.summary.faulty |= !steps.clean;
            let recorded = (earlier + 1 == self.pass).then_some(&mut records);
            let arrived = travel.batch.len() as u64;
            let kind = plan.operators[global.operator].1.info.kind;
            let told = (global.operator, kind, global.summary.as_str());
            travel.batch = decisions.apply(travel.batch, told, recorded)?;
            if !plan.export.keep_hashes {
                travel.batch.hashes.clear();
            }
            travel.chain = travel.chain.then(&global.key.0);
            if earlier + 1 == self.pass {
                let alive = travel.batch.len() as u64;
                let index = global.operator;
                output.summary.counts.push(lagar_core::event::OperatorCount {
                    index,
                    rows: arrived,
                    kept: alive,
                    ..Default::default()
                });
            }
        }
        let pass = &plan.passes[self.pass];
        let kept = self.kept(self.pass, chunk.index);
        let operators = plan.operators_of(pass);
        let mut steps =
            segment::run(&mut travel, operators, &kept, context, Some(&mut records))?;
        output.summary.faulty |= !steps.clean;
        output.summary.chain = travel.chain;
        self.refuse_bad_rows(&records)?;
        if pass.global.is_some() {
            // The rows it drops are counted in the next pass, when its decisions are known.
            if let Some(count) = steps.counts.last_mut() {
                (count.rows, count.kept) = (0, 0);
            }
            steps.sections.push(arrivals(&travel)?);
        }
        store::write(&store.deltas(self.pass, chunk.index), &steps.sections)?;
        output.summary.counts.extend(steps.counts);
        output.summary.alive = travel.batch.len() as u64;
        if pass.global.is_none() {
            records.keep_rows(&travel.batch);
            self.export(travel.batch, chunk, &mut output)?;
        }
        self.hand_over(records, chunk, &mut output)?;
        Ok((output, steps.reused))
    }

    /// Writes the rows that reached the end.
    fn export(
        &self,
        mut batch: Batch,
        chunk: &RawChunk,
        output: &mut ChunkOutput,
    ) -> Result<(), EngineError> {
        let Walk { plan, .. } = *self.walk;
        if plan.export.resolve_images {
            crate::export::resolve_images(&mut batch, chunk.file.folder());
        }
        if let Some(rank) = &batch.rank {
            output.ranks = rank.values().to_vec();
        }
        if plan.has_filters() {
            for index in 0..batch.len() {
                output.stats.extend_from_slice(b"{\"__dj__stats__\":");
                lagar_core::row::write_stats(&batch.stats, index, &mut output.stats);
                output.stats.extend_from_slice(b"}\n");
            }
        }
        if plan.export.columns && matches!(batch.origin, Origin::Arrow(_)) {
            output.export = ipc::to_bytes(&crate::export::columns(&batch, plan)?)?;
            return Ok(());
        }
        let writer = RowWriter::new(&batch, &plan.keys)?
            .with_stats(plan.export.keep_stats)
            .with_hashes(plan.export.keep_hashes);
        for index in 0..batch.len() {
            writer.write(index, &mut output.export);
            output.export.push(b'\n');
        }
        Ok(())
    }

    fn hand_over(
        &self,
        records: Records<'_>,
        chunk: &RawChunk,
        output: &mut ChunkOutput,
    ) -> Result<(), EngineError> {
        let file = chunk.file.path.to_string_lossy();
        let columns = ledger::to_columns(records.entries, &file, &self.walk.plan.names)?;
        output.ledger = ipc::to_bytes(&columns)?;
        output.traces = records.traces;
        output.leaders = records.leaders;
        output.duplicates = records.duplicates;
        output.quarantine = records.quarantine;
        Ok(())
    }

    fn kept(&self, pass: usize, chunk: u64) -> Kept {
        let sections = store::read(&self.walk.store.deltas(pass, chunk)).unwrap_or_default();
        sections.into_iter().map(|section| (section.key, section.bytes)).collect()
    }

    /// With `on_error: fail`, the first bad row ends the run.
    fn refuse_bad_rows(&self, records: &Records<'_>) -> Result<(), EngineError> {
        let bad = records.first_quarantined().filter(|_| self.walk.plan.fail_on_error);
        match bad {
            Some(entry) => Err(EngineError::BadRow {
                row: entry.row,
                name: entry.id.clone().unwrap_or_else(|| format!("line {}", entry.line)),
                message: entry.message.clone().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }
}

/// The key of the section that lists the rows which arrived at a global operator.
pub(crate) fn arrivals_key(chain: Digest) -> Digest {
    chain.then(b"arrivals")
}

/// The rows that arrived at a global operator, with what it decides on.
fn arrivals(travel: &Travel) -> Result<Section, EngineError> {
    let batch = &travel.batch;
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("row", std::sync::Arc::new(batch.row.clone())),
        ("part", std::sync::Arc::new(batch.part.clone())),
    ];
    if let Some(rank) = &batch.rank {
        columns.push(("rank", std::sync::Arc::new(rank.clone())));
    }
    if let Some(hash) = batch.hashes.last() {
        columns.push((SIGNATURE, std::sync::Arc::clone(&hash.values)));
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let columns = RecordBatch::try_new(std::sync::Arc::new(Schema::new(fields)), columns)
        .map_err(CoreError::arrow("arrivals"))?;
    Ok(Section { key: arrivals_key(travel.chain), bytes: ipc::to_bytes(&columns)? })
}
