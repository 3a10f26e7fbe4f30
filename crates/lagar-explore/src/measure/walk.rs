//! The walk over the data: one reader, several threads that measure, one that takes in.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use lagar_core::event::Event;
use lagar_engine::source::{DataSet, RawChunk};
use lagar_ops::picture::Pictures;
use lagar_ops::text::HfTokenizer;

use super::battery::Battery;
use super::chunk::{Findings, Measuring};
use super::totals::Totals;
use super::{Options, Watch};
use crate::ExploreError;

/// Chunks per thread that may be under way or wait for their turn.
const AHEAD: usize = 3;

/// What a walk needs to know.
pub(crate) struct Walk<'a> {
    pub(crate) data: &'a DataSet,
    pub(crate) options: &'a Options,
    pub(crate) battery: &'a Battery,
    pub(crate) tokenizer: Option<Arc<HfTokenizer>>,
    /// The rows of the sample.
    pub(crate) chosen: Option<Vec<u64>>,
    pub(crate) watch: Watch<'a>,
}

/// A chunk to be measured.
struct Task {
    chunk: RawChunk,
    chosen: Option<Vec<u64>>,
    file: u32,
    /// Its place among the tasks.
    turn: u64,
}

type Done = Result<(u64, u32, Findings), ExploreError>;

impl Walk<'_> {
    /// What all rows give together, and the rows of each file.
    pub(crate) fn walk(&self) -> Result<(Totals, Vec<u64>), ExploreError> {
        let Watch { listener, stop } = self.watch;
        let threads = self.options.threads.max(1);
        listener.hear(&Event::RunStarted {
            project: "explore".to_owned(),
            operators: Vec::new(),
            input_bytes: self.data.bytes(),
            threads,
        });
        listener.hear(&Event::PassStarted { pass: 0, passes: 1 });
        let (task_in, task_out) = bounded::<Task>(threads);
        let (done_in, done_out) = bounded::<Done>(threads);
        let (permit_in, permit_out) = bounded::<()>(threads * AHEAD);
        for _ in 0..threads * AHEAD {
            permit_in.try_send(()).map_or_else(drop, |()| ());
        }
        let (totals, rows) = thread::scope(|scope| {
            let reader = scope.spawn(|| self.read(task_in, permit_out));
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    let (tasks, done) = (task_out.clone(), done_in.clone());
                    scope.spawn(move || self.work(&tasks, &done))
                })
                .collect();
            // The threads end when nobody is left at the other side of their channels.
            drop((task_out, done_in));
            let totals = self.collect(&done_out, permit_in);
            drop(done_out);
            for worker in workers {
                worker.join().map_err(|panic| panicked(panic.as_ref()))?;
            }
            let rows = reader.join().map_err(|panic| panicked(panic.as_ref()))?;
            Ok::<_, ExploreError>((totals?, rows?))
        })?;
        if stop.load(Ordering::Relaxed) {
            return Err(ExploreError::Interrupted);
        }
        Ok((totals, rows))
    }

    fn read(&self, tasks: Sender<Task>, permits: Receiver<()>) -> Result<Vec<u64>, ExploreError> {
        let files = self.data.files();
        let mut rows = vec![0; files.len()];
        let (mut file, mut turn) = (0, 0);
        for chunk in self.data.chunks() {
            let chunk = chunk?;
            while files.get(file).is_some_and(|known| !Arc::ptr_eq(known, &chunk.file)) {
                file += 1;
            }
            if let Some(rows) = rows.get_mut(file) {
                *rows += chunk.rows();
            }
            let chosen = self.chosen.as_ref().map(|chosen| {
                let start = chosen.partition_point(|row| *row < chunk.first_row);
                let end = chosen.partition_point(|row| *row < chunk.first_row + chunk.rows());
                chosen[start..end].to_vec()
            });
            if chosen.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let stopped = self.watch.stop.load(Ordering::Relaxed);
            if stopped || permits.recv().is_err() {
                break;
            }
            if tasks.send(Task { chunk, chosen, file: file as u32, turn }).is_err() {
                break;
            }
            turn += 1;
        }
        drop((tasks, permits));
        Ok(rows)
    }

    fn work(&self, tasks: &Receiver<Task>, done: &Sender<Done>) {
        let mut measuring: Option<Measuring<'_>> = None;
        for Task { chunk, chosen, file, turn } in tasks {
            let folder = chunk.file.folder();
            if measuring.as_ref().is_none_or(|known| known.pictures.base() != folder) {
                measuring = None;
            }
            let measuring = measuring.get_or_insert_with(|| Measuring {
                options: self.options,
                battery: self.battery,
                tokenizer: self.tokenizer.clone(),
                pictures: Pictures::new(folder),
            });
            // A thread that dies would leave the others waiting for its turn.
            let found =
                catch_unwind(AssertUnwindSafe(|| measuring.chunk(&chunk, chosen.as_deref())));
            let found = found.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            if done.send(found.map(|found| (turn, file, found))).is_err() {
                break;
            }
        }
    }

    fn collect(&self, done: &Receiver<Done>, permits: Sender<()>) -> Result<Totals, ExploreError> {
        let mut totals = Totals::new(&self.options.scratch)?;
        let mut waiting: BTreeMap<u64, (u32, Findings)> = BTreeMap::new();
        let mut next = 0;
        for found in done {
            let (turn, file, findings) = found?;
            waiting.insert(turn, (file, findings));
            while let Some((file, findings)) = waiting.remove(&next) {
                next += 1;
                self.watch.listener.hear(&Event::ChunkFinished {
                    pass: 0,
                    chunk: findings.index,
                    rows: findings.rows,
                    bytes: findings.consumed,
                    reused: 0,
                    operators: Vec::new(),
                });
                totals.take(findings, self.battery, file)?;
                // A reader that has come to its end needs no more.
                permits.try_send(()).map_or_else(drop, |()| ());
            }
        }
        drop(permits);
        Ok(totals)
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> ExploreError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    ExploreError::Panicked { message: text.unwrap_or("without a message").to_owned() }
}
