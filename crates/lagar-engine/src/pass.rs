//! One walk over the data: a reader, workers, and finished chunks on disk.
//!
//! The reader cuts chunks, the workers take whichever comes, and each finished chunk becomes files
//! under its key. Nothing here depends on which worker was faster; the outputs are put in order later.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender};

use crate::EngineError;
use crate::decision::DecisionReader;
use crate::walk::{Finished, Global, Task, Walk};
use crate::worker::Worker;

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
                let (failed, fail) = (&failed, &fail);
                scope.spawn(move || self.labour(pass, tasks, &send_done, (failed, fail)));
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

    /// One worker: takes chunks until there are none.
    fn labour(
        &self,
        pass: usize,
        tasks: Receiver<Task>,
        done: &Sender<Finished>,
        (failed, fail): (&AtomicBool, &(dyn Fn(EngineError) + Sync)),
    ) {
        let mut worker = Worker::new(self, pass);
        // After a failure the queue is emptied, so that the reader is not left waiting.
        for task in tasks.into_iter().filter(|_| !failed.load(Ordering::Relaxed)) {
            match attempt(&mut worker, &task) {
                Ok(chunk) => drop(done.send(chunk)),
                Err(error) => fail(error),
            }
        }
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

/// Works on a chunk; a panic is a bug, but not a reason to lose what other workers finish.
fn attempt(worker: &mut Worker<'_>, task: &Task) -> Result<Finished, EngineError> {
    let work = std::panic::AssertUnwindSafe(|| worker.work(task));
    std::panic::catch_unwind(work).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> EngineError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    EngineError::Panicked { message }
}
